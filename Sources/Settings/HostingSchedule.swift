/// When a host lends: windows on the clock on the wall, each on some days of the week. Outside all of them the answer is no.
///
/// A window is judged by what the local clock shows, so that "nights" stay nights when summer time begins or ends: an
/// hour that is left out does not come, an hour that comes twice counts twice.
public struct HostingSchedule: Sendable, Equatable {
    /// The most windows of one schedule.
    public static let windowsMaximum = 32
    /// Minutes of a day, as the clock shows them.
    public static let dayMinutes = 1_440
    /// From Monday on, as settings name them.
    public static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// One window: from `startMinute` on the days in `days` to `endMinute`, on the next day where that is not later.
    public struct Window: Sendable, Equatable {
        /// Bit n is the day n, Monday 0, on which the window begins.
        public let days: UInt8
        /// Minutes since midnight, 0 to 1,439.
        public let startMinute: Int
        /// Minutes since midnight, 1 to 1,440; the window ends before it. Never equal to `startMinute`.
        public let endMinute: Int

        func isOpen(weekday: Int, minute: Int) -> Bool {
            if startMinute < endMinute { return has(weekday) && (startMinute..<endMinute).contains(minute) }
            return (has(weekday) && minute >= startMinute) || (has((weekday + 6) % 7) && minute < endMinute)
        }

        func has(_ weekday: Int) -> Bool { days & 1 << UInt8(weekday) != 0 }
    }

    /// None: nothing is ever lent.
    public let windows: [Window]

    public init(windows: [Window]) { self.windows = windows }

    /// Whether the host lends while the local clock shows `minute` since midnight on `weekday` (Monday 0).
    public func isOpen(weekday: Int, minute: Int) -> Bool {
        windows.contains { $0.isOpen(weekday: weekday, minute: minute) }
    }

    /// When the clock next shows the beginning of a window, as `mon 22:00`; nil if it never does.
    public func nextOpening(weekday: Int, minute: Int) -> String? {
        for ahead in 0...7 {
            let day = (weekday + ahead) % 7
            let starts = windows.filter { $0.has(day) && (ahead > 0 || $0.startMinute > minute) }.map(\.startMinute)
            if let start = starts.min() { return "\(Self.dayNames[day]) \(Self.clock(start))" }
        }
        return nil
    }

    /// Each window as settings write it.
    public var texts: [String] { windows.map(Self.text) }

    private static func text(_ window: Window) -> String {
        let time = "\(clock(window.startMinute))-\(clock(window.endMinute))"
        if window.days == 0x7F { return time }
        return dayNames.indices.filter { window.has($0) }.map { dayNames[$0] }.joined(separator: ",") + " " + time
    }

    private static func clock(_ minute: Int) -> String {
        let (hours, minutes) = minute.quotientAndRemainder(dividingBy: 60)
        return (hours < 10 ? "0" : "") + "\(hours):" + (minutes < 10 ? "0" : "") + "\(minutes)"
    }
}

extension HostingSchedule.Window {
    /// Reads `22:00-07:00`, `sat,sun 08:00-20:00` or `mon-fri 22:00-07:00`. Nil if it is none of these.
    public init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard let time = parts.last, parts.count <= 2 else { return nil }
        guard let days = parts.count == 2 ? Self.days(parts[0]) : 0x7F else { return nil }
        let ends = time.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = Self.minute(ends[0]), let end = Self.minute(ends[1]) else { return nil }
        guard start < HostingSchedule.dayMinutes, start != end else { return nil }
        // Midnight at the end is the end of the day that it ends.
        self.init(days: days, startMinute: start, endMinute: end == 0 ? HostingSchedule.dayMinutes : end)
    }

    private static func days(_ text: Substring) -> UInt8? {
        var days: UInt8 = 0
        for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = piece.split(separator: "-", omittingEmptySubsequences: false)
                .map { HostingSchedule.dayNames.firstIndex(of: $0.lowercased()) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
            var day = first
            days |= 1 << UInt8(day)
            while day != last {
                day = (day + 1) % 7
                days |= 1 << UInt8(day)
            }
        }
        return days
    }

    /// `00:00` to `24:00`.
    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(Self.isDigit) }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), minutes < 60
        else { return nil }
        let minute = hours * 60 + minutes
        return minute <= HostingSchedule.dayMinutes ? minute : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
