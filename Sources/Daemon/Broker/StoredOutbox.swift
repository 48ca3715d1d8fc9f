import Delivery
import Storage

/// The store's outbox as the pump sees it. The pump lives on the store's thread: it waits for the same disk, and what was
/// committed goes out without waking another thread for it.
struct StoredOutbox: OutboxStore {
    let store: BridgeStore

    func pending(after identifier: Int64, limit: Int) throws -> [(Int64, BrokerMessage)] {
        try store.pending(after: identifier, limit: limit).map { ($0.id, BrokerMessage($0.message)) }
    }

    func sending(_ identifier: Int64) throws -> Bool { try store.markSending(identifier) }
    func delivered(_ identifiers: [Int64]) throws { try store.delivered(identifiers) }
    func expired(_ identifiers: [Int64]) throws { try store.delivered(identifiers) }
}
