import SeededRandom

/// All targets. `Fuzz/run` asks the executable for them: a new one is a line here.
enum FuzzTargets {
    static let all: [FuzzTarget] = [
        FuzzTarget(name: "packets", bytesMax: 300, run: fuzzPackets),
        FuzzTarget(name: "records", bytesMax: 300, seeds: { FuzzNetwork.shared.records }, run: fuzzRecords),
        FuzzTarget(name: "frames", bytesMax: 600, run: fuzzFrames),
        FuzzTarget(name: "beacons", bytesMax: 300, run: fuzzBeacons),
        FuzzTarget(name: "bthome", bytesMax: 300, seeds: bthomeSeeds, run: fuzzBTHome),
        FuzzTarget(name: "counters", bytesMax: 2_000, seeds: { randomSeeds(bytes: 2_000 / 4) }, run: fuzzCounters),
        FuzzTarget(name: "sealing", bytesMax: 400, seeds: { randomSeeds(bytes: 400 / 4) }, run: fuzzSealing),
        FuzzTarget(name: "registry", bytesMax: 2_000, seeds: { randomSeeds(bytes: 2_000 / 4) }, run: fuzzRegistry),
        FuzzTarget(name: "relay", bytesMax: 4_000, seeds: { randomSeeds(bytes: 4_000 / 4) }, run: fuzzRelay),
        FuzzTarget(name: "bridge", bytesMax: 2_000, seeds: { randomSeeds(bytes: 2_000 / 4) }, run: fuzzBridge),
        FuzzTarget(name: "links", bytesMax: 2_000, seeds: { randomSeeds(bytes: 2_000 / 4) }, run: fuzzLinks),
        FuzzTarget(
            name: "joining", bytesMax: 2_000, seeds: { joiningSeeds() + randomSeeds(bytes: 2_000 / 4) },
            run: fuzzJoining),
        FuzzTarget(name: "air", bytesMax: 300, seeds: airSeeds, run: fuzzAir),
        FuzzTarget(name: "management", bytesMax: 300, seeds: managementSeeds, run: fuzzManagement),
        FuzzTarget(name: "bluez", bytesMax: 2_000, seeds: { randomSeeds(bytes: 2_000 / 4) }, run: fuzzBlueZ),
        FuzzTarget(name: "street", bytesMax: 2_000, seeds: streetSeeds, run: fuzzStreet),
        FuzzTarget(name: "settings", bytesMax: 4_000, seeds: settingsSeeds, run: fuzzSettings),
        FuzzTarget(name: "scenarios", bytesMax: 2_000, seeds: scenarioSeeds, run: fuzzScenarios),
        FuzzTarget(name: "control", bytesMax: 2_000, seeds: controlSeeds, run: fuzzControl),
    ]

    static func named(_ name: String) -> FuzzTarget? { all.first { "\($0.name)" == name } }

    /// Set once, before the first input.
    nonisolated(unsafe) static var chosen: FuzzTarget?
}

/// For targets that take their input for choices: any choices, many at once.
private func randomSeeds(bytes count: Int) -> [[UInt8]] {
    (1...16).map { number in
        var random = SplitMix64(seed: UInt64(number))
        return random.bytes(count * number / 16)
    }
}
