import Testing

@testable import Storage

@Suite struct StoreWipeTests {
    private static func contains(_ bytes: [UInt8], _ byte: UInt8) -> Bool {
        var run = 0
        for value in bytes {
            run = value == byte ? run + 1 : 0
            if run >= 16 { return true }
        }
        return false
    }

    private func fill(_ store: BridgeStore) throws {
        try store.setIdentity(Sample.identity(0xA1))
        try store.setNetwork(Sample.network(0xB1))
        try store.put([Sample.record(0xC1)])
        let device = try store.addDevice(Sample.device("a", 0xD1))
        try store.commit([Sample.opening(device, 1)])
        try store.addToLedger([LedgerEntry(day: 1, classCode: 1, kind: "in", packets: 1, bytes: 1)])
        try store.reserve(day: 1, totalBytes: 5)
        try store.raiseClock(to: 77)
    }

    @Test func leavingRemovesTheNetworkAndNothingElse() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try fill(store)
        try store.setNo(.requests, true, now: 1)
        try store.wipe([])
        #expect(try store.network() == nil)
        #expect(try store.records().isEmpty)
        #expect(try store.identity() == Sample.identity(0xA1))
        #expect(try store.devices().count == 1)
        #expect(try store.outboxCount() == 2)
        #expect(try store.ledger(days: 1...1).count == 1)
        #expect(try store.isNo(.hosting))
        #expect(try store.isNo(.requests))
    }

    @Test func wipedBytesAreInNoFile() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try fill(store)
        let secrets: [UInt8] = [0xA1, 0xA2, 0xB1, 0xB2, 0xC1, 0xD1]
        for secret in secrets { #expect(Self.contains(folder.bytes(folder.file) + folder.bytes(folder.log), secret)) }
        try store.wipe([.identity, .devices, .outbox, .ledger])
        for file in [folder.file, folder.log] {
            for secret in secrets { #expect(!Self.contains(folder.bytes(file), secret)) }
        }
        #expect(try store.identity() == nil)
        #expect(try store.devices().isEmpty)
        #expect(try store.outboxCount() == 0)
        #expect(try store.ledger(days: 1...1).isEmpty)
        #expect(try store.isNo(.hosting))
        #expect(try store.reservations(upTo: 1).map(\.reservedBytes) == [5])
        #expect(try store.clockHighWaterMark() == 77)
        try fill(store)
    }

    @Test func secretIsNeverShown() {
        let secret = Sample.secret(0x41, 32)
        var dumped = ""
        dump(Sample.identity(0x41), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(Sample.device("a", 0x41).bindKey)", dumped] {
            #expect(!text.contains("65"))
            #expect(!text.contains("AAAA"))
        }
        #expect(secret == Sample.secret(0x41, 32))
        #expect(secret != Sample.secret(0x41, 31))
        #expect(secret != Sample.secret(0x42, 32))
    }
}
