import Testing

@testable import Simulation

@Suite struct HTMLReportTests {
    private func occurrences(of wanted: String, in text: String) -> Int { text.components(separatedBy: wanted) - 1 }

    @Test func theSameRecordsGiveTheSameBytes() {
        #expect(HTMLReport.text(of: [MadeUpRecord.street()]) == HTMLReport.text(of: [MadeUpRecord.street()]))
    }

    @Test func hostileNamesStayTextWhereverTheyStand() {
        let hostile = MadeUpRecord.hostile()
        for records in [[hostile], [hostile, MadeUpRecord.street()], [hostile, hostile]] {
            let text = HTMLReport.text(of: records)
            #expect(!text.contains("<img") && !text.contains("<script>document"))
            // The style's, the data's and the script's own.
            #expect(occurrences(of: "</script", in: text) == 2)
            #expect(!text.contains("\u{0}") && !text.contains("\u{202e}"))
        }
    }

    @Test func aReportTakesNothingFromElsewhere() {
        let text = HTMLReport.text(of: [MadeUpRecord.street()])
        for way in ["http:", "https:", "url(", "@import", " src=", " style=", " onclick", "'unsafe"] {
            #expect(!text.contains(way), "\(way)")
        }
        #expect(text.contains("default-src 'none'; script-src 'sha256-"))
    }

    @Test func verdictSaysWhetherPromisesWereKept() {
        #expect(HTMLReport.text(of: [MadeUpRecord.broken()]).contains("2 promises were broken, 9 times in all."))
        var record = MadeUpRecord.street()
        #expect(HTMLReport.text(of: [record]).contains("Every promise was kept, but one figure is not as expected."))
        record.scenario.expectations = []
        #expect(HTMLReport.text(of: [record]).contains("Every promise was kept.<"))
        var untold = record
        untold.scenario.expectations = [Expectation("route_convergence", .atMost, 1)]
        untold.figures.removeAll { $0.name == "route_convergence" }
        #expect(HTMLReport.text(of: [untold]).contains("Every promise was kept, but one figure is not as expected."))
        var untried = record
        untried.checks.append(Count("custody", 0))
        #expect(HTMLReport.text(of: [untried]).contains("Every promise that was checked was kept.<"))
        record.checks = []
        let text = HTMLReport.text(of: [record])
        #expect(text.contains("No promise was checked in this run.") && !text.contains("Every promise was kept"))
    }

    @Test func interruptedSweepSaysOfHowManyRuns() {
        let records = [MadeUpRecord.street(), MadeUpRecord.street(seed: 8)]
        #expect(HTMLReport.text(of: records, wanted: 50).contains("<li>Interrupted: 2 of 50 runs</li>"))
        #expect(HTMLReport.text(of: [records[0]], wanted: 50).contains("<li>Interrupted: 1 of 50 runs</li>"))
        #expect(HTMLReport.text(of: records, wanted: 2).contains("<li>2 runs</li>"))
        #expect(HTMLReport.text(of: [], wanted: 50).contains("None of 50 runs came to its end."))
    }

    @Test func whoIsOutOfReachIsToldInTheVerdict() {
        var record = MadeUpRecord.street()
        #expect(!HTMLReport.text(of: [record]).contains("Out of reach"))
        record.warnings = ["1 of 2 devices is heard by no house: <b>."]
        let text = HTMLReport.text(of: [record])
        #expect(
            text.contains("<strong>Out of reach.</strong> 1 of 2 devices is heard by no house: &lt;b&gt;."))
    }

    @Test func verdictTellsCountsAndPercentageOfTheSameEvents() {
        var record = MadeUpRecord.street()
        let all = record.journeys.count
        for (name, count, mean) in [("delivery_ratio", 40, 1.0), ("heard_ratio", all, 0.5)] {
            record.figures.removeAll { $0.name == name }
            record.figures.append(
                Figure(
                    name: name, unit: "ratio", count: count, mean: mean, median: mean, percentile99: mean, maximum: mean
                ))
        }
        let text = HTMLReport.text(of: [record])
        #expect(text.contains("40 of 40 events that a bridge took in came home (100\u{a0}%)"))
        #expect(text.contains("In all, \(ReportText.grouped(all)) events were emitted and "))
        #expect(text.contains("of 40 events that a bridge took in<"))
    }

    @Test func medianOfLatencyIsTheFiguresOwn() {
        var record = MadeUpRecord.street()
        record.figures.removeAll { $0.name == "latency" }
        record.figures.append(
            Figure(
                name: "latency", unit: "ms", count: 9, mean: 44, median: 44.4, percentile99: 55.5, maximum: 66.6,
                bins: [9]))
        let text = HTMLReport.text(of: [record])
        #expect(text.contains("half of them within 44.4\u{a0}ms, 99 of 100 within 55.5\u{a0}ms"))
        #expect(text.contains("Median 44.4\u{a0}ms (line), 99th percentile 55.5\u{a0}ms"))
    }

    @Test func breaksBeyondTheLimitAreToldAsAtLeast() {
        var record = MadeUpRecord.street()
        let one = BrokenPromise(.once, at: 1, house: 0, "opened twice")
        record.broken = Array(repeating: one, count: RunRecord.brokenMax)
        var text = HTMLReport.text(of: [record])
        #expect(text.contains("A promise was broken, at least 20 times."))
        #expect(text.contains("at least 20 times, first at") && text.contains("broken at least 20 times"))
        record.broken.removeLast()
        text = HTMLReport.text(of: [record])
        #expect(text.contains("A promise was broken, 19 times.") && !text.contains("at least 19"))
    }

    @Test func reportSaysWhetherLiarsWereHeldToo() {
        var record = MadeUpRecord.street()
        #expect(HTMLReport.text(of: [record]).contains("at every bridge that does not lie."))
        record.scenario.holdsLiars = true
        #expect(!HTMLReport.text(of: [record]).contains("at every bridge that does not lie."))
    }

    @Test func expectationWithoutAMeasurementKeepsItsUnit() throws {
        var record = MadeUpRecord.street()
        record.figures = []
        record.scenario.expectations = [
            Expectation("latency_alarm", .atMost, 1_000), Expectation("heard_ratio", .atLeast, 1),
        ]
        let text = HTMLReport.text(of: [record])
        #expect(text.contains("expected at most 1.00\u{a0}s: not measured"))
        #expect(text.contains("expected at least 100\u{a0}%: not measured"))
        var scenario = Scenario()
        scenario.devices = [DevicePlan()]
        scenario.faults = [FaultPlan(.revoke, when: .at(microseconds: 100_000_000))]
        let mesh = try Mesh(scenario, seed: 3)
        mesh.runToEnd()
        #expect(mesh.record.figures.count > 8)
        for figure in mesh.record.figures {
            #expect(Expectation(figure.name, .atLeast, 0).unit == figure.unit, "\(figure.name)")
        }
    }

    @Test func aRunThatWasInterruptedSaysHowFarItCame() {
        #expect(HTMLReport.text(of: [MadeUpRecord.broken()]).contains("The run came to 7:11.0 of 10:00.0"))
        #expect(!HTMLReport.text(of: [MadeUpRecord.street()]).contains("Interrupted"))
    }

    @Test func policiesAreComparedAndSeedsSummedUp() {
        let policies = ["sidegate", "managed flooding"].map { MadeUpRecord.street(policy: $0) }
        let comparison = HTMLReport.text(of: policies)
        #expect(comparison.contains("id=\"comparison\"") && !comparison.contains("id=\"sweep-0\""))
        var cut = policies
        cut[1].ranMicroseconds = 5_000_000
        #expect(
            !comparison.contains("of different lengths") && HTMLReport.text(of: cut).contains("of different lengths"))
        let sweep = HTMLReport.text(of: (1...9).map { MadeUpRecord.street(seed: $0) } + [MadeUpRecord.broken()])
        #expect(sweep.contains("id=\"sweep-0\"") && !sweep.contains("id=\"comparison\""))
        #expect(sweep.contains("A promise was broken in 1 of 10 runs."))
        #expect(sweep.contains("What seeds missed of what was expected"))
        let cutSeeds = (1...2 as ClosedRange<UInt64>).map { seed in
            var record = MadeUpRecord.street(seed: seed)
            record.ranMicroseconds = 5_000_000
            return record
        }
        #expect(!HTMLReport.text(of: cutSeeds).contains("What seeds missed of what was expected"))
    }

    @Test func comparisonNamesTheExpectationsThatEachPolicyMissed() {
        var policies = ["sidegate", "managed flooding"].map { MadeUpRecord.street(policy: $0) }
        for index in policies.indices {
            policies[index].scenario.expectations = [
                Expectation("delivery_ratio", .atLeast, 0), Expectation("latency_per_hop", .atMost, 1e-9),
                Expectation("latency_alarm", .atMost, 1),
            ]
        }
        let text = HTMLReport.text(of: policies)
        #expect(text.contains("Sidegate kept every promise, but missed 2 expectations. 2 policies side by side."))
        #expect(occurrences(of: "Missed 1 expectation.", in: text) == 1)
        #expect(text.contains("What the scenario expects, and what each policy came to."))
        #expect(occurrences(of: "not measured: missed", in: text) == 1)
        policies[0].ranMicroseconds = 5_000_000
        let cut = HTMLReport.text(of: policies)
        #expect(cut.contains("Sidegate kept every promise. 2 policies side by side."))
        #expect(!cut.contains("not measured: missed"))
    }

    @Test func commandRepeatsTheRun() {
        #expect(HTMLReport.text(of: [MadeUpRecord.street()]).contains("sidegate simulate grid.yaml --seed 7<"))
        let modelled = HTMLReport.text(of: [MadeUpRecord.broken()])
        #expect(modelled.contains("sidegate simulate flooding-liar.yaml --seed 99 --cryptography modelled"))
        var record = MadeUpRecord.street()
        record.words = [
            "conf/a street.yaml", "--set", "devices[0].place=near 2 m", "--set", "about=it's", "--duration", "9min",
        ]
        #expect(
            record.command
                == "sidegate simulate 'conf/a street.yaml' --set 'devices[0].place=near 2 m' --set 'about=it'\\''s' "
                + "--duration 9min --seed 7")
    }

    @Test func sizeIsBoundedHoweverLongTheRun() {
        var record = MadeUpRecord.street(columns: 40, rows: 25, journeys: RunRecord.journeysMax)
        let link = LinkLife(998, 999, fromMicroseconds: 599_999_999)
        record.links += Array(repeating: link, count: RunRecord.linkLivesMax - record.links.count)
        record.faults = Array(
            repeating: FaultLine(1, houses: Array(0..<900), String(repeating: "x", count: 300)), count: 10_000)
        let breach = BrokenPromise(.cap, at: 5, house: 1, String(repeating: "y", count: 300))
        record.broken = Array(repeating: breach, count: 10_000)
        let text = HTMLReport.text(of: [record])
        #expect(text.utf8.count < 3_000_000)
        #expect(text.contains("of 20\u{202f}000 events.") && text.contains("links' lives."))
        #expect(text.contains("It does not mark every house of every fault."))
    }

    @Test func faultsAreShownWithTheirHouses() {
        var record = MadeUpRecord.street()
        let count = record.houses.count
        record.faults = [
            FaultLine(1_000, houses: [3], "one"), FaultLine(2_000, houses: [0, 4, 7], "some"),
            FaultLine(3_000, houses: Array(1...12), "many"), FaultLine(4_000, houses: Array(0..<count), "each"),
            FaultLine(5_000, houses: [], "none"),
        ]
        #expect(
            record.faults.map { $0.words(of: count) } == [
                "house 3", "houses 0, 4, 7", "houses 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more", "every house", nil,
            ])
        #expect(FaultLine(0, houses: [0], "").words(of: 1) == "house 0")
        let text = HTMLReport.text(of: [record])
        for cell in ["3", "0, 4, 7", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more", "all", "\u{2013}"] {
            #expect(text.contains("<td class=\"number\">\(cell)</td>"), "\(cell)")
        }
        #expect(
            text.contains(
                #""faults":[[1,[3],"one"],[2,[0,4,7],"some"],[3,[1,2,3,4,5,6,7,8,9,10,11,12],"many"],"#
                    + #"[4,-1,"each"],[5,[],"none"]]"#))
    }

    @Test func samplesAreSpreadOverTheWhole() {
        #expect(ReportData.sampled(5, 10) == [0, 1, 2, 3, 4])
        let sampled = ReportData.sampled(1_000, 10)
        #expect(sampled == stride(from: 0, to: 1_000, by: 100).map { $0 })
    }

    @Test(arguments: [
        (0.0, "0\u{a0}\u{b5}s"), (999, "999\u{a0}\u{b5}s"), (12_340, "12.3\u{a0}ms"), (4_560_000, "4.56\u{a0}s"),
        (600_000_000, "10\u{a0}min"),
        (12_000_000_000, "3\u{a0}h 20\u{a0}min"), (.nan, "\u{2013}"),
    ]) func spansAreReadable(microseconds: Double, words: String) {
        #expect(ReportText.span(microseconds: microseconds) == words)
    }

    @Test func nearlyAllIsNotAllAndNearlyNothingNotNothing() {
        #expect(ReportText.percent(1) == "100\u{a0}%" && ReportText.percent(0) == "0\u{a0}%")
        #expect(
            ReportText.percent(0.999_99) == "over 99.99\u{a0}%" && ReportText.percent(0.000_01) == "under 0.01\u{a0}%")
        #expect(ReportText.percent(0.9995) == "99.95\u{a0}%" && ReportText.percent(0.5) == "50.0\u{a0}%")
    }

    @Test func decimalsAreThoseOfExactRounding() {
        var random = RandomStream(seed: 9, purpose: 9)
        for _ in 0..<2_000 {
            let thousandths = random.number(below: 2_000_000) - 1_000_000
            let written = ReportText.decimal(Double(thousandths) / 1_000, places: 3)
            let plain = written.filter { $0 != "\u{202f}" }.map { $0 == "\u{2212}" ? "-" : $0 }
            #expect(Double(String(plain)) == Double(thousandths) / 1_000)
        }
    }
}

extension String {
    fileprivate func components(separatedBy wanted: String) -> Int {
        var (count, start) = (1, startIndex)
        while let found = self[start...].firstRange(of: wanted) { (count, start) = (count + 1, found.upperBound) }
        return count
    }
}
