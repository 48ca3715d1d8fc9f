import Relaying
import Testing

@testable import Simulation

/// Shortest schedules.
struct ShrinkerTests {
    /// Four houses in a row, whose devices speak beside house 2; house 1 lies.
    private func street(_ lie: Lie, _ more: [FaultPlan]) -> Scenario {
        var scenario = Scenario()
        scenario.topology = .links(houses: 4, (1..<4).map { RadioLink($0 - 1, $0, lossDecibels: 76) })
        scenario.durationMicroseconds = 300_000_000
        scenario.holdsLiars = true
        var device = DevicePlan()
        device.owners = .houses([0, 3])
        device.placement = .beside(house: 1)
        device.traffic = .poisson(meanSeconds: 20)
        scenario.devices = [device]
        scenario.faults =
            [
                FaultPlan(.drift(partsPerMillion: 10), when: .again(meanSeconds: 40)),
                FaultPlan(.liar(lie), houses: .houses([1]), when: .at(microseconds: 70_000_000)),
                FaultPlan(
                    .crash(downMicroseconds: 5_000_000, unwrittenMicroseconds: 0), houses: .houses([2, 3]),
                    when: .again(meanSeconds: 90)),
            ] + more
        return scenario
    }

    private func broken(_ scenario: Scenario, seed: UInt64, _ promise: PromiseName) throws -> BrokenPromise? {
        let mesh = try Mesh(scenario, seed: seed)
        mesh.runToEnd()
        return mesh.record.broken.first { $0.promise == promise }
    }

    /// Shrinks a break, and has the shrunken scenario break the same promise at the same moment when it is run by itself.
    private func shrunk(_ scenario: Scenario, seed: UInt64, _ promise: PromiseName) throws -> Shrinker.Result {
        let first = try #require(try broken(scenario, seed: seed, promise))
        var shrinker = Shrinker(scenario, seed: seed, broken: first)
        let shrunk = shrinker.shrink()
        let result = try #require(shrunk)
        #expect(result.broken.isLike(first))
        #expect(result.isShortest)
        #expect(result.scenario.seed == seed)
        #expect(result.scenario.problems().isEmpty, "\(result.scenario.problems())")
        #expect(result.left < result.before)
        let again = try broken(result.scenario, seed: seed, promise)
        #expect(again == result.broken)
        return result
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func relayingThoughOptedOutIsShrunkToTheLieTheNoAndAnEvent(seed: UInt64) throws {
        let optOut = FaultPlan(.optOut(forMicroseconds: 0), houses: .houses([1]), when: .at(microseconds: 80_000_000))
        let result = try shrunk(street(.ignoresOptOuts, [optOut]), seed: seed, .optOut)
        #expect(result.before > 20)
        #expect(result.left <= 5)
        #expect(result.scenario.faults.contains { $0.fault == .liar(.ignoresOptOuts) })
    }

    @Test func faultsOfSeveralHousesAreShrunkToTheHousesThatBreakIt() throws {
        var scenario = street(.ignoresOptOuts, [])
        let start = FaultPlan.When.at(microseconds: 70_000_000)
        scenario.faults = [
            FaultPlan(.liar(.ignoresOptOuts), houses: .houses([0, 1, 2]), when: start),
            FaultPlan(.partition(forMicroseconds: 1_000_000), houses: .houses([2, 3]), when: start),
            FaultPlan(.optOut(forMicroseconds: 0), when: .at(microseconds: 80_000_000)),
        ]
        var partitions = 0
        for seed in 1...4 as ClosedRange<UInt64> {
            let result = try shrunk(scenario, seed: seed, .optOut)
            let house = try #require(result.broken.house)
            // The partition changes the history: it stays where the break would be another without it.
            let needed = result.scenario.faults.filter { !$0.fault.cutsWays }
            partitions += result.scenario.faults.count - needed.count
            #expect(needed.map(\.houses) == [.houses([house]), .houses([house])], "\(result.scenario.faults)")
        }
        #expect(partitions < 4)
    }

    @Test func houseOfALiarThatIsNotNeededIsTakenOut() throws {
        var scenario = street(.keeps, [])
        scenario.faults = scenario.faults.filter { $0.fault == .liar(.keeps) }
        scenario.faults[0].houses = .houses([1, 3])
        scenario.faults.append(
            FaultPlan(
                .deaf(forMicroseconds: 5_000_000), houses: .houses([0, 2, 3]), when: .at(microseconds: 75_000_000)))
        scenario.devices[0].scope = [.relay]
        scenario.devices[0].placement = .beside(house: 2)
        scenario.devices[0].ratePerMinute = 255
        scenario.devices[0].traffic = .periodic(seconds: 30)
        scenario.durationMicroseconds = 1_200_000_000
        let result = try shrunk(scenario, seed: 3, .custody)
        #expect(
            result.scenario.faults == [FaultPlan(.liar(.keeps), houses: .houses([1]), when: scenario.faults[0].when)])
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func relayingUnderARevokedGrantIsShrunk(seed: UInt64) throws {
        let revoke = FaultPlan(.revoke, houses: .houses([3]), when: .at(microseconds: 80_000_000))
        let result = try shrunk(street(.ignoresRevocations, [revoke]), seed: seed, .revocation)
        #expect(result.left <= 4)
    }

    @Test func relayingMoreThanTheCapIsShrunkToTheLieAlone() throws {
        var scenario = street(.ignoresCap, [])
        scenario.hosts.lending = LendingLimits(rateBits: 1_000, burstBytes: 1_200, monthBytes: 100_000_000)
        let result = try shrunk(scenario, seed: 3, .cap)
        #expect(result.left <= 2)
    }

    @Test func losingWhatWasAcceptedIsShrunk() throws {
        var scenario = street(.keeps, [])
        scenario.faults = scenario.faults.filter { $0.fault == .liar(.keeps) }
        scenario.devices[0].scope = [.relay]
        scenario.devices[0].placement = .beside(house: 2)
        scenario.devices[0].ratePerMinute = 255
        scenario.devices[0].traffic = .periodic(seconds: 30)
        scenario.durationMicroseconds = 1_200_000_000
        let result = try shrunk(scenario, seed: 3, .custody)
        #expect(result.left <= 6)
    }

    @Test func runThatBreaksNothingIsNotShrunk() {
        var scenario = Scenario()
        scenario.durationMicroseconds = 90_000_000
        var shrinker = Shrinker(scenario, seed: 4, broken: BrokenPromise(.once, at: 80_000_000, house: 1, ""))
        #expect(shrinker.shrink() == nil)
    }

    @Test func searchEndsWithWhatItHasWhenItsRunsAreUsedUp() throws {
        let optOut = FaultPlan(.optOut(forMicroseconds: 0), houses: .houses([1]), when: .at(microseconds: 80_000_000))
        let scenario = street(.ignoresOptOuts, [optOut])
        let first = try #require(try broken(scenario, seed: 1, .optOut))
        var shrinker = Shrinker(scenario, seed: 1, broken: first)
        shrinker.runsMax = 3
        let shrunk = shrinker.shrink()
        let result = try #require(shrunk)
        #expect(result.runs == 3 && !result.isShortest && result.broken.isLike(first))
        #expect(try broken(result.scenario, seed: 1, .optOut) == result.broken)
    }

    @Test func breakByAnotherHouseOrCheckIsNotTheSame() {
        let first = BrokenPromise(.cap, at: 1, house: 1, "a", check: "x")
        #expect(first.isLike(BrokenPromise(.cap, at: 2, house: 1, "b", check: "x")))
        #expect(!first.isLike(BrokenPromise(.cap, at: 1, house: 2, "a", check: "x")))
        #expect(!first.isLike(BrokenPromise(.cap, at: 1, house: 1, "a", check: "y")))
        #expect(!first.isLike(BrokenPromise(.once, at: 1, house: 1, "a", check: "x")))
    }
}
