/// What a record of the registry says: the low nibble of its first byte. The high nibble is the version, 1.
@frozen public enum RecordKind: UInt8, Hashable, Sendable, CaseIterable {
    case member = 1
    case grant = 2
    case proof = 3
    case revocation = 4
    case deviceOptOut = 5
    case departure = 6

    /// The first byte of a record of this kind.
    @inlinable public var firstByte: UInt8 { 0x10 | rawValue }

    /// The most bytes that a record of this kind has.
    public var bytesMax: Int {
        switch self {
        case .member: MemberRecord.bytesMax
        case .grant: GrantRecord.byteCount
        case .proof: ProofRecord.byteCount
        case .revocation: RevocationRecord.byteCount
        case .deviceOptOut: DeviceOptOutRecord.byteCount
        case .departure: DepartureRecord.byteCount
        }
    }

    /// Reads a record's first byte. Throws `wrongLength` for no bytes, `unknownVersion`, `unknownKind`.
    @inlinable public init(recordBytes bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard let first = bytes.first else { throw .wrongLength }
        guard first >> 4 == 1 else { throw .unknownVersion }
        guard let kind = RecordKind(rawValue: first & 15) else { throw .unknownKind }
        self = kind
    }
}
