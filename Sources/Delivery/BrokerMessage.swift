import Wire

/// One message on its way to the broker.
///
/// A trigger (`notAfter` is set) is sent at most once and not after that time. A state (it is nil) is sent at least once.
public struct BrokerMessage: Hashable, Sendable {
    public var topic: String
    public var payload: [UInt8]
    /// Whether the broker keeps it for those who come later. It keeps a retained trigger until `notAfter` only, or, if it
    /// speaks no MQTT 5, not at all.
    public var retained: Bool
    public var notAfter: WallTime?
    /// A newer message with the same key makes this one superfluous, if it still waits: take this one out of the outbox
    /// and put the newer one at its end. Nil: every one counts.
    public var coalescingKey: String?

    public init(
        topic: String, payload: [UInt8], retained: Bool, notAfter: WallTime? = nil, coalescingKey: String? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.retained = retained
        self.notAfter = notAfter
        self.coalescingKey = coalescingKey
    }

    /// A retained message of which only the latest counts.
    static func state(topic: String, payload: String) -> BrokerMessage {
        BrokerMessage(topic: topic, payload: Array(payload.utf8), retained: true, coalescingKey: topic)
    }

    public var isTrigger: Bool { notAfter != nil }

    /// Whether it must not be sent any longer.
    public func isExpired(at now: WallTime) -> Bool { notAfter.map { now > $0 } ?? false }
}
