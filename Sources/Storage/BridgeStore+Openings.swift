extension BridgeStore {
    /// Stores openings, at most 1,024, in one transaction: the frame as opened, its messages in the outbox, the device's
    /// last state. A frame that was stored as opened before adds no message: nothing is delivered twice.
    @discardableResult
    public func commit(_ openings: [Opening]) throws(StorageError) -> OpeningOutcome {
        try writeOpenings("store what was opened") { database, statements in
            guard openings.count <= StorageLimit.openings else {
                throw StorageFault.invalid("\(openings.count) openings at once, more than \(StorageLimit.openings)")
            }
            var outcome = OpeningOutcome()
            for opening in openings { try Self.store(opening, statements, &outcome) }
            if try statements.outboxCount() > Int64(StorageLimit.outbox) {
                outcome.messagesDropped = try Self.dropBeyondLimit(in: database)
                outcome.rows = []
            }
            return outcome
        }
    }

    private static func store(
        _ opening: Opening, _ statements: OpeningStatements, _ outcome: inout OpeningOutcome
    ) throws {
        guard opening.messages.count <= StorageLimit.openingMessages else {
            throw StorageFault.invalid("\(opening.messages.count) messages of one opening")
        }
        guard try statements.touchDevice(opening) else {
            outcome.withoutDevice += 1
            return
        }
        guard try statements.addFrame(opening) else {
            outcome.repeated += 1
            return
        }
        if let figures = opening.figures { try statements.put(figures, device: opening.device) }
        for message in opening.messages {
            if let key = message.coalescingKey { outcome.rows.removeAll { $0.message.coalescingKey == key } }
            outcome.rows.append(OutboxRow(id: try statements.insert(message), message: message))
        }
    }
}
