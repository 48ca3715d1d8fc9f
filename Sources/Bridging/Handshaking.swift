import Consent
import Sealing
import Wire

/// From a channel to a session: hello, reply, finish (`docs/protocol.md`, section 4.1).
extension Bridge {
    /// The radio asked for by `connect` is up: say hello.
    mutating func sayHello(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        guard case .dialling = session.phase, let keys = sessionKeys(session.kind) else {
            return end(session, now: now, into: &effects)
        }
        do {
            let noise = try makeHandshake(.initiator, session: session, keys: keys)
            guard let room = effects.room(HandshakeLayout.bytesHello) else {
                return end(session, now: now, into: &effects)
            }
            let hello = try MutableHello(kind: session.kind == .join ? .join : .network, in: room)
            let versions = [VersionRange.spoken.lowest, VersionRange.spoken.highest]
            _ = try versions.withUnsafeBytes { try noise.writeMessage($0, into: hello.noiseMessage) }
            let mac = session.beacon.withUnsafeBytes { keys.hello.tag16(over: hello.bytesBeforeMAC, $0) }
            mac.write(into: hello.mac)
            effects.send(HandshakeLayout.bytesHello, to: session.channel)
            session.phase = .calling(noise)
        } catch {
            end(session, now: now, into: &effects)
        }
    }

    /// A message on a channel whose session is not sealed yet.
    mutating func shakeHands(
        _ session: LinkSession, _ bytes: UnsafeRawBufferPointer, now: Moment, into effects: inout Effects
    ) {
        do {
            switch session.phase {
            case .called: try answerHello(session, bytes, now: now, into: &effects)
            case .calling(let noise): try answerReply(session, noise, bytes, now: now, into: &effects)
            case .replied(let noise): try takeFinish(session, noise, bytes, now: now, into: &effects)
            case .dialling, .running, .over: end(session, now: now, into: &effects)
            }
        } catch {
            // A stranger is told nothing, not even that it failed.
            counters.handshakesFailed &+= 1
            end(session, now: now, into: &effects)
        }
    }

    /// The called side: nothing but one keyed hash is computed for whoever cannot make it.
    private mutating func answerHello(
        _ session: LinkSession, _ bytes: UnsafeRawBufferPointer, now: Moment, into effects: inout Effects
    ) throws {
        let hello = try HelloView(bytes)
        session.kind = hello.kind == .join ? .join : .network
        guard let keys = sessionKeys(session.kind),
            let beacon = beacons.answered(by: hello, kind: session.kind, helloKey: keys.hello),
            let ephemeral = Bytes32(hello.ephemeralKey), beacons.admit(ephemeral: ephemeral)
        else { throw HandshakeFailure.notForUs }
        session.beacon = beacon.array
        do {
            let noise = try makeHandshake(.responder, session: session, keys: keys)
            let range = try Self.payload(of: noise, hello.noiseMessage).withUnsafeBytes { try VersionRange($0) }
            guard let version = VersionRange.spoken.choice(with: range) else { throw HandshakeFailure.version }
            guard let room = effects.room(HandshakeLayout.bytesReply) else { throw HandshakeFailure.noRoom }
            let message = try HandshakeStep.reply.start(in: room)
            _ = try [version, 0].withUnsafeBytes { try noise.writeMessage($0, into: message) }
            effects.send(HandshakeLayout.bytesReply, to: session.channel)
            session.phase = .replied(noise)
            session.deadline = session.since.advanced(milliseconds: LinkSession.handshakeWaitMilliseconds)
        } catch {
            if session.kind == .join { invitationAttemptFailed() }
            throw error
        }
    }

    private mutating func answerReply(
        _ session: LinkSession, _ noise: NoiseHandshake, _ bytes: UnsafeRawBufferPointer, now: Moment,
        into effects: inout Effects
    ) throws {
        let chosen = try Self.payload(of: noise, HandshakeStep.reply.noiseMessage(in: bytes))
        _ = try chosen.withUnsafeBytes { try VersionRange.spoken.chosen($0) }
        guard let room = effects.room(HandshakeLayout.bytesFinish) else { throw HandshakeFailure.noRoom }
        let message = try HandshakeStep.finish.start(in: room)
        _ = try noise.writeMessage(UnsafeRawBufferPointer(start: nil, count: 0), into: message)
        effects.send(HandshakeLayout.bytesFinish, to: session.channel)
        try run(session, noise, now: now, into: &effects)
    }

    private mutating func takeFinish(
        _ session: LinkSession, _ noise: NoiseHandshake, _ bytes: UnsafeRawBufferPointer, now: Moment,
        into effects: inout Effects
    ) throws {
        do {
            _ = try Self.payload(of: noise, HandshakeStep.finish.noiseMessage(in: bytes))
        } catch {
            if session.kind == .join { invitationAttemptFailed() }
            throw error
        }
        try run(session, noise, now: now, into: &effects)
    }

    /// Both sides are who they say: from here on messages are sealed.
    private mutating func run(
        _ session: LinkSession, _ noise: NoiseHandshake, now: Moment, into effects: inout Effects
    ) throws {
        guard let peer = noise.remoteStatic, peer != identity.staticKey.publicKey else {
            throw HandshakeFailure.ownEcho
        }
        (session.sealing, session.opening) = try noise.split()
        session.peerStatic = peer
        session.phase = .running
        session.deadline = now.instant.advanced(milliseconds: LinkSession.membershipWaitMilliseconds)
        switch session.kind {
        case .join: startJoinSession(session, now: now, into: &effects)
        case .network:
            let asksFirst = session.isCaller && sessions.linkCount >= configuration.linksMax
            if !asksFirst { introduce(session, now: now, into: &effects) }
        }
    }

    private mutating func makeHandshake(
        _ role: NoiseHandshake.Role, session: LinkSession, keys: SessionKeys
    ) throws -> NoiseHandshake {
        let networkID = session.kind == .join ? [UInt8](repeating: 0, count: 8) : keys.networkID
        let prologue = Array("sidegate 1".utf8) + networkID + session.beacon
        let ephemeral = try AgreementKey(random.drawSecret(32))
        return try NoiseHandshake(
            role: role, prologue: prologue, presharedKey: keys.session, staticKey: identity.staticKey,
            ephemeralKey: ephemeral)
    }

    private static func payload(of noise: NoiseHandshake, _ message: UnsafeRawBufferPointer) throws -> [UInt8] {
        try noise.readMessage(Array(message))
    }
}

/// Why a handshake came to nothing. Counted; told to nobody.
enum HandshakeFailure: Error {
    case notForUs
    case version
    case noRoom
    case ownEcho
}

/// The keys under which a session is opened: the network's, or those of an invitation's code.
struct SessionKeys {
    let hello: KeyedHash
    let session: SecretBytes
    let networkID: [UInt8]
}
