import Synchronization

/// What the broker's thread has told since the pump last looked. It cannot grow without bounds, whatever the broker does:
/// confirmations are as many as messages in flight, and the rest are flags.
final class EventInbox: Sendable {
    struct Contents: Sendable {
        var isConnected: Bool?
        /// The last trouble since the pump looked, if the session ended meanwhile.
        var trouble: BrokerTrouble?
        var didEnd = false
        var isHomeAssistantOnline = false
        var published: [Int64] = []
        var rejected: [(Int64, String)] = []
    }

    private let contents = Mutex(Contents())

    func add(_ event: BrokerEvent) {
        contents.withLock { contents in
            switch event {
            case .connected:
                contents.isConnected = true
            case .disconnected(let trouble):
                contents.isConnected = false
                contents.trouble = trouble
                contents.didEnd = true
            case .published(let identifier): contents.published.append(identifier)
            case .rejected(let identifier, let reason): contents.rejected.append((identifier, reason))
            case .homeAssistantOnline: contents.isHomeAssistantOnline = true
            }
        }
    }

    /// All that has come, which is thereby taken out.
    func take() -> Contents {
        contents.withLock { contents in
            defer { contents = Contents() }
            return contents
        }
    }
}
