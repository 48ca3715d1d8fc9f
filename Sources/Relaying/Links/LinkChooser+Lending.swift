import Wire

/// What the chooser makes of what members say of their lending.
extension LinkChooser {
    enum Decision {
        case accept
        case noRoom
        case lettingGo(Link)
        case givingWay(Link)
    }

    /// The other end of a link says it.
    public mutating func noteLending(_ link: LinkNumber, _ lending: LendingNotice, now: Instant) {
        guard let index = links.firstIndex(where: { $0.link == link }) else { return }
        links[index].lending = lending
        note(lending, links[index].hint, now)
    }

    mutating func note(_ lending: LendingNotice?, _ hint: UInt32, _ now: Instant) {
        let place = candidate(hint, now)
        guard let lending else { return }
        candidates[place].noWayUntil =
            lending.contains(.all) ? Instant(microseconds: .min) : now.advanced(seconds: Self.noWaySeconds)
    }

    /// Whether `answer` would give a place to a member that this bridge has called; if not, it is not called soon for one.
    public mutating func wouldTake(
        _ member: UInt64, lending: LendingNotice?, now: Instant, routes: RouteTable
    ) -> Bool {
        if case .noRoom = decide(member, lending: lending, now: now, routes: routes) {
            candidates[candidate(Self.hint(of: member), now)].noWayUntil = now.advanced(seconds: Self.noWaySeconds)
            return false
        }
        return true
    }

    func decide(_ member: UInt64, lending: LendingNotice?, now: Instant, routes: RouteTable) -> Decision {
        let isUnreachable = !routes.isReachable(member)
        // Over hosts who lend to some only, not all comes through.
        let isInNeed = leadsOn(routes) && lending.map { !$0.contains(.otherWay) } ?? false
        let isMissed = !links.isEmpty && !hasWay(besides: nil, routes: routes) && lending?.contains(.all) ?? false
        let isWay = isMissed && lending?.contains(.otherWay) ?? false
        let isWanted = isUnreachable || isInNeed || isMissed
        let hops = hops(to: member, routes) ?? 0
        if links.count < (isWanted ? linksMax : places(forOneAt: hops, routes)) { return .accept }
        guard isWanted else { return .noRoom }
        if let redundant = weakestRedundant(now, routes) { return .lettingGo(redundant) }
        let isLender = isMissed || isUnreachable && lending?.contains(.some) ?? false
        guard isLender || isInNeed, let link = weakestGivingWay(now, toLender: isLender, toWay: isWay, routes)
        else {
            return .noRoom
        }
        return .givingWay(link)
    }

    /// Whether a link, but for one with `member`, is a way to others: to a host who lends to all, and who leads on.
    public func hasWay(besides member: UInt64?, routes: RouteTable) -> Bool {
        links.contains { $0.member != member && $0.lendsToAll && routes.leadsOn($0.link, beyond: $0.member) }
    }

    /// Whether this bridge is a way itself, for all classes.
    private func leadsOn(_ routes: RouteTable) -> Bool { !routes.isOptedOut && routes.reluctance == 0 && linksMax > 1 }

    /// Whether a link to a member is wanted for more than redundancy: no route reaches it, or no link is a way, and it may be.
    func isUnreached(_ candidate: LinkCandidate, _ now: Instant) -> Bool {
        !candidate.isReached || isNeedy && now >= candidate.noWayUntil
    }

    /// Whether some link would give way to a lender.
    func mayGiveWay(_ now: Instant, _ routes: RouteTable) -> Bool {
        weakestGivingWay(now, toLender: true, toWay: !hasWay(besides: nil, routes: routes), routes) != nil
    }

    /// The link to give way: before others one to a host who lends nothing and who says that it has another way; then, to
    /// whom lends, one to any host who lends nothing, for nobody else is reached over it; then, to whom lends to all and has
    /// another way, where no link is one, one to a host who says the same and leads nowhere, or to one who lends to some. Of
    /// those the weakest.
    func weakestGivingWay(_ now: Instant, toLender: Bool, toWay: Bool, _ routes: RouteTable) -> Link? {
        guard linksMax > 1, now >= givesWayNotBefore else { return nil }
        let rankMax = toWay ? 3 : toLender ? 1 : 0
        var weakest: (link: Link, rank: Int, signal: Int8)?
        for link in links where isOld(link, now) {
            let candidate = candidates.first { $0.hint == link.hint }
            let isNeeded = candidate.map { now < $0.neededUntil } ?? false
            guard let rank = rank(link, isNeeded, routes), rank <= rankMax else { continue }
            let signal = candidate?.signal ?? .min
            if let held = weakest, (held.rank, held.signal) <= (rank, signal) { continue }
            weakest = (link, rank, signal)
        }
        return weakest?.link
    }

    /// - Parameter isNeeded: its other way went when it gave way before.
    private func rank(_ link: Link, _ isNeeded: Bool, _ routes: RouteTable) -> Int? {
        guard let lending = link.lending else { return nil }
        if lending.contains(.all) {
            return lending.contains(.otherWay) && !routes.leadsOn(link.link, beyond: link.member) ? 2 : nil
        }
        if lending.contains(.some) { return 3 }
        return lending.contains(.otherWay) && !isNeeded ? 0 : 1
    }

    func isOld(_ link: Link, _ now: Instant) -> Bool {
        now.microseconds(since: link.startedAt) >= Self.ageSecondsMin * 1_000_000
    }
}
