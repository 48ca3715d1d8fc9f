import CLinux
import Glibc
import Logging
import Synchronization

/// Writes log lines to standard error: at most 200 at once and 20 a second, so that nothing from outside can fill a
/// disk. What goes beyond is counted, and the count is logged.
///
/// What is logged never holds keys, codes or payloads, nor anything that says who or what another is.
struct StandardErrorLog: LogHandler {
    static let burstLines = 200
    static let linesPerSecond = 20

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
        guard let missed = Self.shared.admit(at: EventLoopThread.now.microseconds) else { return }
        let stamp = Self.stamp(WallClock.unixMilliseconds / 1000)
        if missed > 0 { Self.write("\(stamp) warning \(missed) lines of the log were left out, there were too many") }
        var line = "\(stamp) \(event.level.rawValue) \(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for key in all.keys.sorted() { line += " \(key)=\(all[key] ?? "")" }
        Self.write(line)
    }

    private static func write(_ line: String) {
        // One line is one call, and holds no line break that somebody put into a name.
        var bytes = line.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
        bytes.append(UInt8(ascii: "\n"))
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }

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
        private struct State {
            var level = Logger.Level.info
            var linesLeft = Double(StandardErrorLog.burstLines)
            var refilledMicroseconds: Int64 = 0
            var missedCount = 0
        }

        private let state = Mutex(State())

        var level: Logger.Level {
            get { state.withLock { $0.level } }
            set { state.withLock { $0.level = newValue } }
        }

        /// How many lines were left out before this one; nil if it is left out itself.
        func admit(at microseconds: Int64) -> Int? {
            state.withLock { state in
                let gained = Double(microseconds - state.refilledMicroseconds) / 1_000_000
                state.linesLeft = min(
                    Double(StandardErrorLog.burstLines),
                    state.linesLeft + max(0, gained) * Double(StandardErrorLog.linesPerSecond))
                state.refilledMicroseconds = microseconds
                guard state.linesLeft >= 1 else {
                    state.missedCount += 1
                    return nil
                }
                state.linesLeft -= 1
                defer { state.missedCount = 0 }
                return state.missedCount
            }
        }
    }
}
