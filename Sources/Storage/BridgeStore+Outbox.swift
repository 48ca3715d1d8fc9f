import Foundation
import GRDB

extension BridgeStore {
    /// Adds messages in one transaction. Returns how many old ones were dropped to keep the outbox within its limit.
    @discardableResult
    public func enqueue(_ messages: [OutboxMessage]) throws(StorageError) -> Int {
        try write("add to the outbox") { database in
            for message in messages { try Self.insert(message, into: database) }
            return try Self.dropBeyondLimit(in: database)
        }
    }

    /// At most `limit` messages that are not being sent, with ids after `id`, in the order of their ids.
    public func pending(after id: Int64, limit: Int) throws(StorageError) -> [OutboxRow] {
        let sql = """
            SELECT id, topic, payload, retained, not_after, coalescing_key, created FROM outbox
            WHERE sending = 0 AND id > ? ORDER BY id LIMIT ?
            """
        return try read("read the outbox") { database in
            try database.rows(sql, [id, max(0, limit)], of: "outbox").map { row in
                OutboxRow(
                    id: try row.integer(0),
                    message: OutboxMessage(
                        topic: try row.text(1), payload: try row.bytes(2), isRetained: try row.boolean(3),
                        notAfter: try row.optionalInteger(4), coalescingKey: try row.optionalText(5),
                        created: try row.integer(6)))
            }
        }
    }

    /// Marks a message as being sent, on the disk, before it goes out: after a crash nobody knows whether it arrived.
    /// Returns false where it is gone meanwhile, stale, coalesced or marked before: then it must not be sent.
    public func markSending(_ id: Int64) throws(StorageError) -> Bool {
        try write("mark a message as being sent") { database in
            try database.run("UPDATE outbox SET sending = 1 WHERE id = ? AND sending = 0", [id])
            return database.changesCount > 0
        }
    }

    /// Removes messages that the broker has confirmed, in one transaction.
    public func delivered(_ ids: [Int64]) throws(StorageError) {
        try write("remove delivered messages") { database in
            for id in ids { try database.run("DELETE FROM outbox WHERE id = ?", [id]) }
        }
    }

    /// Settles what was being sent when the session or the process ended. Triggers may have arrived: they are dropped
    /// and counted. States are sent again, except where a newer one waits. Returns how many triggers were dropped.
    public func resetSending() throws(StorageError) -> Int {
        try write("settle what was being sent") { database in
            try database.run("DELETE FROM outbox WHERE sending = 1 AND not_after IS NOT NULL")
            let dropped = database.changesCount
            try database.run(
                """
                DELETE FROM outbox WHERE sending = 1 AND coalescing_key IS NOT NULL AND EXISTS (
                    SELECT 1 FROM outbox AS newer
                    WHERE newer.coalescing_key = outbox.coalescing_key AND newer.id > outbox.id)
                """)
            try database.run("UPDATE outbox SET sending = 0 WHERE sending = 1")
            return dropped
        }
    }

    /// How many messages the outbox holds.
    public func outboxCount() throws(StorageError) -> Int {
        try read("count the outbox") { Int(clamping: try $0.count(of: "outbox")) }
    }

    /// How many messages it holds whose topics begin with `prefix`.
    public func outboxCount(topicsBelow prefix: String) throws(StorageError) -> Int {
        try read("count the outbox") { database in
            let rows = try database.rows(
                "SELECT count(*) FROM outbox WHERE substr(topic, 1, length(?1)) = ?1", [prefix], of: "outbox")
            return Int(clamping: try rows.first?.integer(0) ?? 0)
        }
    }

    /// Inserts one message in place of the unsent one with its key, which the index of keys tells. Returns its id.
    @discardableResult
    static func insert(_ message: OutboxMessage, into database: Database) throws -> Int64 {
        try message.check()
        try database.run(
            OutboxMessage.insert,
            [
                message.topic, Data(message.payload), message.isRetained ? 1 : 0, message.notAfter,
                message.coalescingKey, message.created,
            ])
        return database.lastInsertedRowID
    }

    /// Drops messages until the outbox is within its limit: first triggers that are stale, then the oldest, and last what
    /// is being sent. A day's stale triggers must not displace the states that an absent broker is owed.
    static func dropBeyondLimit(in database: Database) throws -> Int {
        let excess = try database.count(of: "outbox") - Int64(StorageLimit.outbox)
        guard excess > 0 else { return 0 }
        try database.run(
            """
            DELETE FROM outbox WHERE id IN (
                SELECT id FROM outbox ORDER BY
                    sending, not_after IS NULL OR not_after >= (SELECT max(created) FROM outbox), id LIMIT ?)
            """, [excess])
        return database.changesCount
    }
}

extension OutboxMessage {
    static let insert = """
        INSERT OR REPLACE INTO outbox (topic, payload, retained, not_after, coalescing_key, created)
        VALUES (?, ?, ?, ?, ?, ?)
        """

    /// Whether it may be stored.
    func check() throws(StorageFault) {
        _ = try StoredValue.text(topic, atMost: StorageLimit.topicBytes, "a topic")
        if let coalescingKey {
            _ = try StoredValue.text(coalescingKey, atMost: StorageLimit.topicBytes, "a coalescing key")
        }
        try StoredValue.check(payload, atMost: StorageLimit.payloadBytes, "a payload")
    }
}
