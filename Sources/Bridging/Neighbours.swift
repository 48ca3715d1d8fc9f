import Relaying
import Wire

/// What a bridge knows of those around it: whom it hears, whom to call and whom to let go, and over whom to reach which
/// home.
struct Neighbours: NextHops {
    static let heardMax = 256

    /// The beacon by which a bridge was heard last.
    private struct Heard {
        var address: RadioAddress
        var hint: UInt32
        var beacon: BeaconValue
        var signalDBm: Int8
        /// The slot in which the beacon was recognised.
        var slot: UInt32
    }

    struct Call {
        let address: RadioAddress
        let beacon: BeaconValue
        let signalDBm: Int8
    }

    private(set) var routes: RouteTable?
    private var chooser: LinkChooser?
    private var choice = LinkChoice()
    /// Latest last.
    private var heard: [Heard] = []
    private var backOff = BeaconBackOff()
    /// Filled by every change of routes, emptied by `Bridge.tellRoutes`.
    var effects = RouteEffects()

    // MARK: The network

    mutating func enter(
        _ home: UInt64, sequenceNumber: UInt16, isOptedOut: Bool, isReluctant: Bool, linksMax: Int, seed: UInt64
    ) {
        routes = RouteTable(
            ownHome: home, sequenceNumber: sequenceNumber, isOptedOut: isOptedOut, hashSeed: seed)
        routes?.setReluctant(isReluctant, now: Instant(microseconds: 0))
        chooser = LinkChooser(ownMember: home, linksMax: linksMax, seed: seed)
    }

    mutating func setLinksMax(_ linksMax: Int) { chooser?.setLinksMax(linksMax) }

    /// No link is looked for, and none is granted, from now on.
    mutating func seekNoLinks() { chooser = nil }

    mutating func leave() { self = Neighbours() }

    mutating func setReluctant(_ isReluctant: Bool, now: Instant) { routes?.setReluctant(isReluctant, now: now) }

    mutating func setOptedOut(_ isOptedOut: Bool, now: Instant) {
        routes?.setOptedOut(isOptedOut, now: now, into: &effects)
    }

    /// The hints of `Bridge.fetchTables`.
    func fetchTables() {
        heard.withUnsafeBufferPointer { fetch($0) }
        effects.announcements.withUnsafeBufferPointer { fetch($0) }
        effects.requests.withUnsafeBufferPointer { fetch($0) }
        effects.changedHomes.withUnsafeBufferPointer { fetch($0) }
    }

    /// Bridges heard, and members remembered for whom to call.
    var rememberedCount: Int { heard.count + candidateCount }
    var heardCount: Int { heard.count }
    var candidateCount: Int { chooser?.candidateCount ?? 0 }
    var backOffCount: Int { backOff.count }

    // MARK: Who is near

    /// Whose beacon this is, if it has been recognised in this slot already.
    func hint(of beacon: BeaconValue, slot: UInt32) -> UInt32? {
        heard.first { $0.beacon.bytes == beacon.bytes && $0.slot == slot }?.hint
    }

    mutating func heard(
        _ address: RadioAddress, hint: UInt32, beacon: BeaconValue, signalDBm: Int8, slot: UInt32, now: Instant
    ) {
        guard !backOff.rests(beacon.bytes, address, now: now) else { return }
        let entry = Heard(address: address, hint: hint, beacon: beacon, signalDBm: signalDBm, slot: slot)
        if let place = heard.firstIndex(where: { $0.hint == hint }) {
            for next in place + 1..<max(heard.count, place + 1) { heard[next - 1] = heard[next] }
            heard[heard.count - 1] = entry
        } else {
            if heard.count >= Self.heardMax { heard.removeFirst() }
            heard.append(entry)
        }
        chooser?.heard(hint: hint, address: address.packed, signal: signalDBm, now: now)
    }

    func signal(of address: RadioAddress) -> Int8 {
        heard.last { $0.address == address }?.signalDBm ?? -100
    }

    /// A call to `address` came to nothing.
    /// - Parameter isRefused: whoever was called has no room.
    mutating func callFailed(_ address: RadioAddress, isRefused: Bool = false, now: Instant) {
        guard let hint = heard.last(where: { $0.address == address })?.hint else { return }
        chooser?.callFailed(hint: hint, isRefused: isRefused, now: now)
    }

    /// A call to `address` that answered `beacon`: whether there was anybody who holds the network's keys.
    mutating func answered(beacon: [UInt8], at address: RadioAddress, byMember isMember: Bool, now: Instant) {
        guard let value = Bytes10(beacon) else { return }
        if isMember { backOff.succeeded(value) } else { backOff.failed(value, address, now: now) }
    }

    /// Whom to let go and whom to call now.
    mutating func choose(now: Instant) -> (drops: [LinkNumber], calls: [Call]) {
        if let version = routes?.reachabilityVersion { chooser?.noteRoutes(version: version, now: now) }
        guard let due = chooser?.deadline, due <= now else { return ([], []) }
        guard let routes, var chooser else { return ([], []) }
        self.chooser = nil
        choice.removeAll()
        chooser.tick(now: now, routes: routes, into: &choice)
        self.chooser = chooser
        let calls = choice.calls.compactMap { call in
            heard.last { $0.hint == call.hint && $0.address.packed == call.address }.map {
                Call(address: $0.address, beacon: $0.beacon, signalDBm: $0.signalDBm)
            }
        }
        for call in calls { backOff.called(call.beacon.bytes, now: now) }
        return (choice.drops, calls)
    }

    /// - Parameter lending: as the member said, nil if it did not.
    mutating func judge(_ member: UInt64, lending: LendingNotice?, now: Instant) -> LinkAnswer {
        guard let routes else { return .noRoom }
        return chooser?.answer(member, lending: lending, now: now, routes: routes) ?? .noRoom
    }

    /// Whether a member that was called though all places are taken would get one. If not, it is not called soon for that.
    mutating func wouldTake(_ member: UInt64, lending: LendingNotice?, now: Instant) -> Bool {
        guard let routes else { return false }
        return chooser?.wouldTake(member, lending: lending, now: now, routes: routes) ?? false
    }

    /// Whether a link, but for one with `member`, leads to others by a host who lends to all.
    func hasWay(besides member: UInt64?) -> Bool {
        guard let routes else { return false }
        return chooser?.hasWay(besides: member, routes: routes) ?? false
    }

    mutating func noteLending(_ link: LinkNumber, _ lending: LendingNotice, now: Instant) {
        chooser?.noteLending(link, lending, now: now)
    }

    func wantsBeacon(now: Instant) -> Bool {
        guard let routes else { return false }
        return chooser?.wantsBeacon(now: now, routes: routes) ?? false
    }

    // MARK: Links

    mutating func linkStarted(
        _ link: LinkNumber, member: UInt64, lending: LendingNotice?, cost: UInt16, now: Instant
    ) {
        routes?.linkStarted(link, cost: cost, now: now, into: &effects)
        chooser?.linkStarted(link, member: member, lending: lending, now: now)
    }

    mutating func setWritable(_ link: LinkNumber, _ isWritable: Bool, now: Instant) {
        routes?.setWritable(link, isWritable, now: now)
    }

    /// - Parameter isRefused: the other end has no room.
    mutating func linkEnded(_ link: LinkNumber, isRefused: Bool, now: Instant) {
        effects.requests.removeAll { $0.link == link }
        routes?.linkEnded(link, now: now, into: &effects)
        chooser?.linkEnded(link, isRefused: isRefused, now: now)
    }

    mutating func costChanged(_ link: LinkNumber, _ cost: UInt16, now: Instant) {
        routes?.setCost(of: link, cost, now: now, into: &effects)
    }

    // MARK: Routes

    mutating func announced(_ entry: RouteEntry, from link: LinkNumber, now: Instant) {
        routes?.receive(entry, from: link, now: now, into: &effects)
    }

    /// Routes to `home` are announced in a moment.
    @inline(__always)
    mutating func expect(_ home: UInt64) { routes?.expect(home) }

    /// As `announced`, if the home has a place among the routes already; else false, and nothing is done.
    mutating func announcedAgain(_ entry: RouteEntry, from link: LinkNumber, now: Instant) -> Bool {
        routes?.receiveAgain(entry, from: link, now: now, into: &effects) ?? false
    }

    mutating func requested(_ request: RouteRequest, from link: LinkNumber, now: Instant) {
        routes?.receive(request, from: link, now: now, into: &effects)
    }

    @inline(__always)
    mutating func tick(now: Instant) {
        guard let due = routes?.deadline, due <= now else { return }
        routes?.tick(now: now, into: &effects)
    }

    /// Rises whenever a home becomes reachable, or ceases to be.
    var reachabilityVersion: UInt64 { routes?.reachabilityVersion ?? 0 }

    /// Looks around now if that is due before long: two things a quiet bridge does now and then are done in one go.
    mutating func lookEarly(now: Instant) { chooser?.lookEarly(now: now) }

    @inline(__always)
    var lookDeadline: Instant { chooser?.deadline ?? .distantFuture }
    @inline(__always)
    var deadline: Instant { min(routes?.deadline ?? .distantFuture, chooser?.deadline ?? .distantFuture) }

    /// About how many links the way to `home` has, 0 without a way.
    func hops(to home: UInt64) -> Int { Int((routes?.metric(of: home) ?? 0) / LinkCost.least) }

    func nextHop(for home: UInt64, excluding excluded: UInt16) -> LinkNumber? {
        routes?.nextHop(for: home, excluding: excluded)
    }
}
