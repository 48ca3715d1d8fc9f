import Testing

@testable import Simulation

/// Baselines on scenarios, beside meshes of bridges.
@Suite struct BaselineScenarioTests {
    private func scenario() -> Scenario {
        var scenario = Scenario()
        scenario.topology = .terrace(houses: 8, frontageMetres: 8, streetMetres: 15)
        (scenario.durationMicroseconds, scenario.settleMicroseconds) = (240_000_000, 30_000_000)
        var sensors = DevicePlan()
        sensors.traffic = .poisson(meanSeconds: 40)
        var away = DevicePlan()
        (away.name, away.placement, away.owners) = ("tag", .farthest, .some(3))
        away.traffic = .bursts(meanSeconds: 60, events: 3, gapSeconds: 2)
        scenario.devices = [sensors, away]
        return scenario
    }

    /// Which device spoke when.
    private func emissions(_ record: RunRecord) -> [[Int64]] {
        record.journeys.map { [$0.emittedMicroseconds, Int64($0.device)] }.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
    }

    @Test(arguments: [1, 2] as [UInt64]) func baselinesMeetTheVeryHousesAndEmissionsOfAMesh(seed: UInt64) throws {
        let mesh = try Mesh(scenario(), seed: seed)
        mesh.runToEnd()
        let (bridges, managed) = (mesh.record, try ManagedFlooding.run(scenario(), seed: seed))
        let contention = try ContentionFlooding.run(scenario(), seed: seed)
        #expect(emissions(bridges).count > 20)
        #expect(emissions(managed) == emissions(bridges))
        #expect(emissions(contention) == emissions(bridges))
        #expect(managed.houses.map(\.place) == bridges.houses.map(\.place))
        #expect(managed.devices.map(\.place) == bridges.devices.map(\.place))
        #expect(managed.devices.map(\.home) == bridges.devices.map(\.home))
    }

    @Test func baselinesGiveTheFiguresThatMeshesGive() throws {
        for record in [try ManagedFlooding.run(scenario(), seed: 3), try ContentionFlooding.run(scenario(), seed: 3)] {
            let names = record.figures.map(\.name)
            for name in [
                "delivery_ratio", "latency", "latency_per_hop", "airtime_per_event", "upkeep_airtime", "fairness",
            ] {
                #expect(names.contains(name), "\(record.policy) has no \(name)")
            }
            #expect((record.value("delivery_ratio") ?? 0) > 0.8)
            #expect(record.ranMicroseconds == scenario().durationMicroseconds)
            #expect(record.seed == 3)
        }
    }

    @Test func faultsOfRadiosAndHousesReachBaselines() throws {
        var troubled = scenario()
        troubled.faults = [
            FaultPlan(.deaf(forMicroseconds: 200_000_000), when: .at(microseconds: 20_000_000)),
            FaultPlan(.revoke, when: .at(microseconds: 20_000_000)),
        ]
        let street = try FloodStreet(troubled, seed: 1)
        #expect(street.troubles.count == 1)
        #expect(street.troubles[0].houses == Array(0..<8))
        let record = try ManagedFlooding.run(troubled, seed: 1)
        #expect(record.journeys.filter { $0.emittedMicroseconds < 200_000_000 }.allSatisfy { $0.heardBy.isEmpty })
        #expect(record.journeys.contains { !$0.heardBy.isEmpty })
    }

    @Test func troublesOfNoTimePassInBaselinesAsInAMeshAndOnlyANoIsForGood() throws {
        let passing: [Fault] = [
            .crash(downMicroseconds: 0, unwrittenMicroseconds: 0), .clockWrong(seconds: 5, forMicroseconds: 0),
            .partition(forMicroseconds: 0), .deaf(forMicroseconds: 0), .mute(forMicroseconds: 0),
        ]
        let begin = scenario().settleMicroseconds
        for fault in passing {
            var troubled = scenario()
            troubled.faults = [FaultPlan(fault, houses: .houses([0, 1, 2, 3]), when: .at(microseconds: begin))]
            let street = try FloodStreet(troubled, seed: 1)
            #expect(street.troubles.map(\.forMicroseconds) == [0])
            let record = try ManagedFlooding.run(troubled, seed: 1)
            let undisturbed = try ManagedFlooding.run(scenario(), seed: 1)
            #expect(record.journeys.map(\.heardBy) == undisturbed.journeys.map(\.heardBy), "\(fault.words)")
            #expect(record.value("delivery_ratio") == undisturbed.value("delivery_ratio"), "\(fault.words)")
        }
        var refusing = scenario()
        refusing.faults = [FaultPlan(.optOut(forMicroseconds: 0), when: .at(microseconds: 0))]
        #expect(try FloodStreet(refusing, seed: 1).troubles.map(\.forMicroseconds) == [nil])
        let record = try ManagedFlooding.run(refusing, seed: 1)
        #expect(record.journeys.allSatisfy { $0.hops.isEmpty })
        let heardElsewhere = record.journeys.filter { $0.heardBy != [record.devices[$0.device].home] }
        #expect(heardElsewhere.allSatisfy { $0.heardBy.isEmpty }, "nobody carries for others, to the end")
    }

    @Test func runEndsWithTheLastEventThatABaselineFollows() throws {
        let (all, some) = (try FloodStreet(scenario(), seed: 1), try FloodStreet(scenario(), seed: 1, emissionsMax: 10))
        #expect(some.emissions.map(\.time) == all.emissions.prefix(10).map(\.time))
        #expect(some.durationMicroseconds == some.emissions[9].time)
        #expect(all.emissions.count > 10 && all.durationMicroseconds == scenario().durationMicroseconds)
    }

    @Test func scenarioThatContradictsItselfIsRefused() {
        var empty = scenario()
        empty.topology = .line(houses: 0, spacingMetres: 10)
        #expect(throws: ScenarioProblem.self) { try ManagedFlooding.run(empty, seed: 1) }
        #expect(throws: ScenarioProblem.self) { try ContentionFlooding.run(empty, seed: 1) }
    }
}
