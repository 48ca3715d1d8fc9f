import GRDB
import Glibc

/// How a bridge's database looks to somebody who does not open it for use.
public enum StoreExamination: Sendable, Equatable {
    /// There is none: nothing has been started yet.
    case absent
    /// Sound, and so many bytes.
    case sound(bytes: Int)
    /// A daemon has it open: it was looked at then.
    case inUse(bytes: Int)
    /// Nobody has it open, and whoever had it last was cut short: so many bytes wait beside it for the next start.
    case cutShort(logBytes: Int)
    /// What `BridgeStore.init` would say of it.
    case trouble(StorageError)

    /// Looks at the store in `directory` and changes nothing there, not even by making the files that SQLite shares among
    /// readers: they would belong to whoever asks. Not for a process that has the store open itself, which would lose its
    /// locks on it as the file is closed here.
    public static func look(in directory: String) -> StoreExamination {
        let path = directory + "/" + StorageFile.name
        var status = stat()
        guard stat(path, &status) == 0 else {
            return errno == ENOENT ? .absent : .trouble(unreachable(path, errno))
        }
        guard access(path, R_OK) == 0 else { return .trouble(unreachable(path, errno)) }
        let bytes = Int(status.st_size)
        if isLocked(path) { return .inUse(bytes: bytes) }
        var log = stat()
        if stat(path + "-wal", &log) == 0, log.st_size > 0 { return .cutShort(logBytes: Int(log.st_size)) }
        do throws(StorageError) {
            try BridgeStore.examine(path)
            return .sound(bytes: bytes)
        } catch {
            return .trouble(error)
        }
    }

    /// `F_OFD_GETLK`, which Swift's Glibc leaves out: unlike `F_GETLK` it sees the asker's own process too.
    private static let openFileGetLock: Int32 = 36

    /// Whether anybody holds a lock on the file, as a store does from its opening to its end, however that comes.
    private static func isLocked(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // Asks only, and takes nothing: a start at this moment is not kept out.
        var lock = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
        return fcntl(descriptor, openFileGetLock, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
    }

    private static func unreachable(_ path: String, _ reason: Int32) -> StorageError {
        StorageError(
            kind: .unreachable, what: "The database cannot be looked at: \(String(cString: strerror(reason)))",
            path: path, remedy: StorageError.remedy(for: .unreachable))
    }
}

extension BridgeStore {
    /// The checks of `init` on a file that nobody is changing.
    static func examine(_ path: String) throws(StorageError) {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let queue = try DatabaseQueue(path: uri(path), configuration: configuration)
            defer { try? queue.close() }
            try queue.read { database in
                try checkOrigin(database)
                try checkIntegrity(database)
                try checkVersion(database)
            }
        } catch {
            throw StorageError.translate(error, doing: "look at the store", path: path)
        }
    }

    /// `immutable`: read as it is, without locks and without the files that readers share.
    private static func uri(_ path: String) -> String {
        var escaped = ""
        for byte in path.utf8 {
            switch byte {
            case 0x2f, 0x2d, 0x2e, 0x5f, 0x30...0x39, 0x41...0x5a, 0x61...0x7a:
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                escaped += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return "file:\(escaped)?immutable=1"
    }
}
