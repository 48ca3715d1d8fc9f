import Relaying
import Testing

@testable import Simulation

/// That honest bridges keep every promise, whatever goes wrong and whoever lies.
struct FaultTests {
    private func street(_ faults: [FaultPlan], houses: Int = 9) -> Scenario {
        var scenario = Scenario()
        scenario.topology = .grid(columns: 3, rows: houses / 3, spacingMetres: 13)
        scenario.durationMicroseconds = 300_000_000
        var device = DevicePlan()
        device.placement = .away
        device.traffic = .poisson(meanSeconds: 15)
        var short = device
        short.scope = [.relay]
        short.eventClass = .alarm
        scenario.devices = [device, short]
        scenario.faults = faults
        return scenario
    }

    static let some = HouseSelection.houses([0, 1, 3, 4, 5, 7])
    static let faults: [Fault] = [
        .crash(downMicroseconds: 20_000_000, unwrittenMicroseconds: 0),
        .crash(downMicroseconds: 1_000_000, unwrittenMicroseconds: 60_000_000),
        .clockWrong(seconds: 50_000, forMicroseconds: 100_000_000),
        .clockWrong(seconds: -50_000, forMicroseconds: 100_000_000),
        .drift(partsPerMillion: 100), .drift(partsPerMillion: -20_000),
        .partition(forMicroseconds: 60_000_000), .deaf(forMicroseconds: 60_000_000),
        .mute(forMicroseconds: 60_000_000), .altered(permille: 20, forMicroseconds: 60_000_000),
        .duplicated(permille: 20, forMicroseconds: 60_000_000),
        .delayed(byMicroseconds: 3_000_000, permille: 100, forMicroseconds: 60_000_000),
        .forged(perMinute: 120, forMicroseconds: 60_000_000), .diskFull(forMicroseconds: 60_000_000),
        .optOut(forMicroseconds: 60_000_000), .revoke,
    ]

    @Test(arguments: faults)
    func promisesAreKeptUnderEachFault(fault: Fault) throws {
        let mesh = try Mesh(street([FaultPlan(fault, houses: Self.some, when: .again(meanSeconds: 20))]), seed: 5)
        mesh.runToEnd()
        let record = mesh.record
        #expect(record.broken == [])
        #expect(record.faults.count > 5)
        #expect((record.figures.first { $0.name == "delivery_ratio" }?.count ?? 0) > 100)
    }

    @Test(arguments: Lie.allCases)
    func promisesAreKeptByOthersUnderEachLie(lie: Lie) throws {
        let faults = [
            FaultPlan(.liar(lie), houses: .houses([4]), when: .at(microseconds: 100_000_000)),
            FaultPlan(.optOut(forMicroseconds: 30_000_000), when: .again(meanSeconds: 60)),
            FaultPlan(.revoke, when: .again(meanSeconds: 60)),
        ]
        let mesh = try Mesh(street(faults), seed: 6)
        mesh.runToEnd()
        let record = mesh.record
        #expect(record.broken == [])
        #expect(record.houses[4].isLiar)
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func promisesAreKeptUnderAllFaultsAtOnce(seed: UInt64) throws {
        let faults = Self.faults.map { FaultPlan($0, houses: Self.some, when: .again(meanSeconds: 150)) }
        let mesh = try Mesh(street(faults), seed: seed)
        mesh.runToEnd()
        #expect(mesh.record.broken == [])
    }

    @Test func faultsOfSeveralHousesAreToldWithThoseThatTheSeedDrew() throws {
        let faults = [
            FaultPlan(.deaf(forMicroseconds: 1_000_000), houses: .some(3), when: .at(microseconds: 70_000_000)),
            FaultPlan(.mute(forMicroseconds: 1_000_000), when: .at(microseconds: 80_000_000)),
        ]
        let mesh = try Mesh(street(faults), seed: 3)
        mesh.run(untilMicroseconds: 70_100_000)
        #expect(mesh.record.faults.map(\.houses) == [mesh.houses.indices.filter { mesh.houses[$0].troubles.isDeaf }])
        #expect(mesh.record.faults[0].houses.count == 3)
        mesh.run(untilMicroseconds: 90_000_000)
        #expect(mesh.record.faults[1].houses == Array(0..<9))
    }

    @Test func faultsEndAndBridgesComeBack() throws {
        let fault = Fault.crash(downMicroseconds: 30_000_000, unwrittenMicroseconds: 0)
        let mesh = try Mesh(street([FaultPlan(fault, when: .at(microseconds: 100_000_000))]), seed: 1)
        mesh.run(untilMicroseconds: 110_000_000)
        #expect(mesh.houses.allSatisfy { $0.running == nil })
        mesh.run(untilMicroseconds: 131_000_000)
        #expect(mesh.houses.allSatisfy { $0.running != nil })
    }

    @Test func faultsOfTwoKindsAtOneHouseEachEnd() throws {
        let pairs: [(Fault, Fault)] = [
            (.deaf(forMicroseconds: 30_000_000), .mute(forMicroseconds: 5_000_000)),
            (.clockWrong(seconds: 900, forMicroseconds: 30_000_000), .drift(partsPerMillion: 10)),
            (.optOut(forMicroseconds: 30_000_000), .revoke),
            (.optOut(forMicroseconds: 30_000_000), .liar(.replays)),
        ]
        for (first, second) in pairs {
            let faults = [
                FaultPlan(first, houses: .houses([4]), when: .at(microseconds: 90_000_000)),
                FaultPlan(second, houses: .houses([4]), when: .at(microseconds: 100_000_000)),
            ]
            let mesh = try Mesh(street(faults), seed: 1)
            mesh.run(untilMicroseconds: 110_000_000)
            let house = mesh.houses[4]
            #expect(house.troubles.isDeaf || house.clock.offsetSeconds != 0 || house.isOptedOut)
            mesh.run(untilMicroseconds: 121_000_000)
            #expect(!house.troubles.isDeaf && !house.troubles.isMute, "\(first.words), then \(second.words)")
            #expect(house.clock.offsetSeconds == 0, "\(first.words), then \(second.words)")
            #expect(!house.isOptedOut, "\(first.words), then \(second.words)")
        }
    }

    @Test func streetThatIsCutDeliversLessAndSaysWhatIsOnItsWay() throws {
        var scenario = street([
            FaultPlan(
                .partition(forMicroseconds: 1_000_000_000), houses: .houses([0]), when: .at(microseconds: 70_000_000))
        ])
        scenario.topology = .links(houses: 4, (1..<4).map { RadioLink($0 - 1, $0, lossDecibels: 76) })
        // Both speak beside house 2, which the first one's home no longer hears from.
        for plan in scenario.devices.indices {
            scenario.devices[plan].owners = .houses([0, 3])
            scenario.devices[plan].placement = .beside(house: 2)
        }
        let mesh = try Mesh(scenario, seed: 5)
        mesh.runToEnd()
        let figures = mesh.record.figures
        let delivery = try #require(figures.first { $0.name == "delivery_ratio" })
        let pending = try #require(figures.first { $0.name == "pending_ratio" })
        #expect(delivery.mean < 0.9)
        #expect(pending.mean > 0.1)
        #expect(delivery.mean + pending.mean <= 1)
        #expect(delivery.count == mesh.emissions.all.count { $0.heardAt >= 0 && $0.time < 240_000_000 })
    }

    @Test func revocationSpreadsToEachHouseOnceThoughHousesStartAnew() throws {
        let faults = [
            FaultPlan(.revoke, houses: .houses([4]), when: .at(microseconds: 80_000_000)),
            FaultPlan(
                .crash(downMicroseconds: 5_000_000, unwrittenMicroseconds: 0), when: .at(microseconds: 150_000_000)),
            FaultPlan(.revoke, houses: .houses([0]), when: .at(microseconds: 299_999_999)),
        ]
        let mesh = try Mesh(street(faults), seed: 5)
        mesh.runToEnd()
        func figure(_ name: String) -> Figure? { mesh.record.figures.first { $0.name == name } }
        let (spread, reach) = (try #require(figure("revocation_spread")), try #require(figure("revocation_reach")))
        // Nine houses, and the home itself of the one that nobody else had time to hear of.
        #expect((9...10).contains(spread.count) && reach.count == 1)
        #expect(spread.median <= reach.median)
        #expect(figure("revocations_unreached")?.mean == 1)
    }

    @Test func noOfAHostReachesEachNeighbourWithinASecond() throws {
        let optOut = FaultPlan(
            .optOut(forMicroseconds: 0), houses: .houses([4]), when: .at(microseconds: 150_000_000))
        let mesh = try Mesh(street([optOut]), seed: 5)
        mesh.runToEnd()
        let spread = try #require(mesh.record.figures.first { $0.name == "opt_out_spread" })
        #expect((1...4).contains(spread.count))
        #expect(spread.median > 0 && spread.maximum < 1)
        #expect(mesh.meters.optOuts.isEmpty)
    }

    @Test func neighboursThatDoNotLearnOfANoBeforeItIsOverAreCounted() throws {
        func figure(_ name: String, noMicroseconds: Int64) throws -> Figure? {
            let mesh = try Mesh(
                street([
                    FaultPlan(
                        .delayed(byMicroseconds: 8_000_000, permille: 1_000, forMicroseconds: 30_000_000),
                        houses: .houses([4]), when: .at(microseconds: 149_000_000)),
                    FaultPlan(
                        .optOut(forMicroseconds: noMicroseconds), houses: .houses([4]),
                        when: .at(microseconds: 150_000_000)),
                ]), seed: 5)
            mesh.runToEnd()
            return mesh.record.figures.first { $0.name == name }
        }
        for microseconds in [5_000_000, 20_000_000] as [Int64] {
            let unspread = try #require(try figure("opt_outs_unspread", noMicroseconds: microseconds))
            let learned = try figure("opt_out_spread", noMicroseconds: microseconds)?.count ?? 0
            #expect(unspread.mean + Double(learned) == Double(unspread.count))
            #expect((unspread.mean > 0) == (microseconds < 8_000_000), "\(unspread)")
        }
    }

    @Test func wayHomeIsTheOneByWhichTheFirstCopyCame() throws {
        let mesh = try Mesh(street([]), seed: 5)
        var journey = Journey(device: 0, emittedMicroseconds: 0)
        (journey.heardBy, journey.heardMicroseconds) = ([4, 2], [10, 50])
        journey.hops = [(4, 3, 20), (3, 0, 30), (4, 1, 40), (1, 2, 60), (2, 3, 70), (3, 0, 80), (2, 5, 90)].map {
            Journey.Hop(from: $0.0, to: $0.1, timeMicroseconds: $0.2)
        }
        #expect(mesh.pathLength(journey, to: 0) == 2)
        #expect(mesh.pathLength(journey, to: 5) == 1)
        #expect(mesh.pathLength(journey, to: 4) == 0)
    }

    @Test func forgedFramesAreNobodysEvents() throws {
        let forged = Fault.forged(perMinute: 600, forMicroseconds: 120_000_000)
        let mesh = try Mesh(street([FaultPlan(forged, when: .at(microseconds: 90_000_000))]), seed: 5)
        mesh.runToEnd()
        let made = mesh.emissions.forged
        #expect(made.contains { $0.lastReason != Emission.noReason })
        #expect(made.allSatisfy { $0.heardAt < 0 })
        let heard = try #require(mesh.record.figures.first { $0.name == "heard_ratio" })
        #expect(heard.mean <= 1)
        #expect(mesh.meters.heard == UInt64(mesh.emissions.all.count { $0.heardAt >= 0 }))
    }
}
