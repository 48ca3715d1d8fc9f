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
        let shared_secret: String?
        let info: String
        let aad: String
        let pt: String
        let ct: String
        let export_empty_32: String?
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
            if let expected = vector.shared_secret { #expect(shared.array == bytes(expected)) }
            if let expected = vector.export_empty_32 {
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
}
