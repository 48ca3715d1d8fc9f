import Testing

@testable import Storage

/// A file that is older than what the machine knows of the home.
@Suite struct StoreHomeLearningTests {
    private static func opening(_ device: Int64, _ counter: UInt32) -> Opening {
        var opening = Sample.opening(device, counter)
        opening.heard = Int64(counter) + 100
        opening.figures = StoredFigures()
        opening.figures?.counter = counter
        opening.figures?.received = Int64(counter)
        return opening
    }

    private static func event(_ counter: UInt32) -> UInt64 { Sample.opening(0, counter).frame.eventID }

    /// A home with a device of which all of `counters` were opened, in the order of time.
    private static func make(_ counters: ClosedRange<UInt32>) throws -> (BridgeStore, StoreFolder, Int64) {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.setIdentity(Sample.identity())
        try store.setNetwork(Sample.network())
        let device = try store.addDevice(Sample.device("a"))
        try store.commit(counters.map { opening(device, $0) })
        return (store, folder, device)
    }

    /// The home after `old` was put over it.
    private static func reimport(_ old: StoredHome, into store: BridgeStore) throws -> StoredHome.Device {
        try store.setMoved(at: 1)
        try store.importHome(old)
        return try #require(try store.home()?.devices.first)
    }

    @Test func oldFileLetsNothingInAgainThatWasOpenedSince() throws {
        let (store, folder, device) = try Self.make(1...10)
        let old = try #require(try store.home())
        try store.commit((11...20).map { Self.opening(device, $0) })
        try store.setRevoked(device: device)
        try store.setOptedOut(true, device: device)
        try store.put([Sample.record(9)])
        let after = try Self.reimport(old, into: store)
        #expect(after.opened.map(\.counter) == Array(1...20))
        #expect(after.figures?.received == 20 && after.device.lastHeard == 120)
        #expect(after.device.isRevoked && after.device.isOptedOut)
        #expect(try store.records() == [Sample.record(9)])
        #expect(try store.commit([Self.opening(after.device.id, 15)]).repeated == 1)
        _ = folder
    }

    @Test func newFileIsTakenAsItIs() throws {
        let (store, folder, device) = try Self.make(1...10)
        try store.setOptedOut(true, device: device)
        let old = try #require(try store.home())
        try store.setOptedOut(false, device: device)
        try store.commit((11...20).map { Self.opening(device, $0) })
        let new = try #require(try store.home())
        let machine = try StoreFolder()
        let elsewhere = try machine.open()
        try elsewhere.importHome(old)
        var after = try Self.reimport(new, into: elsewhere)
        var expected = new.devices[0]
        after.device.id = 0
        expected.device.id = 0
        #expect(after == expected)
        _ = folder
    }

    @Test func resetOfTheCounterIsRecognisedOnEitherSide() throws {
        let (store, folder, device) = try Self.make(5_000...5_010)
        let old = try #require(try store.home())
        try store.resetCounter(device: device)
        try store.commit((1...3).map { Self.opening(device, $0) })
        let new = try #require(try store.home())
        // The machine was reset since the file was made; then the other way about.
        for (file, here) in [(old, new), (new, old)] {
            let machine = try StoreFolder()
            let store = try machine.open()
            try store.importHome(here)
            let after = try Self.reimport(file, into: store)
            #expect(after.opened.map(\.counter) == [1, 2, 3])
            #expect(Set(after.before) == Set((5_000...5_010).map(Self.event)))
            #expect(after.figures?.counter == 3)
        }
        _ = folder
    }

    @Test func whatIsKnownIsBounded() throws {
        let (store, folder, device) = try Self.make(1...1_000)
        let old = try #require(try store.home())
        for lowest in stride(from: 1_001, through: 5_000, by: 1_000) as StrideThrough<UInt32> {
            try store.commit((lowest..<lowest + 1_000).map { Self.opening(device, $0) })
            try store.resetCounter(device: device)
        }
        let after = try Self.reimport(old, into: store)
        #expect(after.before.count == StorageLimit.openedBefore)
        #expect(after.before.last == Self.event(5_000))
        #expect(after.opened.count <= StorageLimit.openedFrames)
        _ = folder
    }

    @Test func anotherHomeLearnsNothing() throws {
        let (store, folder, _) = try Self.make(1...10)
        var old = try #require(try store.home())
        old.identity = Sample.identity(50)
        old.devices[0].opened = []
        #expect(try Self.reimport(old, into: store).opened.isEmpty)
        _ = folder
    }
}
