import Foundation
import SeededRandom
import Testing
import Wire

@testable import Sealing

/// Bytes from hexadecimal text; the empty array, which no vector here equals, for anything else.
func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

func secret(_ hexadecimal: String) -> SecretBytes { SecretBytes(bytes(hexadecimal)) }

func bytes32(_ hexadecimal: String) throws -> Bytes32 { try #require(Bytes32(hexadecimal: hexadecimal)) }

extension SecretBytes {
    var array: [UInt8] { withUnsafeBytes { Array($0) } }
}

/// What a file of figures holds.
func vectors<Vector: Decodable>(_ name: String, as type: Vector.Type = Vector.self) throws -> [Vector] {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([Vector].self, from: Data(contentsOf: url))
}

extension SplitMix64 {
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

/// `bytes` with one bit turned over.
func flipping(bit: Int, of bytes: [UInt8]) -> [UInt8] {
    var changed = bytes
    changed[bit / 8] ^= 1 << UInt8(bit % 8)
    return changed
}

// The operations on buffers, on arrays: each output is exactly as long as it has to be.

extension LinkCipher {
    func seal(_ plaintext: [UInt8], associatedData: [UInt8] = []) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xa5, count: plaintext.count + Self.tagLength)
        let length = try output.withUnsafeMutableBytes { output in
            try plaintext.withUnsafeBytes { plaintext in
                try associatedData.withUnsafeBytes {
                    try seal(associatedData: $0, plaintext: plaintext, into: output)
                }
            }
        }
        #expect(length == output.count)
        return output
    }

    func open(_ sealed: [UInt8], associatedData: [UInt8] = []) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xa5, count: max(0, sealed.count - Self.tagLength))
        let length = try output.withUnsafeMutableBytes { output in
            try sealed.withUnsafeBytes { sealed in
                try associatedData.withUnsafeBytes { try open(associatedData: $0, sealed: sealed, into: output) }
            }
        }
        #expect(length == output.count)
        return output
    }
}

extension AESCCM {
    func seal(_ plaintext: [UInt8], nonce: [UInt8], associatedData: [UInt8] = []) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xa5, count: plaintext.count + tagLength)
        let length = try output.withUnsafeMutableBytes { output in
            try plaintext.withUnsafeBytes { plaintext in
                try associatedData.withUnsafeBytes { data in
                    try nonce.withUnsafeBytes {
                        try seal(nonce: $0, associatedData: data, plaintext: plaintext, into: output)
                    }
                }
            }
        }
        #expect(length == output.count)
        return output
    }

    func open(_ sealed: [UInt8], nonce: [UInt8], associatedData: [UInt8] = []) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xa5, count: max(0, sealed.count - tagLength))
        let length = try output.withUnsafeMutableBytes { output in
            try sealed.withUnsafeBytes { sealed in
                try associatedData.withUnsafeBytes { data in
                    try nonce.withUnsafeBytes {
                        try open(nonce: $0, associatedData: data, sealed: sealed, into: output)
                    }
                }
            }
        }
        #expect(length == output.count)
        return output
    }
}

extension HPKE {
    static func seal(
        _ plaintext: [UInt8], to recipient: Bytes32, ephemeralKey: AgreementKey, info: [UInt8] = [],
        associatedData: [UInt8] = []
    ) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xa5, count: plaintext.count + overhead)
        let length = try output.withUnsafeMutableBytes { output in
            try plaintext.withUnsafeBytes { plaintext in
                try associatedData.withUnsafeBytes { data in
                    try info.withUnsafeBytes {
                        try seal(
                            to: recipient, ephemeralKey: ephemeralKey, info: $0, associatedData: data,
                            plaintext: plaintext, into: output)
                    }
                }
            }
        }
        #expect(length == output.count)
        return output
    }

    static func open(
        _ sealed: [UInt8], privateKey: AgreementKey, info: [UInt8] = [], associatedData: [UInt8] = []
    ) throws -> [UInt8] {
        var output = [UInt8](repeating: 0xa5, count: max(0, sealed.count - overhead))
        let length = try output.withUnsafeMutableBytes { output in
            try sealed.withUnsafeBytes { sealed in
                try associatedData.withUnsafeBytes { data in
                    try info.withUnsafeBytes {
                        try open(
                            privateKey: privateKey, info: $0, associatedData: data, sealed: sealed, into: output)
                    }
                }
            }
        }
        #expect(length == output.count)
        return output
    }
}
