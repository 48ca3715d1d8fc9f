/// Finds the first copy of an event by the event's id: a hash over the pool's slots, chained, so that it is never full.
struct EventTable: ~Copyable {
    private static let bucketCount = 1_024

    private struct Entry {
        var eventID: UInt64 = 0
        var next: Int16 = -1
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let buckets: UnsafeMutablePointer<Int16>
    /// Keeps members from choosing ids that all fall into one bucket.
    private let seed: UInt64

    static var memoryBytes: Int {
        PacketPool.slotCount * MemoryLayout<Entry>.stride + bucketCount * MemoryLayout<Int16>.stride
    }

    init(seed: UInt64) {
        self.seed = seed
        entries = .allocate(capacity: PacketPool.slotCount)
        entries.initialize(repeating: Entry(), count: PacketPool.slotCount)
        buckets = .allocate(capacity: Self.bucketCount)
        buckets.initialize(repeating: -1, count: Self.bucketCount)
    }

    deinit {
        entries.deallocate()
        buckets.deallocate()
    }

    /// The slot of the first copy of `eventID`, or -1.
    @inline(__always)
    func first(_ eventID: UInt64) -> Int16 {
        var slot = buckets[bucket(eventID)]
        while slot >= 0, entries[Int(slot)].eventID != eventID { slot = entries[Int(slot)].next }
        return slot
    }

    /// Makes `slot` the first copy of `eventID`, which has none.
    mutating func insert(_ eventID: UInt64, _ slot: Int16) {
        let bucket = bucket(eventID)
        entries[Int(slot)] = Entry(eventID: eventID, next: buckets[bucket])
        buckets[bucket] = slot
    }

    /// Removes `slot`, the first copy of `eventID`.
    mutating func remove(_ eventID: UInt64, _ slot: Int16) {
        let bucket = bucket(eventID)
        if buckets[bucket] == slot {
            buckets[bucket] = entries[Int(slot)].next
        } else {
            var before = buckets[bucket]
            while before >= 0, entries[Int(before)].next != slot { before = entries[Int(before)].next }
            if before >= 0 { entries[Int(before)].next = entries[Int(slot)].next }
        }
        entries[Int(slot)] = Entry()
    }

    @inline(__always)
    private func bucket(_ eventID: UInt64) -> Int {
        let mixed = (eventID ^ seed) &* (seed | 1)
        return Int(((mixed ^ mixed >> 29) &* 0xbf58_476d_1ce4_e5b9) >> 54)
    }
}
