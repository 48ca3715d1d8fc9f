/// What a joiner asks to be signed.
public struct JoinRequest: Hashable, Sendable {
    public var signingKey: Bytes32
    public var name: MemberName

    public init(signingKey: Bytes32, name: MemberName) {
        self.signingKey = signingKey
        self.name = name
    }
}

/// What an inviter hands a joiner, in borrowed bytes, so that the keys are copied only to where secrets are kept.
@frozen public struct JoinReplyView {
    /// 32 bytes, secret.
    public let networkKey: UnsafeRawBufferPointer
    /// 32 bytes, secret.
    public let recognitionKey: UnsafeRawBufferPointer
    public let founderSigningKey: Bytes32
    /// Record messages that follow.
    public let recordCount: UInt8

    init(_ body: UnsafeRawBufferPointer) throws(WireError) {
        var reader = ByteReader(body)
        networkKey = try reader.bytes(32)
        recognitionKey = try reader.bytes(32)
        founderSigningKey = try reader.fixed()
        recordCount = try reader.integer()
    }
}
