import Foundation
import Testing

@testable import Simulation

@Suite struct RunRecordJSONTests {
    private func parsed(_ record: RunRecord) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(RunRecordJSON.text(of: record).utf8))
        return try #require(object as? [String: Any])
    }

    @Test func aRecordParsesWithAllItsParts() throws {
        var record = MadeUpRecord.street()
        record.warnings = ["The street falls in 2 parts."]
        let json = try parsed(record)
        #expect(json["warnings"] as? [String] == record.warnings)
        #expect(json["format"] as? String == "sidegate-run")
        #expect(json["seed"] as? String == "7")
        #expect((json["journeys"] as? [[String: Any]])?.count == record.journeys.count)
        let hops = (json["journeys"] as? [[String: Any]])?.map { ($0["hops"] as? [[Int64]]) ?? [] } ?? []
        let expected = record.journeys.map { $0.hops.map { [Int64($0.from), Int64($0.to), $0.timeMicroseconds] } }
        #expect(hops == expected)
        #expect((json["checks"] as? [String: Int])?.count == PromiseName.allCases.count)
        #expect((json["houses"] as? [[String: Any]])?.first?["lent_bytes"] as? [UInt64] == record.houses[0].lentBytes)
        #expect((json["figures"] as? [[String: Any]])?.first?["mean"] as? Double == record.figures[0].mean)
        #expect((json["links"] as? [[Any]])?.count == record.links.count)
    }

    @Test func whatWasExpectedComesWithWhatWasFound() throws {
        var record = MadeUpRecord.street()
        record.scenario.expectations = [
            Expectation("delivery_ratio", .atLeast, 0), Expectation("latency", .atMost, 0.001, of: .maximum),
            Expectation("latency_alarm", .atMost, 60),
        ]
        let expected = try #require(try parsed(record)["expected"] as? [[String: Any]])
        #expect(expected.map { $0["is_met"] as? Bool } == [true, false, false])
        record.ranMicroseconds = record.scenario.durationMicroseconds - 1
        let cut = try #require(try parsed(record)["expected"] as? [[String: Any]])
        #expect(cut.allSatisfy { $0["is_met"] is NSNull }, "of a run that was cut nothing is met or missed")
        #expect(expected[0]["found"] as? Double == record.figure("delivery_ratio")?.median)
        #expect(expected[1]["found"] as? Double == record.figure("latency")?.maximum)
        #expect(expected[1]["relation"] as? String == "at_most" && expected[1]["value"] as? Double == 0.001)
        #expect(expected[2]["found"] is NSNull, "it was not measured")
    }

    @Test func faultsAreListedWithEveryHouseThatTheyStruck() throws {
        var record = MadeUpRecord.street()
        record.faults = [FaultLine(1, houses: [], "a"), FaultLine(2, houses: Array(0..<15), "b", until: 9)]
        let faults = try #require(try parsed(record)["faults"] as? [[String: Any]])
        #expect(faults.map { $0["houses"] as? [Int] } == [[], Array(0..<15)])
        #expect(faults.allSatisfy { $0["house"] == nil })
        #expect(faults.map { $0["until_us"] as? Int } == [nil, 9])
    }

    @Test func theSameRecordGivesTheSameBytesAndAnotherSeedOthers() {
        #expect(RunRecordJSON.text(of: MadeUpRecord.street()) == RunRecordJSON.text(of: MadeUpRecord.street()))
        #expect(RunRecordJSON.text(of: MadeUpRecord.street()) != RunRecordJSON.text(of: MadeUpRecord.street(seed: 8)))
    }

    @Test func hostileNamesAndNumbersStayText() throws {
        var record = MadeUpRecord.street(journeys: 2)
        let hostile = "</script><!-- \" \\ \u{0}\u{1f}\u{7f}\u{2028}\u{1f600} & \n"
        record.scenario.name = hostile
        record.drops = [Count(hostile, .max)]
        record.seed = .max
        record.figures[0].mean = .nan
        record.figures[0].maximum = .infinity
        let text = RunRecordJSON.text(of: record)
        #expect(!text.contains("<") && !text.contains(">") && !text.contains("\n"))
        let json = try parsed(record)
        #expect((json["scenario"] as? [String: Any])?["name"] as? String == hostile)
        #expect((json["drops"] as? [String: UInt64])?[hostile] == .max)
        #expect(json["seed"] as? String == "18446744073709551615")
        #expect((json["figures"] as? [[String: Any]])?.first?["mean"] is NSNull)
    }

    @Test func anEmptyRecordParses() throws {
        let json = try parsed(RunRecord(scenario: Scenario(), seed: 0))
        #expect((json["journeys"] as? [Any])?.isEmpty == true)
    }
}
