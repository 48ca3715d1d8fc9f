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

    /// The no to hosting that ends by itself; nil: none stands.
    public func temporaryNo() throws(StorageError) -> StoredTemporaryNo? {
        try read("read the opt-outs") { database in
            try database.rows("SELECT ends, said, boot, boot_seconds FROM temporary_no", of: "temporary_no").first.map {
                StoredTemporaryNo(
                    until: StoredValue.time(try $0.integer(0)), said: StoredValue.time(try $0.integer(1)),
                    boot: try $0.text(2), bootSeconds: StoredValue.time(try $0.integer(3)))
            }
        }
    }

    /// Says a no to hosting that ends by itself, in the place of another.
    public func setTemporaryNo(_ no: StoredTemporaryNo) throws(StorageError) {
        try write("store the opt-out") { database in
            try database.run(
                "INSERT OR REPLACE INTO temporary_no (one, ends, said, boot, boot_seconds) VALUES (1, ?, ?, ?, ?)",
                [
                    no.until, no.said, try StoredValue.text(no.boot, atMost: StorageLimit.wordBytes, "a boot"),
                    no.bootSeconds,
                ])
        }
    }

    /// Forgets `no`, which is over, unless another has taken its place.
    public func endTemporaryNo(_ no: StoredTemporaryNo) throws(StorageError) {
        try write("end the opt-out") { database in
            try database.run("DELETE FROM temporary_no WHERE ends = ? AND said = ?", [no.until, no.said])
        }
    }

    /// Takes back both noes to hosting that were said by command, in one transaction. `now` is in wall seconds.
    public func withdrawNoToHosting(now: Int64) throws(StorageError) {
        try write("withdraw the opt-out") { database in
            try database.run(
                "INSERT OR REPLACE INTO no (subject, said, changed) VALUES (?, 0, ?)",
                [NoSubject.hosting.rawValue, now])
            try database.run("DELETE FROM temporary_no")
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

/// A no to hosting that ends by itself.
public struct StoredTemporaryNo: Sendable, Equatable {
    /// Wall seconds.
    public var until: Int64
    /// Wall seconds when it was said.
    public var said: Int64
    /// Which start of the machine it was said after: at most 64 bytes.
    public var boot: String
    /// Seconds since that start when it was said.
    public var bootSeconds: Int64

    public init(until: Int64, said: Int64, boot: String, bootSeconds: Int64) {
        self.until = until
        self.said = said
        self.boot = boot
        self.bootSeconds = bootSeconds
    }
}
