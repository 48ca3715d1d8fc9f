/// Finds the shortest schedule that still breaks a promise: the emissions and faults of a run as a list, from which parts
/// are taken away as long as the promise breaks without them (delta debugging: Zeller and Hildebrandt, IEEE Transactions
/// on Software Engineering 28(2), 2002).
///
/// The seed, the street and everybody's keys stay; a break counts if it is of the same promise by the same house and found
/// by the same check as the first one.
public struct Shrinker {
    /// One thing of a schedule.
    private enum Item {
        case emission(device: Int, time: Int64)
        /// The scenario's fault of that number at some of its houses, or at all of them.
        case fault(Int, houses: [Int], time: Int64)

        var time: Int64 {
            switch self {
            case .emission(_, let time), .fault(_, _, let time): time
            }
        }

        /// Each house for itself.
        var parts: [Item] {
            guard case .fault(let number, let houses, let time) = self else { return [self] }
            return houses.map { .fault(number, houses: [$0], time: time) }
        }
    }

    /// What was found.
    public struct Result {
        /// With explicit times; runs with its own seed.
        public var scenario: Scenario
        public var broken: BrokenPromise
        /// Emissions and faults left, and those of the whole run.
        public var left: Int
        public var before: Int
        public var runs: Int
        /// Whether none of those that are left can go by itself, nor a single house of a fault: false if the search ended before it knew.
        public var isShortest: Bool
    }

    /// The shortest run goes on for so long after the break.
    private static let afterwardsMicroseconds: Int64 = 1_000_000

    /// Runs that shrinking may take.
    public var runsMax = 500
    public var isInterrupted: (() -> Bool)?
    /// For tests, as `Mesh.countsLiars`.
    package var countsLiars = false
    private let wanted: BrokenPromise
    private let original: Scenario
    private let seed: UInt64
    /// The explicit scenario whose items are taken away.
    private var scenario: Scenario
    /// Those that it had at first: items say which by number.
    private var faults: [FaultPlan] = []
    private var found: BrokenPromise?
    private var runs = 0

    /// - Parameters: a scenario, the seed, and what its run broke, as its record says.
    public init(_ scenario: Scenario, seed: UInt64, broken: BrokenPromise) {
        (original, self.seed, wanted) = (scenario, seed, broken)
        self.scenario = scenario
    }

    /// Nil if the promise does not break again: the scenario was not run with this seed, its schedule is longer than
    /// `Scenario.explicitEmissionsMax`, or the search was interrupted at once.
    public mutating func shrink() -> Result? {
        guard begin() else { return nil }
        var items = items(scenario)
        let before = original.explicit(seed: seed).map { self.items($0).count } ?? items.count
        guess(&items)
        reduce(&items, from: items.count / 2)
        // Of the faults that are left not every house may be needed.
        let whole = items.count
        items = items.flatMap(\.parts)
        if items.count > whole { reduce(&items, from: items.count / 2) }
        var isShortest = false
        while !isShortest, canRun {
            let count = items.count
            reduce(&items, from: 1)
            isShortest = canRun && items.count == count
        }
        var shortest = scenario(of: items)
        // An honest house broke it: there may be nobody left to hold to it.
        if !shortest.faults.contains(where: { if case .liar = $0.fault { true } else { false } }) {
            shortest.holdsLiars = false
        }
        return found.map {
            Result(
                scenario: shortest, broken: $0, left: self.items(shortest).count, before: before, runs: runs,
                isShortest: isShortest)
        }
    }

    private var canRun: Bool { runs < runsMax && isInterrupted?() != true }

    /// The explicit run up to the break is the very run that broke the promise. What is only found at a run's end may
    /// need all of it.
    private mutating func begin() -> Bool {
        for end in [wanted.timeMicroseconds, original.durationMicroseconds] {
            guard let explicit = original.explicit(seed: seed, untilMicroseconds: end) else { continue }
            scenario = explicit
            faults = explicit.faults
            if breaks(explicit) { return true }
        }
        return false
    }

    /// By time.
    private func items(_ scenario: Scenario) -> [Item] {
        var items: [Item] = []
        for listed in scenario.emissions ?? [] {
            items += listed.microseconds.map { .emission(device: listed.device, time: $0) }
        }
        for (number, plan) in scenario.faults.enumerated() {
            if case .at(let time) = plan.when, case .houses(let houses) = plan.houses {
                items.append(.fault(number, houses: houses, time: time))
            }
        }
        // Sorting keeps the order of what is at one time: the standard library's is stable, and says it need not be.
        return items.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    private func scenario(of items: [Item]) -> Scenario {
        var times: [[Int64]] = []
        var struck: [(number: Int, houses: [Int])] = []
        for item in items {
            switch item {
            case .emission(let device, let time):
                while times.count <= device { times.append([]) }
                times[device].append(time)
            case .fault(let number, let houses, _):
                // One fault again, as it was: the parts of one stand side by side.
                if struck.last?.number == number {
                    struck[struck.count - 1].houses += houses
                } else {
                    struck.append((number, houses))
                }
            }
        }
        var shorter = scenario
        shorter.faults = struck.map { number, houses in
            FaultPlan(faults[number].fault, houses: .houses(houses), when: faults[number].when)
        }
        shorter.emissions = times.enumerated().filter { !$0.element.isEmpty }.map {
            ListedEmissions(device: $0.offset, microseconds: $0.element)
        }
        return shorter
    }

    private mutating func breaks(_ scenario: Scenario) -> Bool {
        guard canRun else { return false }
        runs += 1
        guard let mesh = try? Mesh(scenario, seed: seed) else { return false }
        mesh.isInterrupted = { [isInterrupted, unowned mesh, wanted] in
            isInterrupted?() == true || mesh.keeper.broken.contains { $0.isLike(wanted) }
        }
        if countsLiars { mesh.countsLiars = true }
        mesh.runToEnd()
        guard isInterrupted?() != true, let broken = mesh.record.broken.first(where: { $0.isLike(wanted) }) else {
            return false
        }
        found = broken
        return true
    }

    /// Tries a shorter list; where it breaks the promise it is the list from now on, up to the break: what comes after has
    /// no part in it.
    private mutating func take(_ fewer: [Item], _ items: inout [Item]) -> Bool {
        guard breaks(scenario(of: fewer)), let found else { return false }
        items = fewer.filter { $0.time <= found.timeMicroseconds }
        scenario.durationMicroseconds = min(
            scenario.durationMicroseconds,
            max(found.timeMicroseconds + Self.afterwardsMicroseconds, scenario.settleMicroseconds + 1))
        return true
    }

    /// What a break seldom needs is tried away whole: faults elsewhere, and what devices say.
    private mutating func guess(_ items: inout [Item]) {
        let here = wanted.house
        for keepsEmissions in [false, true] {
            let fewer = items.compactMap { item -> Item? in
                guard case .fault(let number, let houses, let time) = item else { return keepsEmissions ? item : nil }
                return houses.first { $0 == here }.map { .fault(number, houses: [$0], time: time) }
            }
            if fewer.flatMap(\.parts).count < items.flatMap(\.parts).count, take(fewer, &items) { return }
        }
        let faults = items.filter { if case .fault = $0 { true } else { false } }
        if faults.count < items.count { _ = take(faults, &items) }
    }

    /// Parts of so many items are taken away, then halves of such parts and so on, for as long as the promise breaks
    /// without them.
    private mutating func reduce(_ items: inout [Item], from size: Int) {
        var size = max(size, 1)
        while !items.isEmpty, canRun {
            var start = 0
            while start < items.count, canRun {
                var fewer = items
                fewer.removeSubrange(start..<min(start + size, items.count))
                if !take(fewer, &items) { start += size }
            }
            if size == 1 { return }
            size = max(min(size, items.count) / 2, 1)
        }
    }
}
