import Wire

/// The handshake of a link: Noise_XXpsk3_25519_ChaChaPoly_SHA256 (Noise revision 34, sections 7.5 and 9).
///
///     first    initiator -> responder   e (32) ‖ payload + 16
///     second   responder -> initiator   e (32) ‖ s + 16 (48) ‖ payload + 16
///     third    initiator -> responder   s + 16 (48) ‖ payload + 16
///
/// Payloads of the first message can be read by anyone, those of the second by whoever poses as initiator; that of
/// the third only by the responder, who knows when it opens that the initiator holds the pre-shared key. The
/// initiator knows as much of the responder from the first transport message that opens.
///
/// A message at the wrong moment is `outOfOrder`. A message that fails makes the handshake unusable: everything after
/// it is `outOfOrder` too. Randomness is handed in, so an ephemeral key must never be used twice. Not Sendable.
public final class NoiseHandshake {
    /// Who begins.
    public enum Role: Sendable {
        case initiator
        case responder
    }

    /// The most bytes of a message (Noise, section 3).
    public static let messageLengthMax = 65_535
    /// How much longer each of the three messages is than its payload.
    public static let overheads = [48, 96, 64]
    private static let messageCount = 3

    /// The part of this side.
    public let role: Role

    private let state: SymmetricState
    private let presharedKey: SecretBytes
    private let staticKey: AgreementKey
    private let ephemeralKey: AgreementKey
    private var remoteEphemeral: Bytes32?
    /// Not shown before the message that brought it is read whole.
    private var claimedStatic: Bytes32?
    /// How many messages have passed.
    private var passed = 0
    private var usable = true

    /// `presharedKey` is 32 bytes, else `invalidKey`. `prologue` is what both sides must agree on without sending it.
    public init(
        role: Role, prologue: [UInt8], presharedKey: SecretBytes, staticKey: AgreementKey, ephemeralKey: AgreementKey
    ) throws(SealingError) {
        guard presharedKey.count == 32 else { throw .invalidKey }
        self.role = role
        self.presharedKey = presharedKey
        self.staticKey = staticKey
        self.ephemeralKey = ephemeralKey
        state = SymmetricState(protocolName: "Noise_XXpsk3_25519_ChaChaPoly_SHA256")
        prologue.withUnsafeBytes { state.mixHash($0) }
    }

    /// Whether all three messages have passed, so that `split` gives the ciphers.
    public var isFinished: Bool { usable && passed == Self.messageCount }

    /// Whether the next thing to do is `writeMessage`; false when finished or unusable.
    public var isWriter: Bool { usable && passed < Self.messageCount && (passed % 2 == 0) == (role == .initiator) }

    /// Whether the next thing to do is `readMessage`; false when finished or unusable.
    public var isReader: Bool { usable && passed < Self.messageCount && !isWriter }

    /// The static public key of the other side: there once the second (initiator) or third (responder) message is read.
    public var remoteStatic: Bytes32? { passed >= (role == .initiator ? 2 : 3) ? claimedStatic : nil }

    /// The hash of all that passed, equal on both sides: what a further authentication can be bound to
    /// (section 11.2). Nil before the handshake is finished.
    public var handshakeHash: Bytes32? { passed == Self.messageCount ? state.hash : nil }

    /// Writes the next message, which carries `payload`, to the start of `output`. Returns its length.
    ///
    /// Throws `outOfOrder`, `wrongLength` (a message over 65,535 bytes), `bufferTooSmall`, or `invalidKey` for a
    /// public key of the other side that agrees on nothing. The last makes the handshake unusable.
    public func writeMessage(
        _ payload: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        guard isWriter else { throw .outOfOrder }
        let length = payload.count &+ Self.overheads[passed]
        guard payload.count <= Self.messageLengthMax, length <= Self.messageLengthMax else { throw .wrongLength }
        guard output.count >= length else { throw .bufferTooSmall }
        usable = false
        var writer = Writer(output: output)
        switch passed {
        case 0:
            try writeEphemeral(&writer)
        case 1:
            try writeEphemeral(&writer)
            try mixEphemeralEphemeral()
            try writeStatic(&writer)
            try mixStatic(ofInitiator: false)
        default:
            try writeStatic(&writer)
            try mixStatic(ofInitiator: true)
            try state.mixKeyAndHash(presharedKey)
        }
        try writer.append { target throws(SealingError) in try state.seal(payload, into: target) }
        usable = true
        passed &+= 1
        return writer.count
    }

    /// The next message, which carries `payload`.
    public func writeMessage(_ payload: [UInt8]) throws(SealingError) -> [UInt8] {
        guard isWriter else { throw .outOfOrder }
        let length = payload.count &+ Self.overheads[passed]
        return try .filled(count: length) { output throws(SealingError) in
            try payload.withRawBytes { bytes throws(SealingError) in try writeMessage(bytes, into: output) }
        }
    }

    /// Reads the next message and writes its payload to the start of `output`. Returns the payload's length.
    ///
    /// Throws `outOfOrder`, or, each of which makes the handshake unusable, `wrongLength`, `bufferTooSmall`,
    /// `authenticationFailed`, or `invalidKey` for a public key that agrees on nothing.
    public func readMessage(
        _ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        guard isReader else { throw .outOfOrder }
        usable = false
        guard message.count >= Self.overheads[passed], message.count <= Self.messageLengthMax else {
            throw .wrongLength
        }
        var reader = Reader(rest: message)
        switch passed {
        case 0:
            try readEphemeral(&reader)
        case 1:
            try readEphemeral(&reader)
            try mixEphemeralEphemeral()
            try readStatic(&reader)
            try mixStatic(ofInitiator: false)
        default:
            try readStatic(&reader)
            try mixStatic(ofInitiator: true)
            try state.mixKeyAndHash(presharedKey)
        }
        let length = try state.open(reader.rest, into: output)
        usable = true
        passed &+= 1
        return length
    }

    /// Reads the next message. Returns its payload.
    public func readMessage(_ message: [UInt8]) throws(SealingError) -> [UInt8] {
        try .filled(count: message.count) { output throws(SealingError) in
            try message.withRawBytes { bytes throws(SealingError) in try readMessage(bytes, into: output) }
        }
    }

    /// The ciphers of the link, once: `send` for what this side seals, `receive` for what it opens.
    ///
    /// Throws `outOfOrder` before the third message and the second time.
    public func split() throws(SealingError) -> (send: LinkCipher, receive: LinkCipher) {
        guard isFinished else { throw .outOfOrder }
        usable = false
        let ciphers = try state.split()
        return role == .initiator ? (ciphers.initiator, ciphers.responder) : (ciphers.responder, ciphers.initiator)
    }
}

// The tokens of section 7.5's patterns.
extension NoiseHandshake {
    private struct Writer {
        let output: UnsafeMutableRawBufferPointer
        var count = 0

        mutating func append(
            _ body: (UnsafeMutableRawBufferPointer) throws(SealingError) -> Int
        ) throws(SealingError) {
            count &+= try body(UnsafeMutableRawBufferPointer(rebasing: output.dropFirst(count)))
        }
    }

    private struct Reader {
        var rest: UnsafeRawBufferPointer

        mutating func take(_ count: Int) throws(SealingError) -> UnsafeRawBufferPointer {
            guard rest.count >= count else { throw .wrongLength }
            defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count)) }
            return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        }
    }

    /// e. With a pre-shared key it is mixed into the key as well (section 9.2).
    private func writeEphemeral(_ writer: inout Writer) throws(SealingError) {
        let publicKey = ephemeralKey.publicKey
        try writer.append { target throws(SealingError) in publicKey.write(into: target) }
        try mixEphemeral(publicKey)
    }

    private func readEphemeral(_ reader: inout Reader) throws(SealingError) {
        guard let publicKey = Bytes32(try reader.take(32)) else { throw .wrongLength }
        remoteEphemeral = publicKey
        try mixEphemeral(publicKey)
    }

    private func mixEphemeral(_ publicKey: Bytes32) throws(SealingError) {
        try publicKey.withUnsafeBytes { bytes throws(SealingError) in
            state.mixHash(bytes)
            try state.mixKey(bytes)
        }
    }

    /// s
    private func writeStatic(_ writer: inout Writer) throws(SealingError) {
        try writer.append { target throws(SealingError) in
            try staticKey.publicKey.withUnsafeBytes { bytes throws(SealingError) in
                try state.seal(bytes, into: target)
            }
        }
    }

    private func readStatic(_ reader: inout Reader) throws(SealingError) {
        let sealed = try reader.take(48)
        var publicKey = Bytes32()
        _ = try publicKey.withUnsafeMutableBytes { target throws(SealingError) in
            try state.open(sealed, into: target)
        }
        claimedStatic = publicKey
    }

    /// ee
    private func mixEphemeralEphemeral() throws(SealingError) {
        guard let remoteEphemeral else { throw .outOfOrder }
        try state.mixKey(ephemeralKey.sharedSecret(with: remoteEphemeral))
    }

    /// se of the initiator's static key with the responder's ephemeral key, or es the other way round.
    private func mixStatic(ofInitiator: Bool) throws(SealingError) {
        guard let remoteEphemeral else { throw .outOfOrder }
        if ofInitiator == (role == .initiator) {
            try state.mixKey(staticKey.sharedSecret(with: remoteEphemeral))
        } else {
            guard let claimedStatic else { throw .outOfOrder }
            try state.mixKey(ephemeralKey.sharedSecret(with: claimedStatic))
        }
    }
}
