import Dispatch
import Foundation
import Synchronization

/// Something without which these tests cannot run, or that did not come about in time.
struct TestFailure: Error, CustomStringConvertible {
    var description: String
}

/// Waits until `condition` holds. The limit is for a hanging test only: it asserts nothing.
func waitUntil(_ what: String, _ condition: () throws -> Bool) async throws {
    for _ in 0..<3000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw TestFailure(description: "waited 30 s in vain for \(what)")
}

/// A folder that vanishes with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("sidegate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(path)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}

/// Values that one thread adds and a test reads.
final class Collector<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    var all: [Value] { values.withLock { $0 } }

    func add(_ value: Value) { values.withLock { $0.append(value) } }

    /// Waits until one of the values fulfils `condition`, and returns the first that does.
    func first(_ what: String, where condition: (Value) -> Bool) async throws -> Value {
        try await waitUntil(what) { all.contains(where: condition) }
        guard let value = all.first(where: condition) else { throw TestFailure(description: "lost \(what)") }
        return value
    }
}

/// Runs the jobs of an actor one after the other.
final class QueueExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "executor")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
