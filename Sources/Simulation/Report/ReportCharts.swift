/// Drawings of one run: delivery, latency, airtime and caps.
enum ReportCharts {
    private typealias Cell = ReportMarkup.Cell
    private typealias Column = ReportMarkup.Column
    private static let spans = 60
    private static let housesInTableMax = 40

    // MARK: Delivery and latency

    static func delivery(_ figures: ReportFigures) -> String {
        guard figures.emitted > 0 else {
            return ReportMarkup.section("delivery", "Delivery and latency", "<p>No device emitted an event.</p>")
        }
        var text = deliveryOverTime(figures)
        text += latency(figures)
        for figure in figures.record.figures where isTelling(figure) { text += histogram(figure) }
        text += byHops(figures)
        var note = ""
        if figures.record.journeysLeftOut > 0 {
            note = "<p class=\"note\">Drawn from \(ReportText.grouped(figures.emitted)) journeys that were kept;"
            note += " \(ReportText.grouped(figures.record.journeysLeftOut)) more are counted in the figures only.</p>"
        }
        return ReportMarkup.section(
            "delivery", "Delivery and latency", note + "<div class=\"charts\">\(text)</div>")
    }

    private static func deliveryOverTime(_ figures: ReportFigures) -> String {
        let rows = figures.emittedOverTime(spans: spans)
        let names = ["Delivered", "Still on their way", "Lost", "Taken in by no house"]
        let styles = ["one", "four", "bad", "grey"]
        var sums = [Double](repeating: 0, count: spans)
        for row in rows { for span in 0..<spans { sums[span] += row.counts[span] } }
        let top = sums.max() ?? 1
        let length = ReportText.span(microseconds: figures.ran / Double(spans))
        let drawing = ReportMarkup.plot(
            ReportShapes.columns(zip(styles, rows).map { ($0, $1.counts) }, top: top),
            label: "Events by what became of them, over time", top: ReportText.decimal(top, places: 0),
            across: ReportSections.ticks(figures))
        let sizes = [figures.delivered, figures.onTheWay, figures.lost, figures.notHeard]
        let table = ReportMarkup.table(
            "Events by what became of them.", [Column("End"), .number("Events"), .number("Share")],
            zip(names, sizes).map { name, size -> [Cell] in
                [
                    .text(name), .text(ReportText.grouped(size)),
                    .text(ReportText.percent(Double(size) / Double(figures.emitted))),
                ]
            })
        return ReportMarkup.figure(
            "What became of events", about: "By when they were emitted, in spans of \(length).", drawing: drawing,
            keys: zip(styles, zip(names, sizes)).filter { $0.1.1 > 0 }.map {
                ($0.0, "\($0.1.0): \(ReportText.grouped($0.1.1))")
            },
            table: table, isWide: true)
    }

    /// Whether equal steps show anything: not if nearly all values are in the first. Latency has a drawing of its own.
    private static func isTelling(_ figure: Figure) -> Bool {
        guard let first = figure.bins.first, figure.count > 0, figure.maximum > 0 else { return false }
        return figure.name != "latency" && first <= figure.bins.reduce(0, &+) / 10 * 9
    }

    /// From a millisecond to three hours in steps of a tenth of a decade: a few events that wait for a host to come back
    /// would flatten all others.
    private static func latency(_ figures: ReportFigures) -> String {
        let latencies = figures.latencies
        guard let last = latencies.last else { return "" }
        let bounds = logarithmicBounds(upTo: max(last, latencies[0]))
        var counts = [Double](repeating: 0, count: bounds.count)
        var bin = 0
        for latency in latencies {
            while bin + 1 < bounds.count, latency >= bounds[bin + 1] { bin += 1 }
            counts[bin] += 1
        }
        let begin = counts.firstIndex { $0 > 0 } ?? 0
        let first = max(begin - begin % 10, 0)
        let shown = Array(counts[first...])
        func place(_ latency: Double) -> Double {
            let index = bounds.lastIndex { $0 <= latency } ?? first
            return (Double(index - first) + 0.5) / Double(shown.count)
        }
        let (median, late) = figures.latency.map { ($0.median, $0.late) } ?? (0, 0)
        func words(_ value: Double) -> String { ReportText.span(microseconds: value) }
        let top = shown.max() ?? 1
        let shapes =
            ReportShapes.columns([("one", shown)], top: top) + ReportShapes.uprights([place(median)])
            + ReportShapes.uprights([place(late)], style: "line dash")
        let rows = shown.indices.filter { shown[$0] > 0 }.map { index -> [Cell] in
            let from = bounds[first + index]
            return [.text("from \(words(from))"), .text(ReportText.decimal(shown[index], places: 0))]
        }
        let middle = bounds[first + shown.count / 2]
        return ReportMarkup.figure(
            "Latency, from emission to delivery",
            about: "Median \(words(median)) (line), 99th percentile \(words(late)) (dashed). The scale is logarithmic.",
            drawing: ReportMarkup.plot(
                shapes, label: "Distribution of latency", top: ReportText.decimal(top, places: 0),
                across: [words(bounds[first]), words(middle), words(bounds[bounds.count - 1] * 1.26)]),
            table: ReportMarkup.table("Events by latency.", [Column("Latency"), .number("Events")], rows), isWide: true)
    }

    /// In microseconds, ten to a decade, from 1 ms.
    private static func logarithmicBounds(upTo last: Double) -> [Double] {
        let steps = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8]
        var (bounds, decade) = ([0.0], 1_000.0)
        while decade <= 1e12 {
            for step in steps {
                if step * decade > last { return bounds.count > 1 ? Array(bounds.dropFirst()) : [1_000] }
                bounds.append(step * decade)
            }
            decade *= 10
        }
        return Array(bounds.dropFirst())
    }

    /// Of whole numbers, such as hops: a column for each.
    private static func wholeHistogram(_ figure: Figure) -> String {
        let most = Int(figure.maximum)
        var counts = [Double](repeating: 0, count: most + 1)
        for (index, count) in figure.bins.enumerated() {
            let value = (Double(index) * figure.maximum / Double(figure.bins.count)).rounded(.up)
            counts[min(Int(value), most)] += Double(count)
        }
        let top = counts.max() ?? 1
        let title = ReportText.words(figure.name)
        let rows = counts.enumerated().map { index, count -> [Cell] in
            [.text(String(index)), .text(ReportText.decimal(count, places: 0))]
        }
        let about =
            "Median \(ReportText.plain(figure.median)), 99th percentile \(ReportText.plain(figure.percentile99)), of "
            + "\(ReportText.count(figure.count, "value"))."
        return ReportMarkup.figure(
            title, about: about,
            drawing: ReportMarkup.plot(
                ReportShapes.columns([("one", counts)], top: top), label: "Distribution of \(title.lowercased())",
                top: ReportText.decimal(top, places: 0), across: ["0", String(most)]),
            table: ReportMarkup.table("\(title).", [Column("Value"), .number("Count")], rows))
    }

    static func histogram(_ figure: Figure) -> String {
        if figure.unit == "hops", figure.maximum >= 1, figure.maximum <= Double(figure.bins.count) / 2 {
            return wholeHistogram(figure)
        }
        let counts = figure.bins.map { Double($0) }
        let top = counts.max() ?? 1
        func words(_ value: Double) -> String { ReportText.value(value, unit: figure.unit) }
        var shapes = ReportShapes.columns([("one", counts)], top: top)
        if figure.maximum > 0 {
            shapes += ReportShapes.uprights([figure.median / figure.maximum])
            shapes += ReportShapes.uprights([figure.percentile99 / figure.maximum], style: "line dash")
        }
        let title = ReportText.words(figure.name)
        let about =
            "Median \(words(figure.median)) (line), 99th percentile \(words(figure.percentile99)) (dashed), "
            + "of \(ReportText.count(figure.count, "value"))."
        let step = figure.maximum / Double(figure.bins.count)
        let rows = figure.bins.enumerated().filter { $0.element > 0 }.prefix(100).map { index, count -> [Cell] in
            [
                .text("\(words(Double(index) * step)) to \(words(Double(index + 1) * step))"),
                .text(ReportText.grouped(count)),
            ]
        }
        return ReportMarkup.figure(
            title, about: about,
            drawing: ReportMarkup.plot(
                shapes, label: "Distribution of \(title.lowercased())", top: ReportText.decimal(top, places: 0),
                across: ["0", words(figure.maximum / 2), words(figure.maximum)]),
            table: ReportMarkup.table(
                "\(title), counted in equal steps.", [Column("From, to"), .number("Count")], rows))
    }

    private static func byHops(_ figures: ReportFigures) -> String {
        var byHops = [[Double]](repeating: [], count: 16)
        for journey in figures.record.journeys {
            guard let delivered = journey.deliveredMicroseconds,
                figures.record.devices.indices.contains(journey.device),
                let hops = journey.hops(to: figures.record.devices[journey.device].home)
            else { continue }
            byHops[min(hops, 15)].append(Double(max(delivered - journey.emittedMicroseconds, 0)))
        }
        let kept = byHops.enumerated().filter { !$0.element.isEmpty }.map { ($0.offset, $0.element.sorted()) }
        guard let slowest = kept.map({ $0.1.quantile(0.5) }).max(), slowest > 0 else { return "" }
        let rows = kept.map { hops, sorted -> [Cell] in
            let (median, late) = (sorted.quantile(0.5), sorted.quantile(0.99))
            return [
                .text(hops == 15 ? "15 and more" : String(hops)), .text(ReportText.grouped(sorted.count)),
                .bar([.init(median / slowest, "one")]),
                .text(ReportText.span(microseconds: median)), .text(ReportText.span(microseconds: late)),
            ]
        }
        let table = ReportMarkup.table(
            "Hops of the way on which each event first came home; the bars are medians.",
            [.number("Hops"), .number("Events"), Column(""), .number("Median"), .number("99th percentile")], rows)
        return "<figure class=\"wide\"><figcaption><h3>Latency by hops</h3></figcaption>\(table)</figure>"
    }

    // MARK: Airtime

    private static let airtimeKeys = [("one", "Packets"), ("three", "Upkeep of links"), ("grey", "Beacons")]

    static func airtime(_ figures: ReportFigures) -> String {
        let houses = figures.record.houses
        let order = figures.housesByAirtime
        guard let first = order.first, houses[first].airtimeMicroseconds > 0 else {
            return ReportMarkup.section("airtime", "Airtime", "<p>No house sent anything.</p>")
        }
        let most = Double(houses[first].airtimeMicroseconds)
        let table = airtimeTable(figures, order, most)
        let about =
            "Part of the run that each house spent sending. Half of the houses spent less than "
            + "\(share(houses[order[order.count / 2]].airtimeMicroseconds, figures))."
        if houses.count <= housesInTableMax {
            let keys = ReportMarkup.figure("By house", about: about, drawing: table, keys: airtimeKeys, isWide: true)
            return ReportMarkup.section("airtime", "Airtime", keys)
        }
        let rows: [(String, [Double])] = [
            ("one", order.map { Double(houses[$0].airtimePacketsMicroseconds) }),
            ("three", order.map { Double(houses[$0].airtimeUpkeepMicroseconds) }),
            ("grey", order.map { Double(houses[$0].airtimeBeaconsMicroseconds) }),
        ]
        let drawing = ReportMarkup.plot(
            ReportShapes.areas(rows, top: most), label: "Airtime of all houses, most first",
            top: share(Int64(most), figures),
            across: ["busiest", "\(ReportText.grouped(houses.count)) houses", "quietest"])
        return ReportMarkup.section(
            "airtime", "Airtime",
            ReportMarkup.figure(
                "By house", about: about, drawing: drawing, keys: airtimeKeys, table: table, isWide: true))
    }

    private static func airtimeTable(_ figures: ReportFigures, _ order: [Int], _ most: Double) -> String {
        let rows = order.prefix(housesInTableMax).map { index -> [Cell] in
            let house = figures.record.houses[index]
            return [
                .text("House \(index)"),
                .bar([
                    .init(Double(house.airtimePacketsMicroseconds) / most, "one"),
                    .init(Double(house.airtimeUpkeepMicroseconds) / most, "three"),
                    .init(Double(house.airtimeBeaconsMicroseconds) / most, "grey"),
                ]),
                .text(share(house.airtimePacketsMicroseconds, figures)),
                .text(share(house.airtimeUpkeepMicroseconds, figures)),
                .text(share(house.airtimeBeaconsMicroseconds, figures)),
                .text(ReportText.bytes(Double(house.lentBytesSum))),
            ]
        }
        let some =
            order.count > housesInTableMax
            ? ", the first \(housesInTableMax) of \(ReportText.grouped(order.count))" : ""
        return ReportMarkup.table(
            "Airtime by house, most first\(some).",
            [
                Column("House"), Column(""), .number("Packets"), .number("Upkeep"), .number("Beacons"),
                .number("Lent"),
            ], rows)
    }

    private static func share(_ microseconds: Int64, _ figures: ReportFigures) -> String {
        ReportText.percent(Double(microseconds) / figures.ran)
    }

    // MARK: Caps

    static func caps(_ figures: ReportFigures) -> String {
        let shares = figures.capShares
        guard !shares.isEmpty else {
            return ReportMarkup.section("caps", "Caps", "<p>No house lent anything, or none had a cap.</p>")
        }
        let highest = shares.map(\.maximum).max() ?? 0
        let top = highest > 1 ? highest : 1
        var shapes = ReportShapes.columns([("grey", shares.map(\.maximum))], top: top)
        shapes += ReportShapes.columns([("one", shares.map(\.median))], top: top)
        let level = ReportShapes.number(100 - 100 / top)
        shapes += "<path class=\"line dash\" d=\"M0 \(level)H100\"/>"
        let length = ReportText.span(microseconds: figures.ran / Double(shares.count))
        let rows = shares.enumerated().map { index, share -> [Cell] in
            let from = ReportText.moment(microseconds: Int64(figures.ran) * Int64(index) / Int64(shares.count))
            return [
                .text("from \(from)"), .text(ReportText.percent(share.median)),
                .text(ReportText.percent(share.maximum)),
            ]
        }
        let about =
            "Bytes lent to others against what the cap allows in \(length) (dashed); no house came above "
            + "\(ReportText.percent(highest))."
        return ReportMarkup.section(
            "caps", "Caps and their use",
            ReportMarkup.figure(
                "Part of the cap used", about: about,
                drawing: ReportMarkup.plot(
                    shapes, label: "Part of the cap used over time", top: ReportText.percent(top),
                    across: ReportSections.ticks(figures)),
                keys: [("one", "Median of the houses"), ("grey", "The house that used most")],
                table: ReportMarkup.table(
                    "Part of the cap used, by tenths of the run.",
                    [Column("Span"), .number("Median house"), .number("Most")], rows)))
    }
}
