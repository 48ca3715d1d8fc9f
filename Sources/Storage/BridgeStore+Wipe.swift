import GRDB

/// What `wipe` removes beside the network's key and its records, which always go.
public struct WipeScope: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// This bridge's own keys: its next network will not know it again.
    public static let identity = WipeScope(rawValue: 1 << 0)
    /// Own devices with their keys, and what was opened of them.
    public static let devices = WipeScope(rawValue: 1 << 1)
    /// Messages that wait for the broker.
    public static let outbox = WipeScope(rawValue: 1 << 2)
    /// The ledger.
    public static let ledger = WipeScope(rawValue: 1 << 3)
}

extension BridgeStore {
    /// Removes what belongs to the network, as when the bridge leaves it, and what `scope` names beside. The bytes are
    /// overwritten in the file, which is then rebuilt, and the log is cut; a damaged file that was kept goes too. Noes, reserved allowance and the clock's mark
    /// stay: leaving a network turns no no into a yes and gives no allowance back.
    ///
    /// What the disk itself keeps of overwritten blocks is beyond the reach of any file.
    public func wipe(_ scope: WipeScope) throws(StorageError) {
        try write("wipe the store") { database in
            var tables = ["network", "record", "moved"]
            if scope.contains(.identity) { tables.append("identity") }
            if scope.contains(.devices) { tables += ["opened", "device"] }
            if scope.contains(.outbox) { tables.append("outbox") }
            if scope.contains(.ledger) { tables += ["lent", "dropped"] }
            for table in tables { try database.execute(sql: "DELETE FROM \(table)") }
        }
        try maintain("wipe the store") { database in
            // First the overwritten pages go into the file, then the file is rebuilt without them.
            try database.checkpoint(.truncate)
            try database.execute(sql: "VACUUM")
            try database.checkpoint(.truncate)
        }
        guard let slash = path.lastIndex(of: "/") else { return }
        let directory = String(path[..<slash])
        StoreFiles.erase(StoreReplacement(directory).kept)
        StandIn(directory).erase()
    }
}
