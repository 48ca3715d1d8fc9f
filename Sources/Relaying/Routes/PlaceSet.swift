/// Some of the places of the route table, a bit each: they are found without a look at all the others. Members are few
/// while the table is large: a change owes neighbours one home of a thousand.
struct PlaceSet: Sendable {
    private var words: [UInt64] = []

    mutating func insert(_ place: Int) {
        let word = place >> 6
        while words.count <= word { words.append(0) }
        words[word] |= 1 &<< UInt64(place & 63)
    }

    mutating func remove(_ place: Int) {
        guard place >> 6 < words.count else { return }
        words[place >> 6] &= ~(1 &<< UInt64(place & 63))
    }

    mutating func removeAll() {
        for word in words.indices { words[word] = 0 }
    }

    /// The first member from `place` on.
    @inline(__always)
    func first(from place: Int) -> Int? {
        var word = place >> 6
        guard word < words.count else { return nil }
        var bits = words[word] & (UInt64.max &<< UInt64(place & 63))
        while bits == 0 {
            word &+= 1
            guard word < words.count else { return nil }
            bits = words[word]
        }
        return word << 6 + bits.trailingZeroBitCount
    }
}
