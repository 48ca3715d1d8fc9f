/// A small seeded generator (Steele, Lea, Flood 2014), so that every schedule can be repeated from its seed.
struct SplitMix64 {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    mutating func number(below bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
    mutating func number(in range: ClosedRange<Int>) -> Int { range.lowerBound + number(below: range.count) }
    mutating func chance(_ percent: Int) -> Bool { number(below: 100) < percent }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    static func bytes(seed: UInt64, count: Int) -> [UInt8] {
        var random = SplitMix64(seed)
        return random.bytes(count)
    }

    mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: next() >> 32) }
    }
}
