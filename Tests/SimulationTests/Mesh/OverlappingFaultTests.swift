import Testing

@testable import Simulation

/// That a fault ends what is its own, and nobody else's no.
struct OverlappingFaultTests {
    private func line(_ faults: [FaultPlan], optedOut: [Int] = []) -> Scenario {
        var scenario = Scenario.line(seconds: 300, scope: [.relay, .hold])
        scenario.faults = faults
        if !optedOut.isEmpty {
            var plan = scenario.hosts
            plan.isOptedOut = true
            scenario.otherHosts = [HostException(houses: .houses(optedOut), plan: plan)]
        }
        return scenario
    }

    private func plan(_ fault: Fault, at seconds: Int64, houses: [Int] = [2]) -> FaultPlan {
        FaultPlan(fault, houses: .houses(houses), when: .at(microseconds: seconds * 1_000_000))
    }

    private func run(_ mesh: Mesh, to seconds: Int64) { mesh.run(untilMicroseconds: seconds * 1_000_000) }

    @Test func endOfANoForATimeMakesNobodyLendWhoNeverSaidYes() throws {
        // House 1 too, or the fault would contradict the plan.
        let fault = plan(.optOut(forMicroseconds: 5_000_000), at: 90, houses: [1, 2])
        let mesh = try Mesh(line([fault], optedOut: [2]), seed: 3)
        run(mesh, to: 92)
        #expect(mesh.houses[1].isOptedOut && mesh.houses[2].isOptedOut)
        run(mesh, to: 100)
        #expect(!mesh.houses[1].isOptedOut && mesh.houses[2].isOptedOut)
        mesh.runToEnd()
        #expect(mesh.houses[2].isOptedOut && mesh.record.houses[2].lentBytes.reduce(0, +) == 0)
        let policies = [
            try ManagedFlooding.run(line([fault], optedOut: [2]), seed: 3),
            try ContentionFlooding.run(line([fault], optedOut: [2]), seed: 3),
        ]
        #expect(policies.allSatisfy { $0.houses[2].isOptedOut && !$0.houses[1].isOptedOut })
    }

    @Test(arguments: [0, 100_000_000] as [Int64])
    func noOutlivesAShorterOneWithinIt(microseconds: Int64) throws {
        let mesh = try Mesh(
            line([
                plan(.optOut(forMicroseconds: microseconds), at: 90),
                plan(.optOut(forMicroseconds: 5_000_000), at: 100),
            ]), seed: 3)
        run(mesh, to: 110)
        #expect(mesh.houses[2].isOptedOut)
        run(mesh, to: 195)
        #expect(mesh.houses[2].isOptedOut == (microseconds == 0))
        mesh.runToEnd()
        #expect(mesh.record.broken == [])
    }

    @Test func houseIsUpAgainWhenTheLongerOfTwoCrashesIsOver() throws {
        let mesh = try Mesh(
            line([
                plan(.crash(downMicroseconds: 60_000_000, unwrittenMicroseconds: 0), at: 90),
                plan(.crash(downMicroseconds: 5_000_000, unwrittenMicroseconds: 0), at: 100),
            ]), seed: 3)
        run(mesh, to: 120)
        #expect(mesh.houses[2].running == nil)
        run(mesh, to: 151)
        #expect(mesh.houses[2].running != nil && mesh.houses[2].troubles.begun.isEmpty)
    }

    @Test func ofTwoFaultsOfAKindTheLastToBeginIsInForceAndThenTheOther() throws {
        let mesh = try Mesh(
            line([
                plan(.altered(permille: 10, forMicroseconds: 60_000_000), at: 90),
                plan(.altered(permille: 20, forMicroseconds: 5_000_000), at: 100),
                plan(.partition(forMicroseconds: 60_000_000), at: 90, houses: [2, 3]),
                plan(.partition(forMicroseconds: 5_000_000), at: 100),
            ]), seed: 3)
        let (one, other) = (mesh.houses[2], mesh.houses[3])
        run(mesh, to: 101)
        #expect(one.troubles.alteredPermille == 20 && one.troubles.partition != other.troubles.partition)
        run(mesh, to: 110)
        #expect(one.troubles.alteredPermille == 10 && one.troubles.partition == other.troubles.partition)
        #expect(one.troubles.partition != 0)
        run(mesh, to: 151)
        #expect(one.troubles.isPlain && other.troubles.isPlain)
    }

    @Test func housesThatWereTogetherAllTheTimeKeepTheirLinks() throws {
        let mesh = try Mesh(
            line([
                plan(.partition(forMicroseconds: 100_000_000), at: 90, houses: [2, 3]),
                plan(.partition(forMicroseconds: 20_000_000), at: 100, houses: [2, 3]),
            ]), seed: 3)
        func links() -> [Int64] {
            mesh.channels(of: mesh.houses[2]).filter { $0.isLink && $0.peer($0.caller.house == 2 ? 0 : 1) == 3 }
                .map(\.key)
        }
        run(mesh, to: 95)
        let before = links()
        #expect(before.count == 1)
        run(mesh, to: 180)
        #expect(links() == before)
    }

    @Test func forgingGoesOnWhenAShorterOneWithinItIsOver() throws {
        let mesh = try Mesh(
            line([
                plan(.forged(perMinute: 60, forMicroseconds: 150_000_000), at: 90),
                plan(.forged(perMinute: 0.01, forMicroseconds: 10_000_000), at: 100),
            ]), seed: 3)
        run(mesh, to: 111)
        let before = mesh.emissions.forged.count
        run(mesh, to: 230)
        #expect(mesh.houses[2].troubles.forgedPerMinute == 60 && mesh.emissions.forged.count > before + 10)
    }
}
