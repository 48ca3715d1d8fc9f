import GRDB
import Glibc

/// Puts a new file in a damaged one's place, so that a crash at any moment leaves the one or the other whole.
///
/// The new file is made in `rescue/`; the file `rescue/complete` says that it is. From then on, at this start or the
/// next, the damaged file and its log move to `damaged/` and the new one takes their place.
struct StoreReplacement {
    private let directory: String
    private var made: String { directory + "/rescue" }
    /// Where the damaged file is kept. There is one: a later one takes its place.
    var kept: String { directory + "/damaged" }
    private var mark: String { made + "/complete" }

    init(_ directory: String) { self.directory = directory }

    /// Makes the new file. Returns the tables of which rows may be lost. Throws `corrupt` where nothing is left to go on.
    func prepare(because trouble: StorageError, _ today: UInt32) throws(StorageError) -> [String] {
        StoreFiles.remove(made)
        let store = try BridgeStore(directory: made)
        let damaged: [String]
        do {
            damaged = try store.fill(from: directory, using: made + "/source", today)
            try store.setNo(.hosting, true, now: 0)
            try store.close()
        } catch {
            try? store.close()
            StoreFiles.remove(made)
            throw StorageError.translate(error, doing: "rescue the store", path: trouble.path)
        }
        try StoreFiles.write([], to: mark)
        try StoreFiles.sync(made)
        return damaged
    }

    /// Ends a replacement that was begun; without effect where none is complete.
    func finish() throws(StorageError) {
        guard StoreFiles.exists(mark) else { return StoreFiles.remove(made) }
        let name = StorageFile.name
        if StoreFiles.exists("\(made)/\(name)") {
            if mkdir(kept, 0o700) != 0, errno != EEXIST { throw StoreFiles.failure(kept) }
            // The log first: it must never meet the new file.
            for file in [name + "-wal", name] where StoreFiles.exists("\(directory)/\(file)") {
                try StoreFiles.move("\(directory)/\(file)", "\(kept)/\(file)")
            }
            try StoreFiles.sync(directory)
            try StoreFiles.move("\(made)/\(name)", "\(directory)/\(name)")
        }
        try StoreFiles.sync(directory)
        StoreFiles.remove(made)
    }
}

extension BridgeStore {
    /// Fills this new store with what can be read of the file in `directory`, through a copy in `place`, which must not
    /// exist. Returns the tables of which rows may be lost. Throws `corrupt` where not even the identity is left.
    func fill(from directory: String, using place: String, _ today: UInt32) throws(StorageError) -> [String] {
        defer { StoreFiles.remove(place) }
        guard mkdir(place, 0o700) == 0 else { throw StoreFiles.failure(place) }
        let file = "\(directory)/\(StorageFile.name)"
        try maintain("rescue the store") { _ = try $0.checkpoint(.truncate) }
        var damaged: [String]?
        // A damaged beginning may only need the few bytes that are the same in every file, or its page of tables.
        for length in [0, StoreFiles.headerBytes, StoreFiles.pageBytes] where damaged == nil {
            let copy = "\(place)/\(length)"
            try StoreFiles.copy(file, to: copy)
            if StoreFiles.exists(file + "-wal") { try StoreFiles.copy(file + "-wal", to: copy + "-wal") }
            if length > 0 { try StoreFiles.transplant(from: path, to: copy, length) }
            damaged = try fill(fromCopy: copy, today)
        }
        guard let damaged else {
            throw StorageError(
                kind: .corrupt, what: "Nothing that this bridge needs can be read", path: file,
                remedy: StorageError.remedy(for: .corrupt))
        }
        return damaged
    }

    private func fill(fromCopy copy: String, _ today: UInt32) throws(StorageError) -> [String]? {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
        guard let source = try? DatabaseQueue(path: copy, configuration: configuration) else { return nil }
        do {
            return try source.writeWithoutTransaction { source in
                try write("rescue the store") { target in
                    let damaged = try RowRescue(source: source, target: target).copyAll()
                    // Without its keys the next attempt may do better.
                    guard try target.count(of: "identity") == 1 else { throw StorageFault.corrupt("no keys") }
                    try Self.settle(damaged, today, in: target)
                    return damaged
                }
            }
        } catch let error as StorageError where error.kind != .corrupt {
            throw error
        } catch {
            return nil
        }
    }

    /// What nobody knows any more counts against lending, and against delivering: an unreadable no stands, an unreadable
    /// month is spent, a home of which nobody knows whether it has moved has, and what may have been opened was.
    private static func settle(_ damaged: [String], _ today: UInt32, in target: Database) throws {
        if damaged.contains("no") { try target.run("UPDATE no SET said = 1") }
        let mark = try target.rows("SELECT value FROM mark WHERE name = 'clock'", of: "mark").first?.integer(0) ?? 0
        let day = max(Int64(today), mark / 86_400)
        if damaged.contains("moved") {
            try target.run("INSERT OR IGNORE INTO moved (one, at) VALUES (1, ?)", [day * 86_400])
        }
        if damaged.contains("opened") { try fillWindows(in: target) }
        guard damaged.contains("month_reservation") else { return }
        try target.run(
            "INSERT OR REPLACE INTO month_reservation (day, reserved_bytes) VALUES (?, ?)", [day, StorageLimit.figure])
    }

    /// Up to the highest counter that is known of a device, each counts as used by both of its frames: nothing that was
    /// opened is opened again, at the price of what comes late. The frames made up for it have the events -1 and -2.
    private static func fillWindows(in target: Database) throws {
        try target.execute(
            sql: """
                WITH RECURSIVE
                    step (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step WHERE n < \(StorageLimit.windowCounters - 1)),
                    top (device, counter) AS (
                        SELECT id, max(
                            coalesce((SELECT counter FROM heard WHERE heard.device = id), -1),
                            coalesce((SELECT max(counter) FROM opened WHERE opened.device = id), -1)) FROM device)
                INSERT OR IGNORE INTO opened (device, counter, event)
                SELECT device, counter - n, made.event FROM top, step, (SELECT -1 AS event UNION SELECT -2) AS made
                WHERE counter >= n AND made.event < -(
                    SELECT count(*) FROM opened WHERE opened.device = top.device AND opened.counter = top.counter - n)
                """)
    }
}
