import Foundation

/// Another program, with its standard input open for as long as it runs: BlueZ's tools stop at its end.
public final class Tool {
    public struct Outcome: Sendable {
        public var code: Int32
        /// Standard output and error.
        public var output: String
    }

    private let process = Process()
    private let input = Pipe()
    private let file: String
    private static let places = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/libexec/bluetooth"]

    /// Starts the program `name`, a path or one of the system's.
    public init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let place = name.contains("/") ? name : Self.places.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
        guard let place else { throw Trouble("no program \(name) here") }
        file = "/tmp/tool-\(UInt32.random(in: 0 ... .max))"
        let descriptor = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        process.executableURL = URL(fileURLWithPath: place)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
    }

    deinit {
        kill()
        unlink(file)
    }

    public var processID: Int32 { process.processIdentifier }
    public var isRunning: Bool { process.isRunning }
    /// How much it has said so far.
    public var outputBytes: Int {
        var status = stat()
        return stat(file, &status) == 0 ? Int(status.st_size) : 0
    }
    public var output: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

    /// Writes a line to its standard input.
    public func type(_ line: String) { input.fileHandleForWriting.write(Data("\(line)\n".utf8)) }

    public func kill(_ signal: Int32 = SIGKILL) {
        if process.isRunning { Glibc.kill(process.processIdentifier, signal) }
    }

    public func end(seconds: Double) throws -> Outcome {
        try Machine.wait("the end of \(process.executableURL?.path ?? "")", seconds: seconds, every: 0.01) {
            !process.isRunning
        }
        let code = process.terminationStatus
        return Outcome(code: process.terminationReason == .exit ? code : -code, output: output)
    }

    public static func run(
        _ name: String, _ arguments: [String], seconds: Double = 60, environment: [String: String] = [:]
    ) throws -> Outcome {
        try Tool(name, arguments, environment: environment).end(seconds: seconds)
    }

    /// Something that is done on a thread of its own.
    public final class Speech: @unchecked Sendable {
        private let lock = NSLock()
        private var outcome: Result<Void, any Error>?

        public init(_ body: @escaping @Sendable () throws -> Void) {
            Thread.detachNewThread { [self] in
                let outcome = Result(catching: body)
                lock.withLock { self.outcome = outcome }
            }
        }

        public var isOver: Bool { lock.withLock { outcome != nil } }
        public func result() throws { try lock.withLock { outcome }?.get() }
    }
}
