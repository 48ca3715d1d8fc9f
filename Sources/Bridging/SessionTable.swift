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

    var linkCount: Int { links.lazy.filter { $0 != nil }.count }
    var strangerCount: Int { sessions.lazy.filter { !$0.isLink && !$0.isCaller }.count }
    var attemptCount: Int { sessions.lazy.filter { !$0.isLink && $0.isCaller }.count }

    mutating func add(_ session: LinkSession) {
        sessions.append(session)
        hots.append((session.channel, session.hot))
    }

    /// Gives a session of a proven member the lowest free number; nil if all are taken.
    mutating func promote(_ session: LinkSession, member: UInt64) -> LinkNumber? {
        guard let free = links.firstIndex(where: { $0 == nil }) else { return nil }
        links[free] = session
        linkHots[free] = session.hot
        session.member = member
        session.number = LinkNumber(free)
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
    }
}
