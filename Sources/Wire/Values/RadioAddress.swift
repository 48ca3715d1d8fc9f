/// The address that a radio is heard from, with its kind: a bridge's is good until it rolls.
@frozen public struct RadioAddress: Hashable, Sendable {
    /// The six bytes in the low 48 bits: `0xAABBCCDDEEFF` is AA:BB:CC:DD:EE:FF.
    public let value: UInt64
    public let kind: AddressKind

    /// The low 48 bits of `value` are taken.
    @inlinable public init(value: UInt64, kind: AddressKind) {
        self.value = value & 0xffff_ffff_ffff
        self.kind = kind
    }

    /// Reads six bytes in the order they are printed (the air and the kernel have them reversed).
    /// Returns nil unless there are exactly six.
    @inlinable public init?(bytesAsPrinted bytes: UnsafeRawBufferPointer, kind: AddressKind) {
        guard bytes.count == 6 else { return nil }
        var value: UInt64 = 0
        for byte in bytes { value = value << 8 | UInt64(byte) }
        self.init(value: value, kind: kind)
    }

    /// Address and kind in one number.
    @inlinable public var packed: UInt64 { value | UInt64(kind.rawValue) << 48 }

    /// Byte `index` (0 to 5) of the address as printed; 0 beyond them.
    @inlinable public subscript(index: Int) -> UInt8 {
        guard index >= 0, index < 6 else { return 0 }
        return UInt8(truncatingIfNeeded: value >> UInt64(40 &- 8 &* index))
    }
}
