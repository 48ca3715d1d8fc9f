/// A flat open-addressed table from 64-bit keys to grant indices; a key may stand for several. Looking up touches one
/// cache line as a rule, and allocates nothing.
///
/// 16 bytes a place, two to eight places an entry: 0.5 to 1 MB for 16,384 grants.
struct FlatIndex {
    static let empty: Int32 = -1
    static let removed: Int32 = -2

    private struct Place {
        var key: UInt64 = 0
        var value: Int32 = FlatIndex.empty
    }

    private var places: [Place]
    private var mask: Int
    private let seed: UInt64
    /// Places that are not empty, removed ones among them.
    private var used = 0
    private(set) var count = 0

    init(seed: UInt64) {
        self.seed = seed
        places = Array(repeating: Place(), count: 16)
        mask = 15
    }

    /// Spreads `key` over 64 bits, the highest best, in a way that only who knows `seed` can predict.
    @inline(__always)
    static func mix(_ key: UInt64, seed: UInt64) -> UInt64 {
        var value = (key ^ seed) &* 0xbf58_476d_1ce4_e5b9
        value ^= value >> 32
        value = (value &+ seed) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 29
    }

    @inline(__always)
    private func start(_ key: UInt64) -> Int { Int(truncatingIfNeeded: Self.mix(key, seed: seed) >> 20) & mask }

    /// Where a search for a key stands.
    struct Search {
        fileprivate let key: UInt64
        fileprivate var place: Int
        fileprivate var left: Int
    }

    @inline(__always)
    func search(_ key: UInt64) -> Search { Search(key: key, place: start(key), left: mask &+ 1) }

    /// The next grant under the searched key, or -1.
    @inline(__always)
    func next(_ search: inout Search) -> GrantIndex {
        while search.left > 0 {
            let place = places[search.place]
            if place.value == Self.empty { return -1 }
            search.place = (search.place &+ 1) & mask
            search.left &-= 1
            if place.value >= 0 && place.key == search.key { return place.value }
        }
        return -1
    }

    mutating func insert(_ key: UInt64, _ value: GrantIndex) {
        if (used &+ 1) &* 2 > mask &+ 1 { rebuild() }
        var place = start(key)
        while places[place].value >= 0 { place = (place &+ 1) & mask }
        if places[place].value == Self.empty { used &+= 1 }
        places[place] = Place(key: key, value: value)
        count &+= 1
    }

    /// Removes one entry of `key` for `value`. Returns whether there was one.
    @discardableResult
    mutating func remove(_ key: UInt64, _ value: GrantIndex) -> Bool {
        var place = start(key)
        for _ in 0...mask {
            if places[place].value == Self.empty { return false }
            if places[place].value == value && places[place].key == key {
                places[place].value = Self.removed
                count &-= 1
                return true
            }
            place = (place &+ 1) & mask
        }
        return false
    }

    /// Removes every entry for `value`, by a walk over the whole table: for rare events whose key is not at hand.
    mutating func removeAll(for value: GrantIndex) {
        for place in 0...mask where places[place].value == value {
            places[place].value = Self.removed
            count &-= 1
        }
    }

    /// Removes everything and keeps the room.
    mutating func clear() {
        for place in 0...mask { places[place] = Place() }
        used = 0
        count = 0
    }

    private mutating func rebuild() {
        let old = places
        var room = 16
        while room < (count &+ 1) &* 4 { room &*= 2 }
        places = Array(repeating: Place(), count: room)
        mask = room &- 1
        used = 0
        count = 0
        for place in old where place.value >= 0 { insert(place.key, place.value) }
    }
}
