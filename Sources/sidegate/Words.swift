import Consent
import ControlAPI
import Glibc

/// Figures as people read them.
enum Words {
    static func state(_ radio: StatusReport.Radio) -> String {
        radio.isUp ? (radio.isDegraded == true ? "up, but not as it should be" : "up") : "down"
    }

    /// What a reason of the daemon's means. One that a newer daemon has stays as it is.
    static func reason(_ name: String) -> String { Reason(name: name)?.summary ?? name }

    /// In decimal units: `4.1 kB`.
    static func bytes(_ count: Int) -> String { scaled(count, ["B", "kB", "MB", "GB", "TB"]) }

    /// In decimal units: `16 kbit/s`.
    static func rate(_ bitsPerSecond: Int) -> String { scaled(bitsPerSecond, ["bit/s", "kbit/s", "Mbit/s"]) }

    private static func scaled(_ count: Int, _ units: [String]) -> String {
        var value = Double(count)
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let rounded = (value * 10).rounded() / 10
        let text = rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
        return "\(text) \(units[unit])"
    }

    /// `1 d 2 h`, `5 min`, `40 s`: the two largest units at most.
    static func duration(_ seconds: Int) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0 s" }
        return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) " + (number == 1 ? one : many ?? one + "s")
    }

    /// In local time, to the minute.
    static func time(_ unixSeconds: Int64) -> String { format(unixSeconds, "%Y-%m-%d %H:%M", isUTC: false) }

    /// In local time, to the second.
    static func clock(_ unixMilliseconds: Int64) -> String { format(unixMilliseconds / 1000, "%H:%M:%S", isUTC: false) }

    /// The day that begins at midnight UTC.
    static func day(_ unixSeconds: Int64) -> String { format(unixSeconds, "%Y-%m-%d", isUTC: true) }

    private static func format(_ unixSeconds: Int64, _ form: String, isUTC: Bool) -> String {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        guard (isUTC ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)) != nil else { return "?" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress, strftime(start, buffer.count, form, &parts) > 0 else { return "?" }
            return String(cString: start)
        }
    }
}

/// Columns, as wide as they must be.
struct Table {
    private var rows: [[String]]
    private let indent: String

    init(_ heading: [String], indent: String = "") {
        rows = [heading]
        self.indent = indent
    }

    mutating func add(_ row: [String]) { rows.append(row.map(NameRule.printable)) }

    /// Without a line break at the end.
    var text: String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], cell.count)
            }
        }
        return rows.map { row in
            var line = indent
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            return line
        }.joined(separator: "\n")
    }
}
