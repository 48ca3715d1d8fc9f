import Testing

@testable import Simulation

/// What is said before a run of those whom no radio reaches.
@Suite struct ReachTests {
    private static func warnings(_ easts: [Double], _ change: (inout Scenario) -> Void = { _ in }) throws -> [String] {
        var scenario = Scenario()
        scenario.topology = .places(easts.map { Place(east: $0, north: 0) })
        scenario.devices = [DevicePlan()]
        change(&scenario)
        return try Mesh(scenario, seed: 1).warnings
    }

    @Test func streetInWhichAllAreHeardHasNoWarning() throws {
        #expect(try Self.warnings([0, 10, 20, 30]).isEmpty)
        #expect(try Self.warnings([0]).isEmpty, "one house alone is no part of anything")
    }

    @Test func partsAndHousesAloneAreTold() throws {
        #expect(
            try Self.warnings([0, 10, 20, 5_000, 5_010, 9_000]) == [
                "The street falls in 3 parts that do not hear each other, of 3, 2, 1 houses; alone: house 5. Events do not go "
                    + "from one to another."
            ])
        // The nearest two are near enough for luck, and this seed has none.
        let apart = try Self.warnings([0, 95, 190])
        #expect(apart.first?.hasPrefix("No house hears another of the 3.") == true, "\(apart)")
    }

    @Test func housesThatHearEachOtherBadlyAreNotSaidToHearNobody() throws {
        func warnings(lossDecibels: Double) throws -> [String] {
            try Self.warnings([]) { $0.topology = .links(houses: 2, [RadioLink(0, 1, lossDecibels: lossDecibels)]) }
        }
        // At the sensitivity, 92 dB below what is sent, one packet in ten is lost; 95 dB below, most.
        for loss in [92.0, 93] { #expect(try warnings(lossDecibels: loss).isEmpty, "\(loss) dB") }
        for loss in [94.0, 95] {
            #expect(
                try warnings(lossDecibels: loss) == [
                    "The street hangs together only by paths over which fewer than half of the beacons come through: 2 parts, "
                        + "of 1, 1 houses; alone: house 0, house 1. Links between them come and go, if they come at all."
                ])
        }
        #expect(try warnings(lossDecibels: 99).first?.hasPrefix("No house hears another of the 2.") == true)
    }

    @Test func devicesThatNobodyHearsAreToldByTheirNames() throws {
        let far = try Self.warnings([0, 10]) { $0.devices[0].placement = .at(Place(east: 0, north: 3_000)) }
        #expect(
            far == [
                "2 of 2 devices are heard by no house: sensor 0, sensor 1. Put them nearer to houses, or give them more "
                    + "`transmit_power`."
            ])
        let weak = try Self.warnings([0, 10]) {
            $0.devices.append(DevicePlan())
            $0.devices[1].owners = .houses([1])
            $0.devices[1].transmitPowerDBm = -60
            $0.devices[1].placement = .near(metres: 40)
        }
        #expect(weak.count == 1 && weak.first?.hasPrefix("1 of 3 devices is heard by no house: sensor 2.") == true)
    }

    @Test func devicesHeardOnlyWhereNoWayLeadsHomeAreTold() throws {
        let warnings = try Self.warnings([0, 10, 5_000, 5_010]) {
            $0.devices[0].owners = .houses([0, 3])
            $0.devices[0].placement = .beside(house: 2)
        }
        #expect(warnings.count == 2)
        #expect(
            warnings.last?.hasPrefix("1 of 2 devices is heard in parts only that their home is not in: sensor 0.")
                == true)
    }

    @Test func deviceThatMoreThanTheMostHousesWouldHearIsTold() throws {
        func mesh(houses: Int) throws -> Mesh {
            var scenario = Scenario()
            scenario.topology = .grid(columns: 10, rows: houses / 10, spacingMetres: 3)
            var device = DevicePlan()
            (device.owners, device.transmitPowerDBm) = (.houses([15]), 20)
            scenario.devices = [device]
            return try Mesh(scenario, seed: 1)
        }
        let all = try mesh(houses: 60)
        #expect(all.devices[0].hearers.count == 60 && all.warnings.isEmpty)
        let crowded = try mesh(houses: 80)
        #expect(
            crowded.warnings == [
                "1 of 1 devices is near to more than 64 houses that would hear most packets: sensor 0. The 64 that hear "
                    + "best do, and the others nothing."
            ])
        let hearers = crowded.devices[0].hearers
        #expect(hearers.count == 64)
        let spot = Spot(place: crowded.devices[0].place, house: 15)
        let others = crowded.air.propagation.neighbours(of: spot, transmitDBm: 20)
            .filter { other in !hearers.contains { Int($0.house) == other.house } }
        #expect(others.count == 16)
        let weakest = try #require(hearers.map(\.dBm).min())
        #expect(others.allSatisfy { Float($0.dBm) <= weakest })
    }

    @Test func listIsBoundedAndTheRecordKeepsIt() throws {
        var scenario = Scenario()
        scenario.topology = .places((0..<9).map { Place(east: Double($0 < 2 ? $0 * 10 : $0 * 2_000), north: 0) })
        let mesh = try Mesh(scenario, seed: 1)
        #expect(mesh.warnings.first?.contains("house 2, house 3, house 4, house 5, house 6 and 2 more.") == true)
        #expect(mesh.warnings.first?.contains("of 2, 1, 1, 1, 1 and fewer houses") == true)
        mesh.run(untilMicroseconds: 1_000_000)
        #expect(mesh.record.warnings == mesh.warnings)
    }
}
