import Foundation
import Testing

/// A real mosquitto, and what was published there.
final class TestBroker {
    private let directory: String
    let port: Int
    private var process: Process?
    private var listener: Process?
    private var logFile: String { "\(directory)/heard" }

    init(in directory: String) throws {
        self.directory = directory
        port = Int.random(in: 20_000..<30_000)
        var text = "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\n"
        if getuid() == 0 { text += "user root\n" }
        try text.write(toFile: "\(directory)/mosquitto.conf", atomically: true, encoding: .utf8)
        _ = FileManager.default.createFile(atPath: logFile, contents: nil)
    }

    var settings: String { "mqtt: {host: 127.0.0.1, port: \(port), tls: false}" }

    /// What came in, a line each: topic and payload.
    var heard: [String] {
        ((try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    func count(_ line: String) -> Int { heard.count { $0 == line } }

    func start() async throws {
        process = try Self.run("mosquitto", ["-c", "\(directory)/mosquitto.conf"], output: nil)
        let descriptor = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let probes = count("probe ready")
        let end = ContinuousClock.now + .seconds(60)
        while count("probe ready") == probes {
            guard ContinuousClock.now < end else { throw StreetFailure("the broker does not answer") }
            // It ends when nobody answers it yet.
            if listener?.isRunning != true {
                listener = try Self.run(
                    "mosquitto_sub",
                    ["-h", "127.0.0.1", "-p", String(port), "-v", "-q", "1", "-t", "sidegate/#", "-t", "probe"],
                    output: handle)
            }
            let probe = try Self.run(
                "mosquitto_pub", ["-h", "127.0.0.1", "-p", String(port), "-t", "probe", "-m", "ready"], output: nil)
            try await Task.sleep(for: .milliseconds(100))
            if probe.isRunning { kill(probe.processIdentifier, SIGKILL) }
        }
    }

    func stop() {
        for case let one? in [listener, process] {
            kill(one.processIdentifier, SIGKILL)
            one.waitUntilExit()
        }
        listener = nil
        process = nil
    }

    private static func run(_ name: String, _ arguments: [String], output: FileHandle?) throws -> Process {
        let places = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
        guard let place = places.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }) else {
            throw StreetFailure("no \(name) here: see scripts/install-dependencies")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(place)/\(name)")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        try process.run()
        return process
    }
}
