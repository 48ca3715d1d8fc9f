import Foundation
import GRDB

@testable import Storage

/// A database as each version of the schema left it, with rows of every kind, kept as text for ever.
///
/// A new migration needs a sample of its own, and rows for each table it adds: see `rows`. It is written by
/// `SIDEGATE_WRITE_SAMPLES=1 swift test --filter SchemaSampleTests`, which leaves those that exist as they are.
enum SchemaSample {
    static var migrations: [String] { StorageSchema.migrator.migrations }

    /// The rows that a sample holds, by table, as far as its version has the table.
    private static let rows = [
        (
            "identity",
            "INSERT INTO identity (one, static_key, signing_seed, name, created) VALUES (1, \(blob(0x31, 32)), \(blob(0x32, 32)), 'kitchen', 5)"
        ),
        (
            "network",
            "INSERT INTO network (one, network_key, recognition_key, founder_key, name, created) VALUES (1, \(blob(0x41, 32)), \(blob(0x42, 32)), \(blob(0x43, 32)), 'Elm Street', 6)"
        ),
        ("mark", "INSERT INTO mark (name, value) VALUES ('clock', 1800000000), ('other', 7)"),
        (
            "record",
            "INSERT INTO record (id, kind, bytes, received, expires) VALUES (\(blob(1, 16)), 1, \(blob(2, 100)), 10, NULL), (\(blob(3, 16)), 2, \(blob(4, 24)), 11, 20)"
        ),
        (
            "device",
            "INSERT INTO device (id, name, address, address_type, bind_key, sealing_private_key, relay_key, class, scope, rate, deliver, validity_seed, revocation_secret, opt_in_start, opt_in_end, opted_out, revoked, grant_id, last_heard, battery, state) VALUES (3, 'Letter box', x'010203040506', 1, \(blob(0x51, 16)), \(blob(0x52, 32)), \(blob(0x53, 16)), 2, 7, 60, 'opening', \(blob(0x54, 20)), \(blob(0x55, 20)), 100, 200, 1, 0, \(blob(0x56, 16)), 150, 90, 'letter_box'), (4, 'Gate', x'010203040507', 0, \(blob(0x61, 16)), \(blob(0x62, 32)), \(blob(0x63, 16)), 1, 1, 6, '', \(blob(0x64, 20)), \(blob(0x65, 20)), 100, 200, 0, 1, \(blob(0x66, 16)), NULL, NULL, NULL)"
        ),
        (
            "heard",
            "INSERT INTO heard (device, received, missed, counter, packet_id, trigger_based, first_heard, pause, pause_before, pauses_since) VALUES (3, 40, 2, 7, NULL, 1, 100, 60, 50, 9)"
        ), ("opened_before", "INSERT INTO opened_before (device, event) VALUES (3, -5)"),
        ("opened", "INSERT INTO opened (device, counter, event) VALUES (3, 7, -9), (3, 4294967295, 8)"),
        (
            "outbox",
            "INSERT INTO outbox (id, topic, payload, retained, not_after, coalescing_key, sending, created) VALUES (5, 'sidegate/a', x'4F4E', 1, NULL, 'a', 0, 1), (6, 'sidegate/b', x'31', 0, 900, NULL, 1, 2)"
        ),
        ("lent", "INSERT INTO lent (day, class, kind, packets, bytes) VALUES (9, 1, 'out', 2, 280)"),
        ("dropped", "INSERT INTO dropped (day, reason, count) VALUES (9, 'cap', 3)"),
        ("month_reservation", "INSERT INTO month_reservation (day, reserved_bytes) VALUES (9, 65536)"),
        ("moved", "INSERT INTO moved (one, at) VALUES (1, 50)"),
        (
            "temporary_no",
            "INSERT INTO temporary_no (one, ends, said, boot, boot_seconds) VALUES (1, 1800000000, 1700000000, 'boot', 40)"
        ),
        ("no", "UPDATE no SET said = CASE subject WHEN 'requests' THEN 1 ELSE 0 END, changed = 12"),
    ]

    private static func blob(_ byte: UInt8, _ count: Int) -> String {
        "x'" + String(repeating: String(format: "%02X", byte), count: count) + "'"
    }

    static func text(of migration: String) throws -> String? {
        guard let folder = Bundle.module.url(forResource: "Samples", withExtension: nil) else { return nil }
        return try? String(contentsOf: folder.appendingPathComponent("\(migration).sql"), encoding: .utf8)
    }

    /// Writes the samples that are missing beside this file.
    static func writeMissing() throws {
        let folder = (#filePath as NSString).deletingLastPathComponent + "/Samples"
        for migration in migrations where !FileManager.default.fileExists(atPath: "\(folder)/\(migration).sql") {
            try make(migration).write(toFile: "\(folder)/\(migration).sql", atomically: true, encoding: .utf8)
        }
    }

    private static func make(_ migration: String) throws -> String {
        let queue = try DatabaseQueue()
        try StorageSchema.migrator.migrate(queue, upTo: migration)
        return try queue.write { database in
            for (table, insertion) in rows where try database.tableExists(table) {
                try database.execute(sql: insertion)
            }
            return try dump(database)
        }
    }

    private static func dump(_ database: Database) throws -> String {
        let identifier = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        var lines = ["PRAGMA application_id = \(identifier);"]
        let things = try Row.fetchAll(
            database, sql: "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid")
        lines += things.map { "\($0["sql"] as String);" }
        for thing in things where thing["type"] == "table" {
            let table: String = thing["name"]
            let columns = try database.columns(in: table).map(\.name)
            let quoted = columns.map { "quote(\($0))" }.joined(separator: " || ', ' || ")
            for values in try String.fetchAll(database, sql: "SELECT \(quoted) FROM \(table)") {
                lines.append("INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(values));")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
