/// The end of a grant: the secret behind its revocation target. Needs no signature.
///
/// Layout: first byte 1, secret 20, end of the opt-in 4.
public struct RevocationRecord: WireRecord {
    public static var kind: RecordKind { .revocation }
    public static let byteCount = 25

    /// No longer secret once this record is sent.
    public var secret: Bytes20
    /// End of the revoked grant's opt-in.
    public var end: WallTime

    public init(secret: Bytes20, end: WallTime) {
        self.secret = secret
        self.end = end
    }

    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try Self.reader(bytes)
        secret = try reader.fixed()
        end = WallTime(seconds: try reader.integer())
        try reader.finish()
    }

    public var byteCount: Int { Self.byteCount }

    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        var writer = try writer(target)
        try writer.fixed(secret)
        try writer.integer(end.seconds)
        return writer.count
    }
}
