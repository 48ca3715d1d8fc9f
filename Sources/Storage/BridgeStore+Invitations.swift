import GRDB

extension BridgeStore {
    /// Stores an invitation's code as its hash, 32 bytes, and forgets those that have expired. Throws `limitReached`
    /// with 64 open ones.
    public func addInvitation(codeHash: [UInt8], expires: Int64, now: Int64) throws(StorageError) {
        try write("store the invitation") { database in
            try database.run("DELETE FROM invitation WHERE expires <= ?", [now])
            if try database.count(of: "invitation") >= Int64(StorageLimit.invitations) {
                throw StorageFault(kind: .limitReached, what: "\(StorageLimit.invitations) invitations are open")
            }
            try database.run(
                "INSERT INTO invitation (code_hash, expires, used) VALUES (?, ?, 0)",
                [try StoredValue.bytes(codeHash, count: 32, "the code's hash"), expires])
        }
    }

    /// Uses up an invitation. Returns true once, and only before it expires.
    public func useInvitation(codeHash: [UInt8], now: Int64) throws(StorageError) -> Bool {
        try write("use the invitation") { database in
            try database.run(
                "UPDATE invitation SET used = 1 WHERE code_hash = ? AND used = 0 AND expires > ?",
                [try StoredValue.bytes(codeHash, count: 32, "the code's hash"), now])
            return database.changesCount > 0
        }
    }

    /// The hashes of the codes that can still be used, soonest to expire first.
    public func openInvitations(now: Int64) throws(StorageError) -> [[UInt8]] {
        try read("read the invitations") { database in
            try database.rows(
                "SELECT code_hash FROM invitation WHERE used = 0 AND expires > ? ORDER BY expires, code_hash", [now],
                of: "invitation"
            ).map { try $0.bytes(0, count: 32) }
        }
    }
}
