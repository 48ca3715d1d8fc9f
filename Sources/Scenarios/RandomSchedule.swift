import Simulation
import Wire

/// Random faults over a scenario: what a soak is made of. The same number gives the same schedule.
public enum RandomSchedule {
    private static let purpose: UInt64 = 0x536f_616b

    /// The scenario of that number: one of `library` as it stands, cut to a few dozen houses and minutes, with up to eight
    /// faults of all sorts beside its own, and devices whose events may not be held. Its seed is the number.
    public static func scenario(_ number: UInt64, of library: [Scenario]) -> Scenario {
        var random = RandomStream(seed: number, purpose: purpose)
        guard !library.isEmpty else { return Scenario() }
        var scenario = library[random.number(below: library.count)]
        scenario.seed = number
        scenario.promises = PromiseName.allCases
        scenario = inSmall(
            scenario, houses: 40, durationMicroseconds: 300_000_000 + Int64(random.number(below: 300)) * 1_000_000)
        let houses = scenario.topology.houseCount
        for _ in 0..<(1 + random.number(below: 8)) {
            scenario.faults.append(fault(houses, scenario.durationMicroseconds, &random))
            // A file with it would be refused. What is drawn after it stays as it is.
            if scenario.saidInVain().isEmpty { continue }
            let vain = scenario.faults.removeLast()
            scenario.faults.append(
                FaultPlan(.deaf(forMicroseconds: 60_000_000), houses: vain.houses, when: vain.when))
        }
        // What may be held lives for a day, beyond any soak: half of the sorts of devices have events that end in time.
        for place in scenario.devices.indices where random.chance(0.5) { scenario.devices[place].scope = [.relay] }
        return scenario
    }

    /// The same scenario with fewer houses and for a shorter time, so that it can be run quickly.
    public static func inSmall(_ scenario: Scenario, houses limit: Int, durationMicroseconds end: Int64) -> Scenario {
        var scenario = scenario
        scenario.topology = scenario.topology.cut(toHouses: limit)
        let houses = scenario.topology.houseCount
        scenario.durationMicroseconds = end
        scenario.settleMicroseconds = min(scenario.settleMicroseconds, end / 3)
        scenario.expectations = []
        scenario.otherHosts = scenario.otherHosts.compactMap { other in
            other.houses.cut(toHouses: houses).map { HostException(houses: $0, plan: other.plan) }
        }
        scenario.devices = scenario.devices.compactMap { plan in
            guard let owners = plan.owners.cut(toHouses: houses) else { return nil }
            var plan = plan
            plan.owners = owners
            if case .beside(let house) = plan.placement, house >= houses { plan.placement = .farthest }
            if case .at(let times) = plan.traffic {
                let left = times.filter { $0 < end }
                plan.traffic = left.isEmpty ? .poisson(meanSeconds: 60) : .at(left)
            }
            return plan
        }
        scenario.faults = scenario.faults.compactMap { plan in
            guard let selection = plan.houses.cut(toHouses: houses) else { return nil }
            if case .partition = plan.fault, selection == .all { return nil }
            if case .at(let time) = plan.when, time >= end { return nil }
            return FaultPlan(plan.fault, houses: selection, when: plan.when)
        }
        // Several may rest on what was cut away.
        if scenario.devices.isEmpty { scenario.devices = [DevicePlan()] }
        return scenario
    }

    private static func fault(_ houses: Int, _ duration: Int64, _ random: inout RandomStream) -> FaultPlan {
        func span(_ random: inout RandomStream) -> Int64 { Int64(1 + random.number(below: 120)) * 1_000_000 }
        let permille = 1 + random.number(below: 300)
        let fault: Fault =
            switch random.number(below: 14) {
            case 0:
                .crash(
                    downMicroseconds: span(&random), unwrittenMicroseconds: Int64(random.number(below: 5_000)) * 1_000)
            case 1:
                .clockWrong(seconds: Int64(random.number(below: 20_000)) - 10_000, forMicroseconds: span(&random))
            case 2: .drift(partsPerMillion: Double(random.number(below: 400)) - 200)
            case 3: .partition(forMicroseconds: span(&random))
            case 4: .deaf(forMicroseconds: span(&random))
            case 5: .mute(forMicroseconds: span(&random))
            case 6: .altered(permille: permille, forMicroseconds: span(&random))
            case 7: .duplicated(permille: permille, forMicroseconds: span(&random))
            case 8:
                .delayed(
                    byMicroseconds: Int64(random.number(below: 10_000)) * 1_000, permille: permille,
                    forMicroseconds: span(&random))
            case 9: .forged(perMinute: Double(1 + random.number(below: 300)), forMicroseconds: span(&random))
            case 10: .diskFull(forMicroseconds: span(&random))
            case 11: .optOut(forMicroseconds: random.chance(0.3) ? 0 : span(&random))
            case 12: .revoke
            default: .liar(Lie.allCases[random.number(below: Lie.allCases.count)])
            }
        let at = Int64(random.number(below: Int(duration / 1_000_000))) * 1_000_000
        let struck =
            switch fault {
            case .crash, .partition, .optOut: group(of: houses, &random)
            default: [random.number(below: max(houses, 1))]
            }
        return FaultPlan(fault, houses: .houses(struck), when: .at(microseconds: at))
    }

    /// Mostly one house, now and then up to half of them: one house fails by itself, but what cuts a street in two, takes
    /// the power from a row of houses or has neighbours change their minds together is where ways home are hard to find.
    /// A group is as likely a row of neighbouring numbers as houses from anywhere.
    private static func group(of houses: Int, _ random: inout RandomStream) -> [Int] {
        let first = random.number(below: max(houses, 1))
        guard houses > 1, random.chance(0.4) else { return [first] }
        let count = 1 + random.number(below: houses / 2)
        if random.chance(0.5) { return (0..<count).map { (first + $0) % houses }.sorted() }
        var left = Array(0..<houses)
        return (0..<count).map { _ in left.remove(at: random.number(below: left.count)) }.sorted()
    }
}

extension HouseSelection {
    /// Those of the houses that are left; nil if none is.
    func cut(toHouses houses: Int) -> HouseSelection? {
        switch self {
        case .all, .percent: return self
        case .some(let count): return .some(min(count, houses))
        case .houses(let numbers):
            let left = numbers.filter { $0 < houses }
            return left.isEmpty ? nil : .houses(left)
        }
    }
}

extension Topology {
    /// The same in small, with `limit` houses or a few more or less.
    func cut(toHouses limit: Int) -> Topology {
        guard houseCount > limit else { return self }
        switch self {
        case .line(_, let spacing): return .line(houses: limit, spacingMetres: spacing)
        case .ring(_, let spacing): return .ring(houses: limit, spacingMetres: spacing)
        case .terrace(_, let frontage, let street):
            return .terrace(houses: limit, frontageMetres: frontage, streetMetres: street)
        case .grid(_, _, let spacing): return .grid(columns: 6, rows: max(1, limit / 6), spacingMetres: spacing)
        case .village(_, let lanes, let spacing): return .village(houses: limit, lanes: lanes, spacingMetres: spacing)
        case .tower(_, let flats, let flat, let floor):
            let flats = min(flats, limit)
            return .tower(floors: max(1, limit / flats), flatsPerFloor: flats, flatMetres: flat, floorMetres: floor)
        case .field(let houses, let width, let height):
            // As dense as before.
            let scale = (Double(limit) / Double(houses)).squareRoot()
            return .field(houses: limit, widthMetres: width * scale, heightMetres: height * scale)
        case .places(let places): return .places(Array(places.prefix(limit)))
        case .links(_, let links):
            return .links(houses: limit, links.filter { $0.first < limit && $0.second < limit })
        }
    }
}
