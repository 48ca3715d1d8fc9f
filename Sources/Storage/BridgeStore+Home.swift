import GRDB

/// A home as it moves to another machine: who it is, its network, and its devices with all that was opened of them.
public struct StoredHome: Sendable, Equatable {
    /// A device with its figures, and what keeps its events from being opened twice.
    public struct Device: Sendable, Equatable {
        /// Its id is the store's own affair.
        public var device: StoredDevice
        public var figures: StoredFigures?
        public var opened: [OpenedFrame]
        /// Events opened before the counter was last reset, oldest first.
        public var before: [UInt64]

        public init(device: StoredDevice, figures: StoredFigures?, opened: [OpenedFrame], before: [UInt64]) {
            self.device = device
            self.figures = figures
            self.opened = opened
            self.before = before
        }
    }

    public var identity: StoredIdentity
    public var network: StoredNetwork
    public var records: [StoredRecord]
    public var devices: [Device]

    public init(
        identity: StoredIdentity, network: StoredNetwork, records: [StoredRecord], devices: [Device]
    ) {
        self.identity = identity
        self.network = network
        self.records = records
        self.devices = devices
    }
}

extension BridgeStore {
    /// When this home was exported, in wall seconds; nil: it is at home here. A home that has moved lives elsewhere.
    public func moved() throws(StorageError) -> Int64? {
        try read("read whether the home moved") { database in
            try database.rows("SELECT at FROM moved", of: "moved").first?.integer(0)
        }
    }

    /// Notes that this home has moved, or that it is here again.
    public func setMoved(at wallSeconds: Int64?) throws(StorageError) {
        try write("note that the home moved") { database in
            try database.run("DELETE FROM moved")
            if let wallSeconds { try database.run("INSERT INTO moved (one, at) VALUES (1, ?)", [wallSeconds]) }
        }
    }

    /// The home that is here; nil if this bridge is in no network.
    public func home() throws(StorageError) -> StoredHome? {
        guard let identity = try identity(), let network = try network() else { return nil }
        let figures = try figures()
        var all: [StoredHome.Device] = []
        for device in try devices() {
            all.append(
                StoredHome.Device(
                    device: device, figures: figures[device.id], opened: try openedFrames(device: device.id),
                    before: try eventsBefore(device: device.id)))
        }
        return StoredHome(identity: identity, network: network, records: try records(), devices: all)
    }

    /// Whether a home lives here, which another must not take the place of. One that has moved away does not.
    public func hasHome() throws(StorageError) -> Bool {
        try read("read whether there is a home") { try Self.hasHome($0) }
    }

    private static func hasHome(_ database: Database) throws -> Bool {
        guard try database.count(of: "moved") == 0 else { return false }
        return try database.count(of: "network") > 0 || database.count(of: "device") > 0
    }

    /// Puts a home in, whole or not at all: over one that has moved away, or where there is no network and no device.
    /// Over the same home, what was opened here of its devices stays known, and so do the noes.
    /// - Throws: `invalidValue` over any other.
    public func importHome(_ home: StoredHome) throws(StorageError) {
        var home = home
        if try moved() != nil, let here = try self.home() { home.learn(from: here) }
        try put(home)
    }

    private func put(_ home: StoredHome) throws(StorageError) {
        try write("put the home in") { database in
            if try Self.hasHome(database) { throw StorageFault.invalid("there is a home already") }
            guard home.devices.count <= StorageLimit.devices else {
                throw StorageFault(kind: .limitReached, what: "the home has \(home.devices.count) devices")
            }
            for table in ["moved", "network", "record", "identity", "opened", "opened_before", "heard", "device"] {
                try database.execute(sql: "DELETE FROM \(table)")
            }
            try Self.put(home.identity, in: database)
            try Self.put(home.network, in: database)
            for record in home.records { try Self.insert(record, into: database) }
            for device in home.devices { try Self.insert(device, into: database) }
        }
    }

    private static func insert(_ home: StoredHome.Device, into database: Database) throws {
        let places = [String](repeating: "?", count: StoredDevice.columnCount).joined(separator: ", ")
        try database.run(
            "INSERT INTO device (\(StoredDevice.columns)) VALUES (\(places))", try home.device.arguments())
        let id = database.lastInsertedRowID
        guard home.opened.count <= StorageLimit.openedFrames, home.before.count <= StorageLimit.openedBefore else {
            throw StorageFault(kind: .limitReached, what: "\(home.device.name) has too many opened frames")
        }
        for frame in home.opened {
            try database.run(
                "INSERT OR IGNORE INTO opened (device, counter, event) VALUES (?, ?, ?)",
                [id, Int64(frame.counter), Int64(bitPattern: frame.eventID)])
        }
        for event in home.before {
            try database.run(
                "INSERT OR IGNORE INTO opened_before (device, event) VALUES (?, ?)", [id, Int64(bitPattern: event)])
        }
        if let figures = home.figures { try put(figures, device: id, in: database) }
    }
}
