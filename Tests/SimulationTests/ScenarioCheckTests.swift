import Testing

@testable import Simulation

@Suite struct ScenarioCheckTests {
    /// A sound scenario, changed.
    private static func parts(_ change: (inout Scenario) -> Void) -> [String] {
        var scenario = Scenario()
        scenario.devices = [DevicePlan()]
        change(&scenario)
        return scenario.problems().map(\.part)
    }

    @Test func scenarioAsItComesIsSound() {
        #expect(Self.parts { _ in }.isEmpty)
        #expect(Scenario().problems().isEmpty)
        for topology in LayoutTests.topologies { #expect(Self.parts { $0.topology = topology }.isEmpty, "\(topology)") }
    }

    @Test func timesOutsideTheRunAreTold() {
        #expect(Self.parts { $0.durationMicroseconds = 0 }.contains("duration"))
        #expect(Self.parts { $0.durationMicroseconds = 40 * 86_400_000_000 } == ["duration"])
        #expect(Self.parts { $0.settleMicroseconds = $0.durationMicroseconds } == ["settle"])
        #expect(Self.parts { $0.startsAt.seconds = 12 } == ["starts_at"])
        let late = FaultPlan(.revoke, when: .at(microseconds: 600_000_001))
        #expect(Self.parts { $0.faults = [late] } == ["faults[0].at"])
        #expect(Self.parts { $0.devices[0].traffic = .at([600_000_001]) } == ["devices[0].traffic.at"])
    }

    @Test func mapsWithoutHousesOrBeyondTheMapAreTold() {
        #expect(Self.parts { $0.topology = .line(houses: 0, spacingMetres: 12) } == ["topology.houses"])
        #expect(Self.parts { $0.topology = .line(houses: 10_001, spacingMetres: 12) } == ["topology.houses"])
        #expect(Self.parts { $0.topology = .ring(houses: 5, spacingMetres: 0) } == ["topology.spacing"])
        #expect(Self.parts { $0.topology = .ring(houses: 5, spacingMetres: .nan) } == ["topology.spacing"])
        let places = [Place(east: 0, north: 0), Place(east: 200_000, north: 0)]
        #expect(Self.parts { $0.topology = .places(places) } == ["topology.places[1]"])
        let links = [
            RadioLink(0, 3, lossDecibels: 70), RadioLink(1, 1, lossDecibels: 70), RadioLink(0, 1, lossDecibels: 999),
        ]
        #expect(
            Self.parts { $0.topology = .links(houses: 3, links) } == (0..<3).map { "topology.links[\($0)]" })
    }

    @Test func radioThatHearsNobodyIsTold() {
        #expect(Self.parts { $0.topology = .line(houses: 5, spacingMetres: 900) } == ["topology"])
        #expect(Self.parts { $0.radio.transmitPowerDBm = -55 } == ["radio"])
        #expect(Self.parts { $0.topology = .links(houses: 2, [RadioLink(0, 1, lossDecibels: 140)]) } == ["topology"])
        #expect(Self.parts { $0.topology = .line(houses: 1, spacingMetres: 900) }.isEmpty, "one house hears nobody")
    }

    /// The reach that is told is the model's: houses a little nearer may hear each other, those a little farther never do.
    @Test func reachThatIsToldIsTheModels() throws {
        let plan = RadioPlan()
        func problems(_ metres: Double) -> [String] {
            var scenario = Scenario()
            scenario.topology = .line(houses: 2, spacingMetres: metres)
            return scenario.problems().map(\.what)
        }
        #expect(problems(98).isEmpty)
        #expect(problems(99).first?.hasSuffix("and from house to house a radio reaches 98.5 m at most") == true)
        var heard = [false, false]
        for seed in 1...3_000 as ClosedRange<UInt64> {
            for (index, metres) in [90.0, 99].enumerated() where !heard[index] {
                let places = [Place(east: 0, north: 0), Place(east: metres, north: 0)]
                heard[index] = !Propagation(plan: plan, places: places, seed: seed).neighbours(of: 0).isEmpty
            }
        }
        #expect(heard == [true, false])
        func links(_ decibels: Double) -> [String] {
            Self.parts { $0.topology = .links(houses: 2, [RadioLink(0, 1, lossDecibels: decibels)]) }
        }
        #expect(links(100).isEmpty && links(100.1) == ["topology"])
    }

    @Test func linksThatAreListedTwiceAreToldWhereTheSecondOneStands() {
        let links = [(0, 1), (1, 2), (1, 0), (2, 3), (0, 1)].map { RadioLink($0.0, $0.1, lossDecibels: 70) }
        #expect(
            Self.parts { $0.topology = .links(houses: 4, links) } == ["topology.links[2]", "topology.links[4]"])
    }

    @Test func radioFiguresOutsideTheirRangesAreTold() {
        #expect(Self.parts { $0.radio.frameLoss = 1 } == ["radio.frame_loss"])
        #expect(Self.parts { $0.radio.interference = .nan } == ["radio.interference"])
        #expect(Self.parts { $0.radio.scanWindowMicroseconds = 70_000 } == ["radio.scan_window"])
        #expect(Self.parts { $0.radio.connectionIntervalMinMicroseconds = 60_000 } == ["radio.connection_interval_min"])
        #expect(Self.parts { $0.radio.peripheralLatency = 60 } == ["radio.supervision_timeout"])
        #expect(Self.parts { $0.radio.connectionsMax = 0 } == ["radio.connections_max"])
    }

    @Test func housesThatAreNotThereAreTold() {
        let selections: [HouseSelection] = [
            .houses([5]), .houses([]), .houses([-1]), .houses([1, 1]), .some(6), .some(0), .percent(0), .percent(101),
            .percent(.nan),
        ]
        for selection in selections {
            #expect(Self.parts { $0.devices[0].owners = selection } == ["devices[0].owners"], "\(selection)")
            let fault = FaultPlan(.deaf(forMicroseconds: 1), houses: selection, when: .at(microseconds: 1))
            #expect(Self.parts { $0.faults = [fault] } == ["faults[0].houses"])
            #expect(
                Self.parts { $0.otherHosts = [HostException(houses: selection, plan: HostPlan())] }
                    == ["other_hosts[0].houses"])
        }
        #expect(Self.parts { $0.devices[0].placement = .beside(house: 5) } == ["devices[0].place"])
    }

    @Test func plansThatCannotBeAreTold() {
        #expect(Self.parts { $0.devices[0].serviceDataBytes = 25 } == ["devices[0].bytes"])
        #expect(Self.parts { $0.devices[0].traffic = .poisson(meanSeconds: 0) } == ["devices[0].traffic.every"])
        #expect(Self.parts { $0.devices[0].count = 0 } == ["devices[0].count"])
        #expect(
            Self.parts {
                $0.topology = .line(houses: 10_000, spacingMetres: 5)
                $0.devices[0].count = 3
            } == ["devices"])
        let parted = FaultPlan(.partition(forMicroseconds: 1), when: .at(microseconds: 1))
        #expect(Self.parts { $0.faults = [parted] } == ["faults[0].houses"])
        let often = FaultPlan(.revoke, when: .again(meanSeconds: 0.01))
        #expect(Self.parts { $0.faults = [often] } == ["faults[0].every"])
        #expect(Self.parts { $0.promises = [] } == ["promises"])
        #expect(Self.parts { $0.hosts.linksMax = 17 } == ["hosts.links_max"])
    }

    @Test func figuresOfAllSizesAreToldAndNeverTrap() {
        var random = RandomStream(seed: 4, purpose: 4)
        let odd: [Double] = [.nan, .infinity, -.infinity, 0, -1, 1e300, -1e300, 1, 50]
        let whole = [Int.min, Int.max, -1, 0, 1, 7, 100]
        for _ in 0..<2_000 {
            func value() -> Double { odd[random.number(below: odd.count)] }
            func number() -> Int { whole[random.number(below: whole.count)] }
            let problems = Self.parts {
                $0.durationMicroseconds = Int64(number())
                $0.settleMicroseconds = Int64(number())
                $0.topology =
                    switch random.number(below: 5) {
                    case 0: .grid(columns: number(), rows: number(), spacingMetres: value())
                    case 1: .tower(floors: number(), flatsPerFloor: number(), flatMetres: value(), floorMetres: value())
                    case 2: .village(houses: number(), lanes: number(), spacingMetres: value())
                    case 3: .links(houses: number(), [RadioLink(number(), number(), lossDecibels: value())])
                    default: .field(houses: number(), widthMetres: value(), heightMetres: value())
                    }
                $0.devices[0].owners = random.chance(0.5) ? .some(number()) : .percent(value())
                $0.devices[0].count = number()
                $0.radio.transmitPowerDBm = value()
                $0.radio.pathLossExponent = value()
                $0.radio.peripheralLatency = number()
                $0.radio.connectionIntervalMaxMicroseconds = Int64(number())
                $0.faults = [
                    FaultPlan(
                        .crash(downMicroseconds: Int64(number()), unwrittenMicroseconds: 0),
                        houses: .houses([number()]),
                        when: .again(meanSeconds: value()))
                ]
            }
            #expect(problems.count <= 100)
        }
    }
}
