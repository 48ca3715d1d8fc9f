/// What came out, in plain words, before any drawing.
enum ReportVerdict {
    static func text(of figures: ReportFigures, id: String = "verdict") -> String {
        let record = figures.record
        let style = isOpen(figures) ? "open" : record.broken.isEmpty ? "" : "broken"
        var text = "<section id=\"\(id)\" class=\"verdict \(style)\" aria-labelledby=\"\(id)-title\">"
        text += "<h2 id=\"\(id)-title\">\(ReportText.escaped(headline(figures)))</h2>"
        text += "<p>\(ReportText.escaped(summary(figures)))</p>"
        if !record.broken.isEmpty { text += breaches(figures) }
        text += expectations(figures)
        for warning in record.warnings {
            text += "<p><strong>Out of reach.</strong> \(ReportText.escaped(warning))</p>"
        }
        if !figures.isWhole {
            text += "<p><strong>Interrupted.</strong> The run came to "
            text += "\(ReportText.moment(microseconds: record.ranMicroseconds)) of "
            text +=
                "\(ReportText.moment(microseconds: record.scenario.durationMicroseconds)); this is what had happened by then.</p>"
        }
        return text + "</section>\n" + tiles(figures)
    }

    /// Nothing broke, but nothing was checked either, or a figure is not what it was expected to be.
    private static func isOpen(_ figures: ReportFigures) -> Bool {
        figures.record.broken.isEmpty && (figures.checks == 0 || figures.expectationsMissed > 0)
    }

    static func headline(_ figures: ReportFigures) -> String {
        let record = figures.record
        let promises = Set(record.broken.map(\.promise.rawValue)).count
        if promises > 0 {
            let breaches = figures.times(record.broken.count)
            return promises == 1
                ? "A promise was broken, \(breaches)." : "\(promises) promises were broken, \(breaches) in all."
        }
        if figures.checks == 0 {
            return record.policy == "sidegate"
                ? "No promise was checked in this run." : "A baseline for comparison: it makes no promises."
        }
        let kept = figures.promisesUntried > 0 ? "Every promise that was checked was kept" : "Every promise was kept"
        switch figures.expectationsMissed {
        case 0: return kept + "."
        case 1: return kept + ", but one figure is not as expected."
        case let missed: return kept + ", but \(missed) figures are not as expected."
        }
    }

    static func summary(_ figures: ReportFigures) -> String {
        let record = figures.record
        var text =
            "\(ReportText.count(record.houses.count, "house")) and \(ReportText.count(record.devices.count, "device"))"
        text += " ran for \(ReportText.span(microseconds: Double(record.ranMicroseconds)))"
        text += record.policy == "sidegate" ? "" : " under \(record.policy)"
        guard figures.emittedInAll > 0 else { return text + ". No device emitted an event." }
        text += "."
        if let decided = figures.decided, let ratio = figures.deliveryRatio {
            text += " \(ReportText.grouped(decided.delivered)) of \(ReportText.count(decided.events, "event"))"
            text +=
                " that a bridge took in came home (\(ReportText.percent(ratio)))"
                + (record.policy == "sidegated" ? "." : ", the run's last ones apart.")
        }
        text += " In all, \(ReportText.count(figures.emittedInAll, "event was", "events were")) emitted"
        text += " and \(ReportText.grouped(figures.deliveredInAll)) came home"
        if let latency = figures.latency {
            text += ", half of them within \(ReportText.span(microseconds: latency.median))"
            text += ", 99 of 100 within \(ReportText.span(microseconds: latency.late))"
            text += ", the slowest after \(ReportText.span(microseconds: latency.most))"
        }
        text += "."
        if figures.checks > 0 { text += " Promises were checked \(ReportText.times(figures.checks))." }
        return text
    }

    /// A line for each promise: how often, and the first time.
    private static func breaches(_ figures: ReportFigures) -> String {
        let record = figures.record
        var text = "<ul>"
        for promise in PromiseName.allCases {
            let breaches = record.broken.filter { $0.promise == promise }
            guard let first = breaches.first else { continue }
            let house = first.house.map { ", house \($0)" } ?? ""
            let place = "\(ReportText.moment(microseconds: first.timeMicroseconds))\(house)"
            let least = figures.isCut(promise) ? "at least " : ""
            let when = breaches.count > 1 ? "\(least)\(ReportText.grouped(breaches.count)) times, first at" : "at"
            text +=
                "<li><strong>\(ReportText.escaped(promise.rawValue))</strong> \(when) \(ReportText.escaped(place)): "
            text += "\(ReportText.escaped(first.what))</li>"
        }
        return text + "</ul><p>All of them: <a href=\"#promises\">Promises</a>.</p>"
    }

    private static func expectations(_ figures: ReportFigures) -> String {
        let expectations = figures.record.scenario.expectations
        guard !expectations.isEmpty else { return "" }
        var text = "<ul>"
        for expectation in expectations {
            let relation = expectation.relation == .atLeast ? "at least" : "at most"
            let figure = figures.figure(expectation.figure)
            let unit = figure?.unit ?? expectation.unit
            let wanted = ReportText.value(expectation.value, unit: unit)
            var words = "expected \(relation) \(wanted): not measured"
            if let figure, figure.count > 0 {
                words = "\(ReportText.value(expectation.found(in: figure), unit: unit)), expected \(relation) \(wanted)"
                words += figures.isMet(expectation).map { $0 ? ": met" : ": not met" } ?? ""
            }
            text += "<li>\(ReportText.escaped(ReportText.words(expectation.words))): \(ReportText.escaped(words))</li>"
        }
        return text + "</ul>"
    }

    private static func tiles(_ figures: ReportFigures) -> String {
        let record = figures.record
        var tiles: [(String, String, String)] = []
        if let ratio = figures.deliveryRatio, let decided = figures.decided {
            let all = ReportText.count(decided.events, "event")
            tiles.append(("Delivered", ReportText.percent(ratio), "of \(all) that a bridge took in"))
        }
        if let latency = figures.latency {
            let late = ReportText.span(microseconds: latency.late)
            tiles.append(("Latency, median", ReportText.span(microseconds: latency.median), "99th percentile \(late)"))
        }
        if let airtime = figures.figure("airtime_per_event"), airtime.count > 0 {
            let value = ReportText.value(airtime.mean, unit: airtime.unit)
            tiles.append(("Airtime for an event", value, "mean, links' upkeep apart"))
        }
        let busiest = record.houses.map(\.airtimeMicroseconds).max() ?? 0
        if busiest > 0 {
            tiles.append(("Busiest house", ReportText.percent(Double(busiest) / figures.ran), "of the time on the air"))
        }
        if let share = figures.capShares.map(\.maximum).max() {
            tiles.append(("Cap, most used", ReportText.percent(share), "in any tenth of the run, of one house"))
        }
        let drops = record.drops.reduce(UInt64(0)) { $0 &+ $1.count }
        tiles.append(("Drops", ReportText.grouped(drops), "each counted with its reason"))
        var text = "<dl class=\"tiles\">"
        for tile in tiles {
            text += "<div><dt>\(ReportText.escaped(tile.0))</dt><dd>\(ReportText.escaped(tile.1))"
            text += "<small>\(ReportText.escaped(tile.2))</small></dd></div>"
        }
        return text + "</dl>\n"
    }
}
