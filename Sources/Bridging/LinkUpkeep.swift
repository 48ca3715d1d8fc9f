import Consent
import Relaying
import Wire

/// What keeps links: whom to call, who may stay, keepalives, beacons.
extension Bridge {
    // MARK: Membership

    /// A session under the network's key is up: say what this host lends, and show who this bridge is.
    mutating func introduce(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        session.isIntroduced = true
        tellLending(session, into: &effects)
        for record in network?.chain(ofMember: identity.memberID) ?? [] {
            send(session, into: &effects) { target throws(WireError) in try Self.recordFrame(record, into: target) }
        }
    }

    /// Members came or went.
    mutating func reviewMembership(now: Moment, into effects: inout Effects) {
        for session in sessions.sessions { review(session, now: now, into: &effects) }
    }

    /// The first member record with the peer's static key says who the peer is. There may be others with that key, which a
    /// dishonest member made; only the holder of the static key has a session with it, and says which it goes by.
    func noteClaim(_ record: UnsafeRawBufferPointer, _ session: LinkSession) {
        guard session.claimed == nil, let record = try? MemberRecord(record), record.staticKey == session.peerStatic
        else { return }
        session.claimed = Names.memberID(staticKey: record.staticKey, signingKey: record.signingKey)
    }

    /// Makes the session a link once its peer's record stands, and ends it once the peer has departed.
    private mutating func review(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        guard session.isRunning, session.kind == .network, let claimed = session.claimed,
            let member = network?.registry.membership.member(id: claimed)
        else { return }
        if member.hasDeparted { return bye(.notAMember, session, now: now, into: &effects) }
        if !session.isLink { establish(session, member: member.id, now: now, into: &effects) }
    }

    /// One link between two bridges, and at most as many links as the host allows.
    private mutating func establish(
        _ session: LinkSession, member: UInt64, now: Moment, into effects: inout Effects
    ) {
        if let other = sessions.link(toMember: member) {
            let stays = keeps(session, over: other, peer: member)
            bye(.secondLink, stays ? other : session, now: now, into: &effects)
            guard stays else { return }
        }
        let isFull = sessions.linkCount >= configuration.linksMax
        if session.isCaller, isFull, !session.isTaken {
            return askForPlace(session, member, now: now, into: &effects)
        }
        if !session.isCaller || isFull {
            switch neighbours.judge(member, lending: session.lending, now: now.instant) {
            case .accept: break
            case .acceptDropping(let number):
                if let other = sessions.link(number) { bye(.noRoom, other, now: now, into: &effects) }
            case .noRoom: return bye(.noRoom, session, now: now, into: &effects)
            }
        }
        if sessions.linkCount >= configuration.linksMax {
            return bye(.noRoom, session, now: now, into: &effects)
        }
        // Places may have come free since it was left for later.
        if !session.isIntroduced { introduce(session, now: now, into: &effects) }
        guard let number = sessions.promote(session, member: member) else {
            return bye(.noRoom, session, now: now, into: &effects)
        }
        session.since = now.instant
        neighbours.answered(beacon: session.beacon, at: session.address, byMember: true, now: now.instant)
        relay.linkStarted(number, now: now)
        if session.isBlocked { relay.setWritable(number, false) }
        neighbours.linkStarted(
            number, member: member, lending: session.lending, cost: session.cost.cost, now: now.instant)
        if session.isBlocked { neighbours.setWritable(number, false, now: now.instant) }
        lendingMayChange(now)
        startExchange(session, now: now)
        askAlive(session, now: now, into: &effects)
        beaconsChanged = true
        effects.note(.linkUp)
        effects.trace(.linkUp(session.channel))
    }

    /// Who calls though all its places are taken shows who it is only to whom it would give one, and gives it once it has
    /// got one there: else it could end a link for a place that the other does not have.
    private mutating func askForPlace(
        _ session: LinkSession, _ member: UInt64, now: Moment, into effects: inout Effects
    ) {
        guard neighbours.wouldTake(member, lending: session.lending, now: now.instant) else {
            return bye(.noRoom, session, now: now, into: &effects)
        }
        if !session.isIntroduced { introduce(session, now: now, into: &effects) }
    }

    /// The first keepalive of a called peer says that it has made the session a link.
    mutating func keepaliveOfStranger(
        _ message: Keepalive, _ session: LinkSession, now: Moment, into effects: inout Effects
    ) {
        guard session.isCaller, session.isIntroduced, !message.isAnswer else { return }
        session.isTaken = true
        review(session, now: now, into: &effects)
        if session.isLink { keepalive(message, session, now: now, into: &effects) }
    }

    /// Of two channels to one peer the one called by the bridge with the lower member id stays; of two by the same
    /// caller the newer, for the caller would not call if it still had the older.
    private func keeps(_ new: LinkSession, over old: LinkSession, peer: UInt64) -> Bool {
        guard new.isCaller != old.isCaller else { return true }
        return new.isCaller == MemberOrder.isLower(identity.memberID, peer)
    }

    // MARK: Calling

    mutating func heardBeacon(
        _ value: BeaconValue, from address: RadioAddress, signalDBm: Int8, now: Moment, into effects: inout Effects
    ) {
        switch value.kind {
        case .join: answerJoinBeacon(value, from: address, signalDBm: signalDBm, now: now, into: &effects)
        case .network:
            guard let network else { return }
            let slot = now.wall.slot
            // Each is heard many times, and recognising it takes several hashes.
            let known = neighbours.hint(of: value, slot: slot)
            guard let hint = known ?? network.keys.memberHint(in: value, now: now.wall), hint != identity.hint else {
                return
            }
            neighbours.heard(address, hint: hint, beacon: value, signalDBm: signalDBm, slot: slot, now: now.instant)
        }
    }

    mutating func dial(
        _ address: RadioAddress, kind: LinkSession.Kind, beacon: BeaconValue, signalDBm: Int8, now: Moment,
        into effects: inout Effects
    ) {
        attempts &+= 1
        dialling.append(
            Dialling(attempt: attempts, address: address, kind: kind, beacon: beacon, signalDBm: signalDBm))
        effects.act(.connect(attempt: attempts, address: address))
    }

    private mutating func callNeighbours(now: Moment, into effects: inout Effects) {
        guard network != nil, joining == nil else { return }
        let choice = neighbours.choose(now: now.instant)
        for number in choice.drops {
            if let link = sessions.link(number) { bye(.noRoom, link, now: now, into: &effects) }
        }
        for call in choice.calls {
            guard sessions.attemptCount + dialling.count < SessionTable.attemptsMax else {
                neighbours.callFailed(call.address, now: now.instant)
                continue
            }
            dial(call.address, kind: .network, beacon: call.beacon, signalDBm: call.signalDBm, now: now, into: &effects)
        }
    }

    // MARK: Beacons

    /// Draws new beacon values: at each new slot, and for a new invitation.
    mutating func rollBeacons(now: Moment, into effects: inout Effects) {
        timers.beaconSlot = now.wall.slot
        if let network {
            let salt = random.number(below: 1 << 24)
            beacons.roll(network: network.keys.beaconValue(member: identity.memberID, slot: now.wall.slot, salt: salt))
        }
        rollJoinBeacon(now: now)
    }

    mutating func rollJoinBeacon(now: Moment) {
        beaconsChanged = true
        guard let invitation else { return }
        let salt = random.number(below: 1 << 24)
        let filling = random.number(below: 1 << 24)
        beacons.roll(join: invitation.keys.beaconValue(slot: now.wall.slot, salt: salt, filling: filling))
    }

    private mutating func advertise(now: Moment, into effects: inout Effects) {
        if network != nil, now.wall.slot != timers.beaconSlot { rollBeacons(now: now, into: &effects) }
        guard beaconsChanged else { return }
        beaconsChanged = false
        let payloads = beacons.advertisements(isCallable: neighbours.wantsBeacon(now: now.instant))
        guard payloads != advertised else { return }
        advertised = payloads
        effects.act(.advertise(payloads))
    }

    // MARK: Time

    /// Does what is due on links, beacons and invitations.
    mutating func keepLinks(now: Moment, into effects: inout Effects) {
        if sessions.nextDeadline <= now.instant {
            for session in sessions.sessions where session.nextDeadline <= now.instant {
                keep(session, now: now, into: &effects)
            }
        }
        advanceJoining(now: now, into: &effects)
        if now.instant >= timers.lendingWake { tellLending(now: now, into: &effects) }
        callNeighbours(now: now, into: &effects)
        advertise(now: now, into: &effects)
    }

    private mutating func keep(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        guard session.isLink else {
            return bye(.notAMember, session, now: now, into: &effects)
        }
        let silence = now.instant.microseconds(since: session.lastReceived) / 1000
        guard silence < LinkSession.silenceMaxMilliseconds else {
            return bye(.closing, session, now: now, into: &effects)
        }
        if session.keepaliveSentAt == nil { askAlive(session, now: now, into: &effects) }
    }

    private mutating func askAlive(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        session.keepaliveNumber &+= 1
        session.keepaliveSentAt = now.instant
        let ask = Keepalive(isAnswer: false, number: session.keepaliveNumber)
        send(session, into: &effects) { target throws(WireError) in try FrameWriter.keepalive(ask, into: target) }
    }

    mutating func keepalive(
        _ message: Keepalive, _ session: LinkSession, now: Moment, into effects: inout Effects
    ) {
        guard message.isAnswer else {
            let answer = Keepalive(isAnswer: true, number: message.number)
            session.noteAskAnswered()
            return send(session, into: &effects) { target throws(WireError) in
                try FrameWriter.keepalive(answer, into: target)
            }
        }
        guard message.number == session.keepaliveNumber, let sent = session.keepaliveSentAt else { return }
        session.noteAnswer()
        // The first stands in line behind all the records and routes that a new link is told.
        guard message.number != 1 else { return }
        session.cost.measure(roundTripMilliseconds: now.instant.microseconds(since: sent) / 1000)
        guard let number = session.number else { return }
        neighbours.costChanged(number, session.cost.cost, now: now.instant)
    }
}

/// An attempt at a channel that the radio has not taken up yet.
struct Dialling {
    let attempt: UInt32
    let address: RadioAddress
    let kind: LinkSession.Kind
    let beacon: BeaconValue
    let signalDBm: Int8
}
