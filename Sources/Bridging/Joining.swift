import Consent
import Sealing
import Wire

/// An invitation that is open on the inviter's bridge.
struct OpenInvitation {
    static let lifeSeconds: Int64 = 600
    static let failuresMax = 5

    let keys: JoinKeys
    let expires: Instant
    var failures = 0
    /// Spent by the first join reply.
    var isUsed = false
}

/// An attempt to join under way on the joiner's bridge.
struct JoinAttempt {
    /// How long the joiner listens for a beacon of its code.
    static let listenSeconds: Int64 = 20
    static let recordsMax = Membership.depthMax + 1

    let keys: JoinKeys
    let deadline: Instant
    /// What the inviter's reply brought, until all its records are there.
    var networkKey: SecretBytes?
    var recognitionKey: SecretBytes?
    var founder: Bytes32?
    var recordsExpected = 0
    var records: [[UInt8]] = []
    var isAnswered = false
    /// When the next beacon may be answered: a failed call is tried again after a moment.
    var nextCall: Instant

    init(keys: JoinKeys, now: Instant) {
        self.keys = keys
        deadline = now.advanced(seconds: Self.listenSeconds)
        nextCall = now
    }

    var isComplete: Bool { founder != nil && records.count == recordsExpected }
}

/// Joining a network by a code spoken over the fence (`docs/protocol.md`, section 4.3).
extension Bridge {
    /// Opens an invitation in place of any other. `code` is random.
    public mutating func invite(code: InvitationCode, now: Moment, into effects: inout Effects) throws {
        guard network != nil else { throw BridgeError.noNetwork }
        try requireClock(now)
        let keys = try JoinKeys(code: code)
        // Whoever is talking under the code before must not use up this one.
        for session in sessions.sessions where session.kind == .join { end(session, now: now, into: &effects) }
        invitation = OpenInvitation(keys: keys, expires: now.instant.advanced(seconds: OpenInvitation.lifeSeconds))
        beacons.closeInvitation()
        rollJoinBeacon(now: now)
    }

    /// Begins to listen for the inviter that holds `code`. Ends in `joined` or `joinFailed`.
    public mutating func join(code: InvitationCode, now: Moment) throws {
        guard network == nil else { throw BridgeError.networkExists }
        guard joining == nil else { throw BridgeError.joiningAlready }
        try requireClock(now)
        joining = JoinAttempt(keys: try JoinKeys(code: code), now: now.instant)
    }

    /// A beacon of the code that this bridge was given is near: call its sender.
    mutating func answerJoinBeacon(
        _ value: BeaconValue, from address: RadioAddress, signalDBm: Int8, now: Moment, into effects: inout Effects
    ) {
        guard var attempt = joining, !attempt.isAnswered, now.instant >= attempt.nextCall,
            attempt.keys.recognises(value, now: now.wall)
        else { return }
        attempt.isAnswered = true
        joining = attempt
        dial(address, kind: .join, beacon: value, signalDBm: signalDBm, now: now, into: &effects)
    }

    func sessionKeys(_ kind: LinkSession.Kind) -> SessionKeys? {
        switch kind {
        case .network: return network?.sessionKeys
        case .join:
            let keys = joining?.keys ?? (invitation?.isUsed == false ? invitation?.keys : nil)
            return keys.map { SessionKeys(hello: $0.helloKey, session: $0.sessionKey, networkID: []) }
        }
    }

    mutating func invitationAttemptFailed() {
        invitation?.failures += 1
        if let invitation, invitation.failures >= OpenInvitation.failuresMax { closeInvitation() }
    }

    mutating func closeInvitation() {
        invitation = nil
        beacons.closeInvitation()
        beaconsChanged = true
    }

    /// The session under the code is up: the joiner says who it is.
    mutating func startJoinSession(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        guard session.isCaller, joining != nil else { return }
        let request = JoinRequest(signingKey: identity.signingKey.publicKey, name: identity.name)
        send(session, into: &effects) { target throws(WireError) in try FrameWriter.joinRequest(request, into: target) }
    }

    /// A message in a join session.
    mutating func joinMessage(
        _ session: LinkSession, _ frame: FrameView, now: Moment, into effects: inout Effects
    ) {
        switch frame {
        case .joinRequest(let request) where !session.isCaller:
            admit(request, session, now: now, into: &effects)
        case .joinReply(let reply) where session.isCaller:
            guard joining?.founder == nil, (1...JoinAttempt.recordsMax).contains(Int(reply.recordCount)) else {
                return end(session, now: now, into: &effects)
            }
            joining?.networkKey = SecretBytes(copying: reply.networkKey)
            joining?.recognitionKey = SecretBytes(copying: reply.recognitionKey)
            joining?.founder = reply.founderSigningKey
            joining?.recordsExpected = Int(reply.recordCount)
            SecretBytes.wipe(scratch.incoming)
        case .record(let bytes) where session.isCaller && joining?.founder != nil:
            joining?.records.append(Array(bytes))
            if joining?.isComplete == true { finishJoining(session, now: now, into: &effects) }
        case .joinDone where !session.isCaller, .bye:
            end(session, now: now, into: &effects)
        case .lending, .ignored:
            counters.messagesIgnored &+= 1
        default:
            end(session, now: now, into: &effects)
        }
    }

    /// The inviter signs the new member's record and hands over the network's keys. From here on the code is used up.
    private mutating func admit(
        _ request: JoinRequest, _ session: LinkSession, now: Moment, into effects: inout Effects
    ) {
        guard let network, let peer = session.peerStatic, invitation?.isUsed == false else {
            return end(session, now: now, into: &effects)
        }
        do {
            let record = try MemberRecord(
                staticKey: peer, signingKey: request.signingKey, inviter: identity.memberID,
                issued: now.wall, name: request.name
            ).signed(by: identity.signingKey)
            // If the same machine asks again, as after a lost reply, its first record stands.
            take(record: try record.array(), from: nil, now: now, into: &effects)
            let id = Names.memberID(staticKey: peer, signingKey: request.signingKey)
            guard let member = network.registry.membership.member(id: id), !member.hasDeparted else {
                return end(session, now: now, into: &effects)
            }
            invitation?.isUsed = true
            handOver(network, chain: network.chain(ofMember: member.id), to: session, into: &effects)
            closeInvitation()
            effects.act(.invitationUsed(memberName: request.name.text))
        } catch {
            end(session, now: now, into: &effects)
        }
    }

    private mutating func handOver(
        _ network: NetworkState, chain: [[UInt8]], to session: LinkSession, into effects: inout Effects
    ) {
        send(session, into: &effects) { target throws(WireError) in
            try network.stored.networkKey.withUnsafeBytes { networkKey throws(WireError) in
                try network.stored.recognitionKey.withUnsafeBytes { recognitionKey throws(WireError) in
                    try FrameWriter.joinReply(
                        networkKey: networkKey, recognitionKey: recognitionKey,
                        founderSigningKey: network.stored.founderSigningKey,
                        recordCount: UInt8(clamping: chain.count), into: target)
                }
            }
        }
        SecretBytes.wipe(scratch.outgoing)
        for record in chain {
            send(session, into: &effects) { target throws(WireError) in try Self.recordFrame(record, into: target) }
        }
    }

    /// The joiner has everything: it checks the chain before it believes any of it.
    private mutating func finishJoining(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        guard let attempt = joining, let networkKey = attempt.networkKey, let recognitionKey = attempt.recognitionKey,
            let founder = attempt.founder
        else { return }
        var registry = Registry(founder: founder, ownMember: identity.memberID, tableSeed: 0)
        var ignored: [RegistryEffect] = []
        for record in attempt.records { _ = registry.add(record, now: now.wall, into: &ignored) }
        // With this bridge's static key once: in a link it is the first record with it that says who a peer is.
        let bearers = registry.membership.members.filter { $0.record?.staticKey == identity.staticKey.publicKey }
        guard bearers.count == 1, bearers[0].id == identity.memberID else {
            return failJoining(.untrustworthy, session, now: now, into: &effects)
        }
        joining = nil
        send(session, into: &effects) { target throws(WireError) in try FrameWriter.joinDone(into: target) }
        end(session, now: now, into: &effects)
        effects.act(
            .joined(
                JoinedNetwork(
                    networkKey: networkKey, recognitionKey: recognitionKey, founderSigningKey: founder,
                    members: attempt.records)))
    }

    private mutating func failJoining(
        _ failure: JoinFailure, _ session: LinkSession, now: Moment, into effects: inout Effects
    ) {
        joining = nil
        end(session, now: now, into: &effects)
        effects.act(.joinFailed(failure))
    }

    /// Whether a call to an inviter is under way: how it ends decides, even beyond the time to listen.
    var isTalkingToInviter: Bool { sessions.sessions.contains { $0.kind == .join && $0.isCaller } }

    /// A join session ended, or time has passed: give up, or listen on.
    mutating func advanceJoining(now: Moment, into effects: inout Effects) {
        if let invitation, now.instant >= invitation.expires {
            closeInvitation()
        }
        guard var attempt = joining else { return }
        let isOver = now.instant >= attempt.deadline
        guard !isTalkingToInviter else { return }
        if isOver {
            joining = nil
            effects.act(
                .joinFailed(attempt.isAnswered || attempt.nextCall > attempt.deadline ? .brokenOff : .nobodyAnswers))
        } else if attempt.isAnswered {
            attempt.isAnswered = false
            attempt.nextCall = now.instant.advanced(seconds: 1)
            attempt.networkKey = nil
            attempt.recognitionKey = nil
            attempt.founder = nil
            attempt.records = []
            joining = attempt
        }
    }
}
