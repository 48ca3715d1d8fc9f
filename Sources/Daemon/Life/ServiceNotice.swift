import Glibc
import Synchronization

/// Tells the service manager how the daemon stands, as sd_notify(3) describes: one datagram to `$NOTIFY_SOCKET`.
enum ServiceNotice: Sendable {
    case ready
    case stopping
    /// The settings are read again; `ready` follows.
    case reloading
    /// All that must go on has gone on: see `Watchdog`.
    case watchdog
    /// One line of how things stand, as `systemctl status` shows it.
    case status(String)
    /// The start may take so long from now on without being taken for a failure.
    case extendStart(seconds: Int)

    /// Whether anybody asked to be told.
    static let isAsked = socketPath != nil

    static var socketPath: String? {
        guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }),
            path.hasPrefix("/") || path.hasPrefix("@")
        else { return nil }
        return path
    }

    /// As it goes out.
    var text: String {
        switch self {
        case .ready: "READY=1"
        case .stopping: "STOPPING=1"
        // By this clock the manager tells this reload's end from an earlier one's.
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(EventLoopThread.now.microseconds)"
        case .watchdog: "WATCHDOG=1"
        case .status(let line): "STATUS=" + String(line.map { $0.isNewline ? " " : $0 })
        case .extendStart(let seconds): "EXTEND_TIMEOUT_USEC=\(seconds * 1_000_000)"
        }
    }

    /// What comes again may be lost; what does not is waited for.
    private var mayBeLost: Bool {
        switch self {
        case .watchdog, .status: true
        case .ready, .stopping, .reloading, .extendStart: false
        }
    }

    /// Without effect where no service manager asked to be told.
    func send() {
        guard let path = Self.socketPath else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: bytes)
            // A name in the abstract namespace begins with a zero.
            if bytes.first == UInt8(ascii: "@") { place[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let text = Array(text.utf8)
        let flags = Int32(MSG_NOSIGNAL) | (mayBeLost ? Int32(MSG_DONTWAIT) : 0)
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, text, text.count, flags, $0, length)
            }
        }
    }
}

/// The status line that the service manager has: told on changes only.
final class ServiceStatus: Sendable {
    private let told = Mutex("")
    private let send: @Sendable (String) -> Void

    init(send: @escaping @Sendable (String) -> Void = { ServiceNotice.status($0).send() }) { self.send = send }

    func tell(_ line: String) {
        let isNew = told.withLock { told in
            defer { told = line }
            return told != line
        }
        if isNew { send(line) }
    }
}
