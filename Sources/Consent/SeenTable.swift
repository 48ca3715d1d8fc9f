import CPrefetch

/// What became of an event that this bridge has met.
@frozen public enum SeenState: Hashable, Sendable {
    /// Kept for handing on.
    case held
    /// Opened at its home: here, or by a confirmation from beyond.
    case confirmed
    case ended(Reason)
}

/// The events met of late: at most 8,192 in sets of four (128 kB). In a full set the expired and then the oldest give way.
///
/// It begins with 16 sets. Where nothing in a full set has expired there are twice as many, up to the limit: so nothing
/// gives way while there could be room, and what a bridge meets in a day decides what it takes.
///
/// An event is known by its id together with its grant. A packet may claim any event id, so what became of it under one
/// grant says nothing of another's: else a member could end a neighbour's events by using their ids first. Both go into
/// one key with a secret seed, so that nobody can find an id that meets another grant's event, or aim at one set.
public struct SeenTable: Sendable {
    public static let capacity = 8_192
    static let ways = 4
    private static let setsFirst = 16

    private struct Entry {
        var key: UInt64 = 0
        var expiryMinute: UInt32 = 0
        /// When it was written, in minutes modulo 65,536: the age by which entries give way.
        var minute: UInt16 = 0
        var state: UInt8 = Entry.empty
        var reason: UInt8 = 0

        static let empty: UInt8 = 0
        static let held: UInt8 = 1
        static let confirmed: UInt8 = 2
        static let ended: UInt8 = 3
    }

    private var entries: [Entry] = []
    /// Entries before the first set, so that each set lies in one cache line.
    private var offset = 0
    /// How far a key is shifted to give its set: sets are a power of two.
    private var shift: UInt64 = 0
    private let seed: UInt64

    /// `seed` is random.
    public init(seed: UInt64) {
        self.seed = seed
        clear(sets: Self.setsFirst)
    }

    private mutating func clear(sets: Int) {
        shift = 64 &- UInt64(sets.trailingZeroBitCount)
        entries = Array(repeating: Entry(), count: (sets + 1) * Self.ways - 1)
        let (entryBytes, setBytes) = (MemoryLayout<Entry>.stride, Self.ways * MemoryLayout<Entry>.stride)
        let start = entries.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        offset = Int((0 &- start) & UInt(setBytes - 1)) / entryBytes
    }

    /// Events for which there is room so far.
    var room: Int { entries.count - Self.ways + 1 }

    /// Twice as many sets: each falls into two, by one more bit of the keys.
    private mutating func grow() {
        let old = entries
        clear(sets: 2 * room / Self.ways)
        for entry in old where entry.state != Entry.empty {
            let first = firstOfSet(entry.key)
            for index in first..<(first &+ Self.ways) where entries[index].state == Entry.empty {
                entries[index] = entry
                break
            }
        }
    }

    /// Events known. Walks over all places.
    public var count: Int { entries.count { $0.state != Entry.empty } }

    /// The event will be asked after soon: its set is fetched meanwhile.
    @inline(__always)
    func expect(_ eventID: UInt64, grant: GrantIndex) {
        let first = firstOfSet(key(eventID, grant))
        entries.withUnsafeBufferPointer { cache_prefetch($0.baseAddress.map { $0 + first }) }
    }

    /// What became of the event, or nil if it is not known (any more). Keys are compared first: how full a set is cannot
    /// be predicted, that they differ can.
    public func state(of eventID: UInt64, grant: GrantIndex) -> SeenState? {
        let key = key(eventID, grant)
        let first = firstOfSet(key)
        for index in first..<(first &+ Self.ways)
        where entries[index].key == key && entries[index].state != Entry.empty {
            switch entries[index].state {
            case Entry.held: return .held
            case Entry.confirmed: return .confirmed
            default: return .ended(Reason(rawValue: entries[index].reason) ?? .expired)
            }
        }
        return nil
    }

    /// Notes what became of the event. Past `expiryMinute` the entry is the first to give way.
    public mutating func mark(
        _ eventID: UInt64, grant: GrantIndex, _ state: SeenState, expiryMinute: UInt32, minute: UInt32
    ) {
        let key = key(eventID, grant)
        var entry = Entry(key: key, expiryMinute: expiryMinute, minute: UInt16(truncatingIfNeeded: minute))
        switch state {
        case .held: entry.state = Entry.held
        case .confirmed: entry.state = Entry.confirmed
        case .ended(let reason):
            entry.state = Entry.ended
            entry.reason = reason.rawValue
        }
        var place = place(for: key, minute: minute)
        while room < Self.capacity, isInForce(place, besides: key, minute: minute) {
            grow()
            place = self.place(for: key, minute: minute)
        }
        entries[place] = entry
    }

    /// Whether another event stands there that has not expired.
    @inline(__always)
    private func isInForce(_ place: Int, besides key: UInt64, minute: UInt32) -> Bool {
        entries[place].key != key && entries[place].state != Entry.empty && entries[place].expiryMinute > minute
    }

    /// Its own place, else an empty one, else an expired one, else that of the oldest.
    private func place(for key: UInt64, minute: UInt32) -> Int {
        let first = firstOfSet(key)
        var best = first
        var bestScore = UInt32.min
        for index in first..<(first &+ Self.ways) {
            let entry = entries[index]
            if entry.key == key && entry.state != Entry.empty { return index }
            let age = UInt32(UInt16(truncatingIfNeeded: minute) &- entry.minute)
            let score: UInt32 =
                entry.state == Entry.empty ? .max : entry.expiryMinute <= minute ? 0x2_0000 &+ age : 1 &+ age
            if score > bestScore {
                best = index
                bestScore = score
            }
        }
        return best
    }

    @inline(__always)
    private func key(_ eventID: UInt64, _ grant: GrantIndex) -> UInt64 {
        FlatIndex.mix(eventID, seed: seed) ^ FlatIndex.mix(UInt64(UInt32(bitPattern: grant)), seed: ~seed)
    }

    /// The key is spread and secret already.
    @inline(__always)
    private func firstOfSet(_ key: UInt64) -> Int { Int(truncatingIfNeeded: key &>> shift) &* Self.ways &+ offset }
}
