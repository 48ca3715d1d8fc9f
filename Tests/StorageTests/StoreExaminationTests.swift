import Foundation
import GRDB
import Testing

@testable import Storage

/// What `sidegate doctor` sees of a database.
@Suite struct StoreExaminationTests {
    private static func files(_ folder: StoreFolder) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\($0)")))
            })
    }

    @Test func emptyDirectoryHasNone() throws {
        let folder = try StoreFolder()
        #expect(StoreExamination.look(in: folder.path) == .absent)
        #expect(StoreExamination.look(in: folder.path + "/nothing") == .absent)
    }

    @Test func closedStoreIsSoundAndStaysAsItWas() throws {
        let folder = try StoreFolder()
        try folder.open().close()
        let before = try Self.files(folder)
        guard case .sound(let bytes) = StoreExamination.look(in: folder.path) else {
            Issue.record("\(StoreExamination.look(in: folder.path))")
            return
        }
        #expect(bytes == before["sidegate.sqlite"]?.count)
        #expect(try Self.files(folder) == before)
    }

    @Test func openStoreIsInUse() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.setNo(.requests, true, now: 1)
        guard case .inUse = StoreExamination.look(in: folder.path) else {
            Issue.record("\(StoreExamination.look(in: folder.path))")
            return
        }
        try store.close()
    }

    @Test func storeWithoutALogIsInUseByItsLockAndOneWithALogAndWithoutALockIsNot() throws {
        let folder = try StoreFolder()
        var store: BridgeStore? = try folder.open()
        try FileManager.default.removeItem(atPath: folder.log)
        guard case .inUse = StoreExamination.look(in: folder.path) else {
            Issue.record("\(StoreExamination.look(in: folder.path))")
            return
        }
        try store?.close()
        store = nil
        try folder.write([UInt8](repeating: 7, count: 5_000), to: folder.log)
        let before = try Self.files(folder)
        #expect(StoreExamination.look(in: folder.path) == .cutShort(logBytes: 5_000))
        #expect(try Self.files(folder) == before)
    }

    @Test func damagedForeignAndLaterFilesAreTold() throws {
        let folder = try StoreFolder()
        try folder.write([UInt8](repeating: 0x41, count: 8_192), to: folder.file)
        #expect(Self.kind(folder) == .corrupt)

        try FileManager.default.removeItem(atPath: folder.file)
        try Self.run("CREATE TABLE other (a)", in: folder)
        #expect(Self.kind(folder) == .foreign)

        try FileManager.default.removeItem(atPath: folder.file)
        try folder.open().close()
        try Self.run("INSERT INTO grdb_migrations VALUES ('99 from the future')", in: folder)
        #expect(Self.kind(folder) == .newerVersion)
    }

    private static func run(_ sql: String, in folder: StoreFolder) throws {
        let queue = try DatabaseQueue(path: folder.file)
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: sql)
            try database.checkpoint(.truncate)
        }
        try queue.close()
    }

    private static func kind(_ folder: StoreFolder) -> StorageError.Kind? {
        if case .trouble(let error) = StoreExamination.look(in: folder.path) { return error.kind }
        return nil
    }
}
