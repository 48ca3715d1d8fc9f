import Wire

extension RouteTable {
    static func seconds(_ instant: Instant) -> UInt32 { UInt32(clamping: instant.microseconds / 1_000_000) }

    /// The lowest link in `mask` that satisfies `condition`.
    func first(in mask: UInt16, where condition: (Int) -> Bool) -> Int? {
        var left = mask
        while left != 0 {
            let link = left.trailingZeroBitCount
            if condition(link) { return link }
            left &= left &- 1
        }
        return nil
    }

    // What follows is inlined: called from what changes the table, a function that does not would be given a copy of it.

    /// The neighbour's metric and the cost of the link to it; `unreachable` if they do not fit.
    @inline(__always)
    func metric(_ place: Int, _ link: LinkNumber) -> UInt16 {
        let cell = cells[place, Int(link)]
        let (sum, overflow) = cell.neighbourMetric.addingReportingOverflow(costs[Int(link)])
        return overflow ? RouteLimits.unreachable : sum
    }

    /// What neighbours are told of the route in use, if there is one.
    @inline(__always)
    func announcedMetric(_ place: Int) -> UInt16 {
        guard homes[place].hasSelected else { return RouteLimits.unreachable }
        let (sum, overflow) = metric(place, homes[place].selected).addingReportingOverflow(reluctance)
        return overflow ? RouteLimits.unreachable : sum
    }

    /// The feasible route with the lowest metric over the links in `mask`.
    @inline(__always)
    func cheapest(_ place: Int, among mask: UInt16) -> LinkNumber? {
        var best: LinkNumber?
        var bestMetric = RouteLimits.unreachable
        var left = mask
        while left != 0 {
            let link = LinkNumber(truncatingIfNeeded: left.trailingZeroBitCount)
            left &= left &- 1
            let metric = metric(place, link)
            guard metric < bestMetric else { continue }
            guard homes[place].isFeasible(cells[place, Int(link)]) else { continue }
            best = link
            bestMetric = metric
        }
        return best
    }

    /// Selects the route to a home anew (RFC 8966, section 3.6), and sees to what follows from a change.
    mutating func select(_ place: Int, now: Instant, into effects: inout RouteEffects) {
        let before = homes[place].selected
        let best = cheapest(place, among: links)
        homes[place].selected = keepsSelected(place, against: best) ? before : best ?? HomeState.noLink
        if homes[place].selected != before {
            replaceIgnored(place, before)
            effects.changedHomes.append(homes[place].home)
            if (before == HomeState.noLink) == homes[place].hasSelected { noteReachabilityChange() }
        }
        if homes[place].hasSelected {
            if !homes[place].ignored.isReachable {
                homes[place].askAgain = .distantFuture
                homes[place].timesAsked = 0
            }
        } else {
            askIfUnfeasible(place, now: now, into: &effects)
        }
        if homes[place].selected != before || hasChangedMuch(place) {
            owe(place, links)
            if !isOptedOut { gather(now) }
        }
    }

    /// A route that is not in use any more, over `link`, stands as its neighbour last announced it.
    private mutating func replaceIgnored(_ place: Int, _ link: LinkNumber) {
        guard link != HomeState.noLink, homes[place].ignored.isReachable else { return }
        cells[place, Int(link)] = homes[place].ignored
        homes[place].ignored = RouteCell()
        homes[place].askAgain = .distantFuture
        homes[place].timesAsked = 0
    }

    /// Whether the route in use stays although another may be a little cheaper.
    @inline(__always)
    private func keepsSelected(_ place: Int, against best: LinkNumber?) -> Bool {
        let selected = homes[place].selected
        guard selected != HomeState.noLink, let best else { return false }
        let cell = cells[place, Int(selected)]
        let held = metric(place, selected)
        guard held != RouteLimits.unreachable, homes[place].isFeasible(cell) else { return false }
        return metric(place, best) >= held - min(held, max(RouteLimits.hysteresis, held / 8))
    }

    /// Whether neighbours should hear of a home before the next period: a newer sequence number, or a metric that is
    /// off by more than the hysteresis.
    @inline(__always)
    private func hasChangedMuch(_ place: Int) -> Bool {
        let (selected, toldMetric) = (homes[place].selected, homes[place].toldMetric)
        guard selected != HomeState.noLink else { return homes[place].told != 0 }
        let number = cells[place, Int(selected)].sequenceNumber
        guard toldMetric != RouteLimits.unreachable, number == homes[place].toldSequenceNumber else { return true }
        let metric = announcedMetric(place)
        let difference = metric > toldMetric ? metric - toldMetric : toldMetric - metric
        return difference > max(RouteLimits.hysteresis, toldMetric / 8)
    }

    /// A place for a home that is not in the table, or nil if it is full.
    mutating func add(_ home: UInt64) -> Int? {
        guard homes.count < RouteLimits.homesMax else {
            homesRefusedCount &+= 1
            return nil
        }
        let place = homes.count
        homes.append(HomeState(home: home))
        cells.addRow()
        index.insertLast(of: homes)
        return place
    }

    /// Drops routes that were not announced again, distances that bind nobody any more, and homes without either. The
    /// next time is when the first of what is left may run out: what is announced from now on does not so sooner.
    mutating func sweep(now: Instant, into effects: inout RouteEffects) {
        let seconds = Self.seconds(now)
        var isAnyForgotten = false
        var nextSeconds = Int64(seconds) + RouteLimits.routeSeconds
        for place in homes.indices {
            var hasExpired = false
            var isKnown = false
            // Where no link is, nothing is reachable.
            var left = links
            while left != 0 {
                let link = left.trailingZeroBitCount
                left &= left &- 1
                guard cells[place, link].isReachable else { continue }
                if cells[place, link].expirySeconds <= seconds {
                    // What was announced meanwhile and ignored counts now.
                    let isSelected = Int(homes[place].selected) == link
                    cells[place, link] = isSelected ? homes[place].ignored : RouteCell()
                    hasExpired = true
                }
                guard cells[place, link].isReachable else { continue }
                isKnown = true
                nextSeconds = min(nextSeconds, Int64(cells[place, link].expirySeconds))
            }
            if homes[place].hasDistance, Int64(seconds) > homes[place].distanceExpirySeconds {
                homes[place].hasDistance = false
                hasExpired = true
            }
            if homes[place].hasDistance {
                nextSeconds = min(nextSeconds, homes[place].distanceExpirySeconds + 1)
            }
            if hasExpired { select(place, now: now, into: &effects) }
            if !isKnown, !homes[place].hasDistance, homes[place].told == 0 { isAnyForgotten = true }
        }
        if isAnyForgotten { forgetHomes() }
        let next = Instant(microseconds: nextSeconds &* 1_000_000)
        sweepTime = links == 0 && homes.isEmpty ? .distantFuture : max(next, soon(now))
    }

    private func soon(_ now: Instant) -> Instant { now.advanced(seconds: RouteLimits.sweepSeconds) }

    /// A route is gone: whether anything is left of its home is looked at soon.
    mutating func sweepSoon(_ now: Instant) { sweepTime = min(sweepTime, soon(now)) }

    /// Closes up the table over homes of which nothing is known.
    private mutating func forgetHomes() {
        var kept = 0
        for place in homes.indices {
            let state = homes[place]
            guard state.hasDistance || state.told != 0 || cells.isAnyReachable(place) else { continue }
            if kept != place {
                homes[kept] = state
                cells.move(place, to: kept)
            }
            kept += 1
        }
        homes.removeLast(homes.count - kept)
        cells.keepRows(kept)
        index.rebuild(homes)
        owedPlaces.removeAll()
        for place in homes.indices where homes[place].owed != 0 { owedPlaces.insert(place) }
    }
}
