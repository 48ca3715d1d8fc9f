/// Several runs at once: policies side by side, seeds summed up.
enum ReportComparison {
    private typealias Cell = ReportMarkup.Cell
    private typealias Column = ReportMarkup.Column

    /// Runs of one policy, each with another seed.
    struct Group {
        var policy: String
        var runs: [ReportFigures]
        var missed: Int { runs.reduce(0) { $0 + $1.expectationsMissed } }
        var isBroken: Bool { runs.contains { !$0.record.broken.isEmpty } }
    }

    /// Something to compare runs by.
    private struct Measure {
        var name: String
        var unit: String
        /// Better is more, or less, or neither.
        var better: Better
        var value: (ReportFigures) -> Double?

        enum Better { case more, less, neither }
    }

    static func sections(of records: [RunRecord]) -> [HTMLReport.Section] {
        let groups = HTMLReport.policies(records).map { policy in
            Group(policy: policy, runs: records.filter { $0.policy == policy }.map { ReportFigures($0) })
        }
        var sections = [HTMLReport.Section("verdict", "Verdict", verdict(groups))]
        if groups.count > 1 { sections.append(HTMLReport.Section("comparison", "Comparison", comparison(groups))) }
        for (index, group) in groups.enumerated() where group.runs.count > 1 {
            let id = "sweep-\(index)"
            let name = groups.count > 1 ? "Seeds of \(group.policy)" : "Seeds"
            sections.append(HTMLReport.Section(id, name, ReportSweep.text(of: group, id: id, title: name)))
        }
        return sections
    }

    // MARK: Verdict

    private static func verdict(_ groups: [Group]) -> String {
        let isBroken = groups.contains(where: \.isBroken)
        let isChecked = groups.contains { $0.runs.contains { $0.checks > 0 } }
        let hasMissed = groups.contains { $0.policy == "sidegate" && $0.missed > 0 }
        let style = isBroken ? " broken" : isChecked && !hasMissed ? "" : " open"
        var text = "<section id=\"verdict\" class=\"verdict\(style)\""
        text += " aria-labelledby=\"verdict-title\">"
        text += "<h2 id=\"verdict-title\">\(ReportText.escaped(headline(groups, isBroken, isChecked)))</h2><ul>"
        for group in groups { text += "<li>\(ReportText.escaped(sentence(group)))</li>" }
        text += "</ul>"
        if groups.count > 1, groups.contains(where: { $0.runs.contains { !$0.isWhole } }) {
            text +=
                "<p><strong>Interrupted.</strong> The runs are of different lengths, so that their figures cannot be"
            text += " compared.</p>"
        }
        return text + "</section>\n"
    }

    private static func headline(_ groups: [Group], _ isBroken: Bool, _ isChecked: Bool) -> String {
        let runs = groups.reduce(0) { $0 + $1.runs.count }
        let broken = groups.reduce(0) { $0 + $1.runs.count { !$0.record.broken.isEmpty } }
        if isBroken { return "A promise was broken in \(broken) of \(ReportText.count(runs, "run"))." }
        if !isChecked { return "\(ReportText.count(runs, "run")): no promise was checked." }
        let missed = groups.filter { $0.policy == "sidegate" }.flatMap(\.runs).count { $0.expectationsMissed > 0 }
        guard groups.count > 1 else {
            let but = missed == 0 ? "" : ", but \(missed) of them missed what the scenario expects"
            return "Every promise was kept in all \(ReportText.count(runs, "run"))\(but)."
        }
        let wanted = groups.reduce(0) { $0 + ($1.policy == "sidegate" ? $1.missed : 0) }
        let but = wanted == 0 ? "" : ", but missed \(ReportText.count(wanted, "expectation"))"
        return "Sidegate kept every promise\(but). \(groups.count) policies side by side."
    }

    private static func sentence(_ group: Group) -> String {
        guard group.runs.count > 1 else {
            let words = group.runs.first.map { ReportVerdict.summary($0) } ?? ""
            let missed = group.missed == 0 ? "" : " Missed \(ReportText.count(group.missed, "expectation"))."
            return "\(group.policy): \(words)\(missed)"
        }
        let broken = group.runs.count { !$0.record.broken.isEmpty }
        let ratios = group.runs.compactMap(\.deliveryRatio).sorted()
        var text = "\(group.policy): \(ReportText.count(group.runs.count, "seed")), "
        text += broken == 0 ? "none broke a promise" : "\(broken) of them broke a promise"
        if let least = ratios.first, let most = ratios.last {
            text += "; \(ReportText.percent(least)) to \(ReportText.percent(most))"
            text += " of the events that a bridge took in came home"
        }
        return text + "."
    }

    // MARK: Side by side

    private static func measures(_ groups: [Group]) -> [Measure] {
        var measures = [
            Measure(name: "Delivered", unit: "ratio", better: .more) { $0.deliveryRatio },
            Measure(name: "Latency, median", unit: "us", better: .less) { $0.latency?.median },
            Measure(name: "Latency, 99th percentile", unit: "us", better: .less) { $0.latency?.late },
        ]
        let shares: [(String, KeyPath<HouseRecord, Int64>)] = [
            ("Airtime of packets, mean house", \.airtimePacketsMicroseconds),
            ("Airtime of upkeep and beacons, mean house", \.airtimeStandingMicroseconds),
        ]
        for (name, path) in shares {
            measures.append(
                Measure(name: name, unit: "ratio", better: .less) { run in
                    let houses = run.record.houses
                    guard !houses.isEmpty else { return nil }
                    return houses.reduce(0.0) { $0 + Double($1[keyPath: path]) } / Double(houses.count) / run.ran
                })
        }
        for name in figureNames(groups) where name != "delivery_ratio" && name != "latency" {
            let unit = groups.lazy.flatMap(\.runs).compactMap { $0.figure(name)?.unit }.first ?? ""
            let better: Measure.Better =
                name == "fairness" ? .more : name.hasPrefix("latency") || name.hasPrefix("airtime") ? .less : .neither
            measures.append(
                Measure(name: ReportText.words(name), unit: unit, better: better) { run in
                    run.figure(name).flatMap { $0.count > 0 ? $0.median : nil }
                })
        }
        measures.append(
            Measure(name: "Drops", unit: "", better: .neither) { run in
                Double(run.record.drops.reduce(UInt64(0)) { $0 &+ $1.count })
            })
        return measures
    }

    static func figureNames(_ groups: [Group]) -> [String] {
        var names: [String] = []
        for group in groups {
            for run in group.runs {
                for figure in run.record.figures where !names.contains(figure.name) { names.append(figure.name) }
            }
        }
        return names
    }

    private static func comparison(_ groups: [Group]) -> String {
        let measures = measures(groups)
        var charts = ""
        var rows: [[Cell]] = []
        for measure in measures {
            let values = groups.map { group in group.runs.compactMap(measure.value).filter(\.isFinite).sorted() }
            guard values.contains(where: { !$0.isEmpty }) else { continue }
            rows.append([.text(measure.name)] + values.map { .text(words($0, measure.unit)) })
            charts += chart(measure, groups, values)
        }
        let table = ReportMarkup.table(
            "The same radio, places and traffic under each policy.\(isSweep(groups) ? " Median of the seeds." : "")",
            [Column("Figure")] + groups.map { .number($0.policy) }, rows)
        let note =
            "<p>Baselines are re-implementations of published policies on Sidegate's radio model; they promise nothing"
            + " and ask nobody for consent.</p>"
        return ReportMarkup.section(
            "comparison", "Policies side by side",
            note + expectations(groups) + table + "<div class=\"charts\">\(charts)</div>")
    }

    /// Of sweeps, each has a table of its own.
    private static func expectations(_ groups: [Group]) -> String {
        guard !isSweep(groups), let first = groups.first?.runs.first else { return "" }
        let rows = first.record.scenario.expectations.map { expectation -> [Cell] in
            let relation = expectation.relation == .atLeast ? "at least" : "at most"
            let wanted = ReportText.value(expectation.value, unit: expectation.unit)
            return [.text("\(ReportText.words(expectation.words)) \(relation) \(wanted)")]
                + groups.map { $0.runs.first.map { found(expectation, $0) } ?? .text("") }
        }
        guard !rows.isEmpty else { return "" }
        return ReportMarkup.table(
            "What the scenario expects, and what each policy came to. Only a run to the end meets or misses it.",
            [Column("Expected")] + groups.map { Column($0.policy) }, rows)
    }

    private static func found(_ expectation: Expectation, _ run: ReportFigures) -> Cell {
        let figure = run.figure(expectation.figure).flatMap { $0.count > 0 ? $0 : nil }
        let value =
            figure.map { ReportText.value(expectation.found(in: $0), unit: $0.unit) } ?? "not measured"
        guard let isMet = run.isMet(expectation) else { return .text(value) }
        return ReportMarkup.state(isMet ? "kept" : "open", "\(value): \(isMet ? "met" : "missed")")
    }

    private static func isSweep(_ groups: [Group]) -> Bool { groups.contains { $0.runs.count > 1 } }

    private static func words(_ sorted: [Double], _ unit: String) -> String {
        guard let least = sorted.first, let most = sorted.last else { return "\u{2013}" }
        let median = ReportText.value(sorted.quantile(0.5), unit: unit)
        guard least < most else { return median }
        return "\(median) (\(ReportText.value(least, unit: unit)) to \(ReportText.value(most, unit: unit)))"
    }

    private static func chart(_ measure: Measure, _ groups: [Group], _ values: [[Double]]) -> String {
        let most = values.compactMap(\.last).max() ?? 0
        guard most > 0 else { return "" }
        let rows = zip(groups, values).map { group, sorted -> [Cell] in
            let style = group.policy == "sidegate" ? "one" : "grey"
            return [
                .text(group.policy), .bar([.init(sorted.quantile(0.5) / most, style)]),
                .text(sorted.isEmpty ? "\u{2013}" : ReportText.value(sorted.quantile(0.5), unit: measure.unit)),
            ]
        }
        let hint =
            switch measure.better {
            case .more: "More is better."
            case .less: "Less is better."
            case .neither: "Neither more nor less is better by itself."
            }
        let table = ReportMarkup.table(hint, [Column("Policy"), Column(""), .number("Value")], rows)
        return "<figure><figcaption><h3>\(ReportText.escaped(measure.name))</h3></figcaption>\(table)</figure>\n"
    }
}

extension HouseRecord {
    /// What goes on without any packet.
    fileprivate var airtimeStandingMicroseconds: Int64 { airtimeUpkeepMicroseconds &+ airtimeBeaconsMicroseconds }
}
