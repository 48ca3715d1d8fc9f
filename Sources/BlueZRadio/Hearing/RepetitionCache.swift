import Wire

/// Holds back the repetitions of an advertisement for a moment: a sensor says the same a dozen times within a burst.
///
/// A table of hashes that forgets: another advertisement in the same place pushes one out, which then comes through once
/// more. The seed keeps strangers from making a hash that stands for somebody else's.
struct RepetitionCache {
    /// What is told again comes through after so long.
    static let lifeMicroseconds: Int64 = 100_000
    static let entriesMax = 256

    private struct Entry {
        var hash: UInt64 = 0
        var told = Instant(microseconds: .min)
    }

    private let seed: UInt64
    private var entries = [Entry](repeating: Entry(), count: Self.entriesMax)

    init(seed: UInt64) { self.seed = seed }

    /// Whether this was told within the last moment. If not, it counts as told now.
    mutating func isRepetition(address: RadioAddress, data: UnsafeRawBufferPointer, now: Instant) -> Bool {
        let hash = hash(address, data)
        let place = Int(hash & UInt64(Self.entriesMax - 1))
        if entries[place].hash == hash, entries[place].told <= now,
            now < entries[place].told.advanced(microseconds: Self.lifeMicroseconds)
        {
            return true
        }
        entries[place] = Entry(hash: hash, told: now)
        return false
    }

    private func hash(_ address: RadioAddress, _ data: UnsafeRawBufferPointer) -> UInt64 {
        var hash = Self.mix(seed ^ address.packed ^ UInt64(truncatingIfNeeded: data.count) << 56)
        var offset = 0
        while offset &+ 8 <= data.count {
            hash = Self.mix(hash ^ data.integer(at: offset, as: UInt64.self))
            offset &+= 8
        }
        var rest: UInt64 = 0
        while offset < data.count {
            rest = rest << 8 | UInt64(data[offset])
            offset &+= 1
        }
        return Self.mix(hash ^ rest)
    }

    /// The finisher of SplitMix64 (Steele, Lea, Flood 2014), after a step that keeps 0 from staying 0.
    @inline(__always) private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
