import Foundation
import Logging
import Storage
import Synchronization
import Testing

@testable import Daemon

/// What becomes of what the bridge wants stored.
@Suite struct StoreWorkerTests {
    /// All that a worker reported.
    final class Reports: Sendable {
        private let all = Mutex<[StoreResults]>([])
        func add(_ results: StoreResults) { all.withLock { $0.append(results) } }
        var list: [StoreResults] { all.withLock { $0 } }
    }

    private static func with(_ body: (StoreWorker, BridgeStore, Reports) async throws -> Void) async throws {
        let folder = "/tmp/worker-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try BridgeStore(directory: folder)
        let worker = try StoreWorker(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let reports = Reports()
        await worker.start(devices: [], figures: [:], report: { reports.add($0) }, onOutbox: { _ in })
        try await body(worker, store, reports)
    }

    @Test func recordsAndReservationsAreStoredBeforeWhatComesAfter() async throws {
        try await Self.with { worker, _, reports in
            for id in 1...5 as ClosedRange<UInt64> { worker.keep(record: [0x11, UInt8(id)], id: id) }
            worker.forget(record: 2)
            worker.keep(record: [0x12, 9], id: 3)
            #expect(worker.reserve(.init(day: 20_000, totalBytes: 65_536)))
            let (records, reserved) = try await worker.perform { store throws(StorageError) in
                (try store.records(), try store.reservations(upTo: 20_000))
            }
            #expect(records.map(\.bytes) == [[0x11, 1], [0x12, 9], [0x11, 4], [0x11, 5]])
            #expect(records.map(\.kind) == [1, 2, 1, 1])
            #expect(reserved == [MonthReservation(day: 20_000, reservedBytes: 65_536)])
            #expect(reports.list.flatMap(\.reservationsStored).count == 1)
            #expect(reports.list.allSatisfy { $0.trouble == nil && $0.reservationsFailed.isEmpty })
        }
    }

    @Test func storeThatFailsIsToldWithWhatItDidNotTake() async throws {
        try await Self.with { worker, store, reports in
            try store.close()
            worker.keep(record: [0x11, 1], id: 1)
            #expect(worker.reserve(.init(day: 1, totalBytes: 2)))
            await #expect(throws: StorageError.self) {
                try await worker.perform { store throws(StorageError) in try store.outboxCount() }
            }
            #expect(reports.list.flatMap(\.reservationsFailed).count == 1)
            #expect(reports.list.last?.trouble != nil)
        }
    }
}
