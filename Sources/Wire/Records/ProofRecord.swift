/// Proof that a grant is still meant: one value of the hash chain that ends in the grant's validity target.
///
/// Layout: first byte 1, grant id 8, index 2, value 20.
public struct ProofRecord: WireRecord {
    public static var kind: RecordKind { .proof }
    public static let byteCount = 31
    /// One a day of the longest opt-in. What lies beyond is the chain's secret.
    public static let indexMax: UInt16 = 180

    public var grantID: UInt64
    /// 1 to 180.
    public var index: UInt16
    public var value: Bytes20

    public init(grantID: UInt64, index: UInt16, value: Bytes20) {
        self.grantID = grantID
        self.index = index
        self.value = value
    }

    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try Self.reader(bytes)
        grantID = try reader.integer()
        index = try reader.integer()
        value = try reader.fixed()
        try reader.finish()
        guard isInRange else { throw .valueOutOfRange }
    }

    public var byteCount: Int { Self.byteCount }

    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        guard isInRange else { throw .valueOutOfRange }
        var writer = try writer(target)
        try writer.integer(grantID)
        try writer.integer(index)
        try writer.fixed(value)
        return writer.count
    }

    private var isInRange: Bool { index >= 1 && index <= Self.indexMax }
}
