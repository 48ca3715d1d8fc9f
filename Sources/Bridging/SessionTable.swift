import CPrefetch
import Relaying
import Wire

/// All channels of the bridge: links between members, and those that are not yet or never will be.
struct SessionTable {
    /// Channels that are not links yet, incoming ones: a stranger can keep at most these busy, for two seconds each.
    static let strangersMax = 8
    /// Outgoing attempts at once.
    static let attemptsMax = 2

    private(set) var sessions: [LinkSession] = []
    /// The links by their number.
    private(set) var links: [LinkSession?] = Array(repeating: nil, count: LinkNumbers.countMax)

    private var linkHots: [UnsafeMutablePointer<LinkSession.Hot>?] = Array(repeating: nil, count: LinkNumbers.countMax)
    /// Of each of `sessions`, in their order: what messages on their way through need.
    private var hots: [(channel: LinkChannel, hot: UnsafeMutablePointer<LinkSession.Hot>)] = []

    /// All that there can be at once.
    static let countMax = LinkNumbers.countMax + strangersMax + attemptsMax

    init() { sessions.reserveCapacity(Self.countMax) }

    @inline(__always)
    func session(_ channel: LinkChannel) -> LinkSession? {
        for session in sessions where session.channel == channel { return session }
        return nil
    }

    /// What a message on its way through needs of the session. Good until the session is removed.
    @inline(__always)
    func hot(_ channel: LinkChannel) -> UnsafeMutablePointer<LinkSession.Hot>? {
        for place in hots.indices where hots[place].channel == channel { return hots[place].hot }
        return nil
    }

    @inline(__always)
    func hot(link number: LinkNumber) -> UnsafeMutablePointer<LinkSession.Hot>? {
        number < linkHots.count ? linkHots[Int(number)] : nil
    }

    @inline(__always)
    func link(_ number: LinkNumber) -> LinkSession? { number < links.count ? links[Int(number)] : nil }

    func link(toMember member: UInt64) -> LinkSession? {
        links.lazy.compactMap(\.self).first { $0.member == member }
    }

    private(set) var linkCount = 0
    private(set) var strangerCount = 0
    private(set) var attemptCount = 0

    /// Whoever adds, promotes or removes a session counts them anew: they are asked for much more often.
    private mutating func count() {
        linkCount = links.count { $0 != nil }
        strangerCount = sessions.count { !$0.isLink && !$0.isCaller }
        attemptCount = sessions.count { !$0.isLink && $0.isCaller }
    }

    /// When `LinkUpkeep` has to look at one of them next.
    var nextDeadline: Instant {
        var deadline = Instant.distantFuture
        for place in hots.indices { deadline = min(deadline, hots[place].hot.pointee.nextDeadline) }
        return deadline
    }

    /// Whether any neighbour is still to be told something of the registry.
    var haveRecordsToTell: Bool {
        for place in hots.indices where hots[place].hot.pointee.hasRecordsToTell { return true }
        return false
    }

    /// The hints of `Bridge.fetchTables`.
    func fetchTable() { hots.withUnsafeBufferPointer { fetch($0) } }
    func fetchHots() {
        for place in hots.indices {
            let start = UnsafeRawPointer(hots[place].hot)
            cache_prefetch(start)
            cache_prefetch(start + 64)
        }
    }

    mutating func add(_ session: LinkSession) {
        sessions.append(session)
        hots.append((session.channel, session.hot))
        count()
    }

    /// Gives a session of a proven member the lowest free number; nil if all are taken.
    mutating func promote(_ session: LinkSession, member: UInt64) -> LinkNumber? {
        guard let free = links.firstIndex(where: { $0 == nil }) else { return nil }
        links[free] = session
        linkHots[free] = session.hot
        session.member = member
        session.number = LinkNumber(free)
        count()
        return session.number
    }

    /// Removes a session, and its number if it had one.
    mutating func remove(_ session: LinkSession) {
        sessions.removeAll { $0 === session }
        hots.removeAll { $0.hot == session.hot }
        if let number = session.number {
            links[Int(number)] = nil
            linkHots[Int(number)] = nil
        }
        session.number = nil
        count()
    }
}
