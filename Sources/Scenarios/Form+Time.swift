import Settings
import Simulation
import Wire

extension Form where Value == WallTime {
    /// UTC, to the second: `2027-01-15 08:07:00`.
    static var moment: Self {
        let summary = "a time in UTC such as `2027-01-15 08:07:00`"
        return Form(summary: summary) { node, path throws(SettingsFault) in
            let fault = FormFault(node: node, path: path)
            let text = try fault.scalar("Give \(summary)")
            guard let time = WallTime(text: text) else {
                throw fault.outOfRange("is \(node.summary)", "Give \(summary)")
            }
            return time
        } write: {
            $0.text
        }
    }
}

extension WallTime {
    /// Reads `2027-01-15 08:07:00` (also with `T` between, without seconds, or a `Z` at the end).
    init?(text: String) {
        let text = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let halves = text.split { $0 == " " || $0 == "T" }
        guard halves.count == 2 else { return nil }
        func numbers(_ text: Substring, _ separator: Character) -> [Int]? {
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            let isSound = parts.allSatisfy {
                (1...4).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }
            return isSound ? parts.compactMap { Int($0) } : nil
        }
        guard let date = numbers(halves[0], "-"), let clock = numbers(halves[1], ":"), date.count == 3,
            (2...3).contains(clock.count)
        else { return nil }
        let second = clock.count == 3 ? clock[2] : 0
        guard (1970...2105).contains(date[0]), (1...12).contains(date[1]), date[2] >= 1,
            date[2] <= Self.days(inMonth: date[1], of: date[0]), clock[0] < 24, clock[1] < 60, second < 60
        else { return nil }
        var days = 0
        for year in 1970..<date[0] { days += Self.isLeap(year) ? 366 : 365 }
        for month in 1..<date[1] { days += Self.days(inMonth: month, of: date[0]) }
        days += date[2] - 1
        self.init(seconds: UInt32(clamping: days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + second))
    }

    var text: String {
        var days = Int(seconds / 86_400)
        var year = 1970
        while days >= (Self.isLeap(year) ? 366 : 365) {
            days -= Self.isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 1
        while days >= Self.days(inMonth: month, of: year) {
            days -= Self.days(inMonth: month, of: year)
            month += 1
        }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = Int(seconds % 86_400)
        return "\(year)-\(two(month))-\(two(days + 1)) "
            + [clock / 3_600, clock / 60 % 60, clock % 60].map(two).joined(separator: ":")
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension MinuteRange {
    /// `22:00-07:00`.
    init?(text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minute)
        guard ends.count == 2, let from = ends[0], let to = ends[1], from < 1_440 else { return nil }
        self.init(from: from, to: to)
    }

    var text: String { "\"\(Self.clock(from))-\(Self.clock(to))\"" }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { $0 & 0xF0 == 0x30 } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1_440
        else { return nil }
        return hour * 60 + minute
    }

    private static func clock(_ minute: Int) -> String {
        let (hour, minute) = (minute / 60, minute % 60)
        return (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
    }
}
