import Foundation
import Glibc

@testable import Delivery

/// A real mosquitto on a free port of this machine. It keeps retained messages on disk when it is ended in peace.
final class TestBroker {
    let folder: TemporaryFolder
    let port: Int
    private let configuration: String
    private var process: ChildProcess?

    /// `lines` are added to the configuration.
    init(_ lines: [String] = ["allow_anonymous true"], folder: TemporaryFolder? = nil) throws {
        self.folder = try folder ?? TemporaryFolder()
        port = try Self.freePort()
        let common = [
            "listener \(port) 127.0.0.1", "user \(NSUserName())", "persistence true",
            "persistence_location \(self.folder.path)/", "log_dest none",
        ]
        configuration = try self.folder.write(
            "mosquitto-\(port).conf", (common + lines).joined(separator: "\n") + "\n")
    }

    deinit { kill() }

    func start() async throws {
        let process = try ChildProcess("mosquitto", package: "mosquitto", ["-c", configuration])
        self.process = process
        try await waitUntil("mosquitto to listen") {
            guard process.isRunning else { throw TestFailure(description: "mosquitto ended at once") }
            return Self.answers(port)
        }
    }

    /// Ends the broker in peace: it writes its retained messages to disk.
    func end() { stop(SIGTERM) }

    /// Ends the broker as a failing machine would.
    func kill() { stop(SIGKILL) }

    /// Keeps the broker from doing anything; connections stay open.
    func freeze() { process?.send(SIGSTOP) }
    func thaw() { process?.send(SIGCONT) }

    func settings(_ clientIdentifier: String = "bridge-1") -> BrokerSettings {
        var settings = BrokerSettings(
            host: "127.0.0.1", port: port, clientIdentifier: clientIdentifier,
            topics: BrokerTopics(bridge: clientIdentifier))
        settings.tls = false
        settings.reconnectMillisecondsMin = 20
        settings.reconnectMillisecondsMax = 100
        return settings
    }

    func publish(_ topic: String, _ payload: String, _ arguments: [String] = []) throws {
        try ChildProcess.run(
            "mosquitto_pub", package: "mosquitto-clients",
            ["-h", "127.0.0.1", "-p", "\(port)", "-q", "1", "-t", topic, "-m", payload] + arguments)
    }

    private func stop(_ signal: Int32) {
        process?.send(signal)
        process?.wait()
        process = nil
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        guard code == 0 else { throw TestFailure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: UInt16(port))
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

/// A `mosquitto_sub` that listens to everything.
final class Subscriber {
    struct Message: Hashable, Sendable {
        var isRetained: Bool
        var topic: String
        var payload: String
    }

    private let collector = Collector<Message>()
    private let process: ChildProcess

    /// Returns once the subscription stands.
    init(_ broker: TestBroker) async throws {
        let arguments = ["-h", "127.0.0.1", "-p", "\(broker.port)", "-q", "1", "-t", "#", "-F", "%r %t %p"]
        process = try ChildProcess("mosquitto_sub", package: "mosquitto-clients", arguments) { [collector] line in
            let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return }
            collector.add(Message(isRetained: parts[0] == "1", topic: String(parts[1]), payload: String(parts[2])))
        }
        // A retained message comes after those retained before it, so all of them have been seen.
        let mark = UUID().uuidString
        for _ in 0..<300 where !collector.all.contains(where: { $0.payload == mark }) {
            try broker.publish("test/mark", mark)
            try await Task.sleep(for: .milliseconds(20))
        }
        _ = try await collector.first("the subscription") { $0.payload == mark }
    }

    var messages: [Message] { collector.all.filter { $0.topic != "test/mark" } }

    func payloads(_ topic: String) -> [String] { messages.filter { $0.topic == topic }.map(\.payload) }

    @discardableResult
    func first(_ topic: String, _ payload: String? = nil) async throws -> Message {
        try await collector.first("\(topic) \(payload ?? "")") {
            $0.topic == topic && (payload == nil || $0.payload == payload)
        }
    }
}
