import CLinux
import Glibc
import Logging
import Synchronization

/// Writes log lines to standard error, within the bounds of `LogAdmission`. Where the journal reads them, each begins with
/// its priority (sd-daemon(3)) and the journal adds the time.
///
/// What is logged never holds keys, codes or payloads, nor anything that says who or what another is.
struct StandardErrorLog: LogHandler {
    var logLevel: Logger.Level {
        get { Self.shared.level }
        set { Self.shared.level = newValue }
    }
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String

    init(label: String) { self.label = label }

    /// One level and one bound for all loggers, so that a reload changes them together.
    static let shared = Shared()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let kind = Self.kind(file: event.file, line: event.line)
        let now = EventLoopThread.now.microseconds
        guard let missed = Self.shared.admit(kind: kind, event.message.description, at: now) else { return }
        if missed > 0 { Self.write(.warning, "\(missed) lines like the next were left out, there were too many") }
        var text = event.message.description
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for key in all.keys.sorted() { text += " \(key)=\(all[key] ?? "")" }
        Self.write(event.level, text)
    }

    /// Tells what was left out, of kinds of which no line has come since.
    static func tellMissed() {
        for (count, sample) in shared.takeMissed(at: EventLoopThread.now.microseconds) {
            write(.warning, "\(count) lines were left out, there were too many, the last was: \(sample)")
        }
    }

    /// FNV-1a over the place in the program.
    private static func kind(file: String, line: UInt) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(line)
        for byte in file.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }

    private static func write(_ level: Logger.Level, _ text: String) {
        let line = line(level, text, isJournal: isJournal, unixSeconds: WallClock.unixMilliseconds / 1000)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// One line is one call, and holds no line break that somebody put into a name.
    static func line(_ level: Logger.Level, _ text: String, isJournal: Bool, unixSeconds: Int64) -> [UInt8] {
        let head = isJournal ? "<\(level.priority)>" : "\(stamp(unixSeconds)) \(level.rawValue) "
        var bytes = (head + text).utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Whether standard error is the stream of the journal that the environment names (systemd.exec(5)).
    private static let isJournal: Bool = {
        guard let stream = getenv("JOURNAL_STREAM").map({ String(cString: $0) }) else { return false }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }()

    private static func stamp(_ unixSeconds: Int64) -> String {
        var time = time_t(unixSeconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            guard let start = buffer.baseAddress, strftime(start, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0 else {
                return ""
            }
            return String(cString: start)
        }
        return text
    }

    /// Shared by all loggers of the process.
    final class Shared: Sendable {
        private let state = Mutex((level: Logger.Level.info, admission: LogAdmission()))

        var level: Logger.Level {
            get { state.withLock { $0.level } }
            set { state.withLock { $0.level = newValue } }
        }

        func admit(kind: UInt64, _ line: @autoclosure () -> String, at microseconds: Int64) -> Int? {
            state.withLock { $0.admission.admit(kind: kind, line(), at: microseconds) }
        }

        func takeMissed(at microseconds: Int64) -> [(count: Int, sample: String)] {
            state.withLock { $0.admission.takeMissed(at: microseconds) }
        }
    }
}

extension Logger.Level {
    /// As syslog(3) numbers it.
    var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
