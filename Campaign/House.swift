import Foundation
import GRDB

/// One house: its settings, its daemon, and what its disk says while that is dead.
final class House: @unchecked Sendable {
    let name: String
    let street: String
    private(set) var process: pid_t = 0
    private var notices: Int32 = -1

    init(_ name: String, street: String, more: String = "") throws {
        self.name = name
        self.street = street
        let settings = """
            name: \(name)
            state_directory: \(directory)
            socket: \(socket)
            radio: {kind: virtual, virtual: {air: \(street), name: \(name)}}
            \(more)

            """
        try settings.write(toFile: "\(street)/\(name).yaml", atomically: true, encoding: .utf8)
        notices = Machine.socket(SOCK_DGRAM, "\(street)/\(name).notify", binds: true, timeoutSeconds: 120)
    }

    deinit { close(notices) }

    var directory: String { "\(street)/\(name)" }
    var socket: String { "\(street)/\(name).sock" }
    var log: String { "\(street)/\(name).log" }

    /// Starts the daemon and waits until it says that it is ready. Returns the milliseconds that took.
    func start() throws -> Double {
        let begin = DispatchTime.now().uptimeNanoseconds
        process = try Machine.start(
            ["\(Machine.programs)/sidegate", "daemon", "--settings", "\(street)/\(name).yaml"], log: log,
            environment: ["NOTIFY_SOCKET=\(street)/\(name).notify"])
        while true {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(notices, &buffer, buffer.count, 0)
            guard count > 0 else { throw CampaignFailure("\(name) is not ready after 120 s: \(lastOfLog)") }
            if String(decoding: buffer.prefix(count), as: UTF8.self).contains("READY=1") { break }
        }
        return Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
    }

    func kill() {
        Machine.end(process)
        process = 0
        // What the dead one had said.
        var buffer = [UInt8](repeating: 0, count: 4096)
        while recv(notices, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 {}
    }

    var lastOfLog: String { String(((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").suffix(600)) }

    func ask(_ method: String, _ path: String, _ body: String = "") -> (Int, [String: Any])? {
        guard let (status, data) = Ask.send(method, path, body, socket: socket) else { return nil }
        return (status, (try? JSONSerialization.jsonObject(with: data) as? [String: Any]) ?? [:])
    }

    /// Does what must succeed.
    @discardableResult
    func tell(_ method: String, _ path: String, _ body: String = "") throws -> [String: Any] {
        guard let (status, answer) = ask(method, path, body) else {
            throw CampaignFailure("\(name) hung up on \(path)")
        }
        guard status == 200 else { throw CampaignFailure("\(name): \(path): \(status) \(answer)") }
        return answer
    }

    /// What the dead daemon's files say, read from a copy, so that the daemon itself has to put its log in order.
    func readDisk() throws -> DiskState {
        let copy = "\(street)/copy"
        let manager = FileManager.default
        try? manager.removeItem(atPath: copy)
        try manager.createDirectory(atPath: copy, withIntermediateDirectories: false)
        for name in ["sidegate.sqlite", "sidegate.sqlite-wal"] where manager.fileExists(atPath: "\(directory)/\(name)")
        {
            try manager.copyItem(atPath: "\(directory)/\(name)", toPath: "\(copy)/\(name)")
        }
        func size(_ name: String) -> Int {
            (try? manager.attributesOfItem(atPath: "\(directory)/\(name)")[.size] as? Int) ?? 0
        }
        let queue = try DatabaseQueue(path: "\(copy)/sidegate.sqlite")
        var state = try queue.writeWithoutTransaction { try DiskState($0) }
        try queue.close()
        state.bytes = size("sidegate.sqlite")
        state.logBytes = size("sidegate.sqlite-wal")
        return state
    }
}

/// What a house's disk holds.
struct DiskState {
    var integrity: String
    var noes: [String: Bool] = [:]
    /// By name: live, no, revoked.
    var devices: [String: String] = [:]
    var reservedByDay: [Int64: Int64] = [:]
    var hasNetwork: Bool
    var bytes = 0
    var logBytes = 0

    init(_ database: Database) throws {
        integrity = try String.fetchAll(database, sql: "PRAGMA integrity_check").joined(separator: "; ")
        if try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") != nil { integrity += "; a broken reference" }
        for row in try Row.fetchAll(database, sql: "SELECT subject, said FROM no") {
            noes[row["subject"]] = (row["said"] as Int64) != 0
        }
        for row in try Row.fetchAll(database, sql: "SELECT name, opted_out, revoked FROM device") {
            let isRevoked = (row["revoked"] as Int64) != 0
            devices[row["name"]] = isRevoked ? "revoked" : (row["opted_out"] as Int64) != 0 ? "no" : "live"
        }
        for row in try Row.fetchAll(database, sql: "SELECT day, reserved_bytes FROM month_reservation") {
            reservedByDay[row["day"]] = row["reserved_bytes"]
        }
        hasNetwork = try Row.fetchOne(database, sql: "SELECT one FROM network") != nil
    }
}
