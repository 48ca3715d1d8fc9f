import Testing

@testable import Storage

@Suite struct StoreHomeTests {
    private func home() throws -> StoredHome {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.setIdentity(
            StoredIdentity(staticKey: Sample.secret(1, 32), signingSeed: Sample.secret(2, 32), name: "left", created: 3)
        )
        try store.setNetwork(
            StoredNetwork(
                networkKey: Sample.secret(3, 32), recognitionKey: Sample.secret(4, 32),
                founderKey: [UInt8](repeating: 5, count: 32), name: "Elm", created: 6))
        let device = try store.addDevice(Sample.device("a"))
        try store.addDevice(Sample.device("b"))
        func open(_ counter: UInt32) throws {
            try store.commit([
                Opening(
                    device: device, frame: OpenedFrame(counter: counter, eventID: .max - UInt64(counter)),
                    lowestCounter: 0, messages: [], heard: 9, battery: 80, state: "a", figures: StoredFigures())
            ])
        }
        try open(7)
        try store.resetCounter(device: device)
        try open(1)
        try store.put([
            StoredRecord(id: [UInt8](repeating: 9, count: 16), kind: 1, bytes: [1], received: 1, expires: nil)
        ])
        return try #require(try store.home())
    }

    /// With the ids that another store gives.
    private func plain(_ home: StoredHome?) throws -> StoredHome {
        var home = try #require(home)
        for place in home.devices.indices { home.devices[place].device.id = 0 }
        return home
    }

    @Test func homeComesBackWholeInAnotherStore() throws {
        let home = try home()
        #expect(home.devices[0].opened.count == 1 && home.devices[0].before.count == 1)
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.importHome(home)
        #expect(try plain(store.home()) == plain(home))
    }

    @Test func homeIsNotPutOverAnotherUnlessThatHasMoved() throws {
        let home = try home()
        let folder = try StoreFolder()
        let store = try folder.open()
        let own = try store.addDevice(Sample.device("own"))
        #expect(throws: StorageError.self) { try store.importHome(home) }
        #expect(try store.devices().map(\.id) == [own])
        #expect(try store.network() == nil)
        try store.setMoved(at: 12)
        #expect(try store.moved() == 12)
        try store.importHome(home)
        #expect(try store.moved() == nil)
        #expect(try plain(store.home()) == plain(home))
    }

    @Test func homeThatCannotBeStoredChangesNothing() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let faults: [(inout StoredHome) -> Void] = [
            { $0.identity.staticKey = Sample.secret(1, 31) }, { $0.network.founderKey = [] },
            { $0.devices[1].device.bindKey = Sample.secret(1, 3) }, { $0.devices[1].device.name = "a" },
            { $0.records[0].id = [1] }, { $0.devices[1].before = Array(0...4_096) },
            { $0.devices = Array(repeating: $0.devices[0], count: StorageLimit.devices + 1) },
        ]
        for fault in faults {
            var home = try home()
            fault(&home)
            #expect(throws: StorageError.self) { try store.importHome(home) }
            #expect(try store.identity() == nil)
            #expect(try store.home() == nil)
            #expect(try store.devices().isEmpty && store.records().isEmpty)
        }
    }

    @Test func movingIsRememberedAndEndsWithAWipe() throws {
        let folder = try StoreFolder()
        do {
            let store = try folder.open()
            #expect(try store.moved() == nil)
            try store.setMoved(at: 5)
            try store.close()
        }
        let store = try folder.open()
        #expect(try store.moved() == 5)
        try store.setMoved(at: nil)
        #expect(try store.moved() == nil)
        try store.setMoved(at: 6)
        try store.wipe([.identity, .devices])
        #expect(try store.moved() == nil)
    }
}
