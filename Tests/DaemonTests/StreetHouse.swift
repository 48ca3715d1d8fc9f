import Foundation
import Testing

/// One house of a test street: a directory, a settings file and a `sidegated` of its own.
final class StreetHouse {
    let name: String
    private let street: TestStreet
    private(set) var process: Process?
    private(set) var startCount = 0

    init(_ name: String, on street: TestStreet) {
        self.name = name
        self.street = street
    }

    var directory: String { "\(street.path)/\(name)" }
    var socket: String { "\(street.path)/\(name).sock" }
    var settingsFile: String { "\(street.path)/\(name).yaml" }
    var logFile: String { "\(street.path)/\(name).log" }
    var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }
    var processID: Int32 { process?.processIdentifier ?? 0 }

    /// Writes the settings: what every house has, and `more`.
    func write(_ more: String = "") throws {
        let text = """
            name: \(name)
            state_directory: \(directory)
            socket: \(socket)
            radio: {kind: virtual, virtual: {air: \(street.path), name: \(name)}}
            \(more)

            """
        try text.write(toFile: settingsFile, atomically: true, encoding: .utf8)
    }

    /// Starts the daemon and waits until it answers.
    func start() async throws {
        try launch()
        try await street.wait("\(name) answers") { try await self.ask("status").code == 0 }
    }

    /// Starts the daemon; `arguments` come after the settings.
    ///
    /// `withoutOverride`: files' modes hold for it even where the tests run as root.
    func launch(_ arguments: [String] = [], withoutOverride: Bool = false, environment: [String: String] = [:]) throws {
        let process = Process()
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.executableURL = URL(fileURLWithPath: TestStreet.executable)
        process.arguments = ["daemon", "--settings", settingsFile] + arguments
        if withoutOverride, getuid() == 0 {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
            process.arguments =
                ["--bounding-set=-dac_override,-dac_read_search", TestStreet.executable] + (process.arguments ?? [])
        }
        // To the end, whoever else writes there.
        let descriptor = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        process.standardError = handle
        process.standardOutput = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = process
        startCount += 1
    }

    /// Sends `signal` and waits for the end. Returns the exit code, or minus the signal that ended it.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async throws -> Int32 {
        guard let process else { return 0 }
        kill(process.processIdentifier, signal)
        try await street.wait("\(name) ends", seconds: 10) { !process.isRunning }
        self.process = nil
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Limits how large the daemon's files may be, as a full disk does.
    func limitFiles(_ bytes: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/prlimit")
        process.arguments = ["--pid", String(processID), "--fsize=\(bytes):unlimited"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw StreetFailure("no limit can be set") }
    }

    func signal(_ number: Int32) { kill(processID, number) }

    /// Asks the daemon by the command line.
    func ask(_ arguments: String...) async throws -> ControlCommandTests.Outcome {
        try await ControlCommandTests.run(arguments, environment: ["SIDEGATE_SOCKET": socket])
    }

    /// Does what must succeed, or end with `code`.
    @discardableResult
    func tell(_ arguments: String..., expecting code: Int32 = 0) async throws -> String {
        let outcome = try await ControlCommandTests.run(arguments, environment: ["SIDEGATE_SOCKET": socket])
        guard outcome.code == code else {
            throw StreetFailure("\(name): sidegate \(arguments.joined(separator: " ")): \(outcome.complaint)")
        }
        return outcome.output
    }

    /// The daemon's answer as JSON.
    func json(_ arguments: String...) async throws -> [String: Any] {
        let outcome = try await ControlCommandTests.run(
            arguments + ["--json"], environment: ["SIDEGATE_SOCKET": socket])
        let object = try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        guard let object else { throw StreetFailure("\(name): no JSON: \(outcome.output) \(outcome.complaint)") }
        return object
    }

    func linkCount() async throws -> Int { (try await json("status")["links"] as? [Any])?.count ?? 0 }
    func liveGrants() async throws -> Int { try await json("status")["liveGrants"] as? Int ?? 0 }

    /// Packets sent for others, as the ledger has it.
    func lentPackets() async throws -> Int {
        let entries = try await json("ledger")["entries"] as? [[String: Any]] ?? []
        return entries.reduce(0) { sum, entry in
            ["alarm", "event", "telemetry"].contains(entry["class"] as? String)
                ? sum + (entry["packets"] as? Int ?? 0) : sum
        }
    }
}

/// What went wrong on a test street.
struct StreetFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
