/// What sections reckon from a record.
struct ReportFigures {
    let record: RunRecord
    let delivered: Int
    let notHeard: Int
    let onTheWay: Int

    var emitted: Int { record.journeys.count }
    var lost: Int { emitted - delivered - notHeard - onTheWay }
    var ran: Double { Double(max(record.ranMicroseconds, 1)) }
    /// A run that was interrupted says so.
    var isWhole: Bool { record.ranMicroseconds >= record.scenario.durationMicroseconds }
    var checks: UInt64 { record.checks.reduce(0) { $0 &+ $1.count } }

    init(_ record: RunRecord) {
        self.record = record
        var (delivered, notHeard, onTheWay) = (0, 0, 0)
        for journey in record.journeys {
            switch Self.end(of: journey) {
            case .delivered: delivered += 1
            case .notHeard: notHeard += 1
            case .onTheWay: onTheWay += 1
            case .lost: break
            }
        }
        (self.delivered, self.notHeard, self.onTheWay) = (delivered, notHeard, onTheWay)
    }

    enum End { case delivered, onTheWay, lost, notHeard }

    static func end(of journey: Journey) -> End {
        if journey.deliveredMicroseconds != nil { return .delivered }
        switch journey.fate {
        case "not heard": return .notHeard
        case "on its way", nil: return .onTheWay
        default: return .lost
        }
    }

    /// Expectations that were not met, or not measured.
    var expectationsMissed: Int { record.scenario.expectations.count { isMet($0) == false } }

    /// Nil where nothing can be said: of a run that was cut short, and of a baseline that knows no such figure.
    func isMet(_ expectation: Expectation) -> Bool? {
        isWhole ? record.verdict(expectation) : nil
    }

    /// Promises that were to be held and that nothing tried.
    var promisesUntried: Int { record.checks.count { $0.count == 0 } }

    func figure(_ name: String) -> Figure? { record.figure(name) }

    /// Of the events that some bridge took in and that had their time to come home: the run's own figure.
    var deliveryRatio: Double? { figure("delivery_ratio").flatMap { $0.count > 0 ? $0.mean : nil } }

    /// The events that `deliveryRatio` is of, and how many of them came home.
    var decided: (events: Int, delivered: Int)? {
        guard let figure = figure("delivery_ratio"), figure.count > 0, figure.mean >= 0, figure.mean <= 1 else {
            return nil
        }
        return (figure.count, Int((figure.mean * Double(figure.count)).rounded()))
    }

    /// All events of the run, those as well whose journeys were not kept.
    var emittedInAll: Int { max(emitted, figure("heard_ratio")?.count ?? emitted + record.journeysLeftOut) }
    var deliveredInAll: Int { max(delivered, figure("latency")?.count ?? 0) }

    /// Latency in microseconds as the run's own figure has it, so that no two places tell different medians.
    var latency: (median: Double, late: Double, most: Double)? {
        if let figure = figure("latency"), figure.count > 0, figure.unit == "ms" {
            return (figure.median * 1_000, figure.percentile99 * 1_000, figure.maximum * 1_000)
        }
        let kept = latencies
        return kept.last.map { (kept.quantile(0.5), kept.quantile(0.99), $0) }
    }

    /// How often promises broke: breaks of each are counted up to a limit.
    func times(_ count: Int) -> String {
        let isLeast = PromiseName.allCases.contains { isCut($0) }
        return (isLeast ? "at least " : "") + ReportText.times(count)
    }

    /// Whether this promise may have been broken more often than was counted.
    func isCut(_ promise: PromiseName) -> Bool {
        record.broken.count { $0.promise == promise } >= RunRecord.brokenMax
    }

    /// Time from emission to delivery of the journeys kept, ascending, in microseconds.
    var latencies: [Double] {
        record.journeys.compactMap { journey in
            journey.deliveredMicroseconds.map { Double(max($0 - journey.emittedMicroseconds, 0)) }
        }.sorted()
    }

    /// Counts of journeys by when they were emitted, in so many equal spans of the run.
    func emittedOverTime(spans: Int) -> [(end: End, counts: [Double])] {
        var counts: [[Double]] = Array(repeating: Array(repeating: 0, count: spans), count: 4)
        let order: [End] = [.delivered, .onTheWay, .lost, .notHeard]
        for journey in record.journeys {
            let span = min(max(Int(Double(journey.emittedMicroseconds) / ran * Double(spans)), 0), spans - 1)
            guard let row = order.firstIndex(of: Self.end(of: journey)) else { continue }
            counts[row][span] += 1
        }
        return zip(order, counts).map { ($0, $1) }
    }

    /// Of the houses' shares of their caps in each tenth of the run: median and largest. None without any cap.
    var capShares: [(median: Double, maximum: Double)] {
        let tenths = record.houses.map(\.lentBytes.count).max() ?? 0
        return (0..<tenths).compactMap { tenth in
            let shares = record.houses.compactMap { house -> Double? in
                guard house.capBytes > 0, tenth < house.lentBytes.count else { return nil }
                return Double(house.lentBytes[tenth]) / Double(house.capBytes)
            }.sorted()
            guard let maximum = shares.last else { return nil }
            return (shares[shares.count / 2], maximum)
        }
    }

    /// Houses by airtime, most first.
    var housesByAirtime: [Int] {
        let totals = record.houses.map(\.airtimeMicroseconds)
        return totals.indices.sorted { (totals[$1], $0) < (totals[$0], $1) }
    }
}

extension Journey {
    /// Hops of the way on which the event first reached `home`; 0 if it was heard there. Copies wander besides.
    func hops(to home: Int) -> Int? {
        if heardBy.contains(home) { return 0 }
        var firstTo: [Int: Int] = [:]
        for (index, hop) in hops.enumerated()
        where firstTo[hop.to].map({ hops[$0].timeMicroseconds > hop.timeMicroseconds }) ?? true {
            firstTo[hop.to] = index
        }
        var (house, count) = (home, 0)
        while count <= hops.count, let index = firstTo[house] {
            count += 1
            house = hops[index].from
            if heardBy.contains(house) { return count }
        }
        return count > 0 && count <= hops.count ? count : nil
    }
}

extension HouseRecord {
    var airtimeMicroseconds: Int64 {
        airtimeBeaconsMicroseconds &+ airtimeUpkeepMicroseconds &+ airtimePacketsMicroseconds
    }
    var lentBytesSum: UInt64 { lentBytes.reduce(0, &+) }
}

extension [Double] {
    /// Of ascending values: the one below which so great a part lies; 0 of none.
    func quantile(_ part: Double) -> Double { isEmpty ? 0 : self[Swift.min(Int(Double(count) * part), count - 1)] }
}

extension PromiseName {
    /// What is promised, in a sentence.
    var sentence: String {
        switch self {
        case .grant: "Nothing is relayed without a live grant."
        case .optOut: "Nothing is relayed by a host that has opted out, from the moment it said so."
        case .revocation: "Nothing is relayed under a revoked grant by a bridge that has the revocation."
        case .cap: "In no window of time does a bridge lend more than its cap allows."
        case .once: "No event is opened twice."
        case .accounted: "Every event that was heard ends delivered or as one counted drop."
        case .custody: "No event is lost while a custodian on a path stayed up, consented and had room."
        case .bounds: "Every queue, table and cache stays within its limit."
        case .sealed: "No bridge but the home can open an event."
        }
    }
}
