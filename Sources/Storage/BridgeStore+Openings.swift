import GRDB

extension BridgeStore {
    /// Stores openings, at most 1,024, in one transaction: the frame as opened, its messages in the outbox, the device's
    /// last state. A frame that was stored as opened before adds no message: nothing is delivered twice.
    @discardableResult
    public func commit(_ openings: [Opening]) throws(StorageError) -> OpeningOutcome {
        try write("store what was opened") { database in
            guard openings.count <= StorageLimit.openings else {
                throw StorageFault.invalid("\(openings.count) openings at once, more than \(StorageLimit.openings)")
            }
            var outcome = OpeningOutcome()
            for opening in openings { try Self.store(opening, in: database, &outcome) }
            outcome.messagesDropped = try Self.dropBeyondLimit(in: database)
            if outcome.messagesDropped > 0 { outcome.rows = [] }
            return outcome
        }
    }

    private static func store(_ opening: Opening, in database: Database, _ outcome: inout OpeningOutcome) throws {
        guard opening.messages.count <= StorageLimit.openingMessages else {
            throw StorageFault.invalid("\(opening.messages.count) messages of one opening")
        }
        guard try touchDevice(opening, in: database) else {
            outcome.withoutDevice += 1
            return
        }
        try database.run(
            "INSERT OR IGNORE INTO opened (device, counter, event) VALUES (?, ?, ?)",
            [opening.device, Int64(opening.frame.counter), Int64(bitPattern: opening.frame.eventID)])
        guard database.changesCount > 0 else {
            outcome.repeated += 1
            return
        }
        if opening.lowestCounter > 0 {
            try database.run(
                "DELETE FROM opened WHERE device = ? AND counter < ?", [opening.device, Int64(opening.lowestCounter)])
        }
        let kept = try database.rows("SELECT count(*) FROM opened WHERE device = ?", [opening.device], of: "opened")
        if try kept.first?.integer(0) ?? 0 > Int64(StorageLimit.openedFrames) {
            throw StorageFault(kind: .limitReached, what: "one device has \(StorageLimit.openedFrames) opened frames")
        }
        if let figures = opening.figures { try put(figures, device: opening.device, in: database) }
        for message in opening.messages {
            if let key = message.coalescingKey { outcome.rows.removeAll { $0.message.coalescingKey == key } }
            outcome.rows.append(OutboxRow(id: try insert(message, into: database), message: message))
        }
    }

    /// Updates the device's row; an event heard earlier than the last does not set it back. Returns whether there is one.
    private static func touchDevice(_ opening: Opening, in database: Database) throws -> Bool {
        try database.run(
            """
            UPDATE device SET
                battery = CASE WHEN last_heard > ?1 THEN battery ELSE coalesce(?2, battery) END,
                state = CASE WHEN last_heard > ?1 THEN state ELSE coalesce(?3, state) END,
                last_heard = max(coalesce(last_heard, ?1), ?1)
            WHERE id = ?4
            """,
            [
                opening.heard, opening.battery.map { Int64($0) }, try StoredDevice.checked(state: opening.state),
                opening.device,
            ])
        return database.changesCount > 0
    }
}
