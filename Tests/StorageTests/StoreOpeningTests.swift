import Foundation
import GRDB
import Synchronization
import Testing

@testable import Storage

@Suite struct StoreOpeningTests {
    private func error(opening directory: String) -> StorageError? {
        do throws(StorageError) {
            _ = try BridgeStore(directory: directory)
            return nil
        } catch {
            return error
        }
    }

    @Test func newStoreIsPrivateEmptyAndOptedOut() throws {
        let folder = try StoreFolder()
        let directory = folder.path + "/state"
        let store = try BridgeStore(directory: directory)
        #expect(try folder.mode(directory) == 0o700)
        #expect(try folder.mode(store.path) == 0o600)
        #expect(try folder.mode(store.path + "-wal") == 0o600)
        #expect(!FileManager.default.fileExists(atPath: store.path + "-shm"))
        #expect(try store.identity() == nil)
        #expect(try store.network() == nil)
        #expect(try store.records().isEmpty)
        #expect(try store.devices().isEmpty)
        #expect(try store.isNo(.hosting))
        #expect(try !store.isNo(.requests))
        #expect(try store.clockHighWaterMark() == nil)
    }

    @Test func commitsReachTheDiskAndDeletedBytesAreOverwritten() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let found = try store.read("") { database in
            try ["synchronous", "foreign_keys", "secure_delete", "journal_mode", "locking_mode"].map {
                try Row.fetchOne(database, sql: "PRAGMA \($0)")?.description ?? ""
            }
        }
        let expected = ["synchronous:2", "foreign_keys:1", "secure_delete:1", #"journal_mode:"wal""#]
        #expect(found == (expected + [#"locking_mode:"exclusive""#]).map { "[\($0)]" })
    }

    @Test func fileThatOthersMayReadIsMadePrivate() throws {
        let folder = try StoreFolder()
        try folder.open().close()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.file)
        _ = try folder.open()
        #expect(try folder.mode(folder.file) == 0o600)
    }

    @Test func directoryThatOthersMayWriteIsRefused() throws {
        let folder = try StoreFolder()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        #expect(error(opening: folder.path)?.kind == .unreachable)
    }

    @Test(arguments: ["/sys", "/proc/none/none", "/dev/null", ""])
    func directoryThatCannotHoldAFileIsUnreachable(directory: String) {
        let error = error(opening: directory)
        #expect(error?.kind == .unreachable)
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func linkInPlaceOfTheFileIsRefused() throws {
        let folder = try StoreFolder()
        try FileManager.default.createSymbolicLink(atPath: folder.file, withDestinationPath: "/tmp/elsewhere")
        #expect(error(opening: folder.path)?.kind == .unreachable)
    }

    @Test func secondOpenerIsRefusedWhileTheFirstLives() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.raiseClock(to: 1)
        #expect(error(opening: folder.path)?.kind == .inUse)
        try store.close()
        #expect(error(opening: folder.path) == nil)
    }

    @Test func closedStoreThrowsInsteadOfTrapping() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.close()
        #expect(throws: StorageError.self) { try store.raiseClock(to: 1) }
        #expect(throws: StorageError.self) { try store.devices() }
    }

    @Test(arguments: [10, 20, 50, 100, 150])
    func closeWhileOthersOpenEventsAndReadLosesNothingThatWasAcknowledged(rounds: UInt32) throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        let acknowledged = Mutex<[UInt32]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for counter in 0..<400 as Range<UInt32> {
                do throws(StorageError) {
                    switch thread {
                    case 0 where counter == rounds:
                        while acknowledged.withLock({ $0.count < 10 }) { usleep(100) }
                        try store.close()
                        return
                    case 0: usleep(100)
                    case 1: _ = try store.devices()
                    default:
                        let own = counter * 2 + UInt32(thread) - 2
                        try store.commit([Sample.opening(device, own, messages: 0)])
                        acknowledged.withLock { $0.append(own) }
                    }
                } catch {
                    // Closed: nothing goes on.
                    return
                }
            }
        }
        let kept = try Set(folder.open().openedFrames(device: device).map(\.counter))
        let all = acknowledged.withLock { $0 }
        #expect(all.count >= 10)
        #expect(all.allSatisfy { kept.contains($0) })
    }

    @Test func storeOfALaterVersionIsRefusedUnchanged() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.maintain("") { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 from the future')") }
        try store.close()
        let before = folder.bytes(folder.file)
        #expect(error(opening: folder.path)?.kind == .newerVersion)
        #expect(folder.bytes(folder.file) == before)
    }

    @Test func databaseOfAnotherProgramIsRefused() throws {
        let folder = try StoreFolder()
        let other = try DatabaseQueue(path: folder.file)
        try other.write { try $0.execute(sql: "CREATE TABLE network (a)") }
        try other.close()
        #expect(error(opening: folder.path)?.kind == .foreign)
    }

    @Test func fileThatIsNoDatabaseIsCorrupt() throws {
        let folder = try StoreFolder()
        try folder.write([UInt8](repeating: 0x41, count: 5_000), to: folder.file)
        #expect(error(opening: folder.path)?.kind == .corrupt)
        try folder.write(Array("short".utf8), to: folder.file)
        #expect(error(opening: folder.path)?.kind == .corrupt)
    }

    @Test func everythingIsFoundAgainAfterReopening() throws {
        let folder = try StoreFolder()
        var store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        try store.setIdentity(Sample.identity())
        try store.setNetwork(Sample.network())
        try store.put([Sample.record(1), Sample.record(2)])
        try store.commit([Sample.opening(device, 7)])
        try store.setNo(.hosting, false, now: 1)
        try store.reserve(day: 3, totalBytes: 9)
        for closes in [true, false] {
            // Without closing, the log is read back as after a crash.
            if closes { try store.close() }
            store = try closes ? folder.open() : reopenCopy(of: folder)
            #expect(try store.identity() == Sample.identity())
            #expect(try store.network() == Sample.network())
            #expect(try store.records() == [Sample.record(1), Sample.record(2)])
            #expect(try store.devices().map(\.lastHeard) == [7])
            #expect(try store.openedFrames(device: device).map(\.counter) == [7])
            #expect(try store.outboxCount() == 2)
            #expect(try !store.isNo(.hosting))
            #expect(try store.reservations(upTo: 3).map(\.reservedBytes) == [9])
        }
    }

    private func reopenCopy(of folder: StoreFolder) throws -> BridgeStore {
        let copy = folder.path + "/copy"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
        try folder.write(folder.bytes(folder.file), to: copy + "/sidegate.sqlite")
        try folder.write(folder.bytes(folder.log), to: copy + "/sidegate.sqlite-wal")
        return try BridgeStore(directory: copy)
    }
}
