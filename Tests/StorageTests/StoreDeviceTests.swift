import GRDB
import GRDBSQLite
import Testing

@testable import Storage

@Suite struct StoreDeviceTests {
    private func kind(_ body: () throws(StorageError) -> Void) -> StorageError.Kind? {
        do throws(StorageError) {
            try body()
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func deviceComesBackWhole() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        var device = Sample.device("Letter box")
        device.battery = 90
        device.state = "{}"
        device.lastHeard = 4
        device.id = try store.addDevice(device)
        #expect(try store.devices() == [device])
        try store.setOptedOut(true, device: device.id)
        device.isOptedOut = true
        #expect(try store.devices() == [device])
        try store.setRevoked(device: device.id)
        device.isRevoked = true
        #expect(try store.devices() == [device])
        #expect(try store.removeDevice(device.id))
        #expect(try !store.removeDevice(device.id))
        #expect(try store.addDevice(Sample.device("b")) > device.id)
    }

    @Test func nameIsUnique() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.addDevice(Sample.device("a"))
        try store.addDevice(Sample.device("b"))
        #expect(kind { () throws(StorageError) in try store.addDevice(Sample.device("a")) } == .invalidValue)
        #expect(try store.devices().map(\.name) == ["a", "b"])
    }

    @Test func deviceThatIsNotThereCannotBeChanged() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        #expect(kind { () throws(StorageError) in try store.setRevoked(device: 4) } == .invalidValue)
        #expect(kind { () throws(StorageError) in try store.setOptedOut(true, device: 4) } == .invalidValue)
    }

    @Test func valuesOfAnotherLengthAreRefused() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let faults: [(inout StoredDevice) -> Void] = [
            { $0.name = "" }, { $0.name = String(repeating: "a", count: 65) }, { $0.address = [1] },
            { $0.bindKey = Sample.secret(1, 15) }, { $0.sealingPrivateKey = Sample.secret(1, 33) },
            { $0.relayKey = Sample.secret(1, 0) }, { $0.validitySeed = Sample.secret(1, 32) },
            { $0.revocationSecret = Sample.secret(1, 21) }, { $0.grantID = [] }, { $0.deliver = [""] },
            { $0.deliver = ["a\nb"] }, { $0.deliver = [String](repeating: "a", count: 65) },
            { $0.state = String(repeating: "a", count: 4_097) }, { $0.deliver = ["a\r\nb"] },
        ]
        for fault in faults {
            var device = Sample.device("a")
            fault(&device)
            #expect(kind { () throws(StorageError) in try store.addDevice(device) } == .invalidValue)
        }
        #expect(try store.devices().isEmpty)
    }

    @Test func devicesAreBounded() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        for number in 0..<StorageLimit.devices { try store.addDevice(Sample.device("\(number)")) }
        #expect(kind { () throws(StorageError) in try store.addDevice(Sample.device("more")) } == .limitReached)
    }

    @Test func frameOpenedBeforeAddsNothing() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        let opening = Sample.opening(device, 5)
        #expect(try store.commit([opening, opening]).repeated == 1)
        #expect(try store.commit([opening]).repeated == 1)
        #expect(try store.outboxCount() == 2)
        var sameCounter = opening
        sameCounter.frame.eventID = 1
        #expect(try store.commit([sameCounter]).repeated == 0)
        #expect(try store.openedFrames(device: device).map(\.eventID).sorted() == [1, opening.frame.eventID])
    }

    @Test func openingOfARemovedDeviceStoresNothingAndLosesNoOther() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let gone = try store.addDevice(Sample.device("gone"))
        let here = try store.addDevice(Sample.device("here"))
        try store.commit([Sample.opening(gone, 1)])
        try store.removeDevice(gone)
        let outcome = try store.commit([Sample.opening(gone, 2), Sample.opening(here, 1)])
        #expect(outcome.repeated == 0 && outcome.withoutDevice == 1 && outcome.messagesDropped == 0)
        #expect(try store.openedFrames(device: gone).isEmpty)
        #expect(try store.openedFrames(device: here).count == 1)
        #expect(try store.outboxCount() == 4)
    }

    @Test func lateEventDoesNotSetTheDeviceBack() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        var newer = Sample.opening(device, 10)
        (newer.battery, newer.state) = (80, "new")
        var older = Sample.opening(device, 9)
        (older.battery, older.state) = (90, "old")
        try store.commit([newer, older, Sample.opening(device, 11)])
        let stored = try #require(try store.devices().first)
        #expect(stored.lastHeard == 11)
        #expect(stored.battery == 80)
        #expect(stored.state == "new")
    }

    @Test func framesBelowTheWindowArePrunedSomeAtATimeAndAtTheFirstAfterAnOpening() throws {
        let folder = try StoreFolder()
        var store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        let other = try store.addDevice(Sample.device("b"))
        try store.commit([Sample.opening(other, 1)])
        try store.commit((1...1_000).map { Sample.opening(device, $0, messages: 0, lowest: $0 > 10 ? $0 - 10 : 0) })
        let kept = try store.openedFrames(device: device).map(\.counter)
        #expect(kept == Array((kept.first ?? 0)...1_000))
        #expect(kept.count > 11 && kept.count <= 11 + Int(OpeningStatements.countersBetweenPrunings))
        try store.close()
        store = try folder.open()
        try store.commit([Sample.opening(device, 1_001, messages: 0, lowest: 991)])
        #expect(try store.openedFrames(device: device).map(\.counter) == Array(991...1_001))
        #expect(try store.openedFrames(device: other).count == 1)
    }

    @Test func twoFramesACounterStayBelowTheLimitForEver() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        let window = UInt32(StorageLimit.windowCounters)
        for start in stride(from: UInt32(1), to: 8_193, by: 512) {
            try store.commit(
                (start..<start + 512).flatMap { counter in
                    let lowest = counter >= window ? counter - window + 1 : 0
                    var second = Sample.opening(device, counter, messages: 0, lowest: lowest)
                    second.frame.eventID = UInt64(counter)
                    return [Sample.opening(device, counter, messages: 0, lowest: lowest), second]
                })
            #expect(try store.openedFrames(device: device).count <= StorageLimit.openedFrames)
        }
    }

    @Test func readsHaveNoStatementCompiledAnew() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        for counter in UInt32(1)...3 {
            try store.commit([Sample.opening(device, counter)])
            try store.delivered(try store.pending(after: 0, limit: 20).map(\.id))
        }
        let (runs, times) = try store.read("") { database in
            let statement = try database.cachedStatement(sql: "DELETE FROM outbox WHERE id = ?").sqliteStatement
            return (
                sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 0),
                sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 0)
            )
        }
        #expect(runs >= 3)
        #expect(times == 0)
    }

    @Test func openedFramesAndBatchesAreBounded() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        for start in stride(from: UInt32(1), through: 4_096, by: 1_024) {
            try store.commit((start..<start + 1_024).map { Sample.opening(device, $0, messages: 0) })
        }
        let tooMany = kind { () throws(StorageError) in
            try store.commit([Sample.opening(device, 9_999, messages: 0)])
        }
        #expect(tooMany == .limitReached)
        let batch = kind { () throws(StorageError) in
            try store.commit((0..<1_025).map { Sample.opening(device, $0, messages: 0) })
        }
        #expect(batch == .invalidValue)
        let messages = kind { () throws(StorageError) in
            try store.commit([Sample.opening(device, 9_999, messages: 65, lowest: 5_000)])
        }
        #expect(messages == .invalidValue)
        #expect(try store.openedFrames(device: device).count == 4_096)
        try store.commit([Sample.opening(device, 9_999, messages: 64, lowest: 5_000)])
        #expect(try store.openedFrames(device: device).map(\.counter) == [9_999])
    }

    @Test func failureInABatchLeavesNothingOfIt() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        var bad = Sample.opening(device, 3)
        bad.messages[1].topic = ""
        let failed = kind { () throws(StorageError) in
            try store.commit([Sample.opening(device, 1), Sample.opening(device, 2), bad])
        }
        #expect(failed == .invalidValue)
        #expect(try store.outboxCount() == 0)
        #expect(try store.openedFrames(device: device).isEmpty)
        #expect(try store.devices().first?.lastHeard == nil)
    }
}

@Suite struct StoreFiguresOfDevicesTests {
    @Test func figuresComeWithTheOpeningAndGoWithTheDevice() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        #expect(try store.figures().isEmpty)
        var figures = StoredFigures()
        figures.received = 5
        figures.missed = 2
        figures.counter = .max
        figures.packetID = 255
        figures.isTriggerBased = true
        figures.firstHeard = 7
        figures.longestPauseSeconds = 8
        figures.longestPauseBeforeSeconds = 9
        figures.pausesSince = 10
        let opening = Opening(
            device: device, frame: OpenedFrame(counter: 1, eventID: 1), lowestCounter: 0, messages: [], heard: 1,
            figures: figures)
        try store.commit([opening])
        #expect(try store.figures() == [device: figures])
        // A frame that was opened before changes nothing.
        var again = opening
        again.figures?.received = 6
        try store.commit([again])
        #expect(try store.figures() == [device: figures])
        try store.removeDevice(device)
        #expect(try store.figures().isEmpty)
    }

    @Test func counterThatIsResetLeavesTheEventsKnownUpToALimit() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let (device, other) = (try store.addDevice(Sample.device("a")), try store.addDevice(Sample.device("b")))
        func open(_ counters: Range<UInt32>, of device: Int64, events: UInt64) throws {
            let openings = counters.map {
                Opening(
                    device: device, frame: OpenedFrame(counter: $0, eventID: events + UInt64($0)), lowestCounter: 0,
                    messages: [], heard: 1)
            }
            for start in stride(from: 0, to: openings.count, by: StorageLimit.openings) {
                try store.commit(Array(openings[start...].prefix(StorageLimit.openings)))
            }
        }
        try open(0..<10, of: other, events: 0)
        try open(0..<3000, of: device, events: 0)
        try store.resetCounter(device: device)
        #expect(try store.openedFrames(device: device).isEmpty)
        #expect(try store.eventsBefore(device: device) == (0..<3000).map { UInt64($0) })
        try open(0..<2000, of: device, events: 10_000)
        try store.resetCounter(device: device)
        let before = try store.eventsBefore(device: device)
        #expect(before.count == StorageLimit.openedBefore)
        #expect(before.last == 11_999)
        #expect(try store.openedFrames(device: other).count == 10)
        try store.removeDevice(device)
        #expect(try store.eventsBefore(device: device).isEmpty)
        #expect(throws: StorageError.self) { try store.resetCounter(device: device) }
    }
}
