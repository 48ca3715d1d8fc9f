@testable import Simulation

/// Runs of real bridges, for what draws, writes and compares them.
enum RealRuns {
    static func scenario() -> Scenario {
        var scenario = Scenario()
        scenario.name = "six-by-four"
        scenario.about = "Twenty-four houses on a grid; sensors have strayed; a crash, a partition and an opt-out."
        scenario.topology = .grid(columns: 6, rows: 4, spacingMetres: 11)
        scenario.durationMicroseconds = 400_000_000
        var device = DevicePlan()
        device.placement = .away
        scenario.devices = [device]
        scenario.faults = [
            FaultPlan(
                .crash(downMicroseconds: 30_000_000, unwrittenMicroseconds: 0), houses: .houses([8]),
                when: .at(microseconds: 120_000_000)),
            FaultPlan(
                .partition(forMicroseconds: 60_000_000), houses: .houses([0, 1, 6, 7]),
                when: .at(microseconds: 200_000_000)),
            FaultPlan(.optOut(forMicroseconds: 0), houses: .houses([15]), when: .at(microseconds: 300_000_000)),
        ]
        return scenario
    }

    static func record(_ scenario: Scenario = scenario(), seed: UInt64, tap: ((AirFrame) -> Void)? = nil) throws
        -> RunRecord
    {
        let mesh = try Mesh(scenario, seed: seed, tap: tap)
        mesh.runToEnd()
        return mesh.record
    }
}
