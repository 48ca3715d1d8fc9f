import Testing
import Wire

@testable import Sealing

struct NoiseHandshakeTests {
    private struct Vector: Decodable {
        struct Message: Decodable {
            let payload: String
            let ciphertext: String
        }
        let source: String
        let prologue: String
        let psk: String
        let init_static: String
        let init_ephemeral: String
        let resp_static: String
        let resp_ephemeral: String
        let handshake_hash: String?
        let messages: [Message]
    }

    private static func pair(
        _ vector: Vector
    ) throws -> (initiator: NoiseHandshake, responder: NoiseHandshake) {
        func side(_ role: NoiseHandshake.Role, _ staticKey: String, _ ephemeralKey: String) throws -> NoiseHandshake {
            try NoiseHandshake(
                role: role, prologue: bytes(vector.prologue), presharedKey: secret(vector.psk),
                staticKey: AgreementKey(secret(staticKey)), ephemeralKey: AgreementKey(secret(ephemeralKey)))
        }
        return (
            try side(.initiator, vector.init_static, vector.init_ephemeral),
            try side(.responder, vector.resp_static, vector.resp_ephemeral)
        )
    }

    @Test func handshakeAndTransportMatchAllVectors() throws {
        let all = try vectors("noise-xxpsk3-25519-chachapoly-sha256", as: Vector.self)
        #expect(all.count >= 2)
        for vector in all {
            let (initiator, responder) = try Self.pair(vector)
            for (index, message) in vector.messages.prefix(3).enumerated() {
                let (writer, reader) = index % 2 == 0 ? (initiator, responder) : (responder, initiator)
                #expect(writer.handshakeHash == nil)
                let written = try writer.writeMessage(bytes(message.payload))
                #expect(written == bytes(message.ciphertext))
                #expect(try reader.readMessage(written) == bytes(message.payload))
            }
            if let hash = vector.handshake_hash {
                #expect(try initiator.handshakeHash == bytes32(hash))
                #expect(try responder.handshakeHash == bytes32(hash))
            }
            #expect(try initiator.remoteStatic == AgreementKey(secret(vector.resp_static)).publicKey)
            #expect(try responder.remoteStatic == AgreementKey(secret(vector.init_static)).publicKey)
            let (first, second) = (try initiator.split(), try responder.split())
            for (index, message) in vector.messages.enumerated().dropFirst(3) {
                let (sender, receiver) = index % 2 == 0 ? (first.send, second.receive) : (second.send, first.receive)
                let sealed = try sender.seal(bytes(message.payload))
                #expect(sealed == bytes(message.ciphertext))
                #expect(try receiver.open(sealed) == bytes(message.payload))
            }
        }
    }
}
