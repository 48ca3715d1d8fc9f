import Consent
import Devices
import Relaying
import Sealing
import Wire

/// What the radio tells.
extension Bridge {
    /// Messages that the scheduler gives out in one go; the rest follows at once, by `nextDeadline`. All may be for one
    /// channel whose radio takes none of them, and the daemon keeps 32 of a channel: this leaves as many for others.
    static var transmissionsMax: Int { 16 }

    /// An advertisement: whole advertising data, any bytes.
    public mutating func heard(
        from address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer, now: Moment,
        into effects: inout Effects
    ) {
        if let beacon = BeaconAdvertisement.find(in: data) {
            return heardBeacon(beacon, from: address, signalDBm: signalDBm, now: now, into: &effects)
        }
        guard network != nil, let range = BTHomeAdvertisement.find(in: data) else { return }
        clock.judge(now)
        let heard = HeardAdvertisement(
            addressKind: address.kind, address: address.value,
            serviceData: UnsafeRawBufferPointer(rebasing: data[range]))
        let ownPlace = home.place(of: heard.address, kind: heard.addressKind)
        if let ownPlace, noteUnusable(heard, at: ownPlace, now: now, into: &effects) { return }
        hear(heard, ownPlace: ownPlace, now: now, into: &effects)
    }

    /// A frame of an own device that nobody could open, a plain one above all, is the owner's business and not the
    /// filter's: it is told with the remedy. True if it was one.
    private mutating func noteUnusable(
        _ heard: HeardAdvertisement, at place: Int, now: Moment, into effects: inout Effects
    ) -> Bool {
        do throws(BTHomeError) {
            _ = try BTHomeServiceData(heard.serviceData)
            return false
        } catch {
            home.note(hearing: .unusable(error), at: place, now: now.wall)
            home.note(failure: .notBTHome(error), at: place, now: now.wall)
            drop(error == .notEncrypted ? .notEncrypted : .malformed, bytes: heard.serviceData.count, into: &effects)
            return true
        }
    }

    /// A peer opened a channel: it has two seconds to show that it belongs here.
    public mutating func opened(
        _ channel: LinkChannel, from address: RadioAddress, now: Moment, into effects: inout Effects
    ) {
        guard network != nil, !isStopping, sessions.strangerCount < SessionTable.strangersMax else {
            return effects.act(.close(channel))
        }
        sessions.add(
            LinkSession(
                channel: channel, isCaller: false, kind: .network, address: address, beacon: [], phase: .called,
                signalDBm: neighbours.signal(of: address), now: now.instant))
    }

    /// What came of `BridgeAction.connect`: the channel that is being set up, or nil if the radio refused at once.
    public mutating func dialled(
        attempt: UInt32, channel: LinkChannel?, now: Moment, into effects: inout Effects
    ) {
        guard let place = dialling.firstIndex(where: { $0.attempt == attempt }) else {
            if let channel { effects.act(.close(channel)) }
            return
        }
        let call = dialling.remove(at: place)
        guard let channel else {
            neighbours.callFailed(call.address, now: now.instant)
            return
        }
        guard !isStopping else { return effects.act(.close(channel)) }
        sessions.add(
            LinkSession(
                channel: channel, isCaller: true, kind: call.kind, address: call.address,
                beacon: call.beacon.bytes.array,
                phase: .dialling, signalDBm: call.signalDBm, now: now.instant))
    }

    /// A channel asked for is up.
    public mutating func connected(_ channel: LinkChannel, now: Moment, into effects: inout Effects) {
        guard let session = sessions.session(channel) else { return effects.act(.close(channel)) }
        sayHello(session, now: now, into: &effects)
    }

    /// A message on a channel, any bytes.
    public mutating func received(
        _ channel: LinkChannel, _ bytes: UnsafeRawBufferPointer, now: Moment, into effects: inout Effects
    ) {
        guard let hot = sessions.hot(channel) else { return }
        guard let cipher = hot.pointee.openingUncounted else {
            guard let session = sessions.session(channel) else { return }
            return shakeHands(session, bytes, now: now, into: &effects)
        }
        let number = UInt16(truncatingIfNeeded: cipher._withUnsafeGuaranteedRef { $0.counter })
        guard bytes.count <= FrameLayout.bytesMessageMax, let count = open(bytes, with: cipher) else {
            return broken(channel, nil, now: now, into: &effects)
        }
        hot.pointee.lastReceived = now.instant
        let message = UnsafeRawBufferPointer(rebasing: scratch.incoming[..<count])
        do throws(WireError) {
            let frame = try FrameView(message)
            if case .packet(let packet) = frame, let link = hot.pointee.linkNumber {
                clock.judge(now)
                carryOn(packet, frameNumber: number, from: link, now: now, into: &effects)
            } else if let session = sessions.session(channel) {
                take(frame, session, now: now, into: &effects)
            }
        } catch {
            broken(channel, .protocolError, now: now, into: &effects)
        }
    }

    /// The plaintext's length in the scratch buffer, or nil if the message is no good.
    @inline(__always)
    private mutating func open(_ bytes: UnsafeRawBufferPointer, with cipher: Unmanaged<LinkCipher>) -> Int? {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let target = scratch.incoming
        return cipher._withUnsafeGuaranteedRef { try? $0.open(associatedData: empty, sealed: bytes, into: target) }
    }

    /// A message that no member's bridge sends ends the session, with a word if the peer can still read it.
    private mutating func broken(
        _ channel: LinkChannel, _ reason: ByeReason?, now: Moment, into effects: inout Effects
    ) {
        counters.messagesBroken &+= 1
        guard let session = sessions.session(channel) else { return }
        if let reason { bye(reason, session, now: now, into: &effects) } else { end(session, now: now, into: &effects) }
    }

    /// Everything but a packet on a link.
    private mutating func take(
        _ frame: FrameView, _ session: LinkSession, now: Moment, into effects: inout Effects
    ) {
        guard session.kind == .network else { return joinMessage(session, frame, now: now, into: &effects) }
        guard let link = session.number else { return takeFromStranger(frame, session, now: now, into: &effects) }
        switch frame {
        case .answers(let answers):
            for index in 0..<answers.count {
                answered(answers[index], on: link, from: session.member ?? 0, now: now)
            }
        case .confirm(let ids):
            for index in 0..<ids.count { confirmed(ids[index], from: link, now: now) }
        case .routes(let routes):
            for index in 0..<routes.count { neighbours.expect(routes[index].home) }
            for index in 0..<routes.count { takeRoute(routes[index], session, link, now: now) }
            lendingMayChange(now)
        case .routeRequest(let request): neighbours.requested(request, from: link, now: now.instant)
        case .recordIDs(let ids, _): recordsOffered(ids, session)
        case .recordRequest(let ids): recordsRequested(ids, session)
        case .record(let bytes): take(record: Array(bytes), from: session, now: now, into: &effects)
        case .testRequest(let request): takeUp(request, session, now: now, into: &effects)
        case .lending(let notice): note(notice, session, now: now)
        case .keepalive(let message): keepalive(message, session, now: now, into: &effects)
        case .bye(let reason):
            session.isRefused = reason == .noRoom
            end(session, now: now, into: &effects)
        case .packet, .joinRequest, .joinReply, .joinDone, .ignored: counters.messagesIgnored &+= 1
        }
    }

    /// Until its own member record is known, a peer may only show it, and say what its host lends.
    private mutating func takeFromStranger(
        _ frame: FrameView, _ session: LinkSession, now: Moment, into effects: inout Effects
    ) {
        switch frame {
        case .record(let bytes):
            // Nothing but members' records: a former member must not fill the registry before it is recognised.
            guard (try? RecordKind(recordBytes: bytes)) == .member else { return }
            noteClaim(bytes, session)
            take(record: Array(bytes), from: session, now: now, into: &effects)
            reviewMembership(now: now, into: &effects)
        case .lending(let notice): note(notice, session, now: now)
        case .bye(let reason):
            session.isRefused = reason == .noRoom
            end(session, now: now, into: &effects)
        case .keepalive(let message): keepaliveOfStranger(message, session, now: now, into: &effects)
        default: counters.messagesIgnored &+= 1
        }
    }

    private mutating func answered(_ answer: PacketAnswer, on link: LinkNumber, from member: UInt64, now: Moment) {
        guard let event = relay.answered(answer, on: link, from: member, routes: neighbours, now: now) else { return }
        Self.markConfirmed(event, in: &seen, now: now)
    }

    private mutating func confirmed(_ eventID: UInt64, from link: LinkNumber, now: Moment) {
        relay.confirmed(eventID, from: link, now: now) { Self.markConfirmed($0, in: &seen, now: now) }
    }

    /// Before custody's own word on the copies that were not needed: later ones are answered "confirmed".
    private static func markConfirmed(_ event: ConfirmedEvent, in seen: inout SeenTable, now: Moment) {
        seen.mark(
            event.eventID, grant: event.grant, .confirmed,
            expiryMinute: now.wall.advanced(seconds: Int64(EventLife.secondsHeld)).minute,
            minute: now.wall.minute)
    }

    private mutating func takeRoute(_ route: RouteEntry, _ session: LinkSession, _ link: LinkNumber, now: Moment) {
        // Whoever has a place among the routes is a member.
        if neighbours.announcedAgain(route, from: link, now: now.instant) { return }
        guard network?.registry.membership.place(id: route.home) != nil else {
            return session.earlyRoutes.note(route, now: now.instant)
        }
        neighbours.announced(route, from: link, now: now.instant)
    }

    /// A member's record has come: routes to its home may have come before it.
    mutating func takeEarlyRoutes(now: Moment) {
        guard let membership = network?.registry.membership else { return }
        for case let session? in sessions.links {
            guard let link = session.number else { continue }
            let routes = session.earlyRoutes.taken(now: now.instant) { membership.place(id: $0) != nil }
            for route in routes { neighbours.announced(route, from: link, now: now.instant) }
            if !routes.isEmpty { lendingMayChange(now) }
        }
    }

    /// The radio takes nothing more on this channel for now.
    public mutating func blocked(_ channel: LinkChannel) {
        guard let session = sessions.session(channel) else { return }
        session.isBlocked = true
        guard let link = session.number else { return }
        relay.setWritable(link, false)
        neighbours.setWritable(link, false, now: session.lastReceived)
    }

    /// The radio takes messages again, and what it was given before is gone.
    public mutating func writable(_ channel: LinkChannel, now: Moment, into effects: inout Effects) {
        guard let session = sessions.session(channel) else { return }
        session.isBlocked = false
        guard let link = session.number else { return }
        relay.setWritable(link, true)
        neighbours.setWritable(link, true, now: now.instant)
        lendingMayChange(now)
    }

    /// The channel is gone.
    public mutating func ended(_ channel: LinkChannel, now: Moment, into effects: inout Effects) {
        guard let session = sessions.session(channel) else { return }
        forget(session, now: now, into: &effects)
    }
}
