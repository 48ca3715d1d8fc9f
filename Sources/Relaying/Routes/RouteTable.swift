import CPrefetch
import Wire

/// Routes to homes: a distance-vector table after Babel (RFC 8966), sections 3.5 to 3.8. Following next hops never
/// leads in a circle, whatever is delayed, cut or restarted: a neighbour is only used if it promised to be nearer to
/// the home than this bridge ever said it was itself.
///
/// Operations: links come, go and change cost; announcements and requests arrive; `tick` at `deadline`.
/// Where it goes beyond the RFC or does less:
/// - links are reliable, so nothing is sent twice, and a lost link is the loss of its routes;
/// - a route is not announced back over its own link (poisoned reverse);
/// - an unfeasible announcement of the route in use leaves it in use, as it was, until a newer sequence number comes or
///   the route as it was expires;
/// - a bridge that refuses some packets adds to its metrics, so that ways over others go before;
/// - a distance binds shortly only once no neighbour has a route through this bridge any more;
/// - a bridge asked for a newer sequence number goes right to the one asked for: after a restart it may be far behind.
public struct RouteTable: Sendable {
    public let ownHome: UInt64
    /// Of the own home. To be stored, and handed back one higher at the next start; where it is lost, neighbours help.
    public internal(set) var ownSequenceNumber: UInt16
    /// While true, only the own home is announced, and requests for others are not passed on.
    public internal(set) var isOptedOut: Bool
    /// Added to the metric of other homes where it is announced.
    public internal(set) var reluctance: UInt16 = 0
    /// Announcements that were dropped because the table was full.
    public internal(set) var homesRefusedCount: UInt64 = 0

    var links: UInt16 = 0
    /// Links whose channel takes nothing for now: what they are owed waits.
    var blocked: UInt16 = 0
    var costs = [UInt16](repeating: 0, count: LinkNumbers.countMax)
    var homes: [HomeState] = []
    /// A row for each of `homes`.
    var cells = RouteCells()
    var index: HomeIndex

    /// Rises whenever a home becomes reachable, or ceases to be.
    public internal(set) var reachabilityVersion: UInt64 = 0
    var ownOwed: UInt16 = 0
    /// Homes of which any link is owed an announcement.
    var owedPlaces = PlaceSet()
    var ownRiseAllowed = Instant(microseconds: .min)
    @usableFromInline var flushTime = Instant.distantFuture
    @usableFromInline var periodTime = Instant.distantFuture
    @usableFromInline var sweepTime = Instant.distantFuture
    @usableFromInline var askTime = Instant.distantFuture

    /// - Parameter hashSeed: random; keeps members from slowing the table down by choice of their ids.
    public init(ownHome: UInt64, sequenceNumber: UInt16, isOptedOut: Bool, hashSeed: UInt64) {
        self.ownHome = ownHome
        ownSequenceNumber = sequenceNumber
        self.isOptedOut = isOptedOut
        index = HomeIndex(seed: hashSeed)
    }

    // MARK: Looking up

    /// The link over which to hand on what goes to `home`: the selected route, or, where `excluded` holds it (bit n
    /// for link n: tried already), the cheapest other feasible one. Nil without any, and for the own home.
    public func nextHop(for home: UInt64, excluding excluded: UInt16 = 0) -> LinkNumber? {
        guard let place = index.place(of: home, in: homes) else { return nil }
        let selected = homes[place].selected
        if selected != HomeState.noLink, excluded & LinkNumbers.mask(selected) == 0 { return selected }
        return excluded == 0 ? nil : cheapest(place, among: links & ~excluded)
    }

    public func isReachable(_ home: UInt64) -> Bool { home == ownHome || nextHop(for: home) != nil }

    /// Cost of the selected route, or nil.
    public func metric(of home: UInt64) -> UInt16? {
        guard let place = index.place(of: home, in: homes), homes[place].hasSelected else { return nil }
        return metric(place, homes[place].selected)
    }

    /// Whether any neighbour but those in `excluded` announces `home`, be it feasible now or not: whether it would
    /// probably stay reachable if those links ended.
    public func isAnnounced(_ home: UInt64, excluding excluded: UInt16) -> Bool {
        guard let place = index.place(of: home, in: homes) else { return false }
        return first(in: links & ~excluded) { cells[place, $0].isReachable } != nil
    }

    /// Whether a neighbour announces any home but `member`, which is its own.
    public func leadsOn(_ link: LinkNumber, beyond member: UInt64) -> Bool {
        homes.indices.contains { cells[$0, Int(link)].isReachable && homes[$0].home != member }
    }

    /// Homes other than the own of which anything is known.
    public var homesKnownCount: Int { homes.count }

    /// Reachable homes other than the own, in no particular but repeatable order.
    public var reachableHomes: [UInt64] { homes.filter(\.hasSelected).map(\.home) }

    /// Calls `body` with each of `reachableHomes`, without an array.
    public func forEachReachableHome(_ body: (UInt64) -> Void) {
        for state in homes where state.hasSelected { body(state.home) }
    }

    mutating func noteReachabilityChange() { reachabilityVersion &+= 1 }

    /// When `tick` has something to do.
    @inlinable public var deadline: Instant { min(min(flushTime, periodTime), min(sweepTime, askTime)) }

    // MARK: Links

    /// A link has come up, its other end is a member. `cost` as of `LinkCost`.
    public mutating func linkStarted(_ link: LinkNumber, cost: UInt16, now: Instant, into effects: inout RouteEffects) {
        guard Int(link) < LinkNumbers.countMax else { return }
        if links & LinkNumbers.mask(link) != 0 { linkEnded(link, now: now, into: &effects) }
        if links == 0 {
            periodTime = now.advanced(seconds: RouteLimits.periodSeconds)
            sweepTime = now.advanced(seconds: RouteLimits.sweepSeconds)
        }
        links |= LinkNumbers.mask(link)
        cells.reserve(link)
        blocked &= ~LinkNumbers.mask(link)
        costs[Int(link)] = min(max(cost, 1), RouteLimits.unreachable - 1)
        for place in homes.indices { owe(place, LinkNumbers.mask(link)) }
        ownOwed |= LinkNumbers.mask(link)
        gather(now)
    }

    public mutating func linkEnded(_ link: LinkNumber, now: Instant, into effects: inout RouteEffects) {
        let mask = LinkNumbers.mask(link)
        guard links & mask != 0 else { return }
        links &= ~mask
        blocked &= ~mask
        ownOwed &= ~mask
        for place in homes.indices {
            settle(place, mask)
            if homes[place].told & mask != 0 { noteRetraction(place, mask, now: now) }
            guard cells[place, Int(link)].isReachable else { continue }
            cells[place, Int(link)] = RouteCell()
            if homes[place].selected == link { homes[place].ignored = RouteCell() }
            select(place, now: now, into: &effects)
            sweepSoon(now)
        }
    }

    /// Whether a link's channel takes messages. What it was owed meanwhile is announced as it stands then.
    public mutating func setWritable(_ link: LinkNumber, _ isWritable: Bool, now: Instant) {
        guard isWritable else {
            blocked |= links & LinkNumbers.mask(link)
            return
        }
        guard blocked & LinkNumbers.mask(link) != 0 else { return }
        blocked &= ~LinkNumbers.mask(link)
        flushTime = min(flushTime, now)
    }

    /// The cost of a link has changed, by enough to count. Announced at once only where it changes a route or much of its
    /// metric.
    public mutating func setCost(
        of link: LinkNumber, _ cost: UInt16, now: Instant, into effects: inout RouteEffects
    ) {
        guard links & LinkNumbers.mask(link) != 0 else { return }
        let cost = min(max(cost, 1), RouteLimits.unreachable - 1)
        let held = costs[Int(link)]
        guard max(cost, held) - min(cost, held) >= RouteLimits.costChangeMin else { return }
        costs[Int(link)] = cost
        for place in homes.indices where cells[place, Int(link)].isReachable {
            select(place, now: now, into: &effects)
        }
    }

    // MARK: The host's word

    /// From opting out on, what was announced of other homes is taken back at once, without gathering.
    public mutating func setOptedOut(_ isOptedOut: Bool, now: Instant, into effects: inout RouteEffects) {
        guard isOptedOut != self.isOptedOut else { return }
        self.isOptedOut = isOptedOut
        for place in homes.indices { owe(place, links) }
        isOptedOut ? flush(now: now, into: &effects) : gather(now)
    }

    /// Whether the host lends to some classes only.
    public mutating func setReluctant(_ isReluctant: Bool, now: Instant) {
        let reluctance = isReluctant ? RouteLimits.reluctance : 0
        guard reluctance != self.reluctance else { return }
        self.reluctance = reluctance
        for place in homes.indices { owe(place, links) }
        if !isOptedOut, !homes.isEmpty { gather(now) }
    }

    // MARK: Messages

    /// One entry of a `routes` message. The caller passes only homes that are members.
    public mutating func receive(
        _ entry: RouteEntry, from link: LinkNumber, now: Instant, into effects: inout RouteEffects
    ) {
        guard links & LinkNumbers.mask(link) != 0 else { return }
        guard entry.home != ownHome else { return noteOwnHome(entry, now: now) }
        let isRetraction = entry.metric == RouteLimits.unreachable
        guard let place = index.place(of: entry.home, in: homes) ?? (isRetraction ? nil : add(entry.home)) else {
            return
        }
        take(entry, at: place, from: link, now: now, into: &effects)
    }

    /// A route to `home` is to be received soon: what is known of it is fetched meanwhile.
    /// `mutating` although it changes nothing: else it would be given a copy of the whole table.
    @inline(__always)
    public mutating func expect(_ home: UInt64) {
        guard let place = index.likelyPlace(of: home) else { return }
        homes.withUnsafeBufferPointer { homes in
            // A state begins in one cache line and may end in the next.
            guard let first = homes.baseAddress else { return }
            cache_prefetch(first + place)
            cache_prefetch(first + place + 1)
        }
        cells.expect(place)
    }

    /// As `receive`, if the home is in the table already; else false, and nothing is done.
    public mutating func receiveAgain(
        _ entry: RouteEntry, from link: LinkNumber, now: Instant, into effects: inout RouteEffects
    ) -> Bool {
        guard links & LinkNumbers.mask(link) != 0, entry.home != ownHome,
            let place = index.place(of: entry.home, in: homes)
        else { return false }
        take(entry, at: place, from: link, now: now, into: &effects)
        return true
    }

    private mutating func take(
        _ entry: RouteEntry, at place: Int, from link: LinkNumber, now: Instant, into effects: inout RouteEffects
    ) {
        let isRetraction = entry.metric == RouteLimits.unreachable
        let cell = RouteCell(
            sequenceNumber: entry.sequenceNumber, neighbourMetric: entry.metric,
            expirySeconds: Self.seconds(now.advanced(seconds: RouteLimits.routeSeconds)))
        if homes[place].selected == link {
            homes[place].ignored = RouteCell()
            if !isRetraction, !homes[place].isFeasible(cell) {
                homes[place].ignored = cell
                return askIfIgnoring(place, now: now, into: &effects)
            }
        }
        cells[place, Int(link)] = isRetraction ? RouteCell() : cell
        if isRetraction { sweepSoon(now) }
        select(place, now: now, into: &effects)
    }

    /// Does what has become due: announces, asks again, forgets.
    public mutating func tick(now: Instant, into effects: inout RouteEffects) {
        if now >= sweepTime {
            sweep(now: now, into: &effects)
        }
        if now >= askTime { askAgain(now: now, into: &effects) }
        if now >= periodTime {
            periodTime = links == 0 ? .distantFuture : now.advanced(seconds: RouteLimits.periodSeconds)
            for place in homes.indices { owe(place, links) }
            ownOwed = links
            flush(now: now, into: &effects)
        } else if now >= flushTime {
            flush(now: now, into: &effects)
        }
    }
}
