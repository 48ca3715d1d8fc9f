/// Numbers, times and names as people read them, without Foundation and so without a locale.
enum ReportText {
    // MARK: HTML

    /// For element content and for attribute values in double quotes. Control characters become U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\u{0}"..<"\u{20}" where scalar != "\n" && scalar != "\t": result += "\u{fffd}"
            case "\u{7f}"..<"\u{a0}", "\u{202a}"..."\u{202e}", "\u{2066}"..."\u{2069}": result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    // MARK: Numbers

    static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// With narrow spaces that do not break between thousands.
    static func grouped(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value.magnitude))
        var result = value < 0 ? "\u{2212}" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result += "\u{202f}" }
            result.append(digit)
        }
        return result
    }

    /// So many digits behind the point, at most 6; an en dash for what is no number.
    static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite else { return "\u{2013}" }
        var scale: Int64 = 1
        for _ in 0..<min(max(places, 0), 6) { scale *= 10 }
        let scaled = (abs(value) * Double(scale)).rounded()
        guard scaled < 9e18 else { return value.description }
        let whole = Int64(scaled)
        let sign = value < 0 && whole > 0 ? "\u{2212}" : ""
        guard scale > 1 else { return sign + grouped(whole) }
        let fraction = String(whole % scale)
        let zeros = String(repeating: "0", count: min(max(places, 0), 6) - fraction.count)
        return sign + grouped(whole / scale) + "." + zeros + fraction
    }

    /// Three digits that count: 1 234, 12.3, 0.012.
    static func plain(_ value: Double) -> String {
        let size = abs(value)
        if size == 0 || size >= 100 { return decimal(value, places: 0) }
        if size >= 10 { return decimal(value, places: 1) }
        if size >= 1 { return decimal(value, places: 2) }
        return decimal(value, places: size >= 0.01 ? 3 : 6)
    }

    /// A part of the whole: 99.95 %. What is nearly all never reads as all, and what is nearly nothing never as nothing.
    static func percent(_ ratio: Double) -> String {
        guard ratio.isFinite else { return "\u{2013}" }
        if ratio < 1, ratio > 0.9999 { return "over 99.99\u{a0}%" }
        if ratio > 0, ratio < 0.0001 { return "under 0.01\u{a0}%" }
        let places = ratio == 1 || ratio == 0 ? 0 : ratio > 0.99 || ratio < 0.01 ? 2 : 1
        return decimal(ratio * 100, places: places) + "\u{a0}%"
    }

    // MARK: Times

    /// A span, in the unit that suits it: 840 us, 12.3 ms, 4.56 s, 12 min, 3 h 20 min.
    static func span(microseconds: Double) -> String {
        guard microseconds.isFinite else { return "\u{2013}" }
        let size = abs(microseconds)
        if size < 1_000 { return decimal(microseconds, places: 0) + "\u{a0}\u{b5}s" }
        if size < 1_000_000 { return plain(microseconds / 1_000) + "\u{a0}ms" }
        if size < 120_000_000 { return plain(microseconds / 1_000_000) + "\u{a0}s" }
        let minutes = Int64(min(size / 60_000_000, 1e15).rounded())
        let sign = microseconds < 0 ? "\u{2212}" : ""
        if minutes < 120 { return sign + (size == Double(minutes) * 6e7 ? "" : "about ") + "\(minutes)\u{a0}min" }
        let rest = minutes % 60 == 0 ? "" : " \(minutes % 60)\u{a0}min"
        return sign + "\(minutes / 60)\u{a0}h" + rest
    }

    /// A moment of the run: 0:12.3, 1:02:03.4.
    static func moment(microseconds: Int64) -> String {
        let tenths = max(microseconds, 0) / 100_000
        let (seconds, minutes, hours) = (tenths / 10 % 60, tenths / 600 % 60, tenths / 36_000)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let clock = hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)"
        return clock + ":\(two(seconds)).\(tenths % 10)"
    }

    static func bytes(_ count: Double) -> String {
        if count < 1_000 { return decimal(count, places: 0) + "\u{a0}B" }
        if count < 1_000_000 { return plain(count / 1_000) + "\u{a0}kB" }
        if count < 1e9 { return plain(count / 1e6) + "\u{a0}MB" }
        return plain(count / 1e9) + "\u{a0}GB"
    }

    /// A value of a figure, with its unit.
    static func value(_ value: Double, unit: String) -> String {
        switch unit {
        case "us": span(microseconds: value)
        case "ms": span(microseconds: value * 1_000)
        case "s": span(microseconds: value * 1_000_000)
        case "ratio": value >= 0 && value <= 1 ? percent(value) : plain(value)
        case "bytes": bytes(value)
        default:
            (value == value.rounded() ? decimal(value, places: 0) : plain(value)) + (unit.isEmpty ? "" : " " + unit)
        }
    }

    /// `latency_per_hop` as words: Latency per hop.
    static func words(_ name: String) -> String {
        let spaced = String(name.map { $0 == "_" ? " " : $0 })
        return spaced.prefix(1).uppercased() + spaced.dropFirst()
    }

    /// Once, 2 times.
    static func times(_ count: some BinaryInteger) -> String { count == 1 ? "once" : grouped(count) + " times" }

    /// 1 house, 2 houses.
    static func count(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        grouped(count) + " " + (count == 1 ? one : many ?? one + "s")
    }
}
