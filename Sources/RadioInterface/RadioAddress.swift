/// A Bluetooth device address.
@frozen public struct RadioAddress: Hashable, Sendable {
    /// Whether the address was assigned by the IEEE or drawn by the device (Bluetooth Core 6.B.1.3).
    @frozen public enum Kind: UInt8, Sendable {
        case `public` = 0
        case random = 1
    }

    /// The six bytes in the low 48 bits, as printed: `0xAABBCCDDEEFF` is AA:BB:CC:DD:EE:FF.
    public let value: UInt64
    public let kind: Kind

    /// The low 48 bits of `value` are taken.
    @inlinable public init(value: UInt64, kind: Kind) {
        self.value = value & 0xffff_ffff_ffff
        self.kind = kind
    }

    /// Reads six bytes in the order they are printed (the air and the kernel have them reversed).
    /// Returns nil unless there are exactly six.
    @inlinable public init?(bytesAsPrinted bytes: UnsafeRawBufferPointer, kind: Kind) {
        guard bytes.count == 6 else { return nil }
        var value: UInt64 = 0
        for byte in bytes { value = value << 8 | UInt64(byte) }
        self.init(value: value, kind: kind)
    }

    /// Byte `index` (0 to 5) of the address as printed; 0 beyond them.
    @inlinable public subscript(index: Int) -> UInt8 {
        guard index >= 0, index < 6 else { return 0 }
        return UInt8(truncatingIfNeeded: value >> UInt64(40 &- 8 &* index))
    }
}

extension RadioAddress: CustomStringConvertible {
    /// `AA:BB:CC:DD:EE:FF`.
    public var description: String {
        (0..<6).map { index in
            let digits = String(self[index], radix: 16, uppercase: true)
            return digits.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }

    /// Reads `AA:BB:CC:DD:EE:FF`, in either case. Returns nil for anything else.
    public init?(_ text: String, kind: Kind) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 6, omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var value: UInt64 = 0
        for part in parts {
            guard part.count == 2, !part.contains(UInt8(ascii: "+")), !part.contains(UInt8(ascii: "-")),
                let byte = UInt8(Substring(part), radix: 16)
            else { return nil }
            value = value << 8 | UInt64(byte)
        }
        self.init(value: value, kind: kind)
    }
}
