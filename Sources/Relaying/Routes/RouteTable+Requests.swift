import Wire

/// Requests for newer sequence numbers (RFC 8966, section 3.8): what frees a bridge whose every route is unfeasible.
extension RouteTable {
    /// A `route request` message.
    public mutating func receive(
        _ request: RouteRequest, from link: LinkNumber, now: Instant, into effects: inout RouteEffects
    ) {
        guard links & LinkNumbers.mask(link) != 0 else { return }
        if request.home == ownHome {
            if SequenceNumber.isNewer(request.sequenceNumber, than: ownSequenceNumber) {
                raiseOwnSequenceNumber(to: request.sequenceNumber, now: now)
            } else {
                ownOwed |= LinkNumbers.mask(link)
                gather(now)
            }
            return
        }
        guard !isOptedOut, let place = index.place(of: request.home, in: homes) else { return }
        if canAnswer(place, request) {
            owe(place, LinkNumbers.mask(link))
            gather(now)
        } else {
            passOn(place, request, from: link, now: now, into: &effects)
        }
    }

    private func canAnswer(_ place: Int, _ request: RouteRequest) -> Bool {
        guard homes[place].hasSelected else { return false }
        let cell = cells[place, Int(homes[place].selected)]
        return !SequenceNumber.isNewer(request.sequenceNumber, than: cell.sequenceNumber)
    }

    /// Passes a request on towards the home: along the route in use, else to the cheapest other neighbour that
    /// announces the home, feasible or not.
    private mutating func passOn(
        _ place: Int, _ request: RouteRequest, from link: LinkNumber, now: Instant, into effects: inout RouteEffects
    ) {
        let state = homes[place]
        guard request.hopsLeft > 1 else { return }
        let isRepeated = !SequenceNumber.isNewer(request.sequenceNumber, than: state.passedOnSequenceNumber)
        guard now >= state.passedOnUntil || !isRepeated else { return }
        var target = state.selected
        if target == HomeState.noLink || target == link {
            guard let other = cheapestAnnounced(place, among: links & ~LinkNumbers.mask(link)) else { return }
            target = other
        }
        homes[place].passedOnSequenceNumber = request.sequenceNumber
        homes[place].passedOnUntil = now.advanced(milliseconds: RouteLimits.requestSilenceMilliseconds)
        let hops = min(request.hopsLeft, RouteLimits.requestHops) - 1
        let passed = RouteRequest(home: request.home, sequenceNumber: request.sequenceNumber, hopsLeft: hops)
        effects.requests.append(RouteEffects.Request(link: target, request: passed))
    }

    private func cheapestAnnounced(_ place: Int, among mask: UInt16) -> LinkNumber? {
        var best: LinkNumber?
        var bestMetric = RouteLimits.unreachable
        var left = mask
        while left != 0 {
            let link = LinkNumber(truncatingIfNeeded: left.trailingZeroBitCount)
            left &= left &- 1
            let metric = metric(place, link)
            guard metric < bestMetric else { continue }
            best = link
            bestMetric = metric
        }
        return best
    }

    /// Somebody announces this bridge's own home: with a newer sequence number than its own, as happens after a
    /// restart, it must go beyond that to be believed again.
    mutating func noteOwnHome(_ entry: RouteEntry, now: Instant) {
        guard entry.metric != RouteLimits.unreachable else { return }
        guard SequenceNumber.isNewer(entry.sequenceNumber, than: ownSequenceNumber) else { return }
        raiseOwnSequenceNumber(to: entry.sequenceNumber &+ 1, now: now)
    }

    private mutating func raiseOwnSequenceNumber(to number: UInt16, now: Instant) {
        guard now >= ownRiseAllowed else { return }
        ownRiseAllowed = now.advanced(milliseconds: RouteLimits.ownSequenceMilliseconds)
        ownSequenceNumber = number
        ownOwed = links
        gather(now)
    }

    /// Without a feasible route, asks all neighbours that have one for a newer sequence number, and sees that it is
    /// asked again.
    mutating func askIfUnfeasible(_ place: Int, now: Instant, into effects: inout RouteEffects) {
        guard homes[place].askAgain == .distantFuture else { return }
        guard first(in: links, where: { cells[place, $0].isReachable }) != nil else { return }
        ask(place, over: links, now: now, into: &effects)
    }

    /// Asks the neighbour of the route in use, of which something newer was ignored, for a newer sequence number.
    mutating func askIfIgnoring(_ place: Int, now: Instant, into effects: inout RouteEffects) {
        guard homes[place].askAgain == .distantFuture else { return }
        ask(place, over: LinkNumbers.mask(homes[place].selected), now: now, into: &effects)
    }

    /// Asks those of the neighbours in `mask` that announce the home.
    mutating func ask(_ place: Int, over mask: UInt16, now: Instant, into effects: inout RouteEffects) {
        let state = homes[place]
        guard state.hasDistance, now >= state.passedOnUntil || state.askAgain <= now else {
            // A request for this home is under way already: it serves this bridge too.
            return scheduleAsking(place, now: now)
        }
        let request = RouteRequest(
            home: state.home, sequenceNumber: state.distanceSequenceNumber &+ 1, hopsLeft: RouteLimits.requestHops)
        var left = mask
        while left != 0 {
            let link = LinkNumber(truncatingIfNeeded: left.trailingZeroBitCount)
            left &= left &- 1
            guard cells[place, Int(link)].isReachable else { continue }
            effects.requests.append(RouteEffects.Request(link: link, request: request))
        }
        homes[place].passedOnSequenceNumber = request.sequenceNumber
        homes[place].passedOnUntil = now.advanced(milliseconds: RouteLimits.requestSilenceMilliseconds)
        scheduleAsking(place, now: now)
    }

    private mutating func scheduleAsking(_ place: Int, now: Instant) {
        // A route that still works can wait: its home may be beyond the reach of requests, too.
        let first = homes[place].hasSelected ? RouteLimits.ignoringDoublings : 0
        let doublings = Int64(min(homes[place].timesAsked, 5)) + first
        homes[place].timesAsked = min(homes[place].timesAsked, .max - 1) + 1
        homes[place].askAgain = now.advanced(milliseconds: RouteLimits.requestAgainMilliseconds << doublings)
        askTime = min(askTime, homes[place].askAgain)
    }

    /// Asks again for homes that are still without a feasible route, or with one that is not as it was.
    mutating func askAgain(now: Instant, into effects: inout RouteEffects) {
        askTime = .distantFuture
        for place in homes.indices where homes[place].askAgain != .distantFuture {
            if homes[place].hasSelected, !homes[place].ignored.isReachable {
                homes[place].askAgain = .distantFuture
            } else if homes[place].askAgain <= now {
                homes[place].askAgain = .distantFuture
                if homes[place].hasSelected {
                    askIfIgnoring(place, now: now, into: &effects)
                } else {
                    askIfUnfeasible(place, now: now, into: &effects)
                }
            } else {
                askTime = min(askTime, homes[place].askAgain)
            }
        }
    }
}
