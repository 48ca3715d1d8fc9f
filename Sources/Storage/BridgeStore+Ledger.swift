import GRDB

extension BridgeStore {
    /// Adds figures to the ledger in one transaction and forgets all but its last 400 days. Sums stop at 2^53.
    public func addToLedger(_ entries: [LedgerEntry], drops: [LedgerDrop] = []) throws(StorageError) {
        try write("add to the ledger") { database in
            for entry in entries { try Self.add(entry, in: database) }
            for drop in drops { try Self.add(drop, in: database) }
            for table in ["lent", "dropped"] {
                // By count of days and not by their numbers: a clock that once ran ahead must not empty the ledger.
                try database.run(
                    """
                    DELETE FROM \(table) WHERE day < (
                        SELECT min(day) FROM (SELECT DISTINCT day FROM \(table) ORDER BY day DESC LIMIT ?))
                    """, [StorageLimit.ledgerDays])
            }
        }
    }

    /// What was lent in `days`, by day, class and kind.
    public func ledger(days: ClosedRange<UInt32>) throws(StorageError) -> [LedgerEntry] {
        let sql = """
            SELECT day, class, kind, packets, bytes FROM lent WHERE day BETWEEN ? AND ? ORDER BY day, class, kind
            """
        return try read("read the ledger") { database in
            try database.rows(sql, [Int64(days.lowerBound), Int64(days.upperBound)], of: "lent").map {
                LedgerEntry(
                    day: try $0.integer(0, as: UInt32.self), classCode: try $0.integer(1, as: UInt8.self),
                    kind: try $0.text(2), packets: try $0.integer(3), bytes: try $0.integer(4))
            }
        }
    }

    /// What was dropped in `days`, by day and reason.
    public func ledgerDrops(days: ClosedRange<UInt32>) throws(StorageError) -> [LedgerDrop] {
        let sql = "SELECT day, reason, count FROM dropped WHERE day BETWEEN ? AND ? ORDER BY day, reason"
        return try read("read the ledger") { database in
            try database.rows(sql, [Int64(days.lowerBound), Int64(days.upperBound)], of: "dropped").map {
                LedgerDrop(day: try $0.integer(0, as: UInt32.self), reason: try $0.text(1), count: try $0.integer(2))
            }
        }
    }

    /// Rows of what was lent, over all days.
    public func ledgerRowCount() throws(StorageError) -> Int { try count("lent") }

    /// Rows of what was dropped, over all days.
    public func dropRowCount() throws(StorageError) -> Int { try count("dropped") }

    /// Days of the month's reservations that are kept.
    public func monthRowCount() throws(StorageError) -> Int { try count("month_reservation") }

    private func count(_ table: StaticString) throws(StorageError) -> Int {
        try read("read the ledger") { database in Int(try database.count(of: table)) }
    }

    private static func add(_ entry: LedgerEntry, in database: Database) throws {
        let kind = try StoredValue.text(entry.kind, atMost: StorageLimit.wordBytes, "a kind")
        try database.run(
            """
            INSERT INTO lent (day, class, kind, packets, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET packets = min(packets + ?4, ?6), bytes = min(bytes + ?5, ?6)
            """,
            [
                Int64(entry.day), Int64(entry.classCode), kind, try StoredValue.figure(entry.packets, "a figure"),
                try StoredValue.figure(entry.bytes, "a figure"), StorageLimit.figure,
            ])
        try checkRows("SELECT count(*) FROM lent WHERE day = ?", entry.day, in: database)
    }

    private static func add(_ drop: LedgerDrop, in database: Database) throws {
        let reason = try StoredValue.text(drop.reason, atMost: StorageLimit.wordBytes, "a reason")
        try database.run(
            """
            INSERT INTO dropped (day, reason, count) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET count = min(count + ?3, ?4)
            """,
            [Int64(drop.day), reason, try StoredValue.figure(drop.count, "a figure"), StorageLimit.figure])
        try checkRows("SELECT count(*) FROM dropped WHERE day = ?", drop.day, in: database)
    }

    private static func checkRows(_ sql: String, _ day: UInt32, in database: Database) throws {
        let count = try database.rows(sql, [Int64(day)], of: "ledger").first?.integer(0) ?? 0
        if count > Int64(StorageLimit.ledgerRowsPerDay) {
            throw StorageFault(kind: .limitReached, what: "the day has \(StorageLimit.ledgerRowsPerDay) rows already")
        }
    }
}
