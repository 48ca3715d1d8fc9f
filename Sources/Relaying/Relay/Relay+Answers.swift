import Consent
import Wire

/// What neighbours say of packets that were handed to them.
extension Relay {
    /// An answer that came over `link`. Returns the event's id if it says that the event is confirmed.
    @discardableResult
    public mutating func answered<Hops: NextHops & ~Copyable>(
        _ answer: PacketAnswer, on link: LinkNumber, routes: borrowing Hops, now: Moment
    ) -> UInt64? {
        guard let handle = custody.windows.take(answer.frameNumber, on: link) else { return nil }
        scheduler.setWindowOpen(link, true)
        guard let slot = custody.pool.slot(handle) else { return nil }
        let record = custody.copies[Int(slot)]
        switch answer.answer {
        case .accepted: accepted(slot, by: link, now: now)
        case .confirmed: return confirmed(record.eventID, from: link, now: now) ? record.eventID : nil
        case .notNow, .refused:
            if record.state == .unanswered, record.link == link { placeAnew(slot, routes, now: now) }
        }
        return nil
    }

    /// The neighbour at `link` keeps it from now on. An answer that comes late counts too, unless another neighbour was
    /// given the packet meanwhile.
    private mutating func accepted(_ slot: Int16, by link: LinkNumber, now: Moment) {
        let index = Int(slot)
        switch custody.copies[index].state {
        case .unanswered where custody.copies[index].link == link: break
        case .queued: scheduler.remove(slot)
        case .waitingForRoute, .adrift: break
        default: return
        }
        custody.copies[index].state = .accepted
        custody.copies[index].link = link
        let seconds = CustodyTimes.retrySeconds(custody.copies[index].retries)
        setDue(slot, now.instant.advanced(microseconds: spread(seconds)))
    }

    /// A confirmation that came over `link`. It is believed only of a neighbour to which a copy was handed. Every link
    /// over which a copy came is told. Returns whether it was believed.
    @discardableResult
    public mutating func confirmed(_ eventID: UInt64, from link: LinkNumber, now: Moment) -> Bool {
        var (handedTo, upstream) = (UInt16(0), UInt16(0))
        var slot = custody.first(eventID)
        guard slot >= 0 else { return false }
        let isOwn = custody.copies[Int(slot)].isOwn
        while slot >= 0 {
            handedTo |= custody.copies[Int(slot)].handedTo
            upstream |= custody.copies[Int(slot)].upstream
            slot = custody.copies[Int(slot)].nextVariant
        }
        guard handedTo & LinkNumbers.mask(link) != 0 else { return false }
        settle(eventID, by: link, now: now)
        upstream &= ~LinkNumbers.mask(link)
        while upstream != 0 {
            let told = LinkNumber(upstream.trailingZeroBitCount)
            scheduler.confirm(eventID, to: told, isOwn: isOwn, now: now.instant)
            upstream &= upstream &- 1
        }
        return true
    }

    /// Ends all copies of a confirmed event: those that went over `link` carried it, the others were not needed.
    private mutating func settle(_ eventID: UInt64, by link: LinkNumber, now: Moment) {
        for _ in 0..<Custody.variantsMax {
            let slot = custody.first(eventID)
            guard slot >= 0 else { return }
            let carried = custody.copies[Int(slot)].handedTo & LinkNumbers.mask(link) != 0
            end(slot, carried ? nil : .variants, now: now)
        }
    }
}
