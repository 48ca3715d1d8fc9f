import Wire

/// From a packet's token to the grants that may stand behind it, slot by slot.
///
/// Three tables hold the tokens of all grants for the slots before, now and after; four more, made when asked for, those
/// of older slots for grants with `hold`; and two, for a bridge whose clock is not set, those of its own grants for any
/// slot. At 16,384 grants each takes 1 MB, and all of them 7 MB.
///
/// Tables are filled a bounded number of tokens at a time. Until one is complete, what is not found in it is `busy`.
struct TokenTable {
    static let olderTables = 4
    static let ownTables = 2
    /// The oldest slot of a packet that has not expired: a day's life, a rounded minute, a slot's length, the tolerance.
    static let olderSlotsMax: UInt32 = 98
    static let buildIntervalMicroseconds: Int64 = 1_000_000
    /// What one packet may cause at most to be worked out: it is work that would have to be done anyway.
    static let tokensAPacket = 64
    /// What one tick works out at most.
    static let tokensATick = 1_000

    enum Answer {
        case table(Int)
        /// Wholly before or after the slots that a packet can name now.
        case outside
        case busy
    }

    private(set) var tables: [SlotTokens]
    private var base: UInt32?
    private var lastBuild = Int64.min

    init(seed: UInt64) {
        tables = Array(repeating: SlotTokens(seed: seed), count: 3 + Self.olderTables + Self.ownTables)
    }

    private static let older = 3..<(3 + olderTables)
    private static let own = (3 + olderTables)..<(3 + olderTables + ownTables)

    /// Fits the three tables to the present slot. Those that still serve stay as they are.
    mutating func roll(to slot: UInt32) {
        guard base != slot else { return }
        base = slot
        let wanted = (slot > 0 ? slot - 1 : 0)...(slot < .max ? slot + 1 : slot)
        for number in wanted where !tables[..<3].contains(where: { $0.isInUse && $0.slot == number }) {
            guard let place = tables[..<3].firstIndex(where: { !$0.isInUse || !wanted.contains($0.slot) }) else {
                return
            }
            tables[place].reset(slot: number, scope: .all)
        }
    }

    /// Goes on filling tables for at most `budget` tokens: the present slot's first. Returns whether there may be more.
    @discardableResult
    mutating func advance(_ grants: borrowing GrantTable, budget: Int) -> Bool {
        var budget = budget
        for place in 0..<3 where tables[place].isInUse && tables[place].slot == base {
            tables[place].advance(grants, budget: &budget)
        }
        for place in tables.indices where budget > 0 && tables[place].isInUse {
            tables[place].advance(grants, budget: &budget)
        }
        return budget <= 0
    }

    /// The table for `slot`. With a clock that is not good only own grants are looked for, in any slot.
    mutating func answer(
        slot: UInt32, now: Moment, isClockGood: Bool, grants: borrowing GrantTable
    ) -> Answer {
        guard isClockGood else { return made(slot, in: Self.own, scope: .own, now, grants) }
        roll(to: now.wall.slot)
        for place in 0..<3 where tables[place].slot == slot && tables[place].isInUse { return .table(place) }
        let present = now.wall.slot
        guard slot < present, present - slot <= Self.olderSlotsMax else { return .outside }
        return made(slot, in: Self.older, scope: .held, now, grants)
    }

    /// Whether what is not in the table may yet be: it goes on with the work a little, then looks again.
    func isIncomplete(_ table: Int, grants: borrowing GrantTable) -> Bool { !tables[table].isComplete(grants) }

    mutating func help(_ table: Int, grants: borrowing GrantTable) {
        var budget = Self.tokensAPacket
        tables[table].advance(grants, budget: &budget)
    }

    mutating func added(_ index: GrantIndex, _ grants: borrowing GrantTable) {
        for place in tables.indices { tables[place].added(index, grants) }
    }

    mutating func removed(_ index: GrantIndex) {
        for place in tables.indices { tables[place].removed(index) }
    }

    private mutating func made(
        _ slot: UInt32, in range: Range<Int>, scope: SlotTokens.Scope, _ now: Moment, _ grants: borrowing GrantTable
    ) -> Answer {
        let time = now.instant.microseconds
        var oldest = range.lowerBound
        for place in range {
            if tables[place].isInUse && tables[place].slot == slot {
                tables[place].lastUsedMicroseconds = time
                return .table(place)
            }
            if tables[place].lastUsedMicroseconds < tables[oldest].lastUsedMicroseconds { oldest = place }
        }
        let isDue =
            lastBuild == .min
            || Instant(microseconds: lastBuild).advanced(
                microseconds: Self.buildIntervalMicroseconds) <= now.instant
        guard isDue else { return .busy }
        lastBuild = time
        tables[oldest].reset(slot: slot, scope: scope)
        tables[oldest].lastUsedMicroseconds = time
        return .table(oldest)
    }
}
