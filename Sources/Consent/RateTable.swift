/// Counts events by grant and incoming link in windows of a minute: 1,024 counters in sets of four.
///
/// It never lets more than the rate pass in a window: where a set is full of this minute's counters, the smallest
/// gives way and its count is inherited, so a newcomer may be told "not now" early, but never late.
public struct RateTable: Sendable {
    public static let capacity = 1_024
    static let ways = 4

    private struct Entry {
        var grant: GrantIndex = -1
        var minute: UInt32 = 0
        var count: UInt16 = 0
        var incoming: UInt8 = 0
    }

    private var entries: [Entry]
    private let seed: UInt64

    /// `seed` is random.
    public init(seed: UInt64) {
        self.seed = seed
        entries = Array(repeating: Entry(), count: Self.capacity)
    }

    /// Counters in use, those of earlier minutes among them. Walks over all.
    public var count: Int { entries.count { $0.grant >= 0 } }

    /// Whether one more event of `grant` over `incoming` in `minute` (of any clock that only goes forward) is within
    /// `ratePerMinute`.
    public func allows(grant: GrantIndex, incoming: Incoming, ratePerMinute: UInt16, minute: UInt32) -> Bool {
        allows(counter(grant: grant, incoming: incoming, minute: minute), ratePerMinute: ratePerMinute, minute: minute)
    }

    /// Counts one event.
    public mutating func charge(grant: GrantIndex, incoming: Incoming, minute: UInt32) {
        charge(
            counter(grant: grant, incoming: incoming, minute: minute), grant: grant, incoming: incoming, minute: minute)
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

    /// Its own counter's place, else one not of this minute, else that of the smallest count.
    func counter(grant: GrantIndex, incoming: Incoming, minute: UInt32) -> Int {
        let key = UInt64(UInt32(bitPattern: grant)) << 8 | UInt64(incoming.rawValue)
        let first = Int(truncatingIfNeeded: FlatIndex.mix(key, seed: seed) >> 56) &* Self.ways
        var best = first
        var bestScore = UInt32.max
        for index in first..<(first &+ Self.ways) {
            let entry = entries[index]
            let current = entry.minute == minute && entry.grant >= 0
            if entry.grant == grant && entry.incoming == incoming.rawValue && current { return index }
            let score: UInt32 = current ? 1 &+ UInt32(entry.count) : 0
            if score < bestScore {
                best = index
                bestScore = score
            }
        }
        return best
    }
}
