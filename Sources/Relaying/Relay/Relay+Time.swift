import Consent
import Wire

/// What time brings: expiries, answers and confirmations that did not come, turns, and links that take nothing.
extension Relay {
    /// Does what is due by `now`. To be called after each input or batch of inputs, and at `nextDeadline`.
    public mutating func advance<Hops: NextHops & ~Copyable>(now: Moment, routes: borrowing Hops) {
        // No deadline set here is due already, so each packet comes once.
        for _ in 0..<PacketPool.slotCount {
            guard let slot = custody.deadlines.popDue(now.instant) else { break }
            due(slot, routes, now: now)
        }
        watchClosedLinks(routes, now: now)
    }

    private mutating func due<Hops: NextHops & ~Copyable>(_ slot: Int16, _ routes: borrowing Hops, now: Moment) {
        let index = Int(slot)
        let record = custody.copies[index]
        guard record.expires > now.instant else { return drop(slot, expiryReason(record), now: now) }
        switch record.state {
        case .queued: setDue(slot, .never)
        case .unanswered: placeAnew(slot, routes, now: now)
        case .accepted:
            custody.copies[index].retries = min(record.retries &+ 1, 8)
            // Whoever accepted it may have no way, or not mean to hand it on: whoever has not had it is next.
            if findHop(slot, routes) == nil { custody.copies[index].tried = 0 }
            placeAnew(slot, routes, now: now)
        case .waitingForTurn, .adrift: placeAnew(slot, routes, now: now)
        case .refusedByHome:
            guard record.mayHold else { return drop(slot, .noRoute, now: now) }
            place(slot, record.link, now: now)
        case .waitingForRoute:
            guard record.mayHold else { return drop(slot, .noRoute, now: now) }
            custody.copies[index].tried = 0
            custody.copies[index].mayReturn = true
            placeAnew(slot, routes, now: now)
        }
    }

    /// A packet that could have gone over its link but for the cap is dropped for the cap.
    private func expiryReason(_ record: CopyRecord) -> Reason {
        var open = scheduler.writable & scheduler.windowOpen & LinkNumbers.mask(record.link)
        if scheduler.arePacketsPaused { open = 0 }
        return record.state == .queued && open != 0 ? .cap : .expired
    }

    /// A link that has taken no packet for 5 s loses those queued for it, as far as there is another way.
    private mutating func watchClosedLinks<Hops: NextHops & ~Copyable>(_ routes: borrowing Hops, now: Moment) {
        let closed = up & ~(scheduler.writable & scheduler.windowOpen)
        guard closed | closedNoted != 0 else { return }
        closedNoted = closed
        for link in 0..<LinkNumbers.countMax {
            guard closed >> UInt16(link) & 1 == 1 else {
                closedSince[link] = .never
                continue
            }
            if closedSince[link] == .never { closedSince[link] = now.instant }
            guard now.instant.microseconds(since: closedSince[link]) >= CustodyTimes.closedSeconds &* 1_000_000 else {
                continue
            }
            closedSince[link] = now.instant
            openWindow(LinkNumber(link), now: now)
            leave(LinkNumber(link), routes, now: now)
        }
    }

    mutating func openWindow(_ link: LinkNumber, now: Moment) {
        guard custody.windows.isFull(link) else { return }
        custody.windows.giveUp(
            before: now.instant.advanced(seconds: -CustodyTimes.answerGivenUpSeconds), on: link)
        if !custody.windows.isFull(link) { scheduler.setWindowOpen(link, true) }
    }

    private mutating func leave<Hops: NextHops & ~Copyable>(
        _ link: LinkNumber, _ routes: borrowing Hops, now: Moment
    ) {
        for slot in custody.slots where custody.pool.isTaken(slot) {
            let record = custody.copies[Int(slot)]
            guard record.state == .queued, record.link == link, let hop = findHop(slot, routes) else { continue }
            scheduler.remove(slot)
            place(slot, hop, now: now)
        }
    }
}
