/// What `OutboxPump` tells while it works, for status, counters and log.
public enum DeliveryNews: Hashable, Sendable {
    /// The session stands. Whoever listens puts every device's announcement into the outbox, as a broker may have lost
    /// what it had retained, then calls `wake`.
    case connected
    case disconnected(BrokerTrouble)
    /// Home Assistant has started: announcements are wanted anew, as with `connected`.
    case announcementsWanted
    /// So many messages are at the broker.
    case delivered(Int)
    /// So many triggers were too old to be sent.
    case expired(Int)
    /// So many triggers were on their way when the session broke. They are not sent again: they may have arrived.
    case unconfirmed(Int)
    /// The broker refused a message for good, for instance by its access rules.
    case rejected(topic: String, reason: String)
    /// The store failed; it is asked again after a second.
    case storeFailed(String)
}
