import GRDB

extension BridgeStore {
    private static let clock = "clock"

    /// The latest wall second that was ever stored; nil: none. A clock behind it is wrong.
    public func clockHighWaterMark() throws(StorageError) -> Int64? {
        try mark(Self.clock)
    }

    /// Raises the clock's mark to `wallSeconds`, never lowers it. Returns the mark that stands.
    @discardableResult
    public func raiseClock(to wallSeconds: Int64) throws(StorageError) -> Int64 {
        try raise(Self.clock, to: wallSeconds)
    }

    /// A number that only rises, such as the sequence number of own routes or opt-outs; nil: never raised.
    public func mark(_ name: String) throws(StorageError) -> Int64? {
        try read("read a mark") { database in
            try database.rows("SELECT value FROM mark WHERE name = ?", [name], of: "mark").first?.integer(0)
        }
    }

    /// Raises the mark `name` (1 to 64 bytes; at most 64 names) to `value`, never lowers it. Returns what stands.
    @discardableResult
    public func raise(_ name: String, to value: Int64) throws(StorageError) -> Int64 {
        try write("raise a mark") { database in
            try database.run(
                "INSERT INTO mark (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = max(value, ?2)",
                [try StoredValue.text(name, atMost: StorageLimit.wordBytes, "a mark's name"), value])
            if try database.count(of: "mark") > Int64(StorageLimit.marks) {
                throw StorageFault(kind: .limitReached, what: "there are \(StorageLimit.marks) marks already")
            }
            return try database.rows("SELECT value FROM mark WHERE name = ?", [name], of: "mark").first?.integer(0)
                ?? value
        }
    }
}
