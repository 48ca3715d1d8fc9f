import Wire

/// What the way of an event asks of the grant behind a packet.
@frozen public struct GrantFacts: Hashable, Sendable {
    /// The member id of the grant's home: where its packets go.
    public let home: UInt64
    public let eventClass: EventClass
    public let scope: ConsentBits
}
