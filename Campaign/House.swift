import Foundation
import GRDB

/// One house: its settings, its daemon, and what its disk says while that is dead.
final class House: @unchecked Sendable {
    let name: String
    let street: String
    /// What stands in its settings' file while all is well.
    let settings: String
    /// What the daemon finds in its environment.
    var environment: [String] = []
    private(set) var process: pid_t = 0
    private var notices: Int32 = -1

    init(_ name: String, street: String, air: String? = nil, more: String = "") throws {
        self.name = name
        self.street = street
        settings = """
            name: \(name)
            state_directory: \(street)/\(name)
            socket: \(street)/\(name).sock
            radio: {kind: virtual, virtual: {air: \(air ?? street), name: \(name)}}
            \(more)

            """
        try writeSettings(settings)
        notices = Machine.socket(SOCK_DGRAM, "\(street)/\(name).notify", binds: true, timeoutSeconds: 1)
    }

    deinit { close(notices) }

    var directory: String { "\(street)/\(name)" }
    var socket: String { "\(street)/\(name).sock" }
    var log: String { "\(street)/\(name).log" }
    var file: String { "\(directory)/sidegate.sqlite" }
    private var settingsFile: String { "\(street)/\(name).yaml" }

    func writeSettings(_ text: String) throws {
        try text.write(toFile: settingsFile, atomically: true, encoding: .utf8)
    }

    func removeSettings() { unlink(settingsFile) }

    /// Starts the daemon and waits until it says that it is ready. Returns the milliseconds that took.
    @discardableResult
    func start(withoutOverride: Bool = false) throws -> Double {
        let begin = DispatchTime.now().uptimeNanoseconds
        guard try tryStart(withoutOverride: withoutOverride) else {
            throw CampaignFailure("\(name) ended at its start: \(lastOfLog)")
        }
        return Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
    }

    /// Starts the daemon and waits until it is ready, or has ended instead: then it is false.
    ///
    /// `withoutOverride`: files' modes hold for it even where the campaign runs as root.
    func tryStart(withoutOverride: Bool = false) throws -> Bool {
        var words = ["\(Machine.programs)/sidegate", "daemon", "--settings", settingsFile]
        if withoutOverride, getuid() == 0 {
            words = [try Machine.tool("setpriv"), "--bounding-set=-dac_override,-dac_read_search"] + words
        }
        process = try Machine.start(
            words, log: log, environment: environment + ["NOTIFY_SOCKET=\(street)/\(name).notify"])
        for _ in 0..<120 {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(notices, &buffer, buffer.count, 0)
                if count <= 0 { break }
                if String(decoding: buffer.prefix(count), as: UTF8.self).contains("READY=1") { return true }
            }
            if Machine.hasEnded(process) {
                process = 0
                return false
            }
        }
        throw CampaignFailure("\(name) is not ready after 120 s: \(lastOfLog)")
    }

    /// Waits until the daemon has ended by itself. False if it has not.
    func waitForEnd(seconds: Int) -> Bool {
        for _ in 0..<seconds * 100 {
            if Machine.hasEnded(process) {
                process = 0
                return true
            }
            usleep(10_000)
        }
        return false
    }

    func kill() {
        Machine.end(process)
        process = 0
        // What the dead one had said.
        var buffer = [UInt8](repeating: 0, count: 4096)
        while recv(notices, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 {}
    }

    var lastOfLog: String { String(((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").suffix(600)) }

    var logSize: Int { FileManager.default.contents(atPath: log)?.count ?? 0 }

    /// What the daemon logged since the log was so long.
    func log(since size: Int) -> String {
        String(decoding: FileManager.default.contents(atPath: log)?.dropFirst(size) ?? Data(), as: UTF8.self)
    }

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

/// What is done to a dead daemon's file.
extension House {
    /// Writes all that the log holds into the file, too.
    func change(_ sql: String) throws {
        let queue = try DatabaseQueue(path: file)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    func overwrite(at place: Int, _ bytes: [UInt8]) throws {
        guard let handle = FileHandle(forUpdatingAtPath: file) else { throw CampaignFailure("there is no \(file)") }
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: bytes)
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
    /// The latest time that the bridge has believed, in seconds since 1970.
    var clockMark: Int64
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
        clockMark = try Int64.fetchOne(database, sql: "SELECT value FROM mark WHERE name = 'clock'") ?? 0
        hasNetwork = try Row.fetchOne(database, sql: "SELECT one FROM network") != nil
    }
}
