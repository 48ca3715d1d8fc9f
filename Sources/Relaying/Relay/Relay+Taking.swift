import Consent
import Wire

/// Taking packets into custody, and placing them with a neighbour.
extension Relay {
    /// A packet to which the filter said yes, from `link` or the own radio. `hopLimit` is what it is to be handed on
    /// with. Returns what `link` is to be answered: accepted if a copy with these bytes is held from now on.
    public mutating func offer<Hops: NextHops & ~Copyable>(
        _ packet: PacketView, _ facts: PacketFacts, hopLimit: UInt8, from link: LinkNumber, routes: borrowing Hops,
        now: Moment
    ) -> Answer {
        let (answer, slot) = take(packet, facts, hopLimit: hopLimit, from: link, now: now)
        if let slot { place(slot, findHop(slot, routes), now: now) }
        return answer
    }

    /// A packet of the event may be offered soon, after the filter has judged it.
    public func expect(_ eventID: UInt64) { custody.expect(eventID) }

    /// Takes the packet, if it is not held already and there is room. Returns its slot if it is to be placed now.
    private mutating func take(
        _ packet: PacketView, _ facts: PacketFacts, hopLimit: UInt8, from link: LinkNumber, now: Moment
    ) -> (Answer, Int16?) {
        guard isHosting else { return (refuse(.optedOut, now), nil) }
        let first = custody.first(packet.eventID, facts.grant)
        if first >= 0, let held = custody.copy(of: packet, first: first) {
            return (.accepted, merge(held, hopLimit: hopLimit, from: link, now: now))
        }
        guard hopLimit > 0 else { return (refuse(.hopLimit, now), nil) }
        let seconds = Int64(packet.expiryMinute) &* 60 &- Int64(now.wall.seconds)
        let expires = now.instant.advanced(seconds: seconds)
        guard seconds > 0 else { return (refuse(.expired, now), nil) }
        let cost = AirtimeBytes.body(packet.count)
        guard scheduler.allowances.packets.canSpend(cost, before: expires, now: now) else {
            return (refuse(.cap, now), nil)
        }
        if first >= 0, custody.variants(first: first).third >= 0 {
            guard let weaker = custody.variantGivingWay(first: first, to: link, hopLimit: hopLimit) else {
                // Its sender must learn when the event is confirmed by another variant.
                custody.copies[Int(first)].upstream |= LinkNumbers.mask(link)
                return (refuse(.variants, now), nil)
            }
            drop(weaker, .variants, now: now)
        }
        guard makeRoom(facts, now: now) else { return (refuse(.room, now), nil) }
        return (.accepted, take(packet, facts, hopLimit, link, expires, now))
    }

    private mutating func take(
        _ packet: PacketView, _ facts: PacketFacts, _ hopLimit: UInt8, _ link: LinkNumber, _ expires: Instant,
        _ now: Moment
    ) -> Int16? {
        var record = CopyRecord()
        record.eventID = packet.eventID
        record.home = facts.home
        record.expires = expires
        record.expiryMinute = packet.expiryMinute
        record.grant = facts.grant
        record.eventClass = facts.eventClass
        record.mayHold = facts.mayHold
        record.source = link
        record.upstream = LinkNumbers.mask(link)
        guard let slot = custody.take(packet, hopLimit: hopLimit, record) else { return nil }
        counts.taken &+= 1
        let bytes = AirtimeBytes.body(packet.count)
        ledger.tookIn(LentClass(facts.eventClass), bytes: bytes, day: now.wall.day)
        let ordinal = custody.copies[Int(slot)].ordinal
        guard ordinal > 0 else { return slot }
        let firstSent = custody.copies[Int(custody.first(packet.eventID, facts.grant))].firstSent
        custody.copies[Int(slot)].state = .waitingForTurn
        setDue(slot, max(Self.turn(ordinal, after: firstSent), now.instant))
        return nil
    }

    /// The packet came again. A higher hop limit counts, since nobody signs it: else whoever hands on a copy with a
    /// low one, and is quicker, stops the event here. Returns the slot if the packet is to be placed anew for it. Whoever
    /// has accepted it may not get on with the lower one: it is handed on again as soon as one that was just accepted, from
    /// the best neighbour on.
    private mutating func merge(_ slot: Int16, hopLimit: UInt8, from link: LinkNumber, now: Moment) -> Int16? {
        counts.repeated &+= 1
        let bytes = custody.pool.packet(slot)
        custody.copies[Int(slot)].upstream |= LinkNumbers.mask(link)
        guard hopLimit > bytes[PacketLayout.offsetHopLimit] else { return nil }
        bytes[PacketLayout.offsetHopLimit] = hopLimit
        // It does not change what its home says.
        guard custody.copies[Int(slot)].state != .refusedByHome else { return nil }
        custody.copies[Int(slot)].retries = 0
        switch custody.copies[Int(slot)].state {
        case .waitingForRoute:
            custody.copies[Int(slot)].tried = 0
            return slot
        case .accepted:
            custody.copies[Int(slot)].tried = 0
            let due = now.instant.advanced(microseconds: spread(CustodyTimes.retrySecondsFirst))
            if due < custody.deadlines.due(slot) { setDue(slot, due) }
            return nil
        case .queued, .unanswered, .waitingForTurn, .adrift, .refusedByHome: return nil
        }
    }

    private mutating func makeRoom(_ facts: PacketFacts, now: Moment) -> Bool {
        if custody.pool.freeCount > 0 { return true }
        guard let oldest = custody.givingWay(to: facts.eventClass) else { return false }
        drop(oldest, .room, now: now)
        return true
    }

    /// A packet that was not taken: the ledger counts why.
    private mutating func refuse(_ reason: Reason, _ now: Moment) -> Answer {
        ledger.dropped(reason, day: now.wall.day)
        return reason.answer
    }

    // MARK: Placing

    /// The best neighbour that was not tried, not counting those it came from: they have it. Only what may be held, and
    /// has waited, goes back: another way may have opened there.
    mutating func findHop<Hops: NextHops & ~Copyable>(_ slot: Int16, _ routes: borrowing Hops) -> LinkNumber? {
        let record = custody.copies[Int(slot)]
        let excluded = record.tried | ~up
        if let hop = routes.nextHop(for: record.home, excluding: excluded | record.upstream), isUp(hop) { return hop }
        guard record.mayReturn, let hop = routes.nextHop(for: record.home, excluding: excluded) else { return nil }
        return isUp(hop) ? hop : nil
    }

    private func isUp(_ link: LinkNumber) -> Bool { up & LinkNumbers.mask(link) != 0 }

    /// Queues the packet, which is not queued, for `hop`; without one it waits for a route.
    mutating func place(_ slot: Int16, _ hop: LinkNumber?, now: Moment) {
        let index = Int(slot)
        guard let hop else {
            if custody.copies[index].state != .waitingForRoute {
                custody.copies[index].state = .waitingForRoute
                setDue(slot, now.instant.advanced(seconds: waitSeconds(index)))
            } else if custody.deadlines.due(slot) == .never {
                setDue(slot, now.instant.advanced(seconds: CustodyTimes.retrySecondsMax))
            }
            return
        }
        custody.copies[index].state = .queued
        custody.copies[index].link = hop
        custody.copies[index].tried |= LinkNumbers.mask(hop)
        setDue(slot, .never)
        let record = custody.copies[index]
        scheduler.append(
            slot, bytes: Int(record.byteCount), expires: record.expires,
            at: FairQueues.Place(
                eventClass: record.eventClass, source: record.source, link: hop, member: record.home,
                grant: record.grant))
    }

    /// How long a packet waits before everybody is asked again. Those who have refused it will mostly refuse it again: what
    /// is held for hours must not be sent every ten seconds.
    private mutating func waitSeconds(_ index: Int) -> Int64 {
        guard custody.copies[index].mayHold, custody.copies[index].tried & up != 0 else {
            return CustodyTimes.routeSeconds
        }
        let retries = custody.copies[index].retries
        custody.copies[index].retries = min(retries &+ 1, 8)
        return min(CustodyTimes.routeSeconds << Int64(retries), CustodyTimes.refusedSecondsMax)
    }

    /// Takes the packet from wherever it is and gives it to the next best neighbour.
    mutating func placeAnew<Hops: NextHops & ~Copyable>(_ slot: Int16, _ routes: borrowing Hops, now: Moment) {
        if custody.copies[Int(slot)].state == .queued { scheduler.remove(slot) }
        place(slot, findHop(slot, routes), now: now)
    }

    // MARK: Variants

    /// One copy of the event has been sent: from now on its variants have their turns.
    mutating func startTurns(_ eventID: UInt64, _ grant: GrantIndex, now: Instant) {
        let first = custody.first(eventID, grant)
        guard first >= 0, custody.copies[Int(first)].firstSent == .never else { return }
        let (_, second, third) = custody.variants(first: first)
        custody.copies[Int(first)].firstSent = now
        startTurn(first, now)
        if second >= 0 { startTurn(second, now) }
        if third >= 0 { startTurn(third, now) }
    }

    private mutating func startTurn(_ slot: Int16, _ now: Instant) {
        guard custody.copies[Int(slot)].state == .waitingForTurn else { return }
        setDue(slot, Self.turn(custody.copies[Int(slot)].ordinal, after: now))
    }

    private static func turn(_ ordinal: UInt8, after first: Instant) -> Instant {
        first.advanced(seconds: CustodyTimes.variantSeconds &* Int64(ordinal))
    }
}
