import Glibc

/// Why the control socket could not be set up.
public enum SocketPlaceError: Error, Sendable, Equatable {
    /// The path is beyond what a Unix socket's address holds.
    case pathTooLong(path: String, bytesMax: Int)
    /// Another daemon listens there.
    case inUse(path: String)
    /// Something that is no socket stands there; it is left alone.
    case notASocket(path: String)
    /// Anybody could put a socket of their own there.
    case directoryOpenToAll(path: String)
    case system(path: String, what: String, errorNumber: Int32)

    /// In words, for a person.
    public var message: String {
        switch self {
        case .pathTooLong(let path, let bytesMax): "\(path) is too long for a socket: at most \(bytesMax) bytes"
        case .inUse(let path): "another sidegated listens at \(path)"
        case .notASocket(let path): "\(path) exists and is not a socket; it was left alone"
        case .directoryOpenToAll(let path): "anybody may write to \(path): a socket there could be replaced"
        case .system(let path, let what, let number): "cannot \(what) \(path): \(String(cString: strerror(number)))"
        }
    }
}

/// The path at which the control socket stands, claimed by a lock file beside it for as long as this lives.
final class SocketPlace: Sendable {
    let path: String
    private let lockDescriptor: Int32

    private init(path: String, lockDescriptor: Int32) {
        self.path = path
        self.lockDescriptor = lockDescriptor
    }

    deinit { close(lockDescriptor) }

    static func claim(path: String) throws(SocketPlaceError) -> SocketPlace {
        let bytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
        guard path.utf8.count <= bytesMax else { throw .pathTooLong(path: path, bytesMax: bytesMax) }
        try prepareDirectory(of: path)
        let lock = open(path + ".lock", O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw .system(path: path + ".lock", what: "open", errorNumber: errno) }
        let place = SocketPlace(path: path, lockDescriptor: lock)
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path: path) }
        var existing = stat()
        if lstat(path, &existing) == 0 {
            guard existing.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
            if isAnswered(path) { throw .inUse(path: path) }
        }
        return place
    }

    /// A socket at the path, with mode 0660. It does not listen yet, so that nobody meets it before its mode is set.
    func bind(group: gid_t?) throws(SocketPlaceError) -> (descriptor: Int32, groupID: gid_t) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw .system(path: path, what: "make a socket for", errorNumber: errno) }
        do throws(SocketPlaceError) {
            unlink(path)
            try check(Self.withAddress(of: path) { Glibc.bind(descriptor, $0, $1) }, "bind")
            if let group { try check(chown(path, .max, group), "set the group of") }
            try check(chmod(path, 0o660), "set the mode of")
            var made = stat()
            try check(lstat(path, &made), "look at")
            return (descriptor, made.st_gid)
        } catch {
            close(descriptor)
            unlink(path)
            throw error
        }
    }
    /// Takes the socket away and gives up the claim.
    func withdraw() {
        unlink(path)
        flock(lockDescriptor, LOCK_UN)
    }

    private func check(_ result: Int32, _ what: String) throws(SocketPlaceError) {
        guard result == 0 else { throw .system(path: path, what: what, errorNumber: errno) }
    }

    private static func prepareDirectory(of path: String) throws(SocketPlaceError) {
        var directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if directory.isEmpty { directory = "/" }
        if mkdir(directory, 0o755) != 0, errno != EEXIST {
            throw .system(path: directory, what: "make", errorNumber: errno)
        }
        var found = stat()
        guard stat(directory, &found) == 0 else { throw .system(path: directory, what: "look at", errorNumber: errno) }
        if found.st_mode & S_IWOTH != 0, found.st_mode & S_ISVTX == 0 { throw .directoryOpenToAll(path: directory) }
    }

    private static func isAnswered(_ path: String) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // A full backlog (EAGAIN) is a live daemon as well.
        return withAddress(of: path) { connect(descriptor, $0, $1) } == 0 || errno == EAGAIN
    }

    private static func withAddress<Result>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
