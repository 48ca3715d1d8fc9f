/// Why there is no session with the broker, in words for its owner.
public struct BrokerTrouble: Error, Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// Nothing answers there.
        case unreachable
        /// The broker could not be verified, or speaks no TLS.
        case tls
        /// The broker refuses user name or password.
        case credentials
        /// The broker refuses for another reason.
        case refused
        /// The session broke.
        case lost
        /// A file named in the settings cannot be used.
        case settings
    }

    public var kind: Kind
    /// What is wrong and what to do about it. Holds no secret.
    public var explanation: String

    public init(kind: Kind, explanation: String) {
        self.kind = kind
        self.explanation = explanation
    }
}

/// What a connection to the broker tells.
public enum BrokerEvent: Hashable, Sendable {
    case connected
    /// The session ended, or did not come about. The next attempt follows by itself.
    case disconnected(BrokerTrouble)
    /// The broker has this message.
    case published(Int64)
    /// The broker will not have this message, now or later.
    case rejected(Int64, reason: String)
    /// Home Assistant has started and wants all announcements anew.
    case homeAssistantOnline
}
