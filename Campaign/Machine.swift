import Foundation
import Synchronization

/// What went wrong where nothing may.
struct CampaignFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// Processes and sockets, without anything that would slow a cycle down.
enum Machine {
    /// Where the programs are: beside this one.
    static let programs: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return (String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) as NSString).deletingLastPathComponent
    }()

    static func tool(_ name: String) throws -> String {
        let places = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].map { "\($0)/\(name)" }
        guard let path = places.first(where: { access($0, X_OK) == 0 }) else {
            throw CampaignFailure("there is no \(name) here: see scripts/install-dependencies")
        }
        return path
    }

    private static let nextPort = Atomic<Int>(Int(getpid()) * 64 % 12_000)

    /// A port that nobody listens at, below those that the system gives to whoever connects. No two calls get the same.
    static func freePort() throws -> Int {
        for _ in 0..<1_000 {
            let port = 20_000 + nextPort.add(1, ordering: .relaxed).newValue % 12_000
            let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if result == 0 { return port }
        }
        throw CampaignFailure("no port is free")
    }

    /// Starts a program with its output at the end of `log`.
    static func start(_ arguments: [String], log: String, environment: [String] = []) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var values: [UnsafeMutablePointer<CChar>?] =
            (["PATH=/usr/sbin:/usr/bin:/bin"] + environment).map { strdup($0) } + [nil]
        defer {
            for word in words + values { free(word) }
        }
        var process = pid_t()
        let number = posix_spawn(&process, arguments[0], &actions, nil, &words, &values)
        guard number == 0 else { throw CampaignFailure("\(arguments[0]): \(String(cString: strerror(number)))") }
        return process
    }

    static func end(_ process: pid_t) {
        guard process > 0 else { return }
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    /// Whether a program has ended; it can be asked until then.
    static func hasEnded(_ process: pid_t) -> Bool {
        var status: Int32 = 0
        return waitpid(process, &status, WNOHANG) == process
    }

    /// A Unix socket at `path`: bound there, or connected to what is. -1 where it cannot be.
    static func socket(_ kind: __socket_type, _ path: String, binds: Bool, timeoutSeconds: Int) -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                binds ? bind(descriptor, $0, length) : connect(descriptor, $0, length)
            }
        }
        if result == 0 { return descriptor }
        close(descriptor)
        return -1
    }
}

/// One request over the daemon's socket.
enum Ask {
    /// The status and the body; nil if the daemon was gone before it had answered.
    static func send(_ method: String, _ path: String, _ body: String = "", socket: String) -> (Int, Data)? {
        let descriptor = Machine.socket(SOCK_STREAM, socket, binds: false, timeoutSeconds: 120)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var request = "\(method) \(path) HTTP/1.1\r\nHost: sidegate\r\nConnection: close\r\n"
        if !body.isEmpty { request += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        let bytes = Array((request + "\r\n" + body).utf8)
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return nil }
        var answer = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer.append(contentsOf: buffer.prefix(count))
        }
        return parse(answer)
    }

    /// An answer whose body did not come whole is none.
    private static func parse(_ answer: Data) -> (Int, Data)? {
        guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        let body = answer[end.upperBound...]
        let words = head.split(separator: " ", maxSplits: 2)
        guard words.count > 1, let status = Int(words[1]) else { return nil }
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
            let wanted = Int(line.dropFirst(15).trimmingCharacters(in: .whitespaces))
            if wanted != body.count { return nil }
        }
        return (status, Data(body))
    }
}
