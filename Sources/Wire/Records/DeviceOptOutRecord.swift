/// A member's no for a device, or its withdrawal, signed by its maker.
///
/// Layout: first byte 1, maker 8, recognition value 16, sequence number 4, state 1, signature 64.
public struct DeviceOptOutRecord: SignedRecord {
    public static var kind: RecordKind { .deviceOptOut }
    public static var signatureLabel: StaticString { "sidegate 1 device opt-out" }
    public static let byteCount = 94

    /// The maker's member id.
    public var maker: UInt64
    public var recognitionValue: Bytes16
    /// Of one maker and value the higher one counts; in a tie the no.
    public var sequenceNumber: UInt32
    /// True: no. False: the no is withdrawn.
    public var isNo: Bool
    /// By the maker.
    public var signature: Bytes64

    public init(
        maker: UInt64, recognitionValue: Bytes16, sequenceNumber: UInt32, isNo: Bool, signature: Bytes64 = Bytes64()
    ) {
        self.maker = maker
        self.recognitionValue = recognitionValue
        self.sequenceNumber = sequenceNumber
        self.isNo = isNo
        self.signature = signature
    }

    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try Self.reader(bytes)
        maker = try reader.integer()
        recognitionValue = try reader.fixed()
        sequenceNumber = try reader.integer()
        let state: UInt8 = try reader.integer()
        isNo = state == 1
        signature = try reader.fixed()
        try reader.finish()
        guard state <= 1 else { throw .valueOutOfRange }
    }

    public var byteCount: Int { Self.byteCount }

    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        var writer = try writer(target)
        try writer.integer(maker)
        try writer.fixed(recognitionValue)
        try writer.integer(sequenceNumber)
        try writer.integer(UInt8(isNo ? 1 : 0))
        try writer.fixed(signature)
        return writer.count
    }
}
