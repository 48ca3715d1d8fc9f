/// Finds the place of a home among at most 1,024: open addressing in a table that is never more than half full, and grows
/// with the homes. It holds their places only; the ids stand at those.
struct HomeIndex: Sendable {
    private static let slotsFirst = 16
    private static let empty: UInt16 = 0xffff

    private var places = [UInt16](repeating: HomeIndex.empty, count: HomeIndex.slotsFirst)
    private var count = 0
    /// Keeps members from choosing ids that all fall into one slot.
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    @inline(__always)
    private func firstSlot(_ home: UInt64) -> Int {
        // The table's size is a power of two: so many of the highest bits.
        let bits = UInt64(truncatingIfNeeded: places.count.trailingZeroBitCount)
        return Int(truncatingIfNeeded: ((home ^ seed) &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- bits))
    }

    /// Where `home` is, if no other home stands in its way.
    @inline(__always)
    func likelyPlace(of home: UInt64) -> Int? {
        let place = places[firstSlot(home)]
        return place == Self.empty ? nil : Int(place)
    }

    @inline(__always)
    func place(of home: UInt64, in homes: [HomeState]) -> Int? {
        var slot = firstSlot(home)
        while places[slot] != Self.empty {
            let place = Int(places[slot])
            if homes[place].home == home { return place }
            slot = (slot &+ 1) & (places.count &- 1)
        }
        return nil
    }

    /// Enters the last of `homes`, which must not be there yet; they are at most `RouteLimits.homesMax`.
    mutating func insertLast(of homes: [HomeState]) {
        guard let last = homes.last else { return }
        if 2 &* (count &+ 1) > places.count {
            rebuild(homes, slots: 2 * places.count)
        } else {
            enter(last.home, homes.count &- 1)
        }
    }

    /// Enters all of `homes` anew, after some have gone.
    mutating func rebuild(_ homes: [HomeState]) { rebuild(homes, slots: places.count) }

    private mutating func rebuild(_ homes: [HomeState], slots: Int) {
        places = [UInt16](repeating: Self.empty, count: slots)
        count = 0
        for place in homes.indices { enter(homes[place].home, place) }
    }

    private mutating func enter(_ home: UInt64, _ place: Int) {
        var slot = firstSlot(home)
        while places[slot] != Self.empty { slot = (slot &+ 1) & (places.count &- 1) }
        places[slot] = UInt16(truncatingIfNeeded: place)
        count &+= 1
    }
}
