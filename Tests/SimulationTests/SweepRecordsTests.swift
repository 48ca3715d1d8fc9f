import Testing

@testable import Simulation

@Suite struct SweepRecordsTests {
    /// Seeds in an order in which runs may end.
    private func records(_ seeds: [UInt64], broken: Set<UInt64> = []) -> [RunRecord] {
        var gathered = SweepRecords(from: 100)
        for seed in seeds {
            var record = MadeUpRecord.street(columns: 3, rows: 3, journeys: 5, seed: seed)
            record.states = [HouseStateChange(1, house: 0, .isDown)]
            if broken.contains(seed) {
                record.broken = [BrokenPromise(.once, at: 1, house: nil, "An event was opened twice.")]
            }
            gathered.add(record)
        }
        #expect(gathered.count == seeds.count)
        return gathered.inOrder
    }

    @Test func sweepWhoseRunsEndInAnyOrderLeavesTheSameBytes() {
        let seeds = Array(100...144 as ClosedRange<UInt64>)
        var random = RandomStream(seed: 1, purpose: 1)
        var shuffled = seeds
        for place in shuffled.indices { shuffled.swapAt(place, random.number(below: shuffled.count)) }
        let expected = records(seeds).map { RunRecordJSON.text(of: $0) }
        for order in [shuffled, seeds.reversed()] {
            #expect(records(order).map { RunRecordJSON.text(of: $0) } == expected)
        }
    }

    @Test func journeysAndLinksOfTheFirstFortySeedsAreKeptAndOfThoseThatBreakAPromise() {
        let seeds = Array(100...144 as ClosedRange<UInt64>)
        for record in records(seeds.reversed(), broken: [142]) {
            let isWhole = record.seed < 140 || record.seed == 142
            #expect(record.journeys.count == (isWhole ? 5 : 0) && record.links.isEmpty != isWhole, "\(record.seed)")
            #expect(record.journeysLeftOut == (isWhole ? 0 : 5), "\(record.seed)")
        }
    }

    /// A liar may break a promise with every seed: what is whole stays bounded, and does not depend on who ends first.
    @Test func ofManySeedsThatBreakAPromiseTheLowestAreKeptWhole() {
        let most = UInt64(SweepRecords.wholeBrokenMax)
        let seeds = Array(100...(140 + most + 15) as ClosedRange<UInt64>)
        var random = RandomStream(seed: 2, purpose: 1)
        var shuffled = seeds
        for place in shuffled.indices { shuffled.swapAt(place, random.number(below: shuffled.count)) }
        for order in [seeds, shuffled, seeds.reversed()] {
            let left = records(order, broken: Set(seeds))
            #expect(left.filter { !$0.journeys.isEmpty }.map(\.seed) == Array(100..<(140 + most)))
            #expect(left.count { !$0.links.isEmpty } == 40 + Int(most))
            #expect(left.count { !$0.states.isEmpty } == 40 + Int(most))
            #expect(left.allSatisfy { $0.journeys.count + $0.journeysLeftOut == 5 && !$0.broken.isEmpty })
        }
    }
}
