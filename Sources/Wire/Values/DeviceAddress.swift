/// A device's Bluetooth address. It is printed most significant byte first, and runs backwards on the air.
@frozen public struct DeviceAddress: Hashable, Sendable {
    /// The six bytes in the low 48 bits: `0xAABBCCDDEEFF` is AA:BB:CC:DD:EE:FF.
    public let value: UInt64

    /// The low 48 bits of `value` are taken.
    @inlinable public init(value: UInt64) { self.value = value & 0xffff_ffff_ffff }

    /// Six bytes as they lie on the air, or nil for any other number of them.
    @inlinable public init?(onAir bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 6 else { return nil }
        var value: UInt64 = 0
        for position in 0..<6 { value |= UInt64(bytes[position]) << UInt64(8 * position) }
        self.value = value
    }

    /// Nil unless `text` is six pairs of hexadecimal digits, of either case, joined by colons or dashes.
    public init?(_ text: some StringProtocol) {
        let pairs = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
        guard pairs.count == 6, pairs.allSatisfy({ $0.utf8.count == 2 }) else { return nil }
        guard let bytes = Hexadecimal.bytes(pairs.joined()) else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The six bytes in the order in which they are printed.
    public var printed: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: value >> UInt64(40 - 8 * $0)) } }

    /// In capitals, with colons: `A4:C1:38:01:02:03`.
    public var text: String {
        printed.map { Hexadecimal.text(CollectionOfOne($0)).uppercased() }.joined(separator: ":")
    }
}
