/// The cyclic redundancy check of LE link-layer PDUs: x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, bits of each byte lowest
/// first (Core Specification 5.4, Vol 6 Part B, 3.1.1).
enum LinkLayerCRC {
    /// What the register begins with on advertising channels.
    static let advertisingStart: UInt32 = 0x55_5555

    /// The polynomial with its bits in the order in which a register that shifts right needs them.
    private static let reversedPolynomial: UInt32 = 0xda_6000

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { register, _ in
            register & 1 == 1 ? register >> 1 ^ reversedPolynomial : register >> 1
        }
    }

    /// The three bytes in the order in which they are sent, in the low bits, first byte lowest.
    static func value(of bytes: some Sequence<UInt8>, start: UInt32) -> UInt32 {
        var register = reversed(start)
        for byte in bytes { register = register >> 8 ^ table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] }
        return register
    }

    private static func reversed(_ value: UInt32) -> UInt32 {
        var (left, result) = (value, UInt32(0))
        for _ in 0..<24 {
            result = result << 1 | left & 1
            left >>= 1
        }
        return result
    }
}
