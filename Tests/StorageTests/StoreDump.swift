import GRDB
import SeededRandom

@testable import Storage

extension BridgeStore {
    /// All rows of all tables, as text: what two stores must share to be the same.
    func dump() throws -> [String] {
        try read("dump") { database in
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            return try tables.filter { $0 != "grdb_migrations" }.flatMap { table in
                try Row.fetchAll(database, sql: "SELECT * FROM \(table)").map { row in
                    table + row.databaseValues.map { " \($0)" }.joined()
                }.sorted()
            }
        }
    }
}

/// Draws one change after another, of every kind that a store takes.
struct ChangeMaker {
    var random: SplitMix64
    private var day: UInt32 = 100
    private var counter: UInt32 = 0
    private var serial = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// Makes one change, which may be refused for its content and then changes nothing.
    mutating func change(_ store: BridgeStore) throws {
        let devices = try store.devices()
        let device = devices.randomElement(using: &random)?.id ?? 0
        serial += 1
        switch Int.random(in: 0..<17, using: &random) {
        case 0:
            try store.setNo(NoSubject.allCases.randomElement(using: &random) ?? .hosting, coin(), now: Int64(serial))
        case 1, 2:
            if coin() { day += 1 }
            try store.reserve(day: day, totalBytes: Int64.random(in: 0...1_000_000, using: &random))
        case 3, 4:
            let records = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                Sample.record(UInt8.random(in: 0...99, using: &random), size: Int.random(in: 1...300, using: &random))
            }
            try store.replaceRecords(
                removing: [Sample.record(UInt8.random(in: 0...99, using: &random)).id], putting: records)
        case 5: if devices.count < 20 { try store.addDevice(Sample.device("d\(serial)", UInt8(serial & 0xff))) }
        case 6: if device > 0 { try store.setOptedOut(coin(), device: device) }
        case 7: if device > 0 { try store.setRevoked(device: device) }
        case 8: try store.removeDevice(device)
        case 9, 10, 11:
            let openings = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                counter += 1
                return Sample.opening(device, counter, lowest: counter > 40 ? counter - 40 : 0)
            }
            try store.commit(openings)
        case 12:
            try store.enqueue([Sample.state("k\(serial % 9)", "\(serial)"), Sample.trigger(notAfter: 5, "\(serial)")])
        case 13:
            // One change is one transaction.
            let ids = try store.pending(after: 0, limit: 5).map(\.id)
            if coin() { try store.delivered(Array(ids.dropLast())) } else { _ = try store.markSending(ids.last ?? 0) }
        case 14: _ = try store.resetSending()
        case 15:
            try store.addToLedger(
                [LedgerEntry(day: day, classCode: 1, kind: "out", packets: 1, bytes: 140)],
                drops: [LedgerDrop(day: day, reason: "cap", count: 1)])
        default: try store.raise("m\(serial % 5)", to: Int64(serial))
        }
    }

    private mutating func coin() -> Bool { Bool.random(using: &random) }
}
