import Consent
import Wire

/// What changes around the packets: links, routes, grants, and the host's own word.
extension Relay {
    // MARK: Links

    /// The link may be used, from an empty start.
    public mutating func linkStarted(_ link: LinkNumber, now: Moment) {
        guard link < 16 else { return }
        forget(link, now: now)
        up |= LinkNumbers.mask(link)
        scheduler.setWritable(link, true)
        scheduler.setWindowOpen(link, true)
        closedSince[Int(link)] = .never
    }

    /// The link is gone. What was queued for it, unanswered or kept by its neighbour goes another way at the next
    /// `advance`. Its number may be used again.
    public mutating func linkEnded(_ link: LinkNumber, now: Moment) {
        guard link < 16 else { return }
        up &= ~LinkNumbers.mask(link)
        forget(link, now: now)
    }

    /// Whether the channel takes messages.
    public mutating func setWritable(_ link: LinkNumber, _ isWritable: Bool) {
        guard up & LinkNumbers.mask(link) != 0 else { return }
        scheduler.setWritable(link, isWritable)
    }

    private mutating func forget(_ link: LinkNumber, now: Moment) {
        scheduler.linkEnded(link)
        custody.windows.removeAll(link)
        let others = ~LinkNumbers.mask(link)
        for slot in custody.slots where custody.pool.isTaken(slot) {
            let index = Int(slot)
            custody.copies[index].upstream &= others
            custody.copies[index].handedTo &= others
            custody.copies[index].tried &= others
            guard custody.copies[index].link == link else { continue }
            switch custody.copies[index].state {
            case .queued, .unanswered, .accepted:
                scheduler.remove(slot)
                custody.copies[index].state = .adrift
                setDue(slot, now.instant)
            case .refusedByHome: custody.copies[index].state = .waitingForRoute
            case .waitingForRoute, .waitingForTurn, .adrift: break
            }
        }
    }

    // MARK: Routes

    /// The way to `home` (a member id) is another one, or is gone, or is there at last.
    public mutating func routeChanged<Hops: NextHops & ~Copyable>(
        _ home: UInt64, routes: borrowing Hops, now: Moment
    ) {
        guard custody.count > 0 else { return }
        for slot in custody.slots where custody.pool.isTaken(slot) {
            let record = custody.copies[Int(slot)]
            guard record.home == home else { continue }
            switch record.state {
            case .waitingForRoute: placeAnew(slot, routes, now: now)
            case .queued:
                // The neighbour it is queued for has not been tried yet.
                custody.copies[Int(slot)].tried &= ~LinkNumbers.mask(record.link)
                let hop = findHop(slot, routes)
                if hop == record.link {
                    custody.copies[Int(slot)].tried = record.tried
                } else {
                    scheduler.remove(slot)
                    place(slot, hop, now: now)
                }
            case .unanswered, .accepted, .refusedByHome, .waitingForTurn, .adrift: break
            }
        }
    }

    // MARK: Noes

    /// The grant was revoked, suspended or forgotten: its packets are dropped at once.
    public mutating func grantEnded(_ grant: GrantIndex, reason: Reason, now: Moment) {
        for slot in custody.slots where custody.pool.isTaken(slot) {
            if custody.copies[Int(slot)].grant == grant { drop(slot, reason, now: now) }
        }
    }

    /// Whether the host lends at all. On a no, nothing of a third party is given out from this moment on: packets in
    /// custody are dropped and counted, confirmations and others' records (noes apart) are not sent, and what was about
    /// to be answered "accepted" is answered "not now". `reason` is what a no is counted by.
    public mutating func setHosting(_ isHosting: Bool, reason: Reason = .optedOut, now: Moment) {
        self.isHosting = isHosting
        guard !isHosting else { return }
        scheduler.withdraw()
        for slot in custody.slots where custody.pool.isTaken(slot) {
            drop(slot, reason, now: now)
        }
    }

    /// While the clock is not to be relied on, no packet of others is given out: nobody can tell whether its grant still stands.
    /// They stay in custody until they expire.
    public mutating func setClockGood(_ isGood: Bool) { scheduler.arePacketsPaused = !isGood }

    /// The host lends to this class no longer: its packets are dropped and counted.
    public mutating func classEnded(_ eventClass: EventClass, now: Moment) {
        for slot in custody.slots where custody.pool.isTaken(slot) {
            if custody.copies[Int(slot)].eventClass == eventClass { drop(slot, .classNotLent, now: now) }
        }
    }

    /// Everything held is dropped: this bridge leaves its network.
    public mutating func dropEverything(now: Moment) {
        scheduler.withdraw()
        for slot in custody.slots where custody.pool.isTaken(slot) {
            drop(slot, .optedOut, now: now)
        }
    }
}
