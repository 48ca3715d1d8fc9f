/// Any record of the registry.
public enum RegistryRecord: Hashable, Sendable {
    case member(MemberRecord)
    case grant(GrantRecord)
    case proof(ProofRecord)
    case revocation(RevocationRecord)
    case deviceOptOut(DeviceOptOutRecord)
    case departure(DepartureRecord)

    /// The most bytes that a record of any kind has.
    public static let bytesMax = MemberRecord.bytesMax

    /// Reads a record that fills `bytes` exactly. Throws as the initialisers of the kinds do;
    /// `unknownVersion` and `unknownKind` mean that a later version may know the record.
    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        switch try RecordKind(recordBytes: bytes) {
        case .member: self = .member(try MemberRecord(bytes))
        case .grant: self = .grant(try GrantRecord(bytes))
        case .proof: self = .proof(try ProofRecord(bytes))
        case .revocation: self = .revocation(try RevocationRecord(bytes))
        case .deviceOptOut: self = .deviceOptOut(try DeviceOptOutRecord(bytes))
        case .departure: self = .departure(try DepartureRecord(bytes))
        }
    }

    public var kind: RecordKind {
        switch self {
        case .member: .member
        case .grant: .grant
        case .proof: .proof
        case .revocation: .revocation
        case .deviceOptOut: .deviceOptOut
        case .departure: .departure
        }
    }

    public var byteCount: Int {
        switch self {
        case .member(let record): record.byteCount
        case .grant(let record): record.byteCount
        case .proof(let record): record.byteCount
        case .revocation(let record): record.byteCount
        case .deviceOptOut(let record): record.byteCount
        case .departure(let record): record.byteCount
        }
    }

    /// Writes the record to the start of `target` and returns its bytes. Throws `noRoom`, `valueOutOfRange`.
    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        switch self {
        case .member(let record): try record.write(into: target)
        case .grant(let record): try record.write(into: target)
        case .proof(let record): try record.write(into: target)
        case .revocation(let record): try record.write(into: target)
        case .deviceOptOut(let record): try record.write(into: target)
        case .departure(let record): try record.write(into: target)
        }
    }

    /// Whether this is a no: such records go ahead of all others.
    public var isNo: Bool {
        switch self {
        case .revocation, .departure: true
        case .deviceOptOut(let record): record.isNo
        case .member, .grant, .proof: false
        }
    }
}
