import Testing

@testable import Sealing

struct AESCCMTests {
    private struct Vector: Decodable {
        let key: String
        let nonce: String
        let aad: String
        let tag_length: Int
        let pt: String
        let ct: String
    }

    @Test func sealAndOpenMatchAllVectors() throws {
        let all = try vectors("aes128-ccm", as: Vector.self)
        #expect(all.count >= 2)
        for vector in all {
            let ccm = try AESCCM(key: secret(vector.key), tagLength: vector.tag_length)
            let (nonce, data) = (bytes(vector.nonce), bytes(vector.aad))
            for _ in 0..<2 {
                #expect(try ccm.seal(bytes(vector.pt), nonce: nonce, associatedData: data) == bytes(vector.ct))
                #expect(try ccm.open(bytes(vector.ct), nonce: nonce, associatedData: data) == bytes(vector.pt))
            }
        }
    }
}
