/// The parts of one run's report below its verdict and its map.
enum ReportSections {
    private typealias Cell = ReportMarkup.Cell
    private typealias Column = ReportMarkup.Column
    /// Rows of a table; what is left out is said.
    static let rowsMax = 200

    // MARK: Promises

    static func promises(_ figures: ReportFigures) -> String {
        let record = figures.record
        let rows = PromiseName.allCases.map { promise -> [Cell] in
            let breaches = record.broken.count { $0.promise == promise }
            let checks = record.checks.first { $0.name == promise.rawValue }?.count ?? 0
            let isWanted = record.scenario.promises.contains(promise)
            let state =
                breaches > 0
                ? ReportMarkup.state(
                    "broken",
                    "\u{2717} broken \(figures.isCut(promise) ? "at least " : "")\(ReportText.times(breaches))")
                : checks > 0 && isWanted
                    ? ReportMarkup.state("kept", "\u{2713} kept") : ReportMarkup.state("open", "not checked")
            return [.text(promise.rawValue), .text(promise.sentence), .text(ReportText.grouped(checks)), state]
        }
        var text = ReportMarkup.table(
            record.scenario.holdsLiars
                ? "Checked as it went, at every bridge, those that lie as well (hold_liars)."
                : "Checked as it went, at every bridge that does not lie.",
            [Column("Promise"), Column("What it says"), .number("Checks"), Column("Outcome")], rows)
        if !record.broken.isEmpty {
            let breaches = record.broken.prefix(rowsMax).map { broken -> [Cell] in
                [
                    .text(ReportText.moment(microseconds: broken.timeMicroseconds)), .text(broken.promise.rawValue),
                    .text(broken.house.map(String.init) ?? "\u{2013}"), .text(broken.what),
                ]
            }
            text += "<h3>What broke them</h3>"
            text += ReportMarkup.table(
                "Earliest first\(leftOut(record.broken.count)).",
                [Column("Time"), Column("Promise"), .number("House"), Column("What happened")], breaches)
        }
        return ReportMarkup.section("promises", "Promises", text)
    }

    static func leftOut(_ count: Int) -> String {
        count > rowsMax ? ", the first \(rowsMax) of \(ReportText.grouped(count))" : ""
    }

    // MARK: Drops

    static func drops(_ figures: ReportFigures) -> String {
        let drops = figures.record.drops.filter { $0.count > 0 }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        guard let most = drops.first?.count, most > 0 else {
            return ReportMarkup.section("drops", "Drops", "<p>Nothing was dropped.</p>")
        }
        let sum = drops.reduce(UInt64(0)) { $0 &+ $1.count }
        let rows = drops.map { drop -> [Cell] in
            let share = Double(drop.count) / Double(sum)
            return [
                .text(ReportText.words(drop.name)), .bar([.init(Double(drop.count) / Double(most), "two")]),
                .text(ReportText.grouped(drop.count)), .text(ReportText.percent(share)),
            ]
        }
        return ReportMarkup.section(
            "drops", "Drops by reason",
            ReportMarkup.table(
                "Every no has a reason from a closed list. A copy that was dropped does not mean an event that was lost.",
                [Column("Reason"), Column(""), .number("Count"), .number("Share")], rows))
    }

    // MARK: Faults

    static func faults(_ figures: ReportFigures) -> String {
        let record = figures.record
        guard !record.faults.isEmpty || !record.broken.isEmpty else {
            return ReportMarkup.section("faults", "Faults", "<p>Nothing went wrong: no fault was planned or drawn.</p>")
        }
        let marks = record.faults.map { Double($0.timeMicroseconds) / figures.ran }
        let breaches = record.broken.map { Double($0.timeMicroseconds) / figures.ran }
        var drawing = ReportShapes.dots(thinned(marks).map { ($0, 0.25) })
        drawing += ReportShapes.dots(thinned(breaches).map { ($0, 0.75) }, style: "dots bad")
        let label =
            "\(ReportText.count(marks.count, "fault")) and \(ReportText.count(breaches.count, "broken promise")) over time"
        var text = ReportMarkup.figure(
            "On the time line", about: label + ".",
            drawing: ReportMarkup.plot(
                drawing, label: label, top: "faults", bottom: "broken", across: ticks(figures), isLow: true),
            keys: [("one", "A fault"), ("bad", "A broken promise")], isWide: true)
        let rows = record.faults.prefix(rowsMax).map { fault -> [Cell] in
            [
                .text(ReportText.moment(microseconds: fault.timeMicroseconds)),
                .text(fault.untilMicroseconds.map { ReportText.moment(microseconds: $0) } ?? "\u{2013}"),
                .text(fault.numbers(of: record.houses.count) ?? "\u{2013}"), .text(fault.what),
            ]
        }
        text += ReportMarkup.table(
            "Faults, earliest first\(leftOut(record.faults.count)).",
            [Column("Time"), Column("Until"), .number("Houses"), Column("What happened")], rows)
        return ReportMarkup.section("faults", "Faults", text)
    }

    /// At most one mark for each of 500 parts of the width.
    private static func thinned(_ places: [Double]) -> [Double] {
        var taken = [Bool](repeating: false, count: 501)
        return places.filter { place in
            let slot = min(max(Int(place * 500), 0), 500)
            defer { taken[slot] = true }
            return !taken[slot]
        }
    }

    static func ticks(_ figures: ReportFigures) -> [String] {
        (0...4).map { ReportText.moment(microseconds: Int64(figures.ran) * Int64($0) / 4) }
    }

    // MARK: Figures

    static func figures(_ figures: ReportFigures) -> String {
        guard !figures.record.figures.isEmpty else {
            return ReportMarkup.section("figures", "Figures", "<p>None were measured.</p>")
        }
        let rows = figures.record.figures.map { figure -> [Cell] in
            [
                .text(ReportText.words(figure.name)), .text(ReportText.grouped(figure.count)),
                .text(ReportText.value(figure.mean, unit: figure.unit)),
                .text(ReportText.value(figure.median, unit: figure.unit)),
                .text(ReportText.value(figure.percentile99, unit: figure.unit)),
                .text(ReportText.value(figure.maximum, unit: figure.unit)),
            ]
        }
        return ReportMarkup.section(
            "figures", "Figures",
            ReportMarkup.table(
                "Over the whole run, every event counted.",
                [
                    Column("Figure"), .number("Values"), .number("Mean"), .number("Median"),
                    .number("99th percentile"), .number("Maximum"),
                ], rows))
    }

    // MARK: Repeating

    static func repeating(_ records: [RunRecord]) -> String {
        var commands: [String] = []
        var isModelled = false
        for record in records {
            isModelled = isModelled || record.usesModelledCryptography
            let command = record.command
            if !commands.contains(command) { commands.append(command) }
        }
        var text = "<p>The same scenario and seed give the same bytes on every machine.</p>"
        text += "<pre tabindex=\"0\"><code>"
        text += ReportText.escaped(commands.prefix(50).joined(separator: "\n")) + "</code></pre>"
        if isModelled {
            text +=
                "<p>Curves were modelled in this run: agreement was replaced by a hash, and each signature was verified"
            text += " once only. Other cryptography was real. A run with real curves sends the same frames at the same"
            text += " times, with other bytes in them.</p>"
        }
        return ReportMarkup.section("repeat", "Running it again", text)
    }
}
