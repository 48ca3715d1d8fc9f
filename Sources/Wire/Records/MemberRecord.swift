/// A member of the network, signed by its inviter (the founder's by itself).
///
/// Layout: first byte 1, static key 32, signing key 32, inviter's signing key 32, issued 4, length of the name 1,
/// name, signature 64.
public struct MemberRecord: SignedRecord {
    public static var kind: RecordKind { .member }
    public static var signatureLabel: StaticString { "sidegate 1 member" }
    static let bytesWithoutName = 166
    public static let bytesMax = bytesWithoutName + MemberName.bytesMax

    public var staticKey: Bytes32
    public var signingKey: Bytes32
    /// The founder's own signing key in the founder's record.
    public var inviterSigningKey: Bytes32
    public var issued: WallTime
    public var name: MemberName
    /// By the inviter.
    public var signature: Bytes64

    public init(
        staticKey: Bytes32, signingKey: Bytes32, inviterSigningKey: Bytes32, issued: WallTime, name: MemberName,
        signature: Bytes64 = Bytes64()
    ) {
        self.staticKey = staticKey
        self.signingKey = signingKey
        self.inviterSigningKey = inviterSigningKey
        self.issued = issued
        self.name = name
        self.signature = signature
    }

    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try Self.reader(bytes)
        staticKey = try reader.fixed()
        signingKey = try reader.fixed()
        inviterSigningKey = try reader.fixed()
        issued = WallTime(seconds: try reader.integer())
        name = try reader.name()
        signature = try reader.fixed()
        try reader.finish()
    }

    public var byteCount: Int { Self.bytesWithoutName + name.byteCount }

    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        var writer = try writer(target)
        try writer.fixed(staticKey)
        try writer.fixed(signingKey)
        try writer.fixed(inviterSigningKey)
        try writer.integer(issued.seconds)
        try writer.name(name)
        try writer.fixed(signature)
        return writer.count
    }
}
