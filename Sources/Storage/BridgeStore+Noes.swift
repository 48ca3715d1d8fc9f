import GRDB

/// What the host can say no to by command.
public enum NoSubject: String, Sendable, CaseIterable {
    /// Lending this bridge to neighbours. A new store holds this no.
    case hosting
    /// Requests for assistance.
    case requests
}

extension BridgeStore {
    /// Whether the host's no stands. A row that is missing is a no: no damage turns a no into a yes.
    public func isNo(_ subject: NoSubject) throws(StorageError) -> Bool {
        try read("read the opt-outs") { database in
            try database.rows("SELECT said FROM no WHERE subject = ?", [subject.rawValue], of: "no").first?.boolean(0)
                ?? true
        }
    }

    /// Says the host's no, or takes it back. `now` is in wall seconds.
    public func setNo(_ subject: NoSubject, _ isNo: Bool, now: Int64) throws(StorageError) {
        try write("store the opt-out") { database in
            try database.run(
                "INSERT OR REPLACE INTO no (subject, said, changed) VALUES (?, ?, ?)",
                [subject.rawValue, isNo ? 1 : 0, now])
        }
    }
}
