import Foundation
import GRDB
import Testing

@testable import Storage

/// Databases of every earlier version are upgraded with all that they hold.
@Suite struct SchemaSampleTests {
    /// The versions that have brought the tables, in order.
    private static let (keys, devices, ledger) = (1, 2, 3)

    init() throws {
        if ProcessInfo.processInfo.environment["SIDEGATE_WRITE_SAMPLES"] == "1" { try SchemaSample.writeMissing() }
    }

    @Test func everyMigrationHasItsSampleWithRowsInEveryTable() throws {
        for migration in SchemaSample.migrations {
            let text = try #require(
                try SchemaSample.text(of: migration),
                "the migration \"\(migration)\" has no sample: see SchemaSample for how to write it")
            let queue = try DatabaseQueue()
            try queue.write { database in
                try database.execute(sql: text)
                let tables = try String.fetchAll(
                    database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
                for table in tables {
                    let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
                    #expect(
                        count > 0, "the sample of \"\(migration)\" has no row in \(table): add one to SchemaSample.rows"
                    )
                }
                let applied = try String.fetchAll(
                    database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
                #expect(applied.last == migration)
            }
        }
    }

    @Test(arguments: SchemaSample.migrations.indices)
    func sampleOfEveryVersionIsUpgradedWithAllThatItHolds(index: Int) throws {
        let text = try #require(try SchemaSample.text(of: SchemaSample.migrations[index]))
        let folder = try StoreFolder()
        let queue = try DatabaseQueue(path: folder.file)
        try queue.write { try $0.execute(sql: text) }
        try queue.close()
        // Twice: the upgrade is done once, and holds.
        for _ in 0..<2 {
            let store = try folder.open()
            try checkKeys(store)
            if index + 1 >= Self.devices { try checkDevices(store) }
            try checkLedger(store, isFilled: index + 1 >= Self.ledger)
            try store.setNo(.hosting, true, now: 1)
            try store.setNo(.hosting, index + 1 < Self.ledger, now: 1)
            try store.close()
        }
    }

    private func checkKeys(_ store: BridgeStore) throws {
        let identity = try #require(try store.identity())
        #expect(identity.staticKey == Sample.secret(0x31, 32))
        #expect(identity.signingSeed == Sample.secret(0x32, 32))
        #expect(identity.name == "kitchen")
        let network = try #require(try store.network())
        #expect(network.networkKey == Sample.secret(0x41, 32))
        #expect(network.recognitionKey == Sample.secret(0x42, 32))
        #expect(network.founderKey == [UInt8](repeating: 0x43, count: 32))
        #expect(network.name == "Elm Street")
        #expect(try store.clockHighWaterMark() == 1_800_000_000)
        #expect(try store.mark("other") == 7)
        let records = try store.records()
        #expect(records.map(\.bytes) == [[UInt8](repeating: 2, count: 100), [UInt8](repeating: 4, count: 24)])
        #expect(records.map(\.expires) == [nil, 20])
    }

    private func checkDevices(_ store: BridgeStore) throws {
        let devices = try store.devices()
        #expect(devices.map(\.name) == ["Gate", "Letter box"])
        let (gate, box) = (try #require(devices.first), try #require(devices.last))
        #expect(box.bindKey == Sample.secret(0x51, 16))
        #expect(box.sealingPrivateKey == Sample.secret(0x52, 32))
        #expect(box.relayKey == Sample.secret(0x53, 16))
        #expect(box.validitySeed == Sample.secret(0x54, 20))
        #expect(box.revocationSecret == Sample.secret(0x55, 20))
        #expect(box.isOptedOut && !box.isRevoked && !gate.isOptedOut && gate.isRevoked)
        #expect(box.deliver == ["opening"] && box.state == "letter_box" && box.battery == 90 && box.lastHeard == 150)
        #expect(
            try store.openedFrames(device: box.id)
                == [OpenedFrame(counter: 7, eventID: UInt64(bitPattern: -9)), OpenedFrame(counter: .max, eventID: 8)])
        #expect(try store.pending(after: 0, limit: 9).map(\.message.topic) == ["sidegate/a"])
        #expect(try store.outboxCount() == 2)
    }

    private func checkLedger(_ store: BridgeStore, isFilled: Bool) throws {
        #expect(try store.isNo(.hosting) == !isFilled, "an upgrade has changed the host's answer")
        #expect(try store.isNo(.requests) == isFilled)
        #expect(try store.reservations(upTo: 9).map(\.reservedBytes) == (isFilled ? [65_536] : []))
        #expect(try store.ledger(days: 9...9).map(\.bytes) == (isFilled ? [280] : []))
        #expect(try store.ledgerDrops(days: 9...9).map(\.count) == (isFilled ? [3] : []))
    }
}
