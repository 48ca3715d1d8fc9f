/// A device's Bluetooth address, its bytes in the order in which they are printed. (On the air they run backwards.)
@frozen public struct BTHomeAddress: Hashable, Sendable {
    /// The address as a number whose topmost two bytes are zero.
    public let bits: UInt64

    @inlinable public init(bits: UInt64) { self.bits = bits & 0xFFFF_FFFF_FFFF }

    /// Six bytes in printed order, or nil for any other number of them.
    @inlinable public init?(printed bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 6 else { return nil }
        var bits: UInt64 = 0
        for byte in bytes { bits = bits << 8 | UInt64(byte) }
        self.bits = bits
    }

    /// Six bytes as they lie on the air, or nil for any other number of them.
    @inlinable public init?(onAir bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 6 else { return nil }
        var bits: UInt64 = 0
        for position in 0..<6 { bits |= UInt64(bytes[position]) << UInt64(8 * position) }
        self.bits = bits
    }

    /// Reads `54:48:E6:8F:80:A5`, in either case, with or without colons.
    public init?(_ text: String) {
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count == 1 || (groups.count == 6 && groups.allSatisfy { $0.utf8.count == 2 }) else { return nil }
        guard let bytes = Hexadecimal.bytes(Substring(groups.joined())), bytes.count == 6 else { return nil }
        self.init(bits: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// The six bytes in printed order.
    public var printed: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: bits >> UInt64(40 - 8 * $0)) } }

    /// The address as it is printed: `54:48:E6:8F:80:A5`.
    public var text: String { printed.map { Hexadecimal.text([$0]).uppercased() }.joined(separator: ":") }
}
