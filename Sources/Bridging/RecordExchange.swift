/// What is still to be told to one neighbour of the registry: one per link.
///
/// Noes go ahead of everything else. Every list has a bound; what does not fit is made good by the hourly exchange.
struct RecordExchange {
    static let queueMax = 2_048
    /// As many ids as a registry holds: members, grants with their proofs, noes.
    static let offersMax = 65_536
    static let earlyMax = 256
    static let hourMilliseconds: Int64 = 3_600_000

    /// Records that are noes, to be sent first.
    private(set) var noes: [UInt64] = []
    /// Other records to be sent.
    private(set) var others: [UInt64] = []
    /// Ids to ask the neighbour for.
    private(set) var wanted: [UInt64] = []
    /// Ids of records that came before what they hang on: a member's before its inviter's, a proof before its grant.
    private(set) var early: [UInt64] = []
    /// Ids of what this bridge holds, still to be listed; `listed` of them have been.
    private(set) var offers: [UInt64] = []
    private(set) var listed = 0
    private(set) var isOffering = false

    var isIdle: Bool { noes.isEmpty && others.isEmpty && wanted.isEmpty && !isOffering }

    /// A no finds room though everything else is full.
    mutating func push(_ id: UInt64, isNo: Bool) {
        guard !noes.contains(id), !others.contains(id) else { return }
        if isNo {
            if noes.count < Self.queueMax { noes.append(id) }
        } else if others.count < Self.queueMax {
            others.append(id)
        }
    }

    mutating func want(_ id: UInt64) {
        guard wanted.count < Self.queueMax, !wanted.contains(id) else { return }
        wanted.append(id)
    }

    /// The neighbour sent a record that cannot be believed yet: a push overtakes the lists of a new link.
    mutating func cameEarly(_ id: UInt64) {
        guard early.count < Self.earlyMax, !early.contains(id) else { return }
        early.append(id)
    }

    /// What was missing may have come: asks for what came early once more.
    mutating func askForEarly() {
        for id in early { want(id) }
        early.removeAll()
    }

    /// Begins to list `ids`, from the start if a list was under way.
    mutating func offer(_ ids: [UInt64]) {
        offers = Array(ids.prefix(Self.offersMax))
        listed = 0
        isOffering = true
    }

    /// The ids of the next list message, at most `count`, and whether they are the last.
    func nextOffers(_ count: Int) -> (ids: ArraySlice<UInt64>, isLast: Bool) {
        let end = min(listed + count, offers.count)
        return (offers[listed..<end], end == offers.count)
    }

    mutating func offered(_ count: Int) {
        listed += count
        guard listed >= offers.count else { return }
        isOffering = false
        offers = []
        listed = 0
    }

    func nextWanted(_ count: Int) -> ArraySlice<UInt64> { wanted.prefix(count) }
    mutating func askedFor(_ count: Int) { wanted.removeFirst(min(count, wanted.count)) }

    var nextRecord: UInt64? { noes.first ?? others.first }
    mutating func sentRecord() {
        if noes.isEmpty { others.removeFirst() } else { noes.removeFirst() }
    }
}
