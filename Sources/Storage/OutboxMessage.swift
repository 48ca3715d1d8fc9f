/// A message on its way to the broker.
///
/// One with `notAfter` is a trigger: it is sent at most once, and never later. One without is a state: it is sent until
/// it is known to have arrived.
public struct OutboxMessage: Sendable, Equatable {
    /// 1 to 512 bytes.
    public var topic: String
    /// At most 8,192 bytes.
    public var payload: [UInt8]
    /// Whether the broker keeps it.
    public var isRetained: Bool
    /// Wall seconds after which it must not be sent; nil: it never gets stale.
    public var notAfter: Int64?
    /// A newer message with the same key takes the place of one not yet sent; nil: none does. At most 512 bytes.
    public var coalescingKey: String?
    /// When it was made, in wall seconds.
    public var created: Int64

    public init(
        topic: String, payload: [UInt8], isRetained: Bool, notAfter: Int64?, coalescingKey: String?, created: Int64
    ) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
        self.notAfter = notAfter
        self.coalescingKey = coalescingKey
        self.created = created
    }
}

/// A message in the outbox, with the id that it keeps until it is delivered or dropped. Later ids are later messages.
public struct OutboxRow: Sendable, Equatable {
    public let id: Int64
    public let message: OutboxMessage
}
