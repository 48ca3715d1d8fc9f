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
        let initStatic: String
        let initEphemeral: String
        let respStatic: String
        let respEphemeral: String
        let handshakeHash: String?
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
            try side(.initiator, vector.initStatic, vector.initEphemeral),
            try side(.responder, vector.respStatic, vector.respEphemeral)
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
            if let hash = vector.handshakeHash {
                #expect(try initiator.handshakeHash == bytes32(hash))
                #expect(try responder.handshakeHash == bytes32(hash))
            }
            #expect(try initiator.remoteStatic == AgreementKey(secret(vector.respStatic)).publicKey)
            #expect(try responder.remoteStatic == AgreementKey(secret(vector.initStatic)).publicKey)
            let (first, second) = (try initiator.split(), try responder.split())
            for (index, message) in vector.messages.enumerated().dropFirst(3) {
                let (sender, receiver) = index % 2 == 0 ? (first.send, second.receive) : (second.send, first.receive)
                let sealed = try sender.seal(bytes(message.payload))
                #expect(sealed == bytes(message.ciphertext))
                #expect(try receiver.open(sealed) == bytes(message.payload))
            }
        }
    }

    // MARK: What goes wrong

    private static func side(
        _ role: NoiseHandshake.Role, prologue: [UInt8] = [1], psk: UInt8 = 2, staticKey: UInt8? = nil
    ) throws -> NoiseHandshake {
        func key(_ byte: UInt8) throws -> AgreementKey { try AgreementKey(filled(byte)) }
        return try NoiseHandshake(
            role: role, prologue: prologue, presharedKey: filled(psk),
            staticKey: key(staticKey ?? (role == .initiator ? 11 : 12)), ephemeralKey: key(role == .initiator ? 21 : 22)
        )
    }

    private static func filled(_ byte: UInt8, count: Int = 32) -> SecretBytes {
        SecretBytes([UInt8](repeating: byte, count: count))
    }

    /// Both sides with the first `passed` messages exchanged.
    private static func sides(
        passed: Int
    ) throws -> (initiator: NoiseHandshake, responder: NoiseHandshake) {
        let (initiator, responder) = (try side(.initiator), try side(.responder))
        for index in 0..<passed {
            let (writer, reader) = index % 2 == 0 ? (initiator, responder) : (responder, initiator)
            _ = try reader.readMessage(writer.writeMessage([7]))
        }
        return (initiator, responder)
    }

    private static func expectUnusable(_ side: NoiseHandshake) {
        #expect(!side.isFinished && !side.isReader && !side.isWriter)
        #expect(throws: SealingError.outOfOrder) { try side.readMessage([UInt8](repeating: 0, count: 100)) }
        #expect(throws: SealingError.outOfOrder) { try side.writeMessage([]) }
        #expect(throws: SealingError.outOfOrder) { try side.split() }
    }

    @Test(arguments: 0..<3)
    func everyFlippedBitOfAMessageFailsAndEndsTheHandshake(index: Int) throws {
        let length = NoiseHandshake.overheads[index] + 1
        for bit in 0..<(8 * length) {
            let (initiator, responder) = try Self.sides(passed: index)
            let (writer, reader) = index % 2 == 0 ? (initiator, responder) : (responder, initiator)
            let message = try writer.writeMessage([7])
            #expect(message.count == length)
            // Turning the highest bit of a public key over names the same point, but is hashed and so fails too.
            #expect(throws: SealingError.authenticationFailed) {
                try reader.readMessage(flipping(bit: bit, of: message))
            }
            #expect(reader.remoteStatic == nil)
            #expect(reader.handshakeHash == nil)
            Self.expectUnusable(reader)
        }
    }

    @Test(arguments: 0..<3)
    func messageOfAnyWrongLengthFailsAndEndsTheHandshake(index: Int) throws {
        let length = NoiseHandshake.overheads[index] + 1
        for cut in 0..<(length + 3) where cut != length {
            let (initiator, responder) = try Self.sides(passed: index)
            let (writer, reader) = index % 2 == 0 ? (initiator, responder) : (responder, initiator)
            let message = try Array((writer.writeMessage([7]) + [0, 0, 0]).prefix(cut))
            let expected: SealingError = cut < length - 1 ? .wrongLength : .authenticationFailed
            #expect(throws: expected) { try reader.readMessage(message) }
            Self.expectUnusable(reader)
        }
        let (initiator, responder) = try Self.sides(passed: index)
        let reader = index % 2 == 0 ? responder : initiator
        #expect(throws: SealingError.wrongLength) { try reader.readMessage([UInt8](repeating: 0, count: 65_536)) }
        Self.expectUnusable(reader)
    }

    @Test func anotherPreSharedKeyFailsAtTheThirdMessage() throws {
        let (initiator, responder) = (try Self.side(.initiator, psk: 3), try Self.side(.responder))
        _ = try responder.readMessage(initiator.writeMessage([]))
        _ = try initiator.readMessage(responder.writeMessage([]))
        let third = try initiator.writeMessage([])
        #expect(throws: SealingError.authenticationFailed) { try responder.readMessage(third) }
        #expect(responder.remoteStatic == nil)
        Self.expectUnusable(responder)
    }

    @Test func anotherPrologueFailsAtTheFirstMessage() throws {
        let (initiator, responder) = (try Self.side(.initiator, prologue: [9]), try Self.side(.responder))
        let first = try initiator.writeMessage([])
        #expect(throws: SealingError.authenticationFailed) { try responder.readMessage(first) }
    }

    @Test(arguments: 0...3)
    func theWrongMoveIsOutOfOrderAndHarmsNothing(passed: Int) throws {
        let (initiator, responder) = try Self.sides(passed: passed)
        for side in [initiator, responder] {
            let writes = passed < 3 && (passed % 2 == 0) == (side.role == .initiator)
            #expect(side.isWriter == writes)
            #expect(side.isReader == (passed < 3 && !writes))
            #expect(side.isFinished == (passed == 3))
            if !side.isWriter { #expect(throws: SealingError.outOfOrder) { try side.writeMessage([]) } }
            if !side.isReader { #expect(throws: SealingError.outOfOrder) { try side.readMessage([1]) } }
            if passed < 3 { #expect(throws: SealingError.outOfOrder) { try side.split() } }
        }
        for index in passed..<3 {
            let (writer, reader) = index % 2 == 0 ? (initiator, responder) : (responder, initiator)
            #expect(try reader.readMessage(writer.writeMessage([8])) == [8])
        }
        let (first, second) = (try initiator.split(), try responder.split())
        #expect(try second.receive.open(first.send.seal([1])) == [1])
        #expect(try first.receive.open(second.send.seal([2])) == [2])
        #expect(initiator.handshakeHash != nil && initiator.handshakeHash == responder.handshakeHash)
        #expect(throws: SealingError.outOfOrder) { try initiator.split() }
        #expect(throws: SealingError.outOfOrder) { try responder.split() }
    }

    @Test func ciphersOfTheTwoDirectionsDiffer() throws {
        let (initiator, responder) = try Self.sides(passed: 3)
        let (first, second) = (try initiator.split(), try responder.split())
        let sealed = try first.send.seal([1, 2, 3])
        #expect(throws: SealingError.authenticationFailed) { try first.receive.open(sealed) }
        #expect(throws: SealingError.authenticationFailed) { try second.send.open(sealed) }
    }

    @Test func ephemeralKeyOfSmallOrderIsInvalidForBothSides() throws {
        // The responder meets it when it answers, and so cannot.
        let first = try forgedFirstMessage(ephemeral: Bytes32())
        let responder = try Self.side(.responder)
        #expect(try responder.readMessage(first) == [])
        #expect(throws: SealingError.invalidKey) { try responder.writeMessage([]) }
        Self.expectUnusable(responder)
        // The initiator meets it at once.
        let initiator = try Self.side(.initiator)
        _ = try initiator.writeMessage([])
        #expect(throws: SealingError.invalidKey) {
            try initiator.readMessage([UInt8](repeating: 0, count: NoiseHandshake.overheads[1]))
        }
        Self.expectUnusable(initiator)
    }

    /// A first message that any stranger can make: it needs no secret.
    private func forgedFirstMessage(ephemeral: Bytes32) throws -> [UInt8] {
        let state = SymmetricState(protocolName: "Noise_XXpsk3_25519_ChaChaPoly_SHA256")
        [UInt8(1)].withUnsafeBytes { state.mixHash($0) }
        try ephemeral.withUnsafeBytes { bytes throws(SealingError) in
            state.mixHash(bytes)
            try state.mixKey(bytes)
        }
        return try ephemeral.array
            + .filled(count: 16) { output throws(SealingError) in
                try state.seal(UnsafeRawBufferPointer(start: nil, count: 0), into: output)
            }
    }

    @Test(arguments: 0..<3)
    func payloadUpToTheLongestMessagePassesAndOneMoreIsRefused(index: Int) throws {
        let (initiator, responder) = try Self.sides(passed: index)
        let (writer, reader) = index % 2 == 0 ? (initiator, responder) : (responder, initiator)
        let longest = [UInt8](repeating: 3, count: 65_535 - NoiseHandshake.overheads[index])
        #expect(throws: SealingError.wrongLength) { try writer.writeMessage(longest + [3]) }
        let message = try writer.writeMessage(longest)
        #expect(message.count == 65_535)
        #expect(try reader.readMessage(message) == longest)
    }

    @Test func shortBufferIsRefusedBeforeAnythingIsWritten() throws {
        let initiator = try Self.side(.initiator)
        var small = [UInt8](repeating: 0xa5, count: 47)
        _ = small.withUnsafeMutableBytes { small in
            #expect(throws: SealingError.bufferTooSmall) {
                try initiator.writeMessage(UnsafeRawBufferPointer(start: nil, count: 0), into: small)
            }
        }
        #expect(small.allSatisfy { $0 == 0xa5 })
        #expect(try Self.side(.responder).readMessage(initiator.writeMessage([4])) == [4])
    }

    @Test(arguments: [0, 16, 31, 33])
    func preSharedKeyOfAnotherLengthIsInvalid(length: Int) throws {
        let key = try AgreementKey(Self.filled(1))
        #expect(throws: SealingError.invalidKey) {
            try NoiseHandshake(
                role: .initiator, prologue: [], presharedKey: Self.filled(1, count: length), staticKey: key,
                ephemeralKey: key)
        }
    }
}
