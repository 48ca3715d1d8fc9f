import GRDB

/// A frame that was opened: what keeps it from being opened twice.
public struct OpenedFrame: Sendable, Hashable {
    public var counter: UInt32
    /// The event's id, 8 bytes.
    public var eventID: UInt64

    public init(counter: UInt32, eventID: UInt64) {
        self.counter = counter
        self.eventID = eventID
    }
}

extension BridgeStore {
    /// All own devices, by name.
    public func devices() throws(StorageError) -> [StoredDevice] {
        let sql = "SELECT \(StoredDevice.columns), id FROM device ORDER BY name"
        return try read("read the devices") { database in
            try database.rows(sql, of: "device").map { try StoredDevice(row: $0) }
        }
    }

    /// Adds a device and returns its id, which is never used again. Throws `invalidValue` where the name is taken.
    @discardableResult
    public func addDevice(_ device: StoredDevice) throws(StorageError) -> Int64 {
        let places = [String](repeating: "?", count: StoredDevice.columnCount).joined(separator: ", ")
        return try write("store the device") { database in
            if try database.count(of: "device") >= Int64(StorageLimit.devices) {
                throw StorageFault(kind: .limitReached, what: "there are \(StorageLimit.devices) devices already")
            }
            try Self.requireFreeName(device.name, in: database)
            try database.run(
                "INSERT INTO device (\(StoredDevice.columns)) VALUES (\(places))", try device.arguments())
            return database.lastInsertedRowID
        }
    }

    /// Says or takes back the owner's no for one device.
    public func setOptedOut(_ isOptedOut: Bool, device id: Int64) throws(StorageError) {
        try write("store the opt-out") { database in
            try database.run("UPDATE device SET opted_out = ? WHERE id = ?", [isOptedOut ? 1 : 0, id])
            try Self.requireChange(in: database)
        }
    }

    /// Notes that a device's grant was revoked, which is for good.
    public func setRevoked(device id: Int64) throws(StorageError) {
        try write("store the revocation") { database in
            try database.run("UPDATE device SET revoked = 1 WHERE id = ?", [id])
            try Self.requireChange(in: database)
        }
    }

    /// Removes a device and what was opened of it. Returns whether there was one.
    @discardableResult
    public func removeDevice(_ id: Int64) throws(StorageError) -> Bool {
        try write("remove the device") { database in
            try database.run("DELETE FROM device WHERE id = ?", [id])
            return database.changesCount > 0
        }
    }

    /// The frames of a device that were opened and not pruned, by counter.
    public func openedFrames(device id: Int64) throws(StorageError) -> [OpenedFrame] {
        try read("read what was opened") { database in
            try database.rows(
                "SELECT counter, event FROM opened WHERE device = ? ORDER BY counter, event", [id], of: "opened"
            ).map {
                OpenedFrame(
                    counter: try $0.integer(0, as: UInt32.self), eventID: UInt64(bitPattern: try $0.integer(1)))
            }
        }
    }

    /// Forgets a device's counters. The events opened with them are still known, the last `StorageLimit.openedBefore`.
    public func resetCounter(device id: Int64) throws(StorageError) {
        try write("reset the counter") { database in
            if try database.rows("SELECT id FROM device WHERE id = ?", [id], of: "device").isEmpty {
                throw StorageFault.invalid("there is no such device")
            }
            try database.run(
                """
                INSERT OR IGNORE INTO opened_before (device, event)
                SELECT device, event FROM opened WHERE device = ? ORDER BY counter
                """, [id])
            try database.run("DELETE FROM opened WHERE device = ?", [id])
            try database.run(
                """
                DELETE FROM opened_before WHERE device = ?1 AND id NOT IN (
                    SELECT id FROM opened_before WHERE device = ?1 ORDER BY id DESC LIMIT ?2)
                """, [id, StorageLimit.openedBefore])
            try database.run("UPDATE heard SET counter = NULL, packet_id = NULL WHERE device = ?", [id])
        }
    }

    /// The events of a device that were opened before its counter was last reset, oldest first.
    public func eventsBefore(device id: Int64) throws(StorageError) -> [UInt64] {
        try read("read what was opened") { database in
            try database.rows("SELECT event FROM opened_before WHERE device = ? ORDER BY id", [id], of: "opened_before")
                .map { UInt64(bitPattern: try $0.integer(0)) }
        }
    }

    private static func requireFreeName(_ name: String, in database: Database) throws {
        let taken = try database.rows("SELECT id FROM device WHERE name = ?", [name], of: "device")
        if !taken.isEmpty { throw StorageFault.invalid("there is a device of this name already") }
    }

    private static func requireChange(in database: Database) throws {
        if database.changesCount == 0 { throw StorageFault.invalid("there is no such device") }
    }
}
