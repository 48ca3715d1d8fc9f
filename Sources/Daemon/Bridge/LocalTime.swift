import Glibc
import Settings

/// What the clock on the wall shows, here and by the rules for summer time.
struct LocalTime: Sendable, Equatable {
    /// Monday is 0.
    var weekday: Int
    /// Since midnight, as shown.
    var minute: Int

    /// Nil if the time is beyond what a calendar holds.
    init?(unixSeconds: Int64) {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        // A change of the machine's time zone counts from now on.
        tzset()
        guard localtime_r(&seconds, &parts) != nil else { return nil }
        weekday = (Int(parts.tm_wday) + 6) % 7
        minute = Int(parts.tm_hour) * 60 + Int(parts.tm_min)
    }

    /// `2026-11-22 18:00`.
    static func text(unixSeconds: Int64) -> String {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return "a time beyond the calendar" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            guard let start = buffer.baseAddress, strftime(start, buffer.count, "%Y-%m-%d %H:%M", &parts) > 0 else {
                return ""
            }
            return String(cString: start)
        }
    }
}

extension HostingSchedule {
    /// Why this bridge is not lent at this time, in words; nil if it is.
    func closed(unixSeconds: Int64) -> String? {
        guard let time = LocalTime(unixSeconds: unixSeconds) else {
            return "outside the schedule: the clock is not set"
        }
        if isOpen(weekday: time.weekday, minute: time.minute) { return nil }
        guard let opening = nextOpening(weekday: time.weekday, minute: time.minute) else {
            return "outside the schedule: hosting.schedule has no window"
        }
        return "outside the schedule: hosting.schedule opens \(opening)"
    }
}
