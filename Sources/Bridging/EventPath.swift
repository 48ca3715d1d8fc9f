import Consent
import Devices
import Relaying
import Sealing
import Wire

// The way of an event, top to bottom:
//
//     hear -> consent -> seal -> schedule -> carry -> (consent -> schedule -> carry)* -> open -> deliver
//
// A bridge near the device does the first five steps, every bridge on the way the three in brackets, the home the last
// two. The same bridge may be all of them.
extension Bridge {
    // MARK: 1. Hear

    /// An advertisement with BTHome service data. What no grant covers ends here: not stored, not logged, not counted
    /// by device. `ownPlace` is where the device stands among this home's own.
    mutating func hear(_ heard: HeardAdvertisement, ownPlace: Int?, now: Moment, into effects: inout Effects) {
        take(consent(to: heard, now: now), heard, ownPlace: ownPlace, now: now, into: &effects)
    }

    /// A test advertisement of another home's grant: from here on as if it had been heard.
    mutating func hear(test heard: HeardAdvertisement, grant: GrantIndex, now: Moment, into effects: inout Effects) {
        guard let network else { return }
        let verdict = ConsentFilter.judge(
            test: heard, grant: grant, host: host, clock: clock.state, now: now, registry: &network.registry,
            seen: seen,
            rates: &rates)
        take(verdict, heard, ownPlace: nil, now: now, into: &effects)
    }

    private mutating func take(
        _ verdict: HeardVerdict, _ heard: HeardAdvertisement, ownPlace: Int?, now: Moment, into effects: inout Effects
    ) {
        switch verdict {
        case .home(let grant, let eventID):
            if let ownPlace { home.note(hearing: .taken, at: ownPlace, now: now.wall) }
            open(heard, grant: grant, eventID: eventID, now: now, into: &effects)
        case .seal where isStopping: drop(.busy, bytes: heard.serviceData.count, into: &effects)
        case .seal(let grant, let eventID):
            guard let packet = seal(heard, grant: grant, eventID: eventID, now: now) else {
                return drop(.busy, bytes: heard.serviceData.count, into: &effects)
            }
            effects.note(.heard(bytes: packet.count, eventClass: eventClass(of: grant)))
            let answer = schedule(
                packet, grant: grant, hopLimit: packet.hopLimit, from: LinkNumbers.ownRadio, now: now)
            effects.trace(.sealed(eventID: eventID, isTaken: answer == .accepted))
        case .no(let reason):
            if let ownPlace {
                home.note(hearing: reason == .seen ? .taken : .refused(reason), at: ownPlace, now: now.wall)
            }
            if reason != .noGrant && reason != .seen { drop(reason, bytes: heard.serviceData.count, into: &effects) }
        }
    }

    // MARK: 2. Consent

    private mutating func consent(to heard: HeardAdvertisement, now: Moment) -> HeardVerdict {
        guard let network else { return .no(.noGrant) }
        return ConsentFilter.judge(
            heard: heard, host: host, clock: clock.state, now: now, keys: network.keys, registry: &network.registry,
            seen: seen, rates: &rates)
    }

    private mutating func consent(to packet: PacketView, from link: LinkNumber, now: Moment) -> Verdict {
        guard let network else { return .no(.noGrant) }
        return ConsentFilter.judge(
            packet, incoming: .link(link), host: host, clock: clock.state, now: now, registry: &network.registry,
            seen: seen, rates: &rates)
    }

    // MARK: 3. Seal

    /// Wraps what was heard for the grant's home. Who heard it, how strongly and exactly when it expires stays out.
    private mutating func seal(
        _ heard: HeardAdvertisement, grant: GrantIndex, eventID: UInt64, now: Moment
    ) -> PacketView? {
        guard let network, let terms = network.registry.sealing(under: grant, slot: now.wall.slot),
            let ephemeralKey = try? sealingKeys.take(now: now.instant, random: &random)
        else { return nil }
        let header = PacketHeader(
            consentBits: terms.scope, slot: now.wall.slot,
            expiryMinute: EventLife.expiryMinute(heard: now.wall, consentBits: terms.scope), token: terms.token,
            eventID: eventID)
        let event = HeardEvent(
            addressKind: heard.addressKind, address: heard.address, timeHeard: now.wall,
            serviceData: heard.serviceData)
        let limits = DeviceFacts.firstHopLimits
        let drawn = random.number(below: UInt32(truncatingIfNeeded: limits.count))
        let hopLimit = DeviceFacts.firstHopLimit(
            drawn: limits.lowerBound &+ Int(drawn),
            hops: network.registry.home(of: grant).map { neighbours.hops(to: $0) } ?? 0)
        return try? seal(
            event, header: header, hopLimit: hopLimit, to: terms.sealingKey, grant: grant, ephemeralKey: ephemeralKey,
            network: network)
    }

    // MARK: 4. Schedule

    /// Hands a packet that has every yes to the capped scheduler, and keeps it until the home confirms or it expires.
    private mutating func schedule(
        _ packet: PacketView, grant: GrantIndex, hopLimit: UInt8, from link: LinkNumber, now: Moment
    ) -> Answer {
        guard let known = network?.registry.facts(of: grant) else { return .refused }
        let facts = PacketFacts(
            grant: grant, home: known.home,
            eventClass: known.eventClass, mayHold: known.scope.contains(.hold) && packet.consentBits.contains(.hold))
        let answer = relay.offer(packet, facts, hopLimit: hopLimit, from: link, routes: neighbours, now: now)
        if answer == .accepted {
            seen.mark(
                packet.eventID, grant: grant, .held, expiryMinute: packet.expiryMinute, minute: now.wall.minute)
        }
        return answer
    }

    // MARK: 5. Carry

    /// Sends what the scheduler gives out, for as long as it does.
    mutating func carry(now: Moment, into effects: inout Effects) {
        for _ in 0..<Self.transmissionsMax {
            switch relay.next(now: now) {
            case .packet(let handle, let link): carry(handle, over: link, now: now, into: &effects)
            case .reply(let link):
                guard let session = sessions.hot(link: link) else { continue }
                seal(relay.reply, for: session, into: &effects)
            case .message(let handle, let link):
                guard let session = sessions.link(link) else { continue }
                sendRecordMessage(handle, session, into: &effects)
            case .nothing(let until):
                timers.relayWake = until
                return
            }
        }
        timers.relayWake = now.instant
    }

    private mutating func carry(
        _ handle: PacketHandle, over link: LinkNumber, now: Moment, into effects: inout Effects
    ) {
        guard let session = sessions.hot(link: link), let packet = relay.packet(handle) else { return }
        let message = UnsafeMutableRawBufferPointer(rebasing: scratch.outgoing[..<FrameLayout.bytesFrameMax])
        guard let count = try? FrameWriter.packet(packet, into: message),
            let number = seal(UnsafeRawBufferPointer(rebasing: message[..<count]), for: session, into: &effects)
        else { return }
        effects.note(.relayed(bytes: packet.count, eventClass: relay.eventClass(handle)))
        effects.trace(.handed(handle, eventID: eventID(of: packet), bytes: packet.count, session.pointee.channel))
        relay.sent(handle, frameNumber: number, now: now)
    }

    /// A neighbour hands a packet over: consent, then home or onwards. The neighbour learns what became of it, and no more.
    mutating func carryOn(
        _ bytes: UnsafeRawBufferPointer, frameNumber: UInt16, from link: LinkNumber, now: Moment,
        into effects: inout Effects
    ) {
        let packet: PacketView
        do throws(WireError) { packet = try PacketView(bytes) } catch {
            drop(.malformed, bytes: bytes.count, into: &effects)
            relay.answer(.refused, to: frameNumber, on: link, isOwn: false, now: now)
            return
        }
        relay.expect(packet.eventID)
        let answer: Answer
        let takenBefore = relay.counts.taken
        var (isOwn, judged) = (false, GrantIndex?.none)
        switch consent(to: packet, from: link, now: now) {
        case .relay where isStopping, .copy where isStopping:
            answer = Reason.busy.answer
            drop(.busy, bytes: bytes.count, into: &effects)
        case .relay(let grant, let hopLimit), .copy(let grant, let hopLimit):
            judged = grant
            answer = schedule(packet, grant: grant, hopLimit: hopLimit, from: link, now: now)
        case .home(let grant):
            (isOwn, judged) = (true, grant)
            answer = open(packet, grant: grant, from: link, now: now, into: &effects)
        case .seen(let grant):
            // What its own home has opened this bridge says at its own cost: a host who lends nothing has no allowance, and
            // whoever has 64 packets without an answer sends no more.
            (isOwn, judged) = (place(ofGrant: grant) != nil, grant)
            answer = answerSeen(packet, grant: grant)
        case .no(let reason):
            answer = reason.answer
            drop(reason, bytes: bytes.count, into: &effects)
        }
        if answer == .accepted {
            trace(taken: packet, over: link, isHeld: relay.counts.taken != takenBefore, into: &effects)
        }
        let event = judged.map { ConfirmedEvent(eventID: packet.eventID, grant: $0) }
        relay.answer(answer, of: event, to: frameNumber, on: link, isOwn: isOwn, now: now)
    }

    // MARK: 6. Open

    /// At the home: HPKE with the grant's key, then BTHome's own cipher with the device's.
    private mutating func open(
        _ packet: PacketView, grant: GrantIndex, from link: LinkNumber, now: Moment, into effects: inout Effects
    ) -> Answer {
        guard let place = place(ofGrant: grant) else { return .refused }
        if home.alsoFrom(packet.eventID, of: place, link: link) { return .accepted }
        guard home.canOpen else { return .notNow }
        guard let event = unseal(packet, with: home.devices[place].sealingKey), bears(packet, event, grant) else {
            home.notePacket(at: place, hopLimit: packet.hopLimit, now: now.wall)
            return fail(.notSealedToUs, at: place, now: now, into: &effects)
        }
        if Self.isTest(event) {
            testCameBack(packet, grant: grant, from: link, now: now)
            return .confirmed
        }
        home.notePacket(at: place, hopLimit: packet.hopLimit, now: now.wall)
        return open(
            event, at: place, eventID: packet.eventID, expiryMinute: packet.expiryMinute, from: link, now: now,
            into: &effects)
    }

    /// The home heard its own device itself: there is nothing to carry.
    private mutating func open(
        _ heard: HeardAdvertisement, grant: GrantIndex, eventID: UInt64, now: Moment, into effects: inout Effects
    ) {
        let place = place(ofGrant: grant)
        if let place, home.isPending(eventID, of: place) { return }
        guard home.canOpen, let place else {
            return drop(.notDelivered, bytes: heard.serviceData.count, into: &effects)
        }
        let event = HeardEvent(
            addressKind: heard.addressKind, address: heard.address, timeHeard: now.wall,
            serviceData: heard.serviceData)
        let expiry = EventLife.expiryMinute(heard: now.wall, consentBits: [])
        _ = open(event, at: place, eventID: eventID, expiryMinute: expiry, from: nil, now: now, into: &effects)
    }

    // MARK: 7. Deliver

    /// Proven to be the device's and new: off to the disk, and from there to the broker. Only when it is on disk is it
    /// confirmed, by `delivered`.
    private mutating func open(
        _ event: HeardEvent, at place: Int, eventID: UInt64, expiryMinute: UInt32, from link: LinkNumber?, now: Moment,
        into effects: inout Effects
    ) -> Answer {
        do throws(OpeningFailure) {
            let opened = try home.open(place, event, eventID: eventID, now: now.wall)
            home.expect(opened, expiryMinute: expiryMinute, link: link)
            effects.act(.open(opened))
            effects.note(.opened(deviceName: opened.deviceName))
            return .accepted
        } catch {
            return fail(error, at: place, now: now, into: &effects)
        }
    }

    /// Counter, seen id and outbox are on disk: from now on every copy is answered "confirmed".
    mutating func deliver(_ pending: HomeDevices.Pending, now: Moment) {
        let grant = home.grantID(of: pending).flatMap { network?.registry.grantIndex(of: $0) }
        if let grant {
            seen.mark(
                pending.eventID, grant: grant, .confirmed, expiryMinute: pending.expiryMinute, minute: now.wall.minute)
        }
        for link in 0..<LinkNumber(LinkNumbers.countMax) where pending.links & 1 << UInt16(link) != 0 {
            relay.confirm(pending.eventID, grant: grant, to: link, now: now)
        }
    }
}
