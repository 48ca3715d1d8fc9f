import Wire

/// What the chooser remembers of members.
extension LinkChooser {
    /// The place of a member among the candidates. Where there are too many, the one longest untouched is forgotten.
    mutating func candidate(_ hint: UInt32, _ now: Instant) -> Int {
        if let place = candidates.firstIndex(where: { $0.hint == hint }) {
            candidates[place].touchedAt = now
            return place
        }
        let new = LinkCandidate(hint: hint, isReached: reachableMember(hint) != nil, now: now)
        if candidates.count >= Self.candidatesMax,
            let oldest = candidates.indices.min(by: { candidates[$0].touchedAt < candidates[$1].touchedAt })
        {
            candidates[oldest] = new
            return oldest
        }
        candidates.append(new)
        return candidates.count - 1
    }

    mutating func forget(_ now: Instant) {
        candidates.removeAll { now.microseconds(since: $0.touchedAt) > Self.forgetSeconds * 1_000_000 }
    }

    mutating func settle(_ now: Instant) {
        settledAt = now.advanced(milliseconds: Self.settleMilliseconds + jitter(below: 1000))
        deadline = min(deadline, settledAt)
    }

    /// Up to 64 s where no route reaches the member, or 9 minutes if it answers that it has no room; up to 16 minutes where
    /// one link more is all that is wanted.
    mutating func noteFailure(_ place: Int, isRefused: Bool, _ now: Instant) {
        let (failures, refusals) = (candidates[place].failures, candidates[place].refusals)
        let wait = Int64(4000) << Int64(isRefused ? min(refusals, 7) : min(failures, 4))
        if isRefused {
            candidates[place].refusals = min(refusals + 1, 100)
        } else {
            candidates[place].failures = min(failures + 1, 100)
        }
        let fillWait = Int64(30_000) << Int64(min(failures + refusals, 5))
        candidates[place].notBefore = now.advanced(milliseconds: wait / 2 + jitter(below: wait / 2))
        candidates[place].fillNotBefore = now.advanced(milliseconds: fillWait / 2 + jitter(below: fillWait / 2))
    }

    mutating func noteLetGo(_ link: Link, _ now: Instant) {
        candidates[candidate(link.hint, now)].letGoAt = now
    }

    /// Members that were let go as reachable without their link and are not: their links are needed.
    mutating func checkLetGo(_ now: Instant) {
        for place in candidates.indices where candidates[place].letGoAt.microseconds != .min {
            let age = now.microseconds(since: candidates[place].letGoAt)
            guard age >= Self.settleMilliseconds * 1000 else { continue }
            if !candidates[place].isReached {
                candidates[place].neededUntil = now.advanced(seconds: Self.neededSeconds)
                candidates[place].letGoAt = Instant(microseconds: .min)
            } else if age > 60 * 1_000_000 {
                candidates[place].letGoAt = Instant(microseconds: .min)
            }
        }
    }

    mutating func collectReachable(_ routes: RouteTable) {
        guard reachableVersion != routes.reachabilityVersion else { return }
        reachableVersion = routes.reachabilityVersion
        reachable.removeAll(keepingCapacity: true)
        routes.forEachReachableHome { reachable.append($0 << 40 | $0 >> 24) }
        reachable.sort()
        for place in candidates.indices {
            candidates[place].isReached = reachableMember(candidates[place].hint) != nil
        }
    }

    /// A member with this hint that a route reached in the last tick; the first of several.
    func reachableMember(_ hint: UInt32) -> UInt64? {
        let least = UInt64(hint) << 40
        var (low, high) = (0, reachable.count)
        while low < high {
            let middle = (low + high) / 2
            if reachable[middle] < least { low = middle + 1 } else { high = middle }
        }
        guard low < reachable.count, reachable[low] >> 40 == UInt64(hint) else { return nil }
        return reachable[low] >> 40 | reachable[low] << 24
    }

    /// 0 to below `bound`, by SplitMix64.
    mutating func jitter(below bound: Int64) -> Int64 {
        jitterState &+= 0x9e37_79b9_7f4a_7c15
        var mixed = jitterState
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        return Int64(mixed % UInt64(max(bound, 1)))
    }
}
