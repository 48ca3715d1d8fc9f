import Relaying
import SeededRandom
import Simulation
import Wire

/// Scenarios of all sorts, each sound.
struct RandomScenario {
    var random: SplitMix64

    mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    mutating func bool() -> Bool { random.next() & 1 == 1 }
    mutating func seconds(_ range: ClosedRange<Int>) -> Double {
        Double(below(range.upperBound - range.lowerBound) + range.lowerBound) / 1_000
    }
    mutating func micro(_ bound: Int) -> Int64 { Int64(below(bound)) + 1 }

    mutating func scenario() -> Scenario {
        var scenario = Scenario()
        scenario.name = ["first", "a b", "true", "x: y", "\"q\"", "#1", "-", "ö"][below(8)]
        scenario.about = bool() ? "" : "Houses, and what they: say # of it."
        scenario.seed = random.next()
        scenario.durationMicroseconds = 100_000_000 + micro(1_000_000_000)
        scenario.settleMicroseconds = micro(100_000_000)
        scenario.startsAt = WallTime(seconds: 1_700_000_000 + UInt32(below(1_000_000_000)))
        scenario.beginning = bool() ? .members : .joining
        scenario.topology = topology()
        scenario.hosts = host()
        for _ in 0..<below(3) { scenario.otherHosts.append(HostException(houses: selection(), plan: host())) }
        for _ in 0..<(1 + below(3)) { scenario.devices.append(device()) }
        if bool() {
            scenario.emissions = (0..<below(3)).map { _ in
                ListedEmissions(device: 0, microseconds: (0..<(1 + below(5))).map { _ in 100_000_000 })
            }
        }
        scenario.radio.frameLoss = Double(below(50)) / 100
        scenario.radio.sensitivityDBm = -120 - Double(below(100)) / 10
        scenario.radio.beaconIntervalMicroseconds = 20_000 + micro(1_000_000)
        for _ in 0..<below(8) {
            scenario.faults.append(fault())
            // What would be in vain is refused.
            if !scenario.saidInVain().isEmpty { scenario.faults.removeLast() }
        }
        scenario.holdsLiars = bool()
        if !scenario.saidInVain().isEmpty { scenario.holdsLiars = false }
        scenario.promises = bool() ? PromiseName.allCases : [.cap, .once]
        if bool() { scenario.expectations.append(Expectation("delivery_ratio", .atLeast, Double(below(100)) / 100)) }
        if bool() {
            scenario.expectations.append(
                Expectation(
                    "latency", .atMost, Double(below(100_000)) / 1_000, of: Expectation.Measure.allCases[below(4)]))
        }
        if bool() { scenario.settlingMicroseconds = Int64(below(600)) * 1_000_000 }
        return scenario
    }

    mutating func topology() -> Topology {
        let spacing = 5 + Double(below(100)) / 10
        return switch below(9) {
        case 0: .line(houses: 10, spacingMetres: spacing)
        case 1: .ring(houses: 10, spacingMetres: spacing)
        case 2: .terrace(houses: 10, frontageMetres: spacing, streetMetres: 20)
        case 3: .grid(columns: 5, rows: 2, spacingMetres: spacing)
        case 4: .village(houses: 10, lanes: 1 + below(5), spacingMetres: spacing)
        case 5: .tower(floors: 5, flatsPerFloor: 2, flatMetres: spacing, floorMetres: 3)
        case 6: .field(houses: 10, widthMetres: 20 + spacing, heightMetres: 30)
        case 7: .places((0..<10).map { Place(east: Double($0) * spacing, north: -0.001, height: bool() ? 2.5 : 0) })
        default: .links(houses: 10, (0..<9).map { RadioLink($0, $0 + 1, lossDecibels: 60 + spacing) })
        }
    }

    mutating func host() -> HostPlan {
        var plan = HostPlan()
        plan.lending = LendingLimits(
            rateBits: Int64(below(100_000)), burstBytes: 512 + Int64(below(100_000)), monthBytes: Int64(below(1 << 40)))
        plan.classesLent = [[.alarm], [], EventClass.allCases, [.event, .alarm]][below(4)]
        plan.linksMax = 1 + below(16)
        plan.isOptedOut = bool()
        if bool() { plan.openMinutes = [MinuteRange(from: below(1_440), to: below(1_441))] }
        return plan
    }

    mutating func device() -> DevicePlan {
        var plan = DevicePlan()
        plan.name = "d\(below(100))"
        plan.owners = selection()
        plan.count = 1 + below(5)
        plan.eventClass = EventClass.allCases[below(3)]
        plan.scope = ConsentBits(rawValue: UInt8(below(8)))
        plan.ratePerMinute = UInt16(1 + below(255))
        plan.serviceDataBytes = 13 + below(12)
        plan.transmitPowerDBm = Double(below(40)) / 4 - 5
        plan.advertisements = 1 + below(30)
        plan.advertisementIntervalMicroseconds = 20_000 + micro(1_000_000)
        plan.traffic =
            switch below(6) {
            case 0: .periodic(seconds: seconds(1...100_000))
            case 1: .poisson(meanSeconds: seconds(1...100_000))
            case 2: .bursts(meanSeconds: seconds(1...100_000), events: 1 + below(9), gapSeconds: seconds(1...9_000))
            case 3: .diurnal(meanSeconds: seconds(1...100_000), peakFactor: 1.5, peakHour: Double(below(24)))
            case 4: .together(meanSeconds: seconds(1...100_000), spreadSeconds: seconds(1...9_000))
            default: .at((0..<(1 + below(20))).map { _ in 100_000_000 + Int64(below(2)) })
            }
        return plan
    }

    mutating func selection() -> HouseSelection {
        switch below(4) {
        case 0: .all
        case 1: .houses([[3], [0, 1, 2, 3, 9], [9, 8, 7], [1, 2, 4, 5, 6]][below(4)])
        case 2: .some(1 + below(10))
        default: .percent(Double(1 + below(1_000)) / 10)
        }
    }

    mutating func fault() -> FaultPlan {
        let span = Int64(below(100_000_000))
        let fault: Fault =
            switch below(14) {
            case 0: .crash(downMicroseconds: span, unwrittenMicroseconds: micro(10_000_000))
            case 1: .clockWrong(seconds: Int64(below(100_000)) - 50_000, forMicroseconds: span)
            case 2: .drift(partsPerMillion: Double(below(2_000)) / 10 - 100)
            case 3: .partition(forMicroseconds: span)
            case 4: .deaf(forMicroseconds: span)
            case 5: .mute(forMicroseconds: span)
            case 6: .altered(permille: 1 + below(1_000), forMicroseconds: span)
            case 7: .duplicated(permille: 1 + below(1_000), forMicroseconds: span)
            case 8: .delayed(byMicroseconds: micro(10_000_000), permille: 1 + below(1_000), forMicroseconds: span)
            case 9: .forged(perMinute: Double(1 + below(600)), forMicroseconds: span)
            case 10: .diskFull(forMicroseconds: span)
            case 11: .optOut(forMicroseconds: span)
            case 12: .revoke
            default: .liar(Lie.allCases[below(Lie.allCases.count)])
            }
        let when: FaultPlan.When =
            bool() ? .at(microseconds: Int64(below(100_000_000))) : .again(meanSeconds: seconds(1_000...100_000))
        var houses = selection()
        if case .partition = fault, houses == .all { houses = .houses([1]) }
        return FaultPlan(fault, houses: houses, when: when)
    }
}
