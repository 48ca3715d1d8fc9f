/// Finds the place of a home among at most 1,024: open addressing in a table that is never more than half full.
struct HomeIndex: Sendable {
    private static let slotCount = 2048
    private static let empty: UInt16 = 0xffff

    private var keys: [UInt64]
    private var places: [UInt16]
    /// Keeps members from choosing ids that all fall into one slot.
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        keys = [UInt64](repeating: 0, count: Self.slotCount)
        places = [UInt16](repeating: Self.empty, count: Self.slotCount)
    }

    @inline(__always)
    private func firstSlot(_ home: UInt64) -> Int {
        Int(truncatingIfNeeded: ((home ^ seed) &* 0x9e37_79b9_7f4a_7c15) >> 53)
    }

    @inline(__always)
    func place(of home: UInt64) -> Int? {
        var slot = firstSlot(home)
        while places[slot] != Self.empty {
            if keys[slot] == home { return Int(places[slot]) }
            slot = (slot &+ 1) & (Self.slotCount - 1)
        }
        return nil
    }

    /// `home` must not be there yet, and fewer than `RouteLimits.homesMax` others.
    mutating func insert(_ home: UInt64, place: Int) {
        var slot = firstSlot(home)
        while places[slot] != Self.empty { slot = (slot &+ 1) & (Self.slotCount - 1) }
        keys[slot] = home
        places[slot] = UInt16(truncatingIfNeeded: place)
    }

    mutating func removeAll() {
        for slot in places.indices { places[slot] = Self.empty }
    }
}
