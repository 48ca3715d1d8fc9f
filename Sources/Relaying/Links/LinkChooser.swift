import Wire

/// Chooses whom to call and whom to let go, so that links join whatever the radio can join: members that no route
/// reaches come first, then strong links for redundancy, to whoever is farthest by routes. What it knows is local:
/// beacons, its own links and routes.
///
/// - A full bridge lets go of its weakest redundant link, one whose other end another neighbour announces too, for a
///   member that no route reaches. If the one let go is unreachable afterwards, its links count as needed for a while.
/// - A full bridge without such a link gives the place of a link to a host who lends nothing to a member that no route reaches,
///   once that has proved itself and says that it lends: else hosts who say no could fill a bridge among lenders. The
///   place of one who says that it has another way goes also to a member without any way.
/// - The last place is kept for members that no route reaches, or only one much longer than the radio's own.
/// - A call that fails is repeated later and later, with jitter; one call is under way at a time.
public struct LinkChooser: Sendable {
    /// Members remembered, heard or backed off from.
    public static let candidatesMax = 256
    /// A link younger than this is not let go, and one that ends younger counts as failed.
    public static let ageSecondsMin: Int64 = 30
    static let heardSeconds: Int64 = 30
    static let forgetSeconds: Int64 = 1800
    /// From one look to the next: while somebody is wanted, and while nobody is.
    static let lookSeconds: Int64 = 1
    static let idleLookSeconds: Int64 = 15
    /// To the look after one was heard who was not near by before, though routes reach it.
    static let newcomerLookSeconds: Int64 = 5
    /// How long routes are given to settle after a link has come or gone.
    static let settleMilliseconds: Int64 = 3000
    /// A call of which nothing is heard for so long has failed.
    static let callSeconds: Int64 = 20
    static let neededSeconds: Int64 = 600
    /// Weaker members are called only if no route reaches them, in dBm.
    static let signalForRedundancyMin: Int8 = -85
    /// Links this strong lose next to nothing, over 10 dB above what receivers need, in dBm.
    static let signalGoodMin: Int8 = -80
    /// A member near by is far if the way to it by links costs as much as so many good links: for such the last place is
    /// given too. Ways are told apart by as much: a link or two more matter less than how far a link reaches.
    static let farHops: UInt16 = 3
    /// Links that a host who opted out asks for: the bridge carries nothing for others.
    static let linksWhenOptedOut = 2
    /// Who said that it does not lend to all, or got no place, is for so long not called where a link must give way.
    static let noWaySeconds: Int64 = 600
    /// Between two links that give way.
    static let giveWaySeconds: Int64 = 30

    struct Link: Sendable {
        var link: LinkNumber
        var member: UInt64
        /// As the other end said last; where it did not say, it counts as lending to all.
        var lending: LendingNotice?
        var lendsToAll: Bool { lending?.contains(.all) ?? true }
        var startedAt: Instant
        var hint: UInt32 { LinkChooser.hint(of: member) }
    }

    public let ownMember: UInt64
    public private(set) var linksMax: Int
    /// When `tick` is due.
    public internal(set) var deadline = Instant.distantFuture

    var links: [Link] = []
    var candidates: [LinkCandidate] = []
    /// Members remembered for whom to call.
    public var candidateCount: Int { candidates.count }
    /// The hint that is being called, and until when.
    var calling: (hint: UInt32, until: Instant)?
    var settledAt = Instant(microseconds: .min)
    /// Whether no link was a way in the last tick.
    var isNeedy = false
    var givesWayNotBefore = Instant(microseconds: .min)
    var jitterState: UInt64
    /// Members that routes reach, each turned so that its hint is in front, sorted: filled anew in a tick after that has
    /// changed.
    var reachable: [UInt64] = []
    var reachableVersion: UInt64?

    /// - Parameters:
    ///   - linksMax: 1 to 16.
    ///   - seed: random; jitter is drawn from it.
    public init(ownMember: UInt64, linksMax: Int, seed: UInt64) {
        self.ownMember = ownMember
        self.linksMax = min(max(linksMax, 1), LinkNumbers.countMax)
        jitterState = seed
    }

    /// The first three bytes of a member id, as beacons carry them.
    public static func hint(of member: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: member & 0xff_ffff) }

    /// At most so many links from now on; ending those beyond is the caller's.
    public mutating func setLinksMax(_ linksMax: Int) { self.linksMax = min(max(linksMax, 1), LinkNumbers.countMax) }

    // MARK: Inputs

    /// A network beacon that the beacon key opened. `address` is whatever the radio needs to call it; `signal` in dBm.
    public mutating func heard(hint: UInt32, address: UInt64, signal: Int8, now: Instant) {
        guard hint != Self.hint(of: ownMember) else { return }
        let known = candidates.firstIndex { $0.hint == hint }
        let place = known ?? candidate(hint, now)
        candidates[place].touchedAt = now
        if known == nil {
            // One of the two calls first, so that they do not meet half-way.
            let turn: Int64 = hint.byteSwapped < Self.hint(of: ownMember).byteSwapped ? 2000 : 0
            candidates[place].notBefore = now.advanced(milliseconds: turn + jitter(below: 2000))
        }
        let wasNear = candidates[place].isNear(now)
        let smoothed = wasNear ? (Int(candidates[place].signal) * 3 + Int(signal)) / 4 : Int(signal)
        candidates[place].address = address
        candidates[place].signal = Int8(clamping: smoothed)
        candidates[place].heardAt = now
        let isWanted = !candidates[place].isReached && !links.contains { $0.hint == hint }
        if isWanted {
            deadline = min(deadline, now.advanced(seconds: Self.lookSeconds))
        } else if !wasNear {
            deadline = min(deadline, now.advanced(seconds: Self.newcomerLookSeconds))
        }
    }

    /// Brings the next look near where routes reach others than at the last one.
    /// - Parameter version: the table's `reachabilityVersion`.
    public mutating func noteRoutes(version: UInt64, now: Instant) {
        guard reachableVersion != version else { return }
        deadline = min(deadline, now.advanced(seconds: Self.lookSeconds))
    }

    /// Brings the next look to now if it is nearer than the one after that.
    public mutating func lookEarly(now: Instant) {
        if deadline < now.advanced(milliseconds: Self.idleLookSeconds * 500) { deadline = min(deadline, now) }
    }

    /// A link to `member` is up, whoever called.
    /// - Parameter lending: as it said, nil if it did not.
    public mutating func linkStarted(
        _ link: LinkNumber, member: UInt64, lending: LendingNotice?, now: Instant
    ) {
        links.removeAll { $0.link == link }
        guard links.count < LinkNumbers.countMax else { return }
        links.append(Link(link: link, member: member, lending: lending, startedAt: now))
        note(lending, Self.hint(of: member), now)
        if calling?.hint == Self.hint(of: member) { calling = nil }
        settle(now)
    }

    /// A link has ended, for whatever reason.
    /// - Parameter isRefused: the other end has no room.
    public mutating func linkEnded(_ link: LinkNumber, isRefused: Bool = false, now: Instant) {
        guard let index = links.firstIndex(where: { $0.link == link }) else { return }
        let ended = links.remove(at: index)
        let place = candidate(ended.hint, now)
        let isYoung = now.microseconds(since: ended.startedAt) < Self.ageSecondsMin * 1_000_000
        if !isYoung { (candidates[place].failures, candidates[place].refusals) = (0, 0) }
        if isYoung || isRefused { noteFailure(place, isRefused: isRefused, now) }
        note(ended.lending, ended.hint, now)
        candidates[place].fillNotBefore = now.advanced(milliseconds: 60_000 + jitter(below: 60_000))
        settle(now)
    }

    /// A call came to nothing: no channel, no session, or `bye` before the link was up.
    /// - Parameter isRefused: whoever was called has no room, which it may not have for long.
    public mutating func callFailed(hint: UInt32, isRefused: Bool = false, now: Instant) {
        if calling?.hint == hint { calling = nil }
        noteFailure(candidate(hint, now), isRefused: isRefused, now)
    }

    /// Whether a member that has a session gets a link: one that called, or one that was called though all places are
    /// taken. Does not ask whether there is a link to it already.
    /// - Parameter lending: as it said, nil if it did not.
    public mutating func answer(
        _ member: UInt64, lending: LendingNotice?, now: Instant, routes: RouteTable
    ) -> LinkAnswer {
        note(lending, Self.hint(of: member), now)
        switch decide(member, lending: lending, now: now, routes: routes) {
        case .accept: return .accept
        case .noRoom: return .noRoom
        case .lettingGo(let redundant):
            noteLetGo(redundant, now)
            return .acceptDropping(redundant.link)
        case .givingWay(let link):
            // Another link of its may end at the same time.
            noteLetGo(link, now)
            givesWayNotBefore = now.advanced(seconds: Self.giveWaySeconds)
            return .acceptDropping(link.link)
        }
    }

    /// Whether to send beacons: there is room for a link, or it can be made.
    public func wantsBeacon(now: Instant, routes: RouteTable) -> Bool {
        links.count < linksMax || weakestRedundant(now, routes) != nil || mayGiveWay(now, routes)
    }

    // MARK: Choosing

    /// Chooses. To be called at `deadline`.
    public mutating func tick(now: Instant, routes: RouteTable, into choice: inout LinkChoice) {
        deadline = candidates.isEmpty ? .distantFuture : now.advanced(seconds: Self.lookSeconds)
        forget(now)
        if let held = calling {
            guard now >= held.until else { return }
            callFailed(hint: held.hint, now: now)
        }
        guard now >= settledAt else { return }
        collectReachable(routes)
        isNeedy = !links.isEmpty && !hasWay(besides: nil, routes: routes)
        checkLetGo(now)
        if let place = strongestUnreachable(now, .thatNoRouteReaches) ?? strongestUnreachable(now) {
            if links.count < linksMax {
                call(place, now, &choice)
            } else {
                tickFull(now, routes, &choice)
            }
        } else if links.count < linksMax, let (place, hops) = farthest(now, routes),
            links.count < places(forOneAt: hops, routes)
        {
            call(place, now, &choice)
        } else if !isAnybodyWanted(now) {
            deadline = max(deadline, now.advanced(seconds: Self.idleLookSeconds))
        }
    }

    private mutating func tickFull(_ now: Instant, _ routes: RouteTable, _ choice: inout LinkChoice) {
        let redundant = weakestRedundant(now, routes)
        if let redundant, let place = strongestUnreachable(now, .thatNoRouteReaches) {
            noteLetGo(redundant, now)
            choice.drops.append(redundant.link)
            call(place, now, &choice)
        } else if redundant != nil || mayGiveWay(now, routes), let place = strongestUnreachable(now, .thatMayLend) {
            // A place is made once both sides agree.
            call(place, now, &choice)
        }
    }

    /// Whether somebody near by is to be called as soon as may be, or a link that was let go may be needed.
    private func isAnybodyWanted(_ now: Instant) -> Bool {
        candidates.contains { candidate in
            if candidate.letGoAt.microseconds != .min { return true }
            return isUnreached(candidate, now) && candidate.isNear(now)
                && !links.contains { $0.hint == candidate.hint }
        }
    }

    /// Up to how many links are wanted for one to a member that routes reach already.
    func places(forOneAt hops: UInt16, _ routes: RouteTable) -> Int {
        hops >= Self.farHops && !routes.isOptedOut ? linksMax : fillMax(routes)
    }

    /// About how many links the way to a member goes over.
    func hops(to member: UInt64, _ routes: RouteTable) -> UInt16? {
        routes.metric(of: member).map { $0 / LinkCost.least }
    }

    /// Up to how many links are wanted for redundancy alone.
    private func fillMax(_ routes: RouteTable) -> Int {
        if routes.isOptedOut { return min(linksMax, Self.linksWhenOptedOut) }
        return linksMax >= 4 ? linksMax - 1 : linksMax
    }

    private mutating func call(_ place: Int, _ now: Instant, _ choice: inout LinkChoice) {
        let candidate = candidates[place]
        calling = (candidate.hint, now.advanced(seconds: Self.callSeconds))
        choice.calls.append(LinkChoice.Call(address: candidate.address, hint: candidate.hint))
    }

    private enum Wanted {
        case anybody
        case thatNoRouteReaches
        /// Who has not said lately that it does not lend to all.
        case thatMayLend
    }

    /// The strongest member near by to which a link is wanted for more than redundancy and that may be called now.
    private func strongestUnreachable(_ now: Instant, _ wanted: Wanted = .anybody) -> Int? {
        var best: Int?
        for (place, candidate) in candidates.enumerated()
        where isUnreached(candidate, now) && isCallable(candidate, now) {
            switch wanted {
            case .anybody: break
            case .thatNoRouteReaches: if candidate.isReached { continue }
            case .thatMayLend: if now < candidate.noWayUntil { continue }
            }
            if let held = best, !Self.isBetter(candidate.signal, than: candidates[held].signal) { continue }
            best = place
        }
        return best
    }

    /// Of signals with a good margin the weakest, which reaches farthest; of others the strongest.
    private static func isBetter(_ signal: Int8, than held: Int8) -> Bool {
        let (isGood, isHeldGood) = (signal >= signalGoodMin, held >= signalGoodMin)
        return isGood == isHeldGood ? (isGood ? signal < held : signal > held) : isGood
    }

    /// Among the members near by that are strong enough for a link more, the one to which the way by links is longest; of
    /// those about as far, the weakest with a good margin. Links to the strongest alone make chains of next doors, in which
    /// most homes are beyond the hop limit although the radio reaches them in few steps.
    private func farthest(_ now: Instant, _ routes: RouteTable) -> (place: Int, hops: UInt16)? {
        var best: (place: Int, hops: UInt16)?
        for (place, candidate) in candidates.enumerated() where isCallable(candidate, now) {
            guard now >= candidate.fillNotBefore, candidate.signal >= Self.signalForRedundancyMin else { continue }
            guard let member = reachableMember(candidate.hint), let hops = hops(to: member, routes) else { continue }
            if let best {
                let (far, heldFar) = (hops / Self.farHops, best.hops / Self.farHops)
                guard far >= heldFar else { continue }
                if far == heldFar, !Self.isBetter(candidate.signal, than: candidates[best.place].signal) { continue }
            }
            best = (place, hops)
        }
        return best
    }

    private func isCallable(_ candidate: LinkCandidate, _ now: Instant) -> Bool {
        candidate.isNear(now) && now >= candidate.notBefore && !links.contains { $0.hint == candidate.hint }
    }

    /// The weakest link, old enough, whose other end would probably stay reachable without it.
    func weakestRedundant(_ now: Instant, _ routes: RouteTable) -> Link? {
        var weakest: (link: Link, signal: Int8)?
        for link in links where isOld(link, now) {
            guard routes.isAnnounced(link.member, excluding: LinkNumbers.mask(link.link)) else { continue }
            let candidate = candidates.first { $0.hint == link.hint }
            guard now >= candidate?.neededUntil ?? now else { continue }
            let signal = candidate?.signal ?? .min
            if let held = weakest, held.signal <= signal { continue }
            weakest = (link, signal)
        }
        return weakest?.link
    }
}
