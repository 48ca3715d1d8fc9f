import Testing

@testable import Storage

@Suite struct StoreFiguresTests {
    private func kind(_ body: () throws(StorageError) -> Void) -> StorageError.Kind? {
        do throws(StorageError) {
            try body()
            return nil
        } catch {
            return error.kind
        }
    }

    private func entry(_ day: UInt32, _ kind: String = "out", packets: Int64 = 1, bytes: Int64 = 10) -> LedgerEntry {
        LedgerEntry(day: day, classCode: 1, kind: kind, packets: packets, bytes: bytes)
    }

    @Test(arguments: [Int64.min, -1, .max]) func timesOfADamagedRowAreReadWithinTheirBounds(value: Int64) throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        try store.commit([Sample.opening(device, 0)])
        try store.maintain("damage the file") { database in
            try database.execute(
                sql: """
                    UPDATE device SET last_heard = \(value), opt_in_start = \(value), opt_in_end = \(value);
                    INSERT OR REPLACE INTO heard (device, received, missed, trigger_based, first_heard, pause,
                        pause_before, pauses_since)
                        VALUES (\(device), \(value), \(value), 0, \(value), \(value), \(value), \(value));
                    INSERT INTO temporary_no (one, ends, said, boot, boot_seconds)
                        VALUES (1, \(value), \(value), 'b', \(value));
                    """)
        }
        let bound = value < 0 ? 0 : Int64(UInt32.max)
        let stored = try #require(try store.devices().first)
        #expect([stored.lastHeard, stored.optInStart, stored.optInEnd] == [bound, bound, bound])
        let figures = try #require(try store.figures()[device])
        #expect([figures.received, figures.missed].allSatisfy { (0...1 << 53).contains($0) })
        #expect(
            [figures.firstHeard, figures.longestPauseSeconds, figures.longestPauseBeforeSeconds, figures.pausesSince]
                == [bound, bound, bound, bound])
        #expect(
            try store.temporaryNo() == StoredTemporaryNo(until: bound, said: bound, boot: "b", bootSeconds: bound))
    }

    @Test func ledgerAddsUpByDayClassAndKind() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.addToLedger(
            [entry(5), entry(5), entry(5, "in"), entry(6)], drops: [LedgerDrop(day: 5, reason: "cap", count: 2)])
        try store.addToLedger([entry(5)], drops: [LedgerDrop(day: 5, reason: "cap", count: 1)])
        #expect(try store.ledger(days: 5...5) == [entry(5, "in"), entry(5, packets: 3, bytes: 30)])
        #expect(try store.ledger(days: 6...100) == [entry(6)])
        #expect(try store.ledgerDrops(days: 0...9) == [LedgerDrop(day: 5, reason: "cap", count: 3)])
    }

    @Test func ledgerSumsStopInsteadOfOverflowing() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        for _ in 0..<3 { try store.addToLedger([entry(1, packets: .max, bytes: .max)]) }
        #expect(try store.ledger(days: 1...1).map(\.bytes) == [1 << 53])
        #expect(kind { () throws(StorageError) in try store.addToLedger([entry(1, bytes: -1)]) } == .invalidValue)
    }

    @Test func ledgerKeepsItsLast400DaysEvenAfterAClockRanAhead() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.addToLedger((1...400).map { entry($0) })
        #expect(try store.ledger(days: 0...999).count == 400)
        try store.addToLedger([entry(401)], drops: [LedgerDrop(day: 1, reason: "cap", count: 1)])
        #expect(try store.ledger(days: 0...999).map(\.day) == Array(2...401))
        try store.addToLedger([entry(.max)])
        #expect(try store.ledger(days: 0...999).count == 399)
        #expect(try store.ledgerDrops(days: 0...9).count == 1)
    }

    @Test func ledgerRowsOfADayAreBounded() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let limit = StorageLimit.ledgerRowsPerDay
        try store.addToLedger(
            (0..<limit).map { entry(1, "k\($0)") },
            drops: (0..<limit).map { LedgerDrop(day: 1, reason: "r\($0)", count: 1) })
        #expect(kind { () throws(StorageError) in try store.addToLedger([entry(1, "more")]) } == .limitReached)
        let drop = LedgerDrop(day: 1, reason: "more", count: 1)
        #expect(kind { () throws(StorageError) in try store.addToLedger([], drops: [drop]) } == .limitReached)
        try store.addToLedger([entry(1, "k0"), entry(2, "more")])
    }

    @Test func reservationOnlyRisesAndReadsTheLast32Days() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.reserve(day: 100, totalBytes: 50)
        try store.reserve(day: 100, totalBytes: 40)
        #expect(try store.reservations(upTo: 100) == [MonthReservation(day: 100, reservedBytes: 50)])
        try store.reserve(day: 69, totalBytes: 1)
        try store.reserve(day: 68, totalBytes: 1)
        #expect(try store.reservations(upTo: 100).map(\.day) == [69, 100])
        #expect(try store.reservations(upTo: 3).isEmpty)
        try store.reserve(day: .max, totalBytes: 9)
        #expect(try store.reservations(upTo: 100).map(\.day) == [69, 100])
        #expect(kind { () throws(StorageError) in try store.reserve(day: 1, totalBytes: -1) } == .invalidValue)
    }

    @Test func reservationDaysAreBounded() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        for day in UInt32(1)...70 { try store.reserve(day: day, totalBytes: 1) }
        #expect(try store.reservations(upTo: 38).map(\.day) == Array(7...38))
    }

    @Test func recordsReplaceAndGo() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.put([Sample.record(3), Sample.record(1), Sample.record(2)])
        var changed = Sample.record(2)
        changed.bytes = []
        try store.put([changed])
        #expect(try store.records() == [Sample.record(1), changed, Sample.record(3)])
        #expect(try store.replaceRecords(removing: [changed.id, changed.id, Sample.record(9).id], putting: []) == 1)
        #expect(
            try store.replaceRecords(removing: [Sample.record(1).id], putting: [Sample.record(8, size: 4_096)]) == 1)
        #expect(try store.records().map(\.kind) == [3, 8])
        for bad in [
            Sample.record(1, size: 4_097), StoredRecord(id: [1], kind: 1, bytes: [], received: 0, expires: nil),
        ] {
            #expect(kind { () throws(StorageError) in try store.put([Sample.record(4), bad]) } == .invalidValue)
        }
        #expect(try store.records().map(\.kind) == [3, 8])
    }

    @Test func noStandsUntilItIsTakenBack() throws {
        let folder = try StoreFolder()
        var store = try folder.open()
        for subject in NoSubject.allCases {
            for isNo in [false, true, true, false, true] {
                try store.setNo(subject, isNo, now: 1)
                try store.close()
                store = try folder.open()
                #expect(try store.isNo(subject) == isNo)
            }
        }
    }

    @Test func marksOnlyRise() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        #expect(try store.raiseClock(to: 100) == 100)
        #expect(try store.raiseClock(to: 50) == 100)
        #expect(try store.clockHighWaterMark() == 100)
        #expect(try store.mark("route") == nil)
        #expect(try store.raise("route", to: -5) == -5)
        #expect(try store.raise("route", to: 1) == 1)
        for number in 2..<StorageLimit.marks { try store.raise("mark \(number)", to: 0) }
        #expect(kind { () throws(StorageError) in try store.raise("more", to: 0) } == .limitReached)
        try store.raiseClock(to: 101)
    }
}
