import Wire

/// What a packet needs of the grant that it is sealed under.
public struct GrantSealing: Sendable {
    public let scope: ConsentBits
    /// Of the slot that was asked for.
    public let token: UInt64
    /// The home's public key for it.
    public let sealingKey: Bytes32
}
