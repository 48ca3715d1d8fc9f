import Consent
import Wire

/// What neighbours say of packets that were handed to them.
extension Relay {
    /// An answer that came over `link`. Returns the event if it says that the event is confirmed: it speaks of the very
    /// packet that was handed over, so of no other grant's.
    ///
    /// - Parameter member: who is at the other end; 0 if that does not matter.
    @discardableResult
    public mutating func answered<Hops: NextHops & ~Copyable>(
        _ answer: PacketAnswer, on link: LinkNumber, from member: UInt64 = 0, routes: borrowing Hops, now: Moment
    ) -> ConfirmedEvent? {
        guard let handle = custody.windows.take(answer.frameNumber, on: link) else { return nil }
        scheduler.setWindowOpen(link, true)
        guard let slot = custody.pool.slot(handle) else { return nil }
        let record = custody.copies[Int(slot)]
        switch answer.answer {
        case .accepted: accepted(slot, by: link, now: now)
        case .confirmed:
            guard record.handedTo & LinkNumbers.mask(link) != 0 else { return nil }
            let event = ConfirmedEvent(eventID: record.eventID, grant: record.grant)
            let upstream = settle(event, by: link, now: now)
            tell(upstream, of: event.eventID, confirmedBy: link, now: now)
            return event
        case .refused where record.home == member:
            if record.state == .unanswered, record.link == link { refusedByHome(slot, now: now) }
        case .notNow, .refused:
            if record.state == .unanswered, record.link == link { placeAnew(slot, routes, now: now) }
        }
        return nil
    }

    /// Nobody else can bring home what its home refuses, such as what was forged. It is offered again less and less often
    /// instead of ended: anybody may have made a packet under the id of a genuine event.
    private mutating func refusedByHome(_ slot: Int16, now: Moment) {
        let index = Int(slot)
        let retries = custody.copies[index].retries
        custody.copies[index].retries = min(retries &+ 1, 8)
        custody.copies[index].state = .refusedByHome
        setDue(slot, now.instant.advanced(seconds: CustodyTimes.routeSeconds << Int64(retries)))
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

    /// A confirmation that came over `link`. It is believed of those events with this id, one for each grant, of which a
    /// copy was handed to that neighbour: `body` is called with each. Every link over which a copy of them
    /// came is told. Returns whether any was believed.
    @discardableResult
    public mutating func confirmed(
        _ eventID: UInt64, from link: LinkNumber, now: Moment, _ body: (ConfirmedEvent) -> Void = { _ in }
    ) -> Bool {
        var (isBelieved, upstream) = (false, UInt16(0))
        var first = custody.events.firstOfAnyGrant(eventID)
        while first >= 0 {
            // Found before this one's copies are gone.
            let next = custody.events.firstOfNextGrant(eventID, after: first)
            if custody.links(first: first).handedTo & LinkNumbers.mask(link) != 0 {
                let event = ConfirmedEvent(eventID: eventID, grant: custody.copies[Int(first)].grant)
                upstream |= settle(event, by: link, now: now)
                isBelieved = true
                body(event)
            }
            first = next
        }
        tell(upstream, of: eventID, confirmedBy: link, now: now)
        return isBelieved
    }

    /// Passes a confirmation on. A confirmation names no grant: a link that brought this id under another grant too,
    /// which is not confirmed, would take it for both. It is not told, and learns it by the answer to its next try.
    private mutating func tell(
        _ upstream: UInt16, of eventID: UInt64, confirmedBy link: LinkNumber, now: Moment
    ) {
        var told = upstream & ~LinkNumbers.mask(link)
        var first = custody.events.firstOfAnyGrant(eventID)
        while first >= 0 {
            told &= ~custody.links(first: first).upstream
            first = custody.events.firstOfNextGrant(eventID, after: first)
        }
        while told != 0 {
            scheduler.confirm(eventID, to: LinkNumber(told.trailingZeroBitCount), isOwn: false, now: now.instant)
            told &= told &- 1
        }
    }

    /// Ends all copies of a confirmed event: those that went over `link` carried it, the others were not needed.
    /// Returns the links over which they came, but for those whose answer waited and now says it.
    private mutating func settle(_ event: ConfirmedEvent, by link: LinkNumber, now: Moment) -> UInt16 {
        let upstream = custody.links(first: custody.first(event.eventID, event.grant)).upstream
        let others = upstream & ~LinkNumbers.mask(link)
        let told = scheduler.change(answersOf: event, for: others, to: .confirmed, isOwn: false, now: now.instant)
        for _ in 0..<Custody.variantsMax {
            let slot = custody.first(event.eventID, event.grant)
            guard slot >= 0 else { break }
            let carried = custody.copies[Int(slot)].handedTo & LinkNumbers.mask(link) != 0
            end(slot, carried ? nil : .variants, now: now)
        }
        return upstream & ~told
    }
}
