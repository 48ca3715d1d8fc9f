import Settings

/// A number with a unit, as people write it: `12 m`, `10 min`, `-92 dBm`.
struct Measure: Sendable {
    struct Unit: Sendable {
        let name: String
        /// Of the unit that values are kept in.
        let factor: Double
        /// Values are kept in a hundred times this unit.
        var isHundredth = false
        /// What people may write in its place.
        var aliases: [String] = []

        /// The decimal point is moved in the text, so that `12.34 %` and 0.1234 are the same number.
        func value(of figure: String) -> Double? {
            guard let number = Measure.number(figure) else { return nil }
            if !isHundredth { return number * factor }
            return figure.contains("e") ? number / 100 : Double(figure + "e-2")
        }

        /// The figure that stands for `value`.
        func figure(of value: Double) -> String {
            if !isHundredth { return Measure.plain(value / factor) }
            let text = "\(value)"
            return Measure.plain((text.contains("e") ? nil : Double(text + "e2")) ?? value * 100)
        }
    }

    /// From the smallest to the largest.
    let units: [Unit]
    /// What a value without a unit would most likely be in.
    let usual: String

    static let time = Measure(
        units: [
            Unit(name: "us", factor: 1, aliases: ["µs", "microsecond", "microseconds"]),
            Unit(name: "ms", factor: 1_000, aliases: ["msec", "msecs", "millisecond", "milliseconds"]),
            Unit(name: "s", factor: 1_000_000, aliases: ["sec", "secs", "second", "seconds"]),
            Unit(name: "min", factor: 60_000_000, aliases: ["m", "minute", "minutes", "mins"]),
            Unit(name: "h", factor: 3_600_000_000, aliases: ["hour", "hours", "hr"]),
            Unit(name: "d", factor: 86_400_000_000, aliases: ["day", "days"]),
        ], usual: "s")
    static let distance = Measure(
        units: [
            Unit(name: "cm", factor: 1, isHundredth: true),
            Unit(name: "m", factor: 1, aliases: ["meter", "metre", "meters", "metres"]),
            Unit(name: "km", factor: 1_000),
        ], usual: "m")
    static let power = Measure(units: [Unit(name: "dBm", factor: 1, aliases: ["dB"])], usual: "dBm")
    static let loss = Measure(
        units: [Unit(name: "dB", factor: 1, aliases: ["dBm", "decibel", "decibels"])], usual: "dB")
    static let share = Measure(units: [Unit(name: "%", factor: 1, isHundredth: true, aliases: ["percent"])], usual: "%")
    static let rate = Measure(
        units: [
            Unit(name: "bit/s", factor: 1, aliases: ["bps", "b/s"]),
            Unit(name: "kbit/s", factor: 1_000, aliases: ["kbps", "kb/s", "kbit"]),
            Unit(name: "Mbit/s", factor: 1_000_000, aliases: ["Mbps", "Mb/s", "Mbit"]),
        ], usual: "kbit/s")
    static let size = Measure(
        units: [
            Unit(name: "B", factor: 1, aliases: ["byte", "bytes"]),
            Unit(name: "kB", factor: 1_000, aliases: ["KB", "K"]),
            Unit(name: "MB", factor: 1_000_000, aliases: ["M"]),
            Unit(name: "GB", factor: 1_000_000_000, aliases: ["G"]),
        ], usual: "kB")
    static let frequency = Measure(
        units: [Unit(name: "/min", factor: 1, aliases: ["per minute", "a minute", "per min"])], usual: "/min")
    static let drift = Measure(units: [Unit(name: "ppm", factor: 1)], usual: "ppm")

    /// What is wrong with a text, as the end of a sentence that begins with the key, and what to do about it.
    struct Fault: Error {
        let what: String
        let remedy: String
    }

    /// The value of `text` in the unit that values are kept in.
    func value(of text: String) throws(Fault) -> Double {
        let (number, unit) = Self.parts(of: text)
        let shown = DocumentNode.shortened(text)
        guard Self.number(number) != nil else {
            throw Fault(what: "is `\(shown)`, which is no \(noun)", remedy: "Write it as `\(example(10))`")
        }
        if unit.isEmpty {
            throw Fault(what: "is `\(shown)`, which has no unit", remedy: "Write it as " + guess(number))
        }
        if let value = units.first(where: { $0.name == unit })?.value(of: number) { return value }
        let meant =
            units.first { $0.name.lowercased() == unit.lowercased() || $0.aliases.contains(unit) }?.name
            ?? Spelling.nearest(to: unit, among: units.map(\.name))
        let known = units.map { "`\($0.name)`" }.joined(separator: ", ")
        throw Fault(
            what: "is `\(shown)`, whose unit is not known",
            remedy: (meant.map { "Did you mean `\(number)\(gap)\($0)`? " } ?? "")
                + (units.count == 1 ? "The unit is \(known)" : "Units are \(known)"))
    }

    /// `value` in the largest unit in which it is a whole number, or else in the usual one if it comes back the same.
    func text(_ value: Double) -> String {
        let exact = units.filter { $0.value(of: $0.figure(of: value)) == value }
        let usual = units.first { $0.name == self.usual } ?? units[0]
        let whole = exact.last { !$0.figure(of: value).contains { $0 == "." || $0 == "e" } }
        let unit =
            value == 0 ? usual : whole ?? exact.first { $0.name == usual.name } ?? exact.first ?? usual
        return unit.figure(of: value) + gap + unit.name
    }

    /// A number without a unit as it was most likely meant: a share of 0.98 is one of 98 %.
    private func guess(_ number: String) -> String {
        let written = "`\(number)\(gap)\(usual)`"
        guard usual == "%", let share = Self.number(number), share > 0, share <= 1, let unit = units.first else {
            return written
        }
        return "`\(unit.figure(of: share))\(gap)\(usual)`, or as \(written) if that is meant"
    }

    func example(_ figure: Int) -> String { "\(figure)\(gap)\(usual)" }

    private var gap: String { usual.hasPrefix("/") ? "" : " " }

    private var noun: String {
        switch usual {
        case "s": "time"
        case "m": "distance"
        case "%": "percentage"
        case "dBm": "power"
        default: "number with a unit"
        }
    }

    /// Cuts at the end of what can be part of a number.
    private static func parts(of text: String) -> (number: String, unit: String) {
        var end = text.startIndex
        while end < text.endIndex, "0123456789.+-_".contains(text[end]) { end = text.index(after: end) }
        // An exponent is a letter between digits: `1e-05`.
        if end < text.endIndex, text[end] == "e" {
            let rest = text[text.index(after: end)...]
            let exponent = rest.prefix { "0123456789-+".contains($0) }
            if !exponent.isEmpty { end = exponent.endIndex }
        }
        return (String(text[..<end]), String(text[end...].drop { $0 == " " }))
    }

    /// A plain decimal number; nil for anything else, and for what is beyond all use.
    static func number(_ text: String) -> Double? {
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x65].contains($0) }
        guard isPlain, text.utf8.count <= 32, let number = Double(text), number.isFinite, abs(number) <= 1e15 else {
            return nil
        }
        return number
    }

    /// `number` without a fraction where it has none.
    static func plain(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
    }
}
