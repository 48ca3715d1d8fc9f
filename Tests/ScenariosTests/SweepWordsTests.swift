import Simulation
import Testing

@testable import Scenarios

@Suite struct SweepWordsTests {
    @Test func interruptedSweepSaysOfHowManyRuns() {
        #expect(SweepWords.runs(4, of: 5...8) == "4 runs, seeds 5 to 8")
        #expect(SweepWords.runs(1, of: 5...5) == "1 run, seeds 5 to 5")
        #expect(SweepWords.runs(3, of: 5...104) == "3 of 100 runs, seeds 5 to 104 (interrupted)")
        #expect(SweepWords.runs(0, of: 1...2) == "0 of 2 runs, seeds 1 to 2 (interrupted)")
    }

    @Test func warningsOfManySeedsAreOne() {
        var records = (1...4 as ClosedRange<UInt64>).map { RunRecord(scenario: Scenario(), seed: $0) }
        #expect(SweepWords.warnings(records).isEmpty)
        records[1].warnings = ["One.", "Two."]
        records[3].warnings = ["Three."]
        #expect(
            SweepWords.warnings(records) == [
                "with 2 of 4 seeds; with seed 2: One.", "with 2 of 4 seeds; with seed 2: Two.",
            ])
    }

    @Test func runsThatAnInterruptCutAreNotCompared() {
        var records = ["sidegate", "managed flooding", "contention flooding"].map { policy in
            var record = RunRecord(scenario: Scenario(), seed: 1)
            (record.policy, record.ranMicroseconds) = (policy, record.scenario.durationMicroseconds)
            return record
        }
        #expect(SweepWords.unequalStretches(records) == nil)
        records[1].ranMicroseconds = 3_000_000
        records[2].ranMicroseconds = 0
        #expect(
            SweepWords.unequalStretches(records)?.hasPrefix("not whole: managed flooding, contention flooding.") == true
        )
        #expect(
            SweepWords.unequalStretches([records[0]], notRun: ["managed flooding"])?.hasPrefix(
                "not run: managed flooding.") == true)
        #expect(
            SweepWords.unequalStretches([records[1]], notRun: ["contention flooding"])?.hasPrefix(
                "not whole: managed flooding; not run: contention flooding.") == true)
    }

    @Test func nameOfAScenarioLeadsToNoOtherDirectoryAndIsNoOption() {
        #expect(ScenarioFileName.shrunk("liar", seed: 7) == "liar-seed-7-shrunk.yaml")
        #expect(ScenarioFileName.shrunk("../../etc/passwd", seed: 1) == "etc-passwd-seed-1-shrunk.yaml")
        #expect(ScenarioFileName.shrunk("/tmp/x y", seed: 1) == "tmp-x-y-seed-1-shrunk.yaml")
        #expect(ScenarioFileName.shrunk("--json", seed: 1) == "json-seed-1-shrunk.yaml")
        #expect(ScenarioFileName.shrunk("liar", seed: 7, number: 1) == "liar-seed-7-shrunk.yaml")
        #expect(ScenarioFileName.shrunk("liar", seed: 7, number: 12) == "liar-seed-7-shrunk-12.yaml")
        for name in ["..", "/", "", "ö", "..//.."] { #expect(ScenarioFileName.stem(name) == "scenario", "\(name)") }
        #expect(ScenarioFileName.stem(String(repeating: "a/", count: 100)).utf8.count == 63)
        #expect(ScenarioFileName.stem("abc!") == "abc" && ScenarioFileName.stem("-x-") == "x")
    }
}
