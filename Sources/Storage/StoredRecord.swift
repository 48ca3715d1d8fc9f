import GRDB

/// One record of the registry, as received. How many are kept is the caller's to limit.
public struct StoredRecord: Sendable, Equatable {
    /// 16 bytes.
    public var id: [UInt8]
    /// The record's kind, as the protocol numbers it.
    public var kind: UInt8
    /// The whole record, at most 4,096 bytes.
    public var bytes: [UInt8]
    /// When it came, in wall seconds.
    public var received: Int64
    /// When it expires, in wall seconds; nil: never.
    public var expires: Int64?

    public init(id: [UInt8], kind: UInt8, bytes: [UInt8], received: Int64, expires: Int64?) {
        self.id = id
        self.kind = kind
        self.bytes = bytes
        self.received = received
        self.expires = expires
    }
}

extension BridgeStore {
    /// Stores records, each in place of any of the same id, all in one transaction.
    public func put(_ records: [StoredRecord]) throws(StorageError) {
        try replaceRecords(removing: [], putting: records)
    }

    /// The error of a caller that had to give up records, as more of them waited than it may keep.
    public var recordsLost: StorageError {
        StorageError(
            kind: .failed, what: "Cannot store records: more of them wait than there is room for", path: path,
            remedy: "See that the disk is not full and not too slow, then do it again")
    }

    /// Removes and puts in one transaction, as when a revocation takes its grant's place. Returns how many it removed.
    @discardableResult
    public func replaceRecords(removing ids: [[UInt8]], putting records: [StoredRecord]) throws(StorageError) -> Int {
        try write("store records") { database in
            var count = 0
            for id in ids {
                try database.run("DELETE FROM record WHERE id = ?", [try StoredValue.bytes(id, count: 16, "an id")])
                count += database.changesCount
            }
            for record in records { try Self.insert(record, into: database) }
            return count
        }
    }

    static func insert(_ record: StoredRecord, into database: Database) throws {
        try database.run(
            "INSERT OR REPLACE INTO record (id, kind, bytes, received, expires) VALUES (?, ?, ?, ?, ?)",
            [
                try StoredValue.bytes(record.id, count: 16, "a record's id"), Int64(record.kind),
                try StoredValue.bytes(record.bytes, atMost: StorageLimit.recordBytes, "a record"),
                record.received, record.expires,
            ])
    }

    /// All records, by id.
    public func records() throws(StorageError) -> [StoredRecord] {
        try read("read the records") { database in
            let rows = try Row.fetchCursor(
                database.cachedStatement(sql: "SELECT id, kind, bytes, received, expires FROM record ORDER BY id"))
            var records: [StoredRecord] = []
            // One row after another: there can be tens of thousands.
            while let row = try rows.next() {
                let row = StoredRow(row: row, table: "record")
                records.append(
                    StoredRecord(
                        id: try row.bytes(0, count: 16), kind: try row.integer(1, as: UInt8.self),
                        bytes: try row.bytes(2), received: try row.integer(3), expires: try row.optionalInteger(4)))
            }
            return records
        }
    }
}
