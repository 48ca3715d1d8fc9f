import SeededRandom
import Testing
import Wire

@testable import Sealing

struct HPKETests {
    private struct Vector: Decodable {
        let source: String
        let skRm: String
        let pkRm: String
        let skEm: String
        let enc: String
        let ikmR: String?
        let ikmE: String?
        let sharedSecret: String?
        let info: String
        let aad: String
        let pt: String
        let ct: String
        let exportEmpty32: String?
    }

    @Test func sealAndOpenMatchAllVectors() throws {
        let all = try vectors("hpke-x25519-sha256-chacha20poly1305", as: Vector.self)
        #expect(all.count >= 2)
        for vector in all {
            let recipient = try AgreementKey(secret(vector.skRm))
            let ephemeral = try AgreementKey(secret(vector.skEm))
            #expect(recipient.publicKey.array == bytes(vector.pkRm))
            #expect(ephemeral.publicKey.array == bytes(vector.enc))
            let sealed = try HPKE.seal(
                bytes(vector.pt), to: recipient.publicKey, ephemeralKey: ephemeral, info: bytes(vector.info),
                associatedData: bytes(vector.aad))
            #expect(sealed == bytes(vector.enc) + bytes(vector.ct), "\(vector.source)")
            let opened = try HPKE.open(
                sealed, privateKey: recipient, info: bytes(vector.info), associatedData: bytes(vector.aad))
            #expect(opened == bytes(vector.pt))
        }
    }

    @Test func keysSecretsAndExportsMatchVectorsThatHaveThem() throws {
        var checked = 0
        for vector in try vectors("hpke-x25519-sha256-chacha20poly1305", as: Vector.self) {
            if let material = vector.ikmE {
                #expect(try HPKE.deriveKey(secret(material)).publicKey.array == bytes(vector.enc))
                checked += 1
            }
            if let material = vector.ikmR {
                #expect(try HPKE.deriveKey(secret(material)).publicKey.array == bytes(vector.pkRm))
            }
            let recipient = try bytes32(vector.pkRm)
            let agreed = try AgreementKey(secret(vector.skEm)).sharedSecret(with: recipient)
            let shared = try HPKE.shared(agreed, enc: bytes32(vector.enc), recipient: recipient)
            if let expected = vector.sharedSecret { #expect(shared.array == bytes(expected)) }
            if let expected = vector.exportEmpty32 {
                let schedule = try bytes(vector.info).withRawBytes { info throws(SealingError) in
                    try HPKE.Schedule(sharedSecret: shared, info: info)
                }
                let exporter = try HPKE.Schedule.expand(schedule.secret, schedule.context, label: "exp", length: 32)
                #expect(try HPKE.expand(.whole, exporter, label: "sec", length: 32) { _ in }.array == bytes(expected))
                checked += 1
            }
        }
        #expect(checked >= 2)
    }

    private static func keys() throws -> (recipient: AgreementKey, ephemeral: AgreementKey) {
        (
            try HPKE.deriveKey(SecretBytes([UInt8](repeating: 1, count: 32))),
            try HPKE.deriveKey(SecretBytes([UInt8](repeating: 2, count: 32)))
        )
    }

    @Test func everyLengthOpensToWhatWasSealed() throws {
        var random = SplitMix64(seed: 4)
        let (recipient, ephemeral) = try Self.keys()
        for length in [0, 1, 15, 16, 17, 40, 96, 120, 245, 1000] {
            let (plaintext, info, data) = (random.bytes(length), random.bytes(length % 7), random.bytes(length % 5))
            let sealed = try HPKE.seal(
                plaintext, to: recipient.publicKey, ephemeralKey: ephemeral, info: info, associatedData: data)
            #expect(sealed.count == length + 48)
            #expect(try HPKE.open(sealed, privateKey: recipient, info: info, associatedData: data) == plaintext)
        }
    }

    @Test func everyFlippedBitFails() throws {
        let (recipient, ephemeral) = try Self.keys()
        let (info, data): ([UInt8], [UInt8]) = ([1, 2], [3, 4])
        let sealed = try HPKE.seal(
            [5, 6, 7], to: recipient.publicKey, ephemeralKey: ephemeral, info: info, associatedData: data)
        for bit in 0..<(8 * sealed.count) {
            #expect(throws: SealingError.authenticationFailed) {
                try HPKE.open(
                    flipping(bit: bit, of: sealed), privateKey: recipient, info: info, associatedData: data)
            }
        }
        for bit in 0..<16 {
            #expect(throws: SealingError.authenticationFailed) {
                try HPKE.open(
                    sealed, privateKey: recipient, info: flipping(bit: bit, of: info), associatedData: data)
            }
            #expect(throws: SealingError.authenticationFailed) {
                try HPKE.open(
                    sealed, privateKey: recipient, info: info, associatedData: flipping(bit: bit, of: data))
            }
        }
        #expect(throws: SealingError.authenticationFailed) {
            try HPKE.open(sealed, privateKey: ephemeral, info: info, associatedData: data)
        }
    }

    @Test func lessThanKeyAndTagIsTheWrongLength() throws {
        let (recipient, _) = try Self.keys()
        for length in 0..<48 {
            #expect(throws: SealingError.wrongLength) {
                try HPKE.open([UInt8](repeating: 9, count: length), privateKey: recipient)
            }
        }
    }

    @Test func keysThatAgreeOnNothingAreInvalid() throws {
        let (recipient, ephemeral) = try Self.keys()
        #expect(throws: SealingError.invalidKey) { try HPKE.seal([1], to: Bytes32(), ephemeralKey: ephemeral) }
        #expect(throws: SealingError.invalidKey) {
            try HPKE.open([UInt8](repeating: 0, count: 60), privateKey: recipient)
        }
    }

    @Test(arguments: [0, 31])
    func keyMaterialBelow32BytesIsInvalid(length: Int) {
        #expect(throws: SealingError.invalidKey) {
            try HPKE.deriveKey(SecretBytes([UInt8](repeating: 1, count: length)))
        }
    }

    @Test func shortBufferIsRefusedBeforeAnythingIsWritten() throws {
        let (recipient, ephemeral) = try Self.keys()
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var small = [UInt8](repeating: 0xa5, count: 47)
        _ = small.withUnsafeMutableBytes { small in
            #expect(throws: SealingError.bufferTooSmall) {
                try HPKE.seal(
                    to: recipient.publicKey, ephemeralKey: ephemeral, info: nothing, associatedData: nothing,
                    plaintext: nothing, into: small)
            }
        }
        #expect(small.allSatisfy { $0 == 0xa5 })
        let sealed = try HPKE.seal([1, 2], to: recipient.publicKey, ephemeralKey: ephemeral)
        sealed.withUnsafeBytes { sealed in
            small.withUnsafeMutableBytes { small in
                let one = UnsafeMutableRawBufferPointer(rebasing: small.prefix(1))
                #expect(throws: SealingError.bufferTooSmall) {
                    try HPKE.open(
                        privateKey: recipient, info: nothing, associatedData: nothing, sealed: sealed, into: one)
                }
            }
        }
    }
}
