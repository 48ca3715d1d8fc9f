/// The 10 bytes by which bridges recognise each other: a hint whom to call, never a proof.
///
/// Layout: version and kind 1, salt 3, masked hint 3, check 3. The three-byte fields are read little endian.
@frozen public struct BeaconValue: Hashable, Sendable {
    public static let byteCount = 10
    /// The check covers the bytes before it.
    public static let bytesChecked = 7

    public let bytes: Bytes10
    public let kind: BeaconKind

    /// Throws `wrongLength`, `unknownVersion`, `unknownKind`.
    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard let bytes = Bytes10(bytes) else { throw .wrongLength }
        try self.init(bytes)
    }

    /// Throws `unknownVersion`, `unknownKind`.
    public init(_ bytes: Bytes10) throws(WireError) {
        guard bytes[0] >> 4 == 1 else { throw .unknownVersion }
        guard let kind = BeaconKind(rawValue: bytes[0] & 15) else { throw .unknownKind }
        self.bytes = bytes
        self.kind = kind
    }

    /// The low 24 bits of each field are taken.
    public init(kind: BeaconKind, salt: UInt32, maskedHint: UInt32, check: UInt32) {
        var bytes = Bytes10()
        bytes[0] = 0x10 | kind.rawValue
        for index in 0..<3 {
            bytes[1 + index] = UInt8(truncatingIfNeeded: salt >> UInt32(8 * index))
            bytes[4 + index] = UInt8(truncatingIfNeeded: maskedHint >> UInt32(8 * index))
            bytes[7 + index] = UInt8(truncatingIfNeeded: check >> UInt32(8 * index))
        }
        self.bytes = bytes
        self.kind = kind
    }

    public var salt: UInt32 { field(1) }
    /// The first 3 bytes of the member id, masked; random in a join beacon.
    public var maskedHint: UInt32 { field(4) }
    public var check: UInt32 { field(7) }

    private func field(_ offset: Int) -> UInt32 {
        UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
    }
}
