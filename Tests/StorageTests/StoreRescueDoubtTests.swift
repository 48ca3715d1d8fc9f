import Foundation
import GRDB
import Testing

@testable import Storage

/// What a rescue makes of what nobody knows any more: nothing is delivered twice, and no home lives in two places.
@Suite struct StoreRescueDoubtTests {
    private static let highest: UInt32 = 5_000

    /// A store with two devices heard up to `highest`, one of them reset since, and one that was never heard.
    private static func fill(_ folder: StoreFolder) throws {
        let store = try folder.open()
        try store.setIdentity(Sample.identity())
        for (byte, name) in [(1, "a"), (2, "reset"), (3, "unheard")] as [(UInt8, String)] {
            let device = try store.addDevice(Sample.device(name, byte))
            guard byte < 3 else { continue }
            try store.commit((highest - 99...highest).map { opening(device, $0) })
            if byte == 2 {
                try store.resetCounter(device: device)
                try store.commit([opening(device, 7)])
            }
        }
        try store.close()
    }

    private static func opening(_ device: Int64, _ counter: UInt32) -> Opening {
        var opening = Sample.opening(device, counter, messages: 0)
        opening.figures = StoredFigures()
        opening.figures?.counter = counter
        return opening
    }

    /// Overwrites the first page of each of `tables` and opens what is left.
    private static func open(
        _ folder: StoreFolder, without tables: [String]
    ) throws -> (store: BridgeStore, damaged: [String], problem: String) {
        let queue = try DatabaseQueue(path: folder.file)
        let pages = try queue.read { database in
            try tables.map { table in
                try Int.fetchOne(database, sql: "SELECT rootpage FROM sqlite_schema WHERE name = ?", arguments: [table])
            }
        }
        try queue.close()
        var bytes = folder.bytes(folder.file)
        for page in pages {
            let first = (try #require(page) - 1) * 4_096
            for index in first..<first + 4_096 { bytes[index] = 0xA5 }
        }
        try folder.write(bytes, to: folder.file)
        let (store, condition) = try BridgeStore.open(directory: folder.path, today: 120)
        guard case .rescued(_, let damaged) = condition else { throw StorageFault.corrupt("\(condition)") }
        return (store, damaged, try #require(condition.problem))
    }

    private static func rows(_ store: BridgeStore, _ name: String) throws -> [OpenedFrame] {
        let device = try #require(try store.devices().first { $0.name == name })
        return try store.openedFrames(device: device.id)
    }

    @Test func lostWindowCountsAsUsedUpToTheHighestCounterHeard() throws {
        let folder = try StoreFolder()
        try Self.fill(folder)
        let (store, damaged, _) = try Self.open(folder, without: ["opened"])
        #expect(damaged == ["opened"])
        let rows = try Self.rows(store, "a")
        let window = UInt32(StorageLimit.windowCounters)
        #expect(Set(rows.map(\.counter)) == Set(Self.highest - window + 1...Self.highest))
        #expect(rows.count == 2 * StorageLimit.windowCounters)
        #expect(try Self.rows(store, "reset").map(\.counter) == (0...7).flatMap { [$0, $0] })
        #expect(try Self.rows(store, "unheard").isEmpty)
        // The next one is taken as ever.
        let device = try #require(try store.devices().first { $0.name == "a" })
        let next = Sample.opening(device.id, Self.highest + 1, lowest: Self.highest + 2 - window)
        #expect(try store.commit([next]).repeated == 0)
        #expect(try store.outboxCount() == 2)
    }

    @Test func windowWhoseFiguresAreLostTooIsLeftAsItIs() throws {
        let folder = try StoreFolder()
        try Self.fill(folder)
        let (store, damaged, _) = try Self.open(folder, without: ["opened", "heard"])
        #expect(damaged.sorted() == ["heard", "opened"])
        #expect(try Self.rows(store, "a").isEmpty)
    }

    @Test func windowsThatCouldBeReadStayAsTheyWere() throws {
        let folder = try StoreFolder()
        try Self.fill(folder)
        let (store, damaged, problem) = try Self.open(folder, without: ["heard"])
        #expect(damaged == ["heard"])
        #expect(try Self.rows(store, "a").count == 100)
        #expect(try store.moved() == nil)
        #expect(!problem.contains("sidegate home resume"))
    }

    @Test func homeOfWhichNobodyKnowsWhetherItMovedRests() throws {
        let folder = try StoreFolder()
        try Self.fill(folder)
        let (store, damaged, problem) = try Self.open(folder, without: ["moved"])
        #expect(damaged == ["moved"])
        #expect(try store.moved() != nil)
        #expect(problem.contains("sidegate home resume"))
        #expect(try Self.rows(store, "a").count == 100)
    }
}
