import Glibc
import Storage

/// Looks at the state directory, the database in it, and the disk under it.
enum StateExamination {
    /// Less room than this and the next restart may fail.
    static let roomNeededBytes: UInt64 = 32_000_000
    static let roomWantedBytes: UInt64 = 200_000_000

    /// `isInUse`: a daemon answers, so that what is read would change while it is read.
    static func findings(directory: String, isInUse: Bool) -> [Finding] {
        [isInUse ? inUse(directory) : database(directory), replaced(directory), parent(directory), disk(directory)]
            .compactMap(\.self)
    }

    private static func replaced(_ directory: String) -> Finding? {
        BridgeStore.damagedKept(in: directory).map {
            Finding(
                "database", .note, "a damaged one was replaced by what could be read of it, opted out of hosting",
                remedy: "look into \($0), then remove it")
        }
    }

    private static func inUse(_ directory: String) -> Finding {
        Finding("database", .fine, "in use in \(directory): looked at at each start")
    }

    private static func database(_ directory: String) -> Finding {
        switch StoreExamination.look(in: directory) {
        case .absent: Finding("database", .note, "none in \(directory) yet: the first start makes it")
        case .sound(let bytes): Finding("database", .fine, "sound, \(bytes / 1000) kB in \(directory)")
        case .inUse: inUse(directory)
        case .cutShort(let bytes):
            Finding(
                "database", .note,
                "nobody has it open, and who had it last was cut short (a crash or a power cut): \(bytes / 1000) kB in "
                    + "\(directory) wait for the next start, which takes them in and looks at all of it",
                remedy: "start the daemon, then look again")
        case .trouble(let error) where error.kind == .unreachable && geteuid() != 0:
            Finding(
                "database", .note, "only the daemon's user may look into \(directory)", remedy: "sudo sidegate doctor")
        case .trouble(let error): Finding("database", .bad, "\(error.path): \(error.what)", remedy: error.remedy)
        }
    }

    /// The daemon makes the directory itself, and none above it.
    private static func parent(_ directory: String) -> Finding? {
        guard access(directory, F_OK) != 0, let slash = directory.lastIndex(of: "/"), slash != directory.startIndex,
            access(String(directory[..<slash]), F_OK) != 0
        else { return nil }
        return Finding(
            "database", .bad, "there is no \(directory[..<slash]), in which \(directory) is to be made",
            remedy: "set state_directory right, or make it")
    }

    /// Of the directory, or of the nearest one above it that is there.
    private static func disk(_ directory: String) -> Finding? {
        var place = directory
        var room = statvfs()
        while statvfs(place, &room) != 0 {
            guard let slash = place.lastIndex(of: "/"), place != "/" else { return nil }
            place = slash == place.startIndex ? "/" : String(place[..<slash])
        }
        return finding(place: place, freeBytes: UInt64(room.f_bavail) * UInt64(room.f_frsize))
    }

    static func finding(place: String, freeBytes: UInt64) -> Finding {
        let words = "\(freeBytes / 1_000_000) MB free at \(place)"
        let remedy = "make room: the database alone can take 150 MB where a broker is away for long"
        if freeBytes < roomNeededBytes { return Finding("disk", .bad, words, remedy: remedy) }
        return freeBytes < roomWantedBytes
            ? Finding("disk", .note, words, remedy: remedy) : Finding("disk", .fine, words)
    }
}
