import Scenarios
import Simulation

/// Any bytes as a scenario's file and as what `--set` gives: a scenario that is read is written as a file that reads back to
/// the same.
func fuzzScenarios(_ bytes: UnsafeRawBufferPointer) {
    let setting = String(decoding: bytes.prefix(60), as: UTF8.self)
    let all = Array(bytes)
    let files = LinkFiles { _ in all }
    for settings in [[], [setting]] {
        switch ScenarioReader.read(all, file: "a/b.yaml", settings: settings, files: files) {
        case .read(let scenario):
            FuzzReach.note("read")
            // Decimal figures with many places may come back off by their last bit: from then on they are the same.
            guard case .read(let once) = reread(scenario) else {
                return require(false, "written so that it does not read")
            }
            if case .read(let twice) = reread(once) { require(once == twice, "written otherwise") }
        case .failed(let problems):
            require(!problems.isEmpty && problems.count <= 100, "failed for no reason, or for too many")
            for problem in problems {
                require("\(problem)".utf8.count < 4_000, "a long message")
                guard let position = problem.position else { continue }
                require(
                    position.line >= 1 && position.line <= bytes.count + 2 && position.column >= 1, "a place outside")
            }
        }
    }
}

private func reread(_ scenario: Scenario) -> ScenarioOutcome {
    ScenarioReader.read(Array(ScenarioWriter.text(of: scenario, comment: ["a\nb"]).utf8), file: "a/b.yaml")
}

func scenarioSeeds() -> [[UInt8]] {
    [
        "duration: 10 min\ntopology: {kind: ring, houses: 5, spacing: 12 m}\n",
        "devices:\n  - owners: 3 at random\n    place: beside 2\n    traffic: {kind: bursts, every: 1 min, events: 3, gap: 1 s}\n",
        "faults:\n  - {fault: crash, at: 5 min, for: 30 s, houses: 1-3}\n  - {fault: liar, lie: floods, every: 1 h}\n",
        "topology:\n  kind: links\n  houses: 3\n  links:\n    - 0-1 70 dB\n",
        "topology: {kind: links, houses: 3, file: x}\n",
        "topology:\n  kind: places\n  places:\n    - 1 2\n    - 3 4 5\n", "starts_at: 2027-01-15 08:07:00\nseed: 7\n",
        "hosts: {rate: 16 kbit/s, open: [\"22:00-07:00\"]}\nother_hosts:\n  - houses: 10 %\n    opt_out: true\n",
        "radio: {frame_loss: 10 %, sensitivity: -92 dBm}\npromises: [cap]\nexpect:\n  - {figure: latency, at_most: 60 ms}\n",
        "0-1 70 dB\n", "topology.houses=9\n",
    ].map { Array($0.utf8) }
}
