import Foundation
import GRDB
import SeededRandom
import Testing

@testable import Storage

/// Files that cannot be used as they are: what becomes of them, and of what they hold.
@Suite struct StoreRescueTests {
    private static let today: UInt32 = 120

    private static func open(_ folder: StoreFolder) throws(StorageError) -> (BridgeStore, StoreCondition) {
        try BridgeStore.open(directory: folder.path, today: today)
    }

    private static func isRescued(_ condition: StoreCondition) -> Bool {
        if case .rescued = condition { return true }
        return false
    }

    /// A closed store with rows of every kind, lending, and a no to requests.
    private static func fill(_ folder: StoreFolder) throws {
        let store = try folder.open()
        try store.setIdentity(Sample.identity(0x31))
        try store.setNetwork(Sample.network(0x41))
        var maker = ChangeMaker(seed: 11)
        for _ in 0..<250 { try maker.change(store) }
        try store.put((100..<140).map { Sample.record($0, size: 700) })
        try store.reserve(day: today - 1, totalBytes: 5_000_000)
        try store.setNo(.hosting, false, now: 1)
        try store.setNo(.requests, true, now: 1)
        try store.close()
    }

    private static func names(_ lines: [String], _ table: String) -> Set<String> {
        Set(lines.filter { $0.hasPrefix(table + " ") })
    }

    @Test func damagedPagesCostWhatStoodOnThemAndSuspendLending() throws {
        let folder = try StoreFolder()
        try Self.fill(folder)
        let whole = folder.bytes(folder.file)
        let before = try folder.open().dump()
        var random = SplitMix64(seed: 21)
        var rescued = 0
        var refused = 0
        for _ in 0..<60 {
            let copy = try StoreFolder()
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let page = Int.random(in: 0..<(whole.count / 4_096), using: &random) * 4_096
                for index in page..<(page + 4_096) { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            }
            try copy.write(bytes, to: copy.file)
            do throws(StorageError) {
                let (store, condition) = try Self.open(copy)
                guard Self.isRescued(condition) else { continue }
                rescued += 1
                try Self.check(store, before)
                try store.close()
                #expect(copy.bytes(copy.path + "/damaged/sidegate.sqlite") == bytes)
                #expect(try Self.open(copy).1 == .sound)
            } catch {
                #expect(error.kind == .corrupt || error.kind == .foreign, "\(error)")
                #expect(copy.bytes(copy.file) == bytes, "what cannot be rescued stays as it is")
                refused += 1
            }
        }
        #expect(rescued > 30)
        #expect(refused > 0)
    }

    private static func check(_ store: BridgeStore, _ before: [String]) throws(StorageError) {
        #expect(try store.identity() == Sample.identity(0x31))
        #expect(try store.isNo(.hosting))
        #expect(try store.isNo(.requests))
        #expect(try store.reservations(upTo: today).reduce(0) { $0 + $1.reservedBytes } >= 5_000_000)
        var after: [String]
        do { after = try store.dump() } catch { return #expect(Bool(false), "\(error)") }
        // What fills a window of which rows were lost.
        after.removeAll { $0.hasPrefix("opened ") && ($0.hasSuffix(" -1") || $0.hasSuffix(" -2")) }
        for table in ["network", "record", "device", "opened", "outbox", "lent", "dropped", "mark"] {
            #expect(names(after, table).isSubset(of: names(before, table)), "\(table) has rows that never were")
        }
    }

    @Test(arguments: [16, 100, 4_096])
    func damagedBeginningCostsNothing(length: Int) throws {
        let folder = try StoreFolder()
        try Self.fill(folder)
        let before = try folder.open().dump()
        var bytes = folder.bytes(folder.file)
        for index in 0..<length { bytes[index] = 0xEE }
        try folder.write(bytes, to: folder.file)
        let (store, condition) = try Self.open(folder)
        #expect(Self.isRescued(condition))
        #expect(condition.problem?.contains(folder.path + "/damaged") == true)
        let after = try store.dump()
        for table in ["identity", "network", "record", "device", "opened", "outbox", "month_reservation"] {
            #expect(Self.names(after, table) == Self.names(before, table), "\(table)")
        }
        #expect(try store.isNo(.hosting))
    }

    @Test func changesThatStandInTheLogOnlyAreRescuedToo() throws {
        let folder = try StoreFolder()
        try Self.fill(folder)
        let store = try folder.open()
        try store.raise("late", to: 7)
        let copy = try StoreFolder()
        var bytes = folder.bytes(folder.file)
        for index in 0..<100 { bytes[index] = 0 }
        try copy.write(bytes, to: copy.file)
        try copy.write(folder.bytes(folder.log), to: copy.log)
        let (rescued, condition) = try Self.open(copy)
        #expect(Self.isRescued(condition))
        #expect(try rescued.mark("late") == 7)
    }

    @Test(arguments: 0...3)
    func replacementThatACrashCutShortIsEnded(step: Int) throws {
        let folder = try StoreFolder()
        try Self.fill(folder)
        let replacement = StoreReplacement(folder.path)
        let trouble = StorageError(kind: .corrupt, what: "", path: folder.file, remedy: "")
        _ = try replacement.prepare(because: trouble, Self.today)
        // A log that must never meet the new file.
        try folder.write([UInt8](repeating: 1, count: 9_000), to: folder.log)
        if step > 0 { #expect(mkdir(replacement.kept, 0o700) == 0) }
        if step > 1 { #expect(rename(folder.log, replacement.kept + "/sidegate.sqlite-wal") == 0) }
        if step > 2 { #expect(rename(folder.file, replacement.kept + "/sidegate.sqlite") == 0) }
        let (store, condition) = try Self.open(folder)
        #expect(condition == .sound)
        #expect(try store.isNo(.hosting))
        #expect(try store.identity() == Sample.identity(0x31))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/rescue"))
    }

    @Test func fileWithoutKeysIsLeftAsItIs() throws {
        let folder = try StoreFolder()
        let garbage = [UInt8](repeating: 0x41, count: 50_000)
        try folder.write(garbage, to: folder.file)
        do throws(StorageError) {
            _ = try Self.open(folder)
            Issue.record("opened garbage")
        } catch {
            #expect(error.kind == .corrupt)
            #expect(error.remedy.contains("Restore"))
        }
        #expect(folder.bytes(folder.file) == garbage)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["sidegate.sqlite"])
    }

    @Test func copyStandsInForAFileOfALaterVersionAndWhatCameMeanwhileIsTakenOver() throws {
        let folder = try StoreFolder()
        let place = StandIn(folder.path).place
        defer { try? FileManager.default.removeItem(atPath: place) }
        let device = try Self.makeLater(folder)
        let later = folder.bytes(folder.file)
        for counter in 1...3 as ClosedRange<UInt32> {
            let (store, condition) = try Self.open(folder)
            guard case .standIn(let trouble) = condition else { throw Self.wrong(condition) }
            #expect(trouble.kind == .newerVersion)
            #expect(condition.problem?.contains("restart sidegated") == true)
            #expect(try store.openedFrames(device: device).map(\.counter) == Array(0..<counter))
            try store.commit([Sample.opening(device, counter)])
            try store.setNo(.requests, true, now: 9)
            try store.close()
        }
        #expect(folder.bytes(folder.file) == later)
        #expect(throws: StorageError.self) { try folder.open() }
        try Self.makeOwn(folder)
        let (store, condition) = try Self.open(folder)
        #expect(condition == .sound)
        #expect(try store.openedFrames(device: device).map(\.counter) == [0, 1, 2, 3])
        #expect(try store.outboxCount() == 8)
        #expect(try store.isNo(.requests))
        #expect(try !store.isNo(.hosting))
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test func copyThatStandsInGivesBackEveryTableButTheKeys() throws {
        let store = try StoreFolder().open()
        let tables = try store.read("") { database in
            try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        }
        for table in tables where !["identity", "network", "grdb_migrations"].contains(table) {
            #expect(StandIn.merging.contains("main.\(table) "), "\(table) is forgotten: see StandIn.merging")
        }
    }

    /// Whether what stood in is taken over by the bridge that `identity` makes of the file.
    private static func isTakenOver(by identity: StoredIdentity) throws -> Bool {
        let folder = try StoreFolder()
        let place = StandIn(folder.path).place
        defer { try? FileManager.default.removeItem(atPath: place) }
        _ = try makeLater(folder)
        var (store, _) = try open(folder)
        try store.setNo(.requests, true, now: 9)
        try store.close()
        try makeOwn(folder)
        store = try folder.open()
        try store.setIdentity(identity)
        try store.close()
        (store, _) = try open(folder)
        #expect(!FileManager.default.fileExists(atPath: place))
        return try store.isNo(.requests)
    }

    @Test func copyOfAnotherBridgeIsErasedAndGivesNothing() throws {
        #expect(try Self.isTakenOver(by: Sample.identity()))
        #expect(try !Self.isTakenOver(by: Sample.identity(77)))
    }

    @Test func wipeErasesACopyThatStoodIn() throws {
        let folder = try StoreFolder()
        let place = StandIn(folder.path).place
        defer { try? FileManager.default.removeItem(atPath: place) }
        let store = try folder.open()
        try BridgeStore(directory: place).close()
        #expect(FileManager.default.fileExists(atPath: place))
        try store.wipe([])
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    private static func wrong(_ condition: StoreCondition) -> StorageFault {
        StorageFault(kind: .failed, what: "not a stand-in: \(condition)")
    }

    private static func makeLater(_ folder: StoreFolder) throws -> Int64 {
        let store = try folder.open()
        try store.setIdentity(Sample.identity())
        try store.setNo(.hosting, false, now: 1)
        let device = try store.addDevice(Sample.device("a"))
        try store.commit([Sample.opening(device, 0)])
        try store.maintain("") {
            try $0.execute(
                sql: "INSERT INTO grdb_migrations VALUES ('9 later'); ALTER TABLE device ADD COLUMN colour TEXT")
        }
        try store.close()
        return device
    }

    private static func makeOwn(_ folder: StoreFolder) throws {
        let queue = try DatabaseQueue(path: folder.file)
        try queue.write { try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '9 later'") }
        try queue.close()
    }

    @Test func directoryOfSomebodyElseIsNoStandIn() throws {
        let folder = try StoreFolder()
        _ = try Self.makeLater(folder)
        let place = StandIn(folder.path).place
        defer { try? FileManager.default.removeItem(atPath: place) }
        // As anybody could have made it.
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o777])
        #expect(throws: StorageError.self) { try Self.open(folder) }
    }
}
