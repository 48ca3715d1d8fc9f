/// A member of the network, signed by its inviter (the founder's by itself).
///
/// Layout: first byte 1, static key 32, signing key 32, inviter's member id 8, issued 4, length of the name 1, name,
/// length of the network's name 1, network's name, signature 64.
public struct MemberRecord: SignedRecord {
    public static var kind: RecordKind { .member }
    public static var signatureLabel: StaticString { "sidegate 1 member" }
    static let bytesWithoutNames = 143
    public static let bytesMax = bytesWithoutNames + 2 * MemberName.bytesMax

    public var staticKey: Bytes32
    public var signingKey: Bytes32
    /// The inviter's member id; the founder's own in the founder's record.
    public var inviter: UInt64
    public var issued: WallTime
    public var name: MemberName
    /// What the founder calls the network; empty in all but the founder's record.
    public var networkName: MemberName
    /// By the inviter.
    public var signature: Bytes64

    public init(
        staticKey: Bytes32, signingKey: Bytes32, inviter: UInt64, issued: WallTime, name: MemberName,
        networkName: MemberName = MemberName(), signature: Bytes64 = Bytes64()
    ) {
        self.staticKey = staticKey
        self.signingKey = signingKey
        self.inviter = inviter
        self.issued = issued
        self.name = name
        self.networkName = networkName
        self.signature = signature
    }

    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try Self.reader(bytes)
        staticKey = try reader.fixed()
        signingKey = try reader.fixed()
        inviter = try reader.integer()
        issued = WallTime(seconds: try reader.integer())
        name = try reader.name()
        networkName = try reader.name()
        signature = try reader.fixed()
        try reader.finish()
    }

    public var byteCount: Int { Self.bytesWithoutNames + name.byteCount + networkName.byteCount }

    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        var writer = try writer(target)
        try writer.fixed(staticKey)
        try writer.fixed(signingKey)
        try writer.integer(inviter)
        try writer.integer(issued.seconds)
        try writer.name(name)
        try writer.name(networkName)
        try writer.fixed(signature)
        return writer.count
    }
}
