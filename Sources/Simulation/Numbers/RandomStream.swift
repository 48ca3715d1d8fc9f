/// A stream of chances: xoshiro256** by Blackman and Vigna, seeded by SplitMix64. The same on every machine.
public struct RandomStream: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameters:
    ///   - seed: the run's.
    ///   - purpose: streams of other purposes are independent, so that drawing more for one leaves the others alone.
    public init(seed: UInt64, purpose: UInt64) {
        var mixing = seed ^ (purpose &* 0x9e37_79b9_7f4a_7c15)
        func next() -> UInt64 {
            mixing &+= 0x9e37_79b9_7f4a_7c15
            var word = mixing
            word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
            return word ^ word >> 31
        }
        state = (next(), next(), next(), next())
    }

    @inlinable public mutating func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        var offset = 0
        while offset &+ 8 <= bytes.count {
            bytes.storeBytes(of: next().littleEndian, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        while offset < bytes.count {
            let word = next()
            withUnsafeBytes(of: word.littleEndian) { word in
                for byte in word where offset < bytes.count {
                    bytes[offset] = byte
                    offset += 1
                }
            }
        }
    }

    public mutating func next() -> UInt64 {
        func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
        let result = rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }

    /// Uniform in 0 ..< `bound`; 0 if `bound` is not positive. Its bias is below 2^-32 for bounds under 2^32.
    public mutating func number(below bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Uniform in 0 ..< 1, in steps of 2^-53.
    public mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    public mutating func chance(_ probability: Double) -> Bool { fraction() < probability }
}
