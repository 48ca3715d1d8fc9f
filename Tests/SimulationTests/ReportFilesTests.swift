import Foundation
import Testing

@testable import Simulation

/// Writes what `scripts/check-report` looks at with a browser and with Wireshark's tshark.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SIDEGATE_REPORTS"] != nil, "scripts/check-report runs it"))
struct ReportFilesTests {
    private func write(_ bytes: [UInt8], to name: String) throws {
        let directory = try #require(ProcessInfo.processInfo.environment["SIDEGATE_REPORTS"])
        try Data(bytes).write(to: URL(fileURLWithPath: directory).appendingPathComponent(name))
    }

    private func write(_ records: [RunRecord], to name: String) throws {
        try write(Array(HTMLReport.text(of: records).utf8), to: name)
    }

    @Test func tracesOfMadeUpFrames() throws {
        try write(MadeUpFrames.trace(of: MadeUpFrames.frames()), to: "made-up.pcapng")
        try write(MadeUpFrames.trace(of: MadeUpFrames.frames(isLossy: false)), to: "made-up-without-loss.pcapng")
    }

    @Test func reportsOfOneRun() throws {
        try write([MadeUpRecord.street()], to: "one.html")
        try write([MadeUpRecord.broken()], to: "broken.html")
        try write([MadeUpRecord.hostile()], to: "hostile.html")
        try write([MadeUpRecord.street(columns: 40, rows: 25, journeys: 20_000)], to: "thousand.html")
        try write([RunRecord(scenario: Scenario(), seed: 0)], to: "empty.html")
    }

    @Test func reportsOfSeveralRuns() throws {
        let policies = ["sidegate", "managed flooding", "meshtastic"]
        try write(policies.map { MadeUpRecord.street(policy: $0) }, to: "comparison.html")
        let seeds = (1...60).map { MadeUpRecord.street(seed: $0) }
        try write(seeds + [MadeUpRecord.broken()], to: "sweep.html")
    }

    @Test func reportAndTraceOfARealRun() throws {
        var (file, frames): ([UInt8], Int) = ([], 0)
        let scenario = RealRuns.scenario()
        var trace = PacketTrace(of: scenario.name, startsAt: scenario.startsAt) { file += $0 }
        let record = try RealRuns.record(scenario, seed: 3) { frame in
            frames += 1
            trace.add(frame)
        }
        trace.finish()
        #expect(frames > 1_000)
        try write(file, to: "real.pcapng")
        try write([record], to: "real.html")
    }
}
