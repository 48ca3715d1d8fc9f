import ControlAPI
import Foundation

/// One house of a street: a directory, a settings file and a `sidegated` of its own on BlueZ adapters.
public final class House {
    public let name: String
    public let adapters: [String]
    private let path: String
    private var daemon: Tool?
    private var formerLog = ""

    /// In the directory `path`, with `more` settings.
    public init(_ name: String, adapters: [String], in path: String, more: String = "") throws {
        self.name = name
        self.adapters = adapters
        self.path = path
        let text = """
            name: \(name)
            state_directory: \(path)/\(name)
            socket: \(socket)
            radio: {kind: bluez, bluez: {adapters: [\(adapters.joined(separator: ", "))]}}
            \(more)

            """
        try text.write(toFile: settingsFile, atomically: true, encoding: .utf8)
    }

    public var socket: String { "\(path)/\(name).sock" }
    private var settingsFile: String { "\(path)/\(name).yaml" }
    public var log: String { formerLog + (daemon?.output ?? "") }
    public var processID: Int32 { daemon?.processID ?? 0 }

    /// `SIDEGATE_EXECUTABLE`, or the one beside the program that runs this.
    public static let executable: String = {
        if let named = ProcessInfo.processInfo.environment["SIDEGATE_EXECUTABLE"] { return named }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let runner = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        return (runner as NSString).deletingLastPathComponent + "/sidegate"
    }()

    public func launch() throws {
        daemon = try Tool(Self.executable, ["daemon", "--settings", settingsFile])
    }

    public func end(_ signal: Int32 = SIGKILL) throws {
        guard let daemon else { return }
        daemon.kill(signal)
        _ = try daemon.end(seconds: 20)
        formerLog += daemon.output
        self.daemon = nil
    }

    /// Does by the command line what must succeed.
    @discardableResult
    public func tell(_ words: String...) throws -> String {
        let outcome = try Tool.run(Self.executable, words, environment: ["SIDEGATE_SOCKET": socket])
        guard outcome.code == 0 else {
            throw Trouble("\(name): sidegate \(words.joined(separator: " ")): \(outcome.output)")
        }
        return outcome.output
    }

    /// The daemon's status by its own socket; nil while it does not answer.
    public func status() -> StatusReport? { answer("/v1/status") }

    public func links() -> [String] { (status()?.links.map(\.peer) ?? []).sorted() }

    public var handshakesFailed: Int {
        status()?.troubles?.first { $0.kind == "handshakes_failed" }?.count ?? 0
    }

    /// In words: links with their directions and ages, and what is said of the radio.
    var state: String {
        guard let status = status() else { return "it does not answer" }
        let links = status.links.map { "\($0.peer) \($0.direction.rawValue) for \($0.upSeconds) s" }
        let radio = status.radio.isUp ? "up" : "down"
        return "links [\(links.joined(separator: ", "))], radio \(radio): \(status.radio.detail ?? "all is well")"
    }

    public func answer<Value: Decodable>(_ target: String) -> Value? {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { return nil }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let request = Array("GET \(target) HTTP/1.1\r\nhost: sidegate\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { bytes += buffer.prefix(count) }
        guard let end = Data(bytes).range(of: Data("\r\n\r\n".utf8)) else { return nil }
        return try? ControlJSON.decode(Value.self, from: Array(bytes[end.upperBound...]))
    }
}
