/// Runs of one scenario with many seeds.
enum ReportSweep {
    private typealias Cell = ReportMarkup.Cell
    private typealias Column = ReportMarkup.Column

    static func text(of group: ReportComparison.Group, id: String, title: String) -> String {
        var text = broken(group)
        text += missed(group)
        text += checks(group)
        text += spread(group)
        text += seeds(group)
        return ReportMarkup.section(id, title, text)
    }

    private static func broken(_ group: ReportComparison.Group) -> String {
        let records = group.runs.map(\.record).filter { !$0.broken.isEmpty }
        guard !records.isEmpty else {
            return "<p>No promise was broken with any of \(ReportText.count(group.runs.count, "seed")).</p>"
        }
        let rows = records.prefix(ReportSections.rowsMax).map { record -> [Cell] in
            let first = record.broken.first
            return [
                .text(String(record.seed)), .text(first?.promise.rawValue ?? ""),
                .text(first.map { ReportText.moment(microseconds: $0.timeMicroseconds) } ?? ""),
                .text(first?.what ?? ""),
                .markup("<code>\(ReportText.escaped(record.command))</code>"),
            ]
        }
        return ReportMarkup.table(
            "Seeds that broke a promise, and the first one each broke\(ReportSections.leftOut(records.count)).",
            [.number("Seed"), Column("Promise"), Column("Time"), Column("What happened"), Column("Again")], rows)
    }

    /// Which seeds missed what was expected of them: a row for each expectation missed.
    private static func missed(_ group: ReportComparison.Group) -> String {
        let rows = group.runs.flatMap { run in
            run.record.scenario.expectations.filter { run.record.verdict($0) == false }.map { expectation -> [Cell] in
                let figure = run.figure(expectation.figure)
                let unit = figure?.unit ?? expectation.unit
                let relation = expectation.relation == .atLeast ? "at least" : "at most"
                let found = figure.map { ReportText.value(expectation.found(in: $0), unit: unit) }
                return [
                    .text(String(run.record.seed)), .text(ReportText.words(expectation.words)),
                    .text("\(relation) \(ReportText.value(expectation.value, unit: unit))"),
                    .text(found ?? "not measured"),
                ]
            }
        }
        guard !rows.isEmpty else { return "" }
        return ReportMarkup.table(
            "What seeds missed of what was expected\(ReportSections.leftOut(rows.count)).",
            [.number("Seed"), Column("Figure"), Column("Expected"), .number("Found")],
            Array(rows.prefix(ReportSections.rowsMax)))
    }

    /// How often each promise was checked over all seeds: one that never was is not kept.
    private static func checks(_ group: ReportComparison.Group) -> String {
        let counts = group.runs.flatMap(\.record.checks)
        let rows = PromiseName.allCases.compactMap { promise -> [Cell]? in
            let own = counts.filter { $0.name == promise.rawValue }
            guard !own.isEmpty else { return nil }
            let total = own.reduce(UInt64(0)) { $0 &+ $1.count }
            return [
                .text(promise.rawValue), total > 0 ? .text(String(total)) : ReportMarkup.state("open", "not checked"),
            ]
        }
        guard !rows.isEmpty else { return "" }
        return ReportMarkup.table(
            "How often each promise was checked, over all seeds.", [Column("Promise"), .number("Checks")], rows)
    }

    /// Each figure's medians over all seeds: a dot for a seed.
    private static func spread(_ group: ReportComparison.Group) -> String {
        let rows = ReportComparison.figureNames([group]).compactMap { name -> [Cell]? in
            let figures = group.runs.compactMap { $0.figure(name) }.filter { $0.count > 0 && $0.median.isFinite }
            let values = figures.map(\.median).sorted()
            guard let least = values.first, let most = values.last, let unit = figures.first?.unit else { return nil }
            return [
                .text(ReportText.words(name)), .markup(dots(values, from: least, to: most)),
                .text(ReportText.value(least, unit: unit)), .text(ReportText.value(values.quantile(0.5), unit: unit)),
                .text(ReportText.value(most, unit: unit)),
            ]
        }
        guard !rows.isEmpty else { return "" }
        return ReportMarkup.table(
            "Each figure's median over all seeds: a dot for a seed, from the lowest to the highest.",
            [
                Column("Figure"), Column("Spread"), .number("Lowest seed"), .number("Median seed"),
                .number("Highest seed"),
            ], rows)
    }

    private static func dots(_ sorted: [Double], from least: Double, to most: Double) -> String {
        let sampled = ReportData.sampled(sorted.count, 300).map { sorted[$0] }
        let places = sampled.map { value in
            (across: most > least ? 0.02 + 0.96 * (value - least) / (most - least) : 0.5, down: 0.5)
        }
        return "<svg class=\"spread\" viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            + "<path class=\"frame\" d=\"M0 50H100\"/>\(ReportShapes.dots(places))</svg>"
    }

    private static func seeds(_ group: ReportComparison.Group) -> String {
        let rows = group.runs.prefix(ReportSections.rowsMax).map { run -> [Cell] in
            let breaches = run.record.broken.count
            return [
                .text(String(run.record.seed)),
                breaches > 0
                    ? ReportMarkup.state("broken", "\u{2717} broken \(run.times(breaches))")
                    : ReportMarkup.state(
                        run.checks > 0 ? "kept" : "open", run.checks > 0 ? "\u{2713} kept" : "not checked"),
                .text(run.deliveryRatio.map(ReportText.percent) ?? "\u{2013}"),
                .text(run.latency.map { ReportText.span(microseconds: $0.median) } ?? "\u{2013}"),
                .text(run.latency.map { ReportText.span(microseconds: $0.late) } ?? "\u{2013}"),
                .text(ReportText.hexadecimal(run.record.fingerprint)),
            ]
        }
        let table = ReportMarkup.table(
            "Every seed\(ReportSections.leftOut(group.runs.count)).",
            [
                .number("Seed"), Column("Promises"), .number("Delivered"), .number("Latency, median"),
                .number("99th percentile"), Column("Fingerprint"),
            ], rows)
        return "<details><summary>Every seed</summary>\(table)</details>"
    }
}
