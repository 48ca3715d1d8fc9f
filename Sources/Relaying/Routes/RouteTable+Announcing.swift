import Wire

extension RouteTable {
    /// Sees that what is owed is announced, together with what else changes in the next 100 ms.
    mutating func gather(_ now: Instant) {
        flushTime = min(flushTime, now.advanced(milliseconds: RouteLimits.gatherMilliseconds))
    }

    /// From now on the links in `mask` are owed an announcement of a home.
    @inline(__always)
    mutating func owe(_ place: Int, _ mask: UInt16) {
        guard mask != 0 else { return }
        homes[place].owed |= mask
        owedPlaces.insert(place)
    }

    /// From now on the links in `mask` are owed none.
    @inline(__always)
    mutating func settle(_ place: Int, _ mask: UInt16) {
        homes[place].owed &= ~mask
        if homes[place].owed == 0 { owedPlaces.remove(place) }
    }

    /// Announces what is owed, link by link: to each that takes messages at most so much at once, and the rest right after.
    mutating func flush(now: Instant, into effects: inout RouteEffects) {
        flushTime = .distantFuture
        var left = links & ~blocked
        while left != 0 {
            let link = LinkNumber(truncatingIfNeeded: left.trailingZeroBitCount)
            left &= left &- 1
            if !announceOwed(over: link, now: now, into: &effects) { flushTime = now }
        }
    }

    /// False if there is more.
    private mutating func announceOwed(
        over link: LinkNumber, now: Instant, into effects: inout RouteEffects
    ) -> Bool {
        let mask = LinkNumbers.mask(link)
        var room = RouteLimits.announcedAtOnceMax
        if ownOwed & mask != 0 {
            append(RouteEntry(home: ownHome, sequenceNumber: ownSequenceNumber, metric: 0), link, &effects)
            ownOwed &= ~mask
            room -= 1
        }
        var next = owedPlaces.first(from: 0)
        while let place = next {
            next = owedPlaces.first(from: place &+ 1)
            guard homes[place].owed & mask != 0 else { continue }
            guard room > 0 else { return false }
            room -= 1
            settle(place, mask)
            announce(place, over: link, now: now, into: &effects)
        }
        return true
    }

    /// Announces a route, or takes it back where it was announced before and now is gone, not to be announced (the
    /// host opted out), or leads over this very link.
    private mutating func announce(
        _ place: Int, over link: LinkNumber, now: Instant, into effects: inout RouteEffects
    ) {
        let mask = LinkNumbers.mask(link)
        let state = homes[place]
        let metric = announcedMetric(place)
        if metric == RouteLimits.unreachable || state.selected == link || isOptedOut {
            guard state.told & mask != 0 else { return }
            noteRetraction(place, mask, now: now)
            if homes[place].told == 0 { homes[place].toldMetric = RouteLimits.unreachable }
            let number = state.toldSequenceNumber
            append(
                RouteEntry(home: state.home, sequenceNumber: number, metric: RouteLimits.unreachable), link, &effects)
            return
        }
        let number = cells[place, Int(state.selected)].sequenceNumber
        homes[place].told |= mask
        homes[place].toldSequenceNumber = number
        homes[place].toldMetric = metric
        homes[place].noteAnnouncement(sequenceNumber: number, metric: metric, nowSeconds: Self.seconds(now))
        append(RouteEntry(home: state.home, sequenceNumber: number, metric: metric), link, &effects)
    }

    /// The links in `mask` have no route through this bridge any more. Once nobody has, what was promised binds only until
    /// everybody has heard so.
    mutating func noteRetraction(_ place: Int, _ mask: UInt16, now: Instant) {
        homes[place].told &= ~mask
        guard homes[place].told == 0 else { return }
        homes[place].distanceSeconds = Self.seconds(now)
        sweepSoon(now)
    }

    private func append(_ entry: RouteEntry, _ link: LinkNumber, _ effects: inout RouteEffects) {
        effects.announcements.append(RouteEffects.Announcement(link: link, entry: entry))
    }
}
