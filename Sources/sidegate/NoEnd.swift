import ArgumentParser
import Glibc

/// When a no is to end, as it is typed.
enum NoEnd {
    static var now: Int64 { Int64(Glibc.time(nil)) }

    private static let secondsMax: Int64 = 366 * 86_400

    /// Seconds since 1970. Throws a usage error unless exactly one of the two is given and makes sense.
    static func unixSeconds(until: String?, duration: String?, now: Int64) throws -> Int64 {
        switch (until, duration) {
        case (let until?, nil):
            guard let end = time(until, now: now) else {
                throw ValidationError("--until takes a time such as 18:00 or 2026-11-30T18:00.")
            }
            guard end > now else { throw ValidationError("--until: this time has passed.") }
            guard end - now <= secondsMax else {
                throw ValidationError(
                    "--until: this time is more than a year away; without --until the no has no end.")
            }
            return end
        case (nil, let duration?):
            guard let seconds = seconds(duration) else {
                throw ValidationError("--for takes a time such as 90m, 2h or 3d, of a year at most.")
            }
            return now + seconds
        default: throw ValidationError("Either --until or --for, not both.")
        }
    }

    /// `90m`, `2h`, `3d`, of a year at most.
    private static func seconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = number(text.dropLast()), count > 0 else {
            return nil
        }
        let (seconds, overflow) = Int64(count).multipliedReportingOverflow(by: unit)
        return overflow || seconds > secondsMax ? nil : seconds
    }

    /// `18:00` is the next moment at which the local clock shows it; a date, with T or a space, is local time too unless
    /// it ends in Z.
    private static func time(_ text: String, now: Int64) -> Int64? {
        if let minutes = clock(text[...]) { return next(minutes, now: now) }
        let isUTC = text.hasSuffix("Z")
        let parts = text.dropLast(isUTC ? 1 : 0).split { $0 == "T" || $0 == " " }
        guard parts.count == 2, let minutes = clock(parts[1]) else { return nil }
        let date = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, date[0].utf8.count == 4, date[1].utf8.count == 2, date[2].utf8.count == 2,
            let year = number(date[0]), let month = number(date[1]), let day = number(date[2])
        else { return nil }
        var fields = tm()
        fields.tm_year = Int32(year - 1_900)
        fields.tm_mon = Int32(month - 1)
        fields.tm_mday = Int32(day)
        (fields.tm_hour, fields.tm_min) = (Int32(minutes / 60), Int32(minutes % 60))
        fields.tm_isdst = -1
        let seconds = Int64(isUTC ? timegm(&fields) : mktime(&fields))
        // The 31st of a shorter month is a slip.
        return fields.tm_mon == Int32(month - 1) && fields.tm_mday == Int32(day) ? seconds : nil
    }

    private static func next(_ minutes: Int, now: Int64) -> Int64? {
        for ahead in 0...1 {
            var seconds = time_t(now)
            var parts = tm()
            guard localtime_r(&seconds, &parts) != nil else { return nil }
            parts.tm_mday += Int32(ahead)
            (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(minutes / 60), Int32(minutes % 60), 0)
            parts.tm_isdst = -1
            let end = Int64(mktime(&parts))
            if end > now { return end }
        }
        return nil
    }

    /// `18:00`, or `18:00:00`, in minutes since midnight.
    private static func clock(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || (parts.count == 3 && parts[2] == "00"), (1...2).contains(parts[0].utf8.count),
            parts[1].utf8.count == 2, let hours = number(parts[0]), let minutes = number(parts[1]), hours < 24,
            minutes < 60
        else { return nil }
        return hours * 60 + minutes
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
