import Testing

@testable import Sealing

struct AESCCMTests {
    private struct Vector: Decodable {
        let key: String
        let nonce: String
        let aad: String
        let tagLength: Int
        let pt: String
        let ct: String
    }

    @Test func sealAndOpenMatchAllVectors() throws {
        let all = try vectors("aes128-ccm", as: Vector.self)
        #expect(all.count >= 2)
        for vector in all {
            let ccm = try AESCCM(key: secret(vector.key), tagLength: vector.tagLength)
            let (nonce, data) = (bytes(vector.nonce), bytes(vector.aad))
            for _ in 0..<2 {
                #expect(try ccm.seal(bytes(vector.pt), nonce: nonce, associatedData: data) == bytes(vector.ct))
                #expect(try ccm.open(bytes(vector.ct), nonce: nonce, associatedData: data) == bytes(vector.pt))
            }
        }
    }

    private static let key = SecretBytes([UInt8](0..<16))
    private static let nonce = [UInt8](0..<13)

    @Test(arguments: [4, 6, 8, 10, 12, 14, 16])
    func everyFlippedBitFailsAndLeavesTheContextGood(tagLength: Int) throws {
        let ccm = try AESCCM(key: Self.key, tagLength: tagLength)
        let data: [UInt8] = [1, 2, 3]
        for plaintext: [UInt8] in [[], [9], [UInt8](repeating: 9, count: 33)] {
            let sealed = try ccm.seal(plaintext, nonce: Self.nonce, associatedData: data)
            for bit in 0..<(8 * sealed.count) {
                #expect(throws: SealingError.authenticationFailed) {
                    try ccm.open(flipping(bit: bit, of: sealed), nonce: Self.nonce, associatedData: data)
                }
            }
            for bit in 0..<24 {
                #expect(throws: SealingError.authenticationFailed) {
                    try ccm.open(sealed, nonce: Self.nonce, associatedData: flipping(bit: bit, of: data))
                }
            }
            for bit in 0..<(8 * 13) {
                #expect(throws: SealingError.authenticationFailed) {
                    try ccm.open(sealed, nonce: flipping(bit: bit, of: Self.nonce), associatedData: data)
                }
            }
            #expect(try ccm.open(sealed, nonce: Self.nonce, associatedData: data) == plaintext)
        }
    }

    @Test func failedOpeningLeavesNoPlaintext() throws {
        let ccm = try AESCCM(key: Self.key, tagLength: 4)
        var frame = try flipping(bit: 0, of: ccm.seal([UInt8](repeating: 9, count: 50), nonce: Self.nonce))
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        _ = frame.withUnsafeMutableBytes { buffer in
            Self.nonce.withUnsafeBytes { nonce in
                #expect(throws: SealingError.authenticationFailed) {
                    try ccm.open(
                        nonce: nonce, associatedData: nothing, sealed: UnsafeRawBufferPointer(buffer), into: buffer)
                }
            }
        }
        #expect(frame.prefix(50).allSatisfy { $0 == 0 })
    }

    @Test func lengthsOfKeyTagNonceAndMessageAreChecked() throws {
        for length in [0, 15, 17, 32] {
            #expect(throws: SealingError.invalidKey) {
                try AESCCM(key: SecretBytes([UInt8](repeating: 0, count: length)), tagLength: 4)
            }
        }
        for length in [-1, 0, 2, 3, 5, 15, 17, 18] {
            #expect(throws: SealingError.wrongLength) { try AESCCM(key: Self.key, tagLength: length) }
        }
        let ccm = try AESCCM(key: Self.key, tagLength: 8)
        for length in [0, 12, 14] {
            let nonce = [UInt8](repeating: 0, count: length)
            #expect(throws: SealingError.wrongLength) { try ccm.seal([1], nonce: nonce) }
            #expect(throws: SealingError.wrongLength) { try ccm.open([UInt8](repeating: 0, count: 9), nonce: nonce) }
        }
        for length in 0..<8 {
            #expect(throws: SealingError.wrongLength) {
                try ccm.open([UInt8](repeating: 0, count: length), nonce: Self.nonce)
            }
        }
    }

    @Test func longestMessagePassesAndOneByteMoreIsRefused() throws {
        let ccm = try AESCCM(key: Self.key, tagLength: 16)
        let longest = [UInt8](repeating: 5, count: 65_535)
        let sealed = try ccm.seal(longest, nonce: Self.nonce)
        #expect(try ccm.open(sealed, nonce: Self.nonce) == longest)
        #expect(throws: SealingError.wrongLength) { try ccm.seal(longest + [5], nonce: Self.nonce) }
        #expect(throws: SealingError.wrongLength) { try ccm.open(sealed + [5], nonce: Self.nonce) }
    }

    @Test func shortBufferIsRefusedBeforeAnythingIsWritten() throws {
        let ccm = try AESCCM(key: Self.key, tagLength: 4)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let sealed = try ccm.seal([1, 2, 3, 4], nonce: Self.nonce)
        var small = [UInt8](repeating: 0xa5, count: 3)
        small.withUnsafeMutableBytes { small in
            Self.nonce.withUnsafeBytes { nonce in
                #expect(throws: SealingError.bufferTooSmall) {
                    try ccm.seal(nonce: nonce, associatedData: nothing, plaintext: nothing, into: small)
                }
                _ = sealed.withUnsafeBytes { sealed in
                    #expect(throws: SealingError.bufferTooSmall) {
                        try ccm.open(nonce: nonce, associatedData: nothing, sealed: sealed, into: small)
                    }
                }
            }
        }
        #expect(small == [0xa5, 0xa5, 0xa5])
    }
}
