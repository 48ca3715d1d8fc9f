import Delivery
import Storage

/// The store's outbox as the pump sees it. The store locks within; the pump waits for its disk on the pump's own task.
struct StoredOutbox: OutboxStore {
    let store: BridgeStore

    func pending(after identifier: Int64, limit: Int) throws -> [(Int64, BrokerMessage)] {
        try store.pending(after: identifier, limit: limit).map { ($0.id, BrokerMessage($0.message)) }
    }

    func sending(_ identifier: Int64) throws -> Bool { try store.markSending(identifier) }
    func delivered(_ identifiers: [Int64]) throws { try store.delivered(identifiers) }
    func expired(_ identifiers: [Int64]) throws { try store.delivered(identifiers) }
}
