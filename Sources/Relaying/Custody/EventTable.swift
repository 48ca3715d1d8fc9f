import Consent

/// Finds the first copy of an event by the event's id and grant: a hash over the pool's slots, chained, so that it is
/// never full, and as large as the pool. All events of one id, whatever their grants, stand in one chain.
struct EventTable: ~Copyable {
    struct Entry {
        var eventID: UInt64 = 0
        var grant: GrantIndex = -1
        var next: Int16 = -1
    }

    private var entries = GrowingBlock(Entry())
    /// Twice as many as entries.
    private var buckets = GrowingBlock(Int16(-1), capacity: 16)
    /// How far a mixed id is shifted to give its bucket.
    private var shift: UInt64 = 60
    /// Keeps members from choosing ids that all fall into one bucket.
    private let seed: UInt64

    static var memoryBytes: Int {
        PacketPool.slotCount * (MemoryLayout<Entry>.stride + 2 * MemoryLayout<Int16>.stride)
    }

    init(seed: UInt64) { self.seed = seed }

    /// Makes room for so many slots.
    mutating func grow(to slots: Int) {
        entries.reserve(slots)
        let before = buckets.capacity
        guard 2 &* slots > before else { return }
        buckets.reserve(2 &* slots)
        shift = 64 &- UInt64(buckets.capacity.trailingZeroBitCount)
        // Of one id whoever came later stands first, before and after: the chains are turned round, and so once more.
        var turned: Int16 = -1
        for bucket in 0..<before {
            var slot = buckets[bucket]
            buckets[bucket] = -1
            while slot >= 0 {
                let next = entries[Int(slot)].next
                entries[Int(slot)].next = turned
                turned = slot
                slot = next
            }
        }
        while turned >= 0 {
            let next = entries[Int(turned)].next
            let bucket = bucket(entries[Int(turned)].eventID)
            entries[Int(turned)].next = buckets[bucket]
            buckets[bucket] = turned
            turned = next
        }
    }

    /// The id will be looked up soon, and perhaps inserted for `slot`, which is one or -1.
    @inline(__always)
    func expect(_ eventID: UInt64, _ slot: Int16) {
        buckets.expect(bucket(eventID))
        if slot >= 0 { entries.expect(Int(slot)) }
    }

    /// The slot of the first copy of the event with this id and grant, or -1.
    @inline(__always)
    func first(_ eventID: UInt64, _ grant: GrantIndex) -> Int16 {
        var slot = buckets[bucket(eventID)]
        while slot >= 0, entries[Int(slot)].eventID != eventID || entries[Int(slot)].grant != grant {
            slot = entries[Int(slot)].next
        }
        return slot
    }

    /// The first copy of some event with this id, under whatever grant, or -1.
    func firstOfAnyGrant(_ eventID: UInt64) -> Int16 { search(eventID, from: buckets[bucket(eventID)]) }

    /// The first copy of the event with the same id that follows the one whose first copy is `slot`, or -1.
    func firstOfNextGrant(_ eventID: UInt64, after slot: Int16) -> Int16 {
        search(eventID, from: entries[Int(slot)].next)
    }

    private func search(_ eventID: UInt64, from start: Int16) -> Int16 {
        var slot = start
        while slot >= 0, entries[Int(slot)].eventID != eventID { slot = entries[Int(slot)].next }
        return slot
    }

    /// Makes `slot` the first copy of an event that has none.
    mutating func insert(_ eventID: UInt64, _ grant: GrantIndex, _ slot: Int16) {
        let bucket = bucket(eventID)
        entries[Int(slot)] = Entry(eventID: eventID, grant: grant, next: buckets[bucket])
        buckets[bucket] = slot
    }

    /// Removes `slot`, the first copy of an event with this id.
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
        return Int(truncatingIfNeeded: ((mixed ^ mixed >> 29) &* 0xbf58_476d_1ce4_e5b9) &>> shift)
    }
}
