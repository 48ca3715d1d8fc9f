import GRDB

/// How a device has been heard, in the caller's own figures. Kept beside the device, and gone with it.
public struct StoredFigures: Sendable, Equatable {
    public var received: Int64 = 0
    public var missed: Int64 = 0
    public var counter: UInt32?
    public var packetID: UInt8?
    public var isTriggerBased = false
    /// Wall seconds.
    public var firstHeard: Int64?
    public var longestPauseSeconds: Int64 = 0
    public var longestPauseBeforeSeconds: Int64 = 0
    public var pausesSince: Int64 = 0

    public init() {}

    /// These with everything in the bounds of what can be: times and pauses in 0...`UInt32.max`, sums not negative.
    public var bounded: StoredFigures {
        var bounded = self
        bounded.received = min(max(0, received), StorageLimit.figure)
        bounded.missed = min(max(0, missed), StorageLimit.figure)
        bounded.firstHeard = firstHeard.map(StoredValue.time)
        bounded.longestPauseSeconds = StoredValue.time(longestPauseSeconds)
        bounded.longestPauseBeforeSeconds = StoredValue.time(longestPauseBeforeSeconds)
        bounded.pausesSince = StoredValue.time(pausesSince)
        return bounded
    }
}

extension BridgeStore {
    /// The figures of all devices that have any, by the device's id.
    public func figures() throws(StorageError) -> [Int64: StoredFigures] {
        try read("read the devices' figures") { database in
            var figures: [Int64: StoredFigures] = [:]
            for row in try database.rows("SELECT \(StoredFigures.columns) FROM heard", of: "heard") {
                figures[try row.integer(0)] = try StoredFigures(row: row)
            }
            return figures
        }
    }

    static func put(_ figures: StoredFigures, device: Int64, in database: Database) throws {
        try database.run(StoredFigures.put, StatementArguments(try figures.values(device: device)))
    }
}

extension StoredFigures {
    fileprivate static let columns = """
        device, received, missed, counter, packet_id, trigger_based, first_heard, pause, pause_before, pauses_since
        """
    static let put = "INSERT OR REPLACE INTO heard (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

    /// For `put`.
    func values(device: Int64) throws(StorageFault) -> [Int64?] {
        [
            device, try StoredValue.figure(received, "a figure"), try StoredValue.figure(missed, "a figure"),
            counter.map { Int64($0) }, packetID.map { Int64($0) }, isTriggerBased ? 1 : 0, firstHeard,
            longestPauseSeconds, longestPauseBeforeSeconds, pausesSince,
        ]
    }

    /// Columns as `columns` names them, the device first.
    init(row: StoredRow) throws(StorageFault) {
        received = try row.integer(1)
        missed = try row.integer(2)
        if try row.optionalInteger(3) != nil { counter = try row.integer(3, as: UInt32.self) }
        if try row.optionalInteger(4) != nil { packetID = try row.integer(4, as: UInt8.self) }
        isTriggerBased = try row.boolean(5)
        firstHeard = try row.optionalInteger(6)
        longestPauseSeconds = try row.integer(7)
        longestPauseBeforeSeconds = try row.integer(8)
        pausesSince = try row.integer(9)
        self = bounded
    }
}
