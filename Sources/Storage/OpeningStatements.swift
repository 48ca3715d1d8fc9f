import GRDB

/// The statements by which openings are stored, compiled once and kept as long as their connection. The way of an
/// event waits for them: nothing is delivered before they are through.
///
/// Belongs to the queue of its database: unchecked, since what the queue runs, it runs one after the other.
final class OpeningStatements: @unchecked Sendable {
    private let begin, commit, rollback: CompiledStatement
    private let touch, open, prune, countOpened, putFigures, insert, countOutbox: CompiledStatement
    /// By device, not fewer than the opened frames that are stored of it: counting them all, which takes longer than
    /// storing one, is only for when this says that there may be too many. No id is ever used for another device.
    private var openedAtMost: [Int64: Int] = [:]
    /// By device, the counter below which its frames were last pruned.
    private var prunedBelow: [Int64: UInt32] = [:]
    /// By so much the lowest counter rises before what lies below is pruned: at every event that took a sixth of the
    /// commit. With two frames a counter it leaves room below the limit of frames.
    static let countersBetweenPrunings: UInt32 = 256

    init(_ database: Database) throws {
        func compiled(_ sql: String) throws -> CompiledStatement { try CompiledStatement(sql, in: database) }
        begin = try compiled("BEGIN IMMEDIATE")
        commit = try compiled("COMMIT")
        rollback = try compiled("ROLLBACK")
        touch = try compiled(
            """
            UPDATE device SET
                battery = CASE WHEN last_heard > ?1 THEN battery ELSE coalesce(?2, battery) END,
                state = CASE WHEN last_heard > ?1 THEN state ELSE coalesce(?3, state) END,
                last_heard = max(coalesce(last_heard, ?1), ?1)
            WHERE id = ?4
            """)
        open = try compiled("INSERT OR IGNORE INTO opened (device, counter, event) VALUES (?, ?, ?)")
        prune = try compiled("DELETE FROM opened WHERE device = ? AND counter < ?")
        countOpened = try compiled("SELECT count(*) FROM opened WHERE device = ?")
        putFigures = try compiled(StoredFigures.put)
        insert = try compiled(OutboxMessage.insert)
        countOutbox = try compiled("SELECT count(*) FROM outbox")
    }

    /// Runs `body` in one transaction, which is on the disk when this returns and undone if it throws.
    func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try begin.run()
        do {
            let result = try body()
            try commit.run()
            return result
        } catch {
            // SQLite itself may have ended it, as on a full disk.
            if rollback.isInTransaction { _ = try? rollback.run() }
            throw error
        }
    }

    /// Updates the device's row; an event heard earlier than the last does not set it back. Returns whether there is one.
    func touchDevice(_ opening: Opening) throws -> Bool {
        let state = try StoredDevice.checked(state: opening.state)
        try touch.bind(opening.heard, at: 1)
        try touch.bind(opening.battery.map { Int64($0) }, at: 2)
        try touch.bind(state, at: 3)
        try touch.bind(opening.device, at: 4)
        return try touch.run() > 0
    }

    /// Notes the frame as opened. Returns false if it was before.
    func addFrame(_ opening: Opening) throws -> Bool {
        try open.bind(opening.device, at: 1)
        try open.bind(Int64(opening.frame.counter), at: 2)
        try open.bind(Int64(bitPattern: opening.frame.eventID), at: 3)
        guard try open.run() > 0 else { return false }
        if isPruningDue(opening) {
            try prune.bind(opening.device, at: 1)
            try prune.bind(Int64(opening.lowestCounter), at: 2)
            try prune.run()
            if prunedBelow.count >= StorageLimit.devices { prunedBelow.removeAll() }
            prunedBelow[opening.device] = opening.lowestCounter
        }
        try checkRoom(opening.device)
        return true
    }

    private func isPruningDue(_ opening: Opening) -> Bool {
        guard opening.lowestCounter > 0 else { return false }
        guard let before = prunedBelow[opening.device], before <= opening.lowestCounter else { return true }
        let atMost = openedAtMost[opening.device] ?? StorageLimit.openedFrames
        return opening.lowestCounter - before >= Self.countersBetweenPrunings || atMost >= StorageLimit.openedFrames
    }

    func put(_ figures: StoredFigures, device: Int64) throws {
        for (index, value) in try figures.values(device: device).enumerated() {
            try putFigures.bind(value, at: Int32(index + 1))
        }
        try putFigures.run()
    }

    /// Inserts one message in place of the unsent one with its key, which the index of keys tells. Returns its id.
    func insert(_ message: OutboxMessage) throws -> Int64 {
        try message.check()
        try insert.bind(message.topic, at: 1)
        try insert.bind(message.payload, at: 2)
        try insert.bind(message.isRetained ? 1 : 0, at: 3)
        try insert.bind(message.notAfter, at: 4)
        try insert.bind(message.coalescingKey, at: 5)
        try insert.bind(message.created, at: 6)
        try insert.run()
        return insert.insertedRow
    }

    /// How many messages the outbox holds.
    func outboxCount() throws -> Int64 { try countOutbox.integer() }

    /// One frame of `device` has come.
    private func checkRoom(_ device: Int64) throws {
        if let atMost = openedAtMost[device], atMost < StorageLimit.openedFrames {
            openedAtMost[device] = atMost + 1
            return
        }
        try countOpened.bind(device, at: 1)
        let count = Int(clamping: try countOpened.integer())
        guard count <= StorageLimit.openedFrames else {
            throw StorageFault(kind: .limitReached, what: "one device has \(StorageLimit.openedFrames) opened frames")
        }
        if openedAtMost.count >= StorageLimit.devices { openedAtMost.removeAll() }
        openedAtMost[device] = count
    }
}
