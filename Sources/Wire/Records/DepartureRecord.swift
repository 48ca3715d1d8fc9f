/// A member's leave, signed by itself: final for its static key.
///
/// Layout: first byte 1, member id 8, time 4, signature 64.
public struct DepartureRecord: SignedRecord {
    public static var kind: RecordKind { .departure }
    public static var signatureLabel: StaticString { "sidegate 1 departure" }
    public static let byteCount = 77

    public var member: UInt64
    public var time: WallTime
    /// By the member.
    public var signature: Bytes64

    public init(member: UInt64, time: WallTime, signature: Bytes64 = Bytes64()) {
        self.member = member
        self.time = time
        self.signature = signature
    }

    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try Self.reader(bytes)
        member = try reader.integer()
        time = WallTime(seconds: try reader.integer())
        signature = try reader.fixed()
        try reader.finish()
    }

    public var byteCount: Int { Self.byteCount }

    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        var writer = try writer(target)
        try writer.integer(member)
        try writer.integer(time.seconds)
        try writer.fixed(signature)
        return writer.count
    }
}
