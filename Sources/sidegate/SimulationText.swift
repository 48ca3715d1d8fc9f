import ControlAPI
import Scenarios
import Simulation

extension RunRecord {
    /// The figures of which it can be said that they are not as the scenario expects them.
    var missed: [Expectation] { scenario.expectations.filter { verdict($0) == false } }
    var hasMissed: Bool { !missed.isEmpty }
}

/// What runs have left, as people read it.
enum SimulationText {
    /// One run.
    static func text(_ record: RunRecord) -> String {
        var lines = [headline(record, isCut: !record.isWhole), verdict(record)] + breaks(record)
        lines += record.scenario.expectations.map { expectation($0, record) }
        lines += ["", figures(record).text]
        if !record.drops.isEmpty {
            var table = Table(["DROPPED", "PACKETS"])
            for drop in record.drops { table.add([drop.name, String(drop.count)]) }
            lines += ["", table.text]
        }
        if !record.faults.isEmpty { lines += [""] + faults(record) }
        lines += ["", "fingerprint \(hexadecimal(record.fingerprint)) over \(record.steps) steps"]
        return lines.joined(separator: "\n")
    }

    private static func breaks(_ record: RunRecord) -> [String] {
        let lines = record.broken.prefix(10).map { "  - " + line($0) }
        return record.broken.count > 10 ? lines + ["  - and \(record.broken.count - 10) more"] : lines
    }

    private static func headline(_ record: RunRecord, isCut: Bool) -> String {
        let name = Console.coloured(NameRule.printable(record.scenario.name), .bold)
        let houses = Words.count(record.houses.count, "house")
        let devices = Words.count(record.devices.count, "device")
        let ran = Words.duration(Int(record.ranMicroseconds / 1_000_000))
        var line = "\(name): \(houses), \(devices), \(ran), seed \(record.seed)"
        if record.policy != "sidegate" { line += ", \(record.policy)" }
        if record.usesModelledCryptography { line += ", modelled cryptography" }
        if isCut { line += " (interrupted)" }
        return line
    }

    private static func verdict(_ record: RunRecord) -> String {
        let checks = record.checks.reduce(UInt64(0)) { $0 &+ $1.count }
        // A promise that nothing tried is not kept.
        let untried = record.checks.filter { $0.count == 0 }.map(\.name)
        let rest = untried.isEmpty ? "" : "; not checked: " + untried.joined(separator: ", ")
        guard record.broken.isEmpty else {
            let isCut = PromiseName.allCases.contains { promise in
                record.broken.count { $0.promise == promise } >= RunRecord.brokenMax
            }
            let times = (isCut ? "at least " : "") + Words.count(record.broken.count, "time")
            return "Promises: " + Console.coloured("broken", .red) + ", " + times + rest
        }
        guard checks > 0 else { return "Promises: none was checked" }
        let promises = Words.count(record.checks.count - untried.count, "promise")
        return "Promises: " + Console.coloured("kept", .green) + " (\(promises), checked \(checks) times)" + rest
    }

    static func line(_ broken: BrokenPromise) -> String {
        let house = broken.house.map { ", house \($0)" } ?? ""
        return "\(broken.promise.rawValue) at \(moment(broken.timeMicroseconds))\(house): "
            + NameRule.printable(broken.what)
    }

    private static func expectation(_ expectation: Expectation, _ record: RunRecord) -> String {
        let line = "Expected: " + limitAndValue(expectation, record)
        guard let isMet = record.verdict(expectation) else { return line + (record.isWhole ? "" : ", not judged") }
        return line + ", " + (isMet ? Console.coloured("met", .green) : Console.coloured("missed", .red))
    }

    /// `delivery_ratio at least 99 %: 97.8 %`.
    private static func limitAndValue(_ expectation: Expectation, _ record: RunRecord) -> String {
        let figure = record.figure(expectation.figure)
        let unit = figure?.unit ?? expectation.unit
        let wanted =
            (expectation.relation == .atLeast ? "at least " : "at most ") + value(expectation.value, unit)
        let found = figure.map { value(expectation.found(in: $0), unit) } ?? "not measured"
        return "\(expectation.words) \(wanted): \(found)"
    }

    /// Which runs of a sweep missed what: each with the expectations that it missed.
    private static func expectations(_ records: [RunRecord]) -> [String] {
        guard let first = records.first, !first.scenario.expectations.isEmpty else { return [] }
        let judged = records.filter(\.isWhole)
        let missed = judged.filter(\.hasMissed)
        guard !judged.isEmpty else { return ["Expectations: not judged, as no run came to its end"] }
        guard !missed.isEmpty else {
            return ["Expectations: met in every run" + (judged.count < records.count ? " that came to its end" : "")]
        }
        var lines = ["Expectations: " + Console.coloured("missed", .red) + " in \(Words.count(missed.count, "run"))"]
        for record in missed.prefix(listedMax) {
            let parts = record.missed.map { limitAndValue($0, record) }
            lines.append("  - seed \(record.seed): " + parts.joined(separator: "; "))
        }
        if missed.count > listedMax { lines.append("  - and \(missed.count - listedMax) more") }
        return lines
    }

    /// Of the runs of a sweep that something is wrong with so many are named.
    private static let listedMax = 50

    private static func figures(_ record: RunRecord) -> Table {
        var table = Table(["FIGURE", "COUNT", "MEAN", "MEDIAN", "99 %", "MOST"])
        for figure in record.figures {
            let values = [figure.mean, figure.median, figure.percentile99, figure.maximum]
            let isSingle = figure.bins.isEmpty
            table.add(
                [figure.name, String(figure.count), value(figure.mean, figure.unit)]
                    + (isSingle ? ["", "", ""] : values.dropFirst().map { value($0, figure.unit) }))
        }
        return table
    }

    private static func faults(_ record: RunRecord) -> [String] {
        let faults = record.faults
        var lines = ["Faults: \(faults.count)"]
        for fault in faults.prefix(12) {
            let houses = fault.words(of: record.houses.count).map { $0 + (fault.houses.count > 1 ? ": " : " ") } ?? ""
            let until = fault.untilMicroseconds.map { ", until \(moment($0))" } ?? ""
            lines.append("  \(moment(fault.timeMicroseconds))  \(houses)\(NameRule.printable(fault.what))\(until)")
        }
        if faults.count > 12 { lines.append("  and \(faults.count - 12) more") }
        return lines
    }

    /// Many runs of one scenario.
    static func sweep(_ records: [RunRecord], of range: ClosedRange<UInt64>) -> String {
        let runs = SweepWords.runs(records.count, of: range)
        guard let first = records.first else { return runs }
        var lines = [
            "\(Console.coloured(NameRule.printable(first.scenario.name), .bold)): "
                + runs
        ]
        let broken = records.filter { !$0.broken.isEmpty }
        if broken.isEmpty {
            lines.append("Promises: " + Console.coloured("kept", .green) + " in every run")
        } else {
            lines.append("Promises: " + Console.coloured("broken", .red) + " in \(Words.count(broken.count, "run"))")
            for record in broken.prefix(listedMax) {
                if let first = record.broken.first { lines.append("  - seed \(record.seed): \(line(first))") }
            }
            if broken.count > listedMax { lines.append("  - and \(broken.count - listedMax) more") }
        }
        lines += expectations(records)
        lines.append(checks(records.flatMap(\.checks)))
        lines += SweepWords.warnings(records).map { "Out of reach: \(NameRule.printable($0))" }
        // Of each run its median; of those the least, the middle one and the most.
        var table = Table(["FIGURE", "RUNS", "LEAST", "MEDIAN", "MOST"])
        var figures: [Figure] = []
        for figure in records.flatMap(\.figures) where !figures.contains(where: { $0.name == figure.name }) {
            figures.append(figure)
        }
        for figure in figures {
            let values = records.compactMap { $0.figure(figure.name)?.median }.sorted()
            guard let least = values.first, let most = values.last else { continue }
            let middle = values[values.count / 2]
            table.add(
                [figure.name, String(values.count)] + [least, middle, most].map { value($0, figure.unit) })
        }
        return (lines + ["", table.text]).joined(separator: "\n")
    }

    /// How often each promise was checked over many runs: one that never was is not kept.
    static func checks(_ counts: [Count]) -> String {
        let parts = PromiseName.allCases.compactMap { promise -> String? in
            let own = counts.filter { $0.name == promise.rawValue }
            guard !own.isEmpty else { return nil }
            let total = own.reduce(UInt64(0)) { $0 &+ $1.count }
            return promise.rawValue + " " + (total > 0 ? String(total) : Console.coloured("not checked", .red))
        }
        return "Checked: " + (parts.isEmpty ? "nothing" : parts.joined(separator: ", "))
    }

    /// Runs of one scenario under several policies, side by side.
    /// - Parameter notRun: policies that an interrupt came before.
    static func comparison(_ records: [RunRecord], notRun: [String]) -> String {
        var table = Table(["FIGURE"] + (records.map(\.policy) + notRun).map { $0.uppercased() })
        var names: [(name: String, unit: String)] = []
        for figure in records.flatMap(\.figures) where !names.contains(where: { $0.name == figure.name }) {
            names.append((figure.name, figure.unit))
        }
        let unequal = SweepWords.unequalStretches(records, notRun: notRun)
        if unequal != nil {
            table.add(
                ["ran for"] + records.map { Words.duration(Int($0.ranMicroseconds / 1_000_000)) }
                    + notRun.map { _ in "not run" })
        }
        for (name, unit) in names {
            table.add([name] + records.map { $0.figure(name).map { value($0.median, unit) } ?? "" })
            if records.contains(where: { $0.figure(name)?.bins.isEmpty == false }) {
                table.add(["  99 %"] + records.map { $0.figure(name).map { value($0.percentile99, unit) } ?? "" })
            }
        }
        table.add(["promises broken"] + records.map { $0.policy == "sidegate" ? String($0.broken.count) : "" })
        guard let first = records.first else { return table.text }
        let cut = unequal.map { [Console.coloured("Interrupted", .red) + ": " + $0] } ?? []
        let broken = records.filter { !$0.broken.isEmpty }.flatMap { [verdict($0)] + breaks($0) }
        // Only Sidegate's own are part of the exit code: baselines were promised nothing.
        let expected = first.scenario.expectations.flatMap { wanted in
            records.map { record in
                record.isWhole
                    ? "\(expectation(wanted, record)) (\(record.policy))"
                    : "Expected: \(limitAndValue(wanted, record)) (\(record.policy), not whole)"
            }
        }
        let others = (records.map(\.policy) + notRun).filter { $0 != "sidegate" }
        let origin =
            others.isEmpty
            ? []
            : [
                "",
                "Re-implementations of published rules, made for this comparison: " + others.joined(separator: ", ")
                    + ".",
                "Nobody who makes the originals has looked at them.",
            ]
        return ([headline(first, isCut: unequal != nil)] + cut + broken + expected + [table.text] + origin).joined(
            separator: "\n")
    }

    // MARK: Words

    static func moment(_ microseconds: Int64) -> String {
        let milliseconds = microseconds / 1_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let fraction = milliseconds % 1_000
        return "\(two(milliseconds / 3_600_000)):\(two(milliseconds / 60_000 % 60)):\(two(milliseconds / 1_000 % 60))."
            + (fraction < 100 ? "0" : "") + (fraction < 10 ? "0" : "") + "\(fraction)"
    }

    /// With at most four digits that count.
    static func value(_ value: Double, _ unit: String) -> String {
        switch unit {
        case "ratio": plain(value * 100) + " %"
        case "us" where value >= 10_000: plain(value / 1_000) + " ms"
        case "ms" where value >= 10_000: plain(value / 1_000) + " s"
        case "hops", "cuts", "revocations", "": plain(value)
        default: plain(value) + " " + unit
        }
    }

    private static func plain(_ value: Double) -> String {
        let scale: Double = abs(value) >= 1_000 ? 1 : abs(value) >= 100 ? 10 : abs(value) >= 10 ? 100 : 1_000
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int64(rounded)) : String(rounded)
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
