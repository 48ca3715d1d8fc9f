/// Where the broker is, and how to talk to it.
public struct BrokerSettings: Hashable, Sendable {
    public var host: String
    public var port: Int
    /// Whether the session is encrypted and the broker's certificate verified, name and all. There is no way to have
    /// the one without the other.
    public var tls = true
    /// A file of certificates (PEM) to verify the broker by; nil: the system's.
    public var caFile: String?
    /// Nil: anonymous.
    public var username: String?
    /// A file whose first line is the password; it is read anew at every connection.
    public var passwordFile: String?
    /// Unique at the broker: a second client of the same name throws out the first.
    public var clientIdentifier: String
    public var topics: BrokerTopics
    /// Whether it is said at the broker that this bridge is there, and by its last will that it is not.
    public var announcesBridge = true
    public var keepAliveSeconds = 30
    /// The first wait before connecting again; it doubles with every failure.
    public var reconnectMillisecondsMin = 1000
    public var reconnectMillisecondsMax = 60_000
    /// MQTT 5 lets the broker itself end messages that have become stale. A broker without it gets MQTT 3.1.1.
    public var prefersMQTT5 = true

    public init(host: String, port: Int, clientIdentifier: String, topics: BrokerTopics) {
        self.host = host
        self.port = port
        self.clientIdentifier = clientIdentifier
        self.topics = topics
    }
}
