/// Finds the shortest schedule that still breaks a promise: the emissions and faults of a run as a list, from which parts
/// are taken away as long as the promise breaks without them (delta debugging: Zeller and Hildebrandt, IEEE Transactions
/// on Software Engineering 28(2), 2002).
public struct Shrinker {
    /// One thing of a schedule.
    private enum Item {
        case emission(device: Int, time: Int64)
        case fault(Int)
    }

    /// What was found.
    public struct Result {
        /// With explicit times; runs with its own seed.
        public var scenario: Scenario
        public var broken: BrokenPromise
        /// Emissions and faults left, and those of the beginning.
        public var left: Int
        public var before: Int
        public var runs: Int
    }

    /// Runs that shrinking may take.
    public var runsMax = 300
    public var isInterrupted: (() -> Bool)?
    private let promise: PromiseName
    private var scenario: Scenario
    private var found: BrokenPromise?
    private var runs = 0

    /// - Parameters: a scenario, the seed, and the promise that its run broke.
    public init(_ scenario: Scenario, seed: UInt64, promise: PromiseName) {
        self.scenario = scenario.explicit(seed: seed)
        self.promise = promise
    }

    /// Nil if the promise does not break again: with explicit times other chances fall otherwise, so that a few seeds
    /// are tried.
    public mutating func shrink() -> Result? {
        let first = scenario.seed
        for seed in [first] + (1...8 as ClosedRange<UInt64>).map({ first &+ $0 }) {
            scenario.seed = seed
            if breaks(items(scenario)) { break }
        }
        guard found != nil else { return nil }
        let before = items(scenario).count
        cutDuration()
        var items = items(scenario)
        reduce(&items)
        var shortest = scenario(of: items)
        dropDevices(&shortest)
        return found.map {
            Result(scenario: shortest, broken: $0, left: items.count, before: before, runs: runs)
        }
    }

    private func items(_ scenario: Scenario) -> [Item] {
        var items = scenario.faults.indices.map { Item.fault($0) }
        for (device, plan) in scenario.devices.enumerated() {
            guard case .at(let times) = plan.traffic else { continue }
            items += times.filter { $0 <= scenario.durationMicroseconds }.map { .emission(device: device, time: $0) }
        }
        return items
    }

    private func scenario(of items: [Item]) -> Scenario {
        var times = [[Int64]](repeating: [], count: scenario.devices.count)
        var faults: [FaultPlan] = []
        for item in items {
            switch item {
            case .emission(let device, let time): times[device].append(time)
            case .fault(let number): faults.append(scenario.faults[number])
            }
        }
        var shorter = scenario
        shorter.faults = faults
        for device in times.indices { shorter.devices[device].traffic = .at(times[device]) }
        return shorter
    }

    private mutating func breaks(_ items: [Item]) -> Bool { breaks(scenario(of: items)) }

    private mutating func breaks(_ scenario: Scenario) -> Bool {
        guard runs < runsMax, isInterrupted?() != true else { return false }
        runs += 1
        guard let mesh = try? Mesh(scenario, seed: scenario.seed) else { return false }
        mesh.isInterrupted = isInterrupted
        if countsLiars { mesh.countsLiars = true }
        mesh.runToEnd()
        guard let broken = mesh.record.broken.first(where: { $0.promise == promise }) else { return false }
        found = broken
        return true
    }

    /// For tests, as `Mesh.countsLiars`.
    package var countsLiars = false

    /// What comes after the break has no part in it.
    private mutating func cutDuration() {
        guard let found, found.timeMicroseconds + 2_000_000 < scenario.durationMicroseconds else { return }
        var shorter = scenario
        shorter.durationMicroseconds = max(found.timeMicroseconds + 2_000_000, scenario.settleMicroseconds + 1)
        shorter.faults.removeAll {
            if case .at(let time) = $0.when { time > shorter.durationMicroseconds } else { false }
        }
        for device in shorter.devices.indices {
            guard case .at(let times) = shorter.devices[device].traffic else { continue }
            shorter.devices[device].traffic = .at(times.filter { $0 <= shorter.durationMicroseconds })
        }
        if breaks(shorter) { scenario = shorter }
    }

    /// Halves, quarters and so on are taken away, for as long as the promise breaks without them.
    private mutating func reduce(_ items: inout [Item]) {
        var parts = 2
        while items.count >= 1, runs < runsMax {
            let size = max((items.count + parts - 1) / parts, 1)
            var hasShrunk = false
            var start = 0
            while start < items.count {
                var fewer = items
                fewer.removeSubrange(start..<min(start + size, items.count))
                if breaks(fewer) {
                    items = fewer
                    hasShrunk = true
                } else {
                    start += size
                }
            }
            if size == 1 && !hasShrunk { return }
            parts = hasShrunk ? max(parts - 1, 2) : min(parts * 2, max(items.count, 2))
        }
    }

    /// Devices that have nothing left to say.
    private mutating func dropDevices(_ scenario: inout Scenario) {
        var fewer = scenario
        fewer.devices.removeAll { if case .at(let times) = $0.traffic { times.isEmpty } else { false } }
        if fewer.devices.count < scenario.devices.count, breaks(fewer) { scenario = fewer }
    }
}
