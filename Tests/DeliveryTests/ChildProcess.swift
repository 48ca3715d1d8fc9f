import Foundation
import Glibc

@testable import Delivery

/// A program of the system at work. It inherits nothing but its standard output, so that it cannot keep the pipes of
/// other tests open, and it dies with its owner.
final class ChildProcess {
    /// More than these tests ever have open.
    private static let descriptorsMax: Int32 = 512
    private let identifier: pid_t
    private var status: Int32?

    /// Starts a program; each line it writes goes to `onLine`, on a thread of its own.
    init(_ name: String, package: String, _ arguments: [String], onLine: (@Sendable (String) -> Void)? = nil) throws {
        let path = try Self.find(name, package: package)
        var ends: [Int32] = [-1, -1]
        if onLine != nil, pipe(&ends) != 0 { throw TestFailure(description: "no pipe left") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if onLine == nil {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // What is not open is no error.
        for descriptor in 3..<Self.descriptorsMax { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // The threads that tests run on block signals, and a child inherits that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, path, &actions, &attributes, &words, environ)
        if ends[1] >= 0 { close(ends[1]) }
        guard code == 0 else {
            throw TestFailure(description: "\(name) does not start: \(String(cString: strerror(code)))")
        }
        self.identifier = identifier
        if let onLine {
            let input = ends[0]
            _ = DaemonThread { Self.readLines(input, onLine) }
        }
    }

    deinit {
        send(SIGKILL)
        wait()
    }

    var isRunning: Bool {
        guard status == nil else { return false }
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) != 0 else { return true }
        self.status = status
        return false
    }

    func send(_ signal: Int32) { if status == nil { kill(identifier, signal) } }

    /// Waits for the end, and returns whether it was a good one.
    @discardableResult
    func wait() -> Bool {
        if let status { return status == 0 }
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        self.status = status
        return status == 0
    }

    /// Runs a program to its end; throws unless it ends well.
    static func run(_ name: String, package: String, _ arguments: [String]) throws {
        guard try ChildProcess(name, package: package, arguments).wait() else {
            throw TestFailure(description: "\(name) \(arguments.joined(separator: " ")) ended with an error")
        }
    }

    /// Where a program lies. These tests talk to the real ones and are worth nothing without them.
    private static func find(_ name: String, package: String) throws -> String {
        for folder in ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"] {
            let path = "\(folder)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        throw TestFailure(description: "\(name) is missing: install it with `apt install \(package)`")
    }

    private static func readLines(_ input: Int32, _ onLine: (String) -> Void) {
        defer { close(input) }
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(input, &buffer, buffer.count)
            guard count > 0 else { return }
            for byte in buffer[..<count] {
                if byte == UInt8(ascii: "\n") {
                    onLine(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                } else {
                    line.append(byte)
                }
            }
        }
    }
}
