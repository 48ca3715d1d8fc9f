/// Counts events by grant and incoming link in windows of a minute: at most 1,024 counters in sets of four. It begins with
/// 16, and doubles where a set is full of this minute's.
///
/// It never lets more than the rate pass in a window: where a set is full of this minute's counters, the smallest
/// gives way and its count is inherited, so a newcomer may be told "not now" early, but never late.
public struct RateTable: Sendable {
    public static let capacity = 1_024
    static let ways = 4
    private static let countersFirst = 16

    private struct Entry {
        var grant: GrantIndex = -1
        var minute: UInt32 = 0
        var count: UInt16 = 0
        var incoming: UInt8 = 0
    }

    private var entries: [Entry]
    /// How far a mixed key is shifted to give its set: sets are a power of two.
    private var shift: UInt64
    private let seed: UInt64

    /// `seed` is random.
    public init(seed: UInt64) {
        self.seed = seed
        entries = Array(repeating: Entry(), count: Self.countersFirst)
        shift = Self.shift(counters: Self.countersFirst)
    }

    private static func shift(counters: Int) -> UInt64 { 64 &- UInt64((counters / ways).trailingZeroBitCount) }

    /// Counters for which there is room so far.
    var room: Int { entries.count }

    /// Twice as many sets: each falls into two, by one more bit of the mixed keys.
    private mutating func grow() {
        let old = entries
        entries = Array(repeating: Entry(), count: 2 * old.count)
        shift = Self.shift(counters: entries.count)
        for entry in old where entry.grant >= 0 {
            let first = firstOfSet(entry.grant, entry.incoming)
            for index in first..<(first &+ Self.ways) where entries[index].grant < 0 {
                entries[index] = entry
                break
            }
        }
    }

    @inline(__always)
    private func firstOfSet(_ grant: GrantIndex, _ incoming: UInt8) -> Int {
        let key = UInt64(UInt32(bitPattern: grant)) << 8 | UInt64(incoming)
        return Int(truncatingIfNeeded: FlatIndex.mix(key, seed: seed) &>> shift) &* Self.ways
    }

    /// Counters in use, those of earlier minutes among them. Walks over all.
    public var count: Int { entries.count { $0.grant >= 0 } }

    /// Whether one more event of `grant` over `incoming` in `minute` (of any clock that only goes forward) is within
    /// `ratePerMinute`.
    public mutating func allows(
        grant: GrantIndex, incoming: Incoming, ratePerMinute: UInt16, minute: UInt32
    ) -> Bool {
        // First: finding it may move the table.
        let counter = counter(grant: grant, incoming: incoming, minute: minute)
        return allows(counter, ratePerMinute: ratePerMinute, minute: minute)
    }

    /// Counts one event.
    public mutating func charge(grant: GrantIndex, incoming: Incoming, minute: UInt32) {
        let counter = counter(grant: grant, incoming: incoming, minute: minute)
        charge(counter, grant: grant, incoming: incoming, minute: minute)
    }

    /// `allows`, for a counter that was looked up and with nothing charged since.
    @inline(__always)
    func allows(_ counter: Int, ratePerMinute: UInt16, minute: UInt32) -> Bool {
        let entry = entries[counter]
        return entry.minute != minute || entry.grant < 0 || entry.count < ratePerMinute
    }

    /// `charge`, likewise.
    @inline(__always)
    mutating func charge(_ counter: Int, grant: GrantIndex, incoming: Incoming, minute: UInt32) {
        let entry = entries[counter]
        let inherited = entry.grant >= 0 && entry.minute == minute ? entry.count : 0
        entries[counter] = Entry(
            grant: grant, minute: minute, count: inherited == .max ? .max : inherited &+ 1, incoming: incoming.rawValue)
    }

    /// Its own counter's place, else one not of this minute, else that of the smallest count. Good until the next is asked
    /// for: the table may grow.
    mutating func counter(grant: GrantIndex, incoming: Incoming, minute: UInt32) -> Int {
        while true {
            let (place, isOthers) = find(grant, incoming, minute)
            guard isOthers, entries.count < Self.capacity else { return place }
            grow()
        }
    }

    /// The place, and whether another's counter of this minute stands there.
    @inline(__always)
    private func find(_ grant: GrantIndex, _ incoming: Incoming, _ minute: UInt32) -> (place: Int, isOthers: Bool) {
        let first = firstOfSet(grant, incoming.rawValue)
        var best = first
        var bestScore = UInt32.max
        for index in first..<(first &+ Self.ways) {
            let entry = entries[index]
            let current = entry.minute == minute && entry.grant >= 0
            if entry.grant == grant && entry.incoming == incoming.rawValue && current { return (index, false) }
            let score: UInt32 = current ? 1 &+ UInt32(entry.count) : 0
            if score < bestScore {
                best = index
                bestScore = score
            }
        }
        return (best, bestScore > 0)
    }
}
