import SeededRandom
import Testing
import Wire

@testable import Consent

/// The flat tables.
@Suite struct TableTests {
    @Test(arguments: 1...20)
    func theFlatIndexHoldsWhatADictionaryHolds(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var index = FlatIndex(seed: seed)
        var model: [UInt64: [GrantIndex]] = [:]
        for _ in 0..<3_000 {
            let key = UInt64.random(in: 0..<64, using: &random)
            let value = GrantIndex.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<10:
                index.insert(key, value)
                model[key, default: []].append(value)
            case 10..<18:
                let place = model[key]?.firstIndex(of: value)
                #expect(index.remove(key, value) == (place != nil))
                if let place { model[key]?.remove(at: place) }
            case 18:
                index.removeAll(for: value)
                for key in model.keys { model[key]?.removeAll { $0 == value } }
            default:
                if Int.random(in: 0..<50, using: &random) == 0 {
                    index.clear()
                    model = [:]
                }
            }
            var found: [GrantIndex] = []
            var search = index.search(key)
            while case let next = index.next(&search), next >= 0 { found.append(next) }
            #expect(found.sorted() == (model[key] ?? []).sorted())
        }
        #expect(index.count == model.values.reduce(0) { $0 + $1.count })
    }

    @Test(arguments: 1...10)
    func theSeenTableRemembersTheLatestWordOnEveryEventUntilItIsFull(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = SeenTable(seed: seed)
        // By grant, and in it by id: the same ids under two grants are different events.
        var model: [[UInt64: SeenState]] = [[:], [:]]
        let ids = (0..<200).map { _ in random.next() }
        let states: [SeenState] = [.held, .confirmed] + Reason.allCases.map { .ended($0) }
        for _ in 0..<4_000 {
            guard let id = ids.randomElement(using: &random), let state = states.randomElement(using: &random) else {
                return
            }
            let grant = Int.random(in: 0..<2, using: &random)
            table.mark(id, grant: GrantIndex(grant), state, expiryMinute: 1_000, minute: 1)
            model[grant][id] = state
            #expect(table.state(of: id, grant: GrantIndex(grant)) == state)
        }
        for grant in 0..<2 {
            for id in ids { #expect(table.state(of: id, grant: GrantIndex(grant)) == model[grant][id]) }
        }
    }

    @Test func aFullSeenTableForgetsTheExpiredAndThenTheOldest() {
        var random = SplitMix64(seed: 9)
        var table = SeenTable(seed: 9)
        let old = (0..<4_000).map { _ in random.next() }
        let expired = (0..<4_000).map { _ in random.next() }
        let young = (0..<1_500).map { _ in random.next() }
        for id in old { table.mark(id, grant: 5, .held, expiryMinute: 500, minute: 10) }
        for id in expired { table.mark(id, grant: 5, .held, expiryMinute: 19, minute: 11) }
        let left = { (ids: [UInt64]) in ids.count { table.state(of: $0, grant: 5) != nil } }
        let (oldBefore, expiredBefore) = (left(old), left(expired))
        for id in young { table.mark(id, grant: 5, .confirmed, expiryMinute: 500, minute: 20) }
        #expect(young.allSatisfy { table.state(of: $0, grant: 5) == .confirmed })
        #expect(expiredBefore - left(expired) > 4 * (oldBefore - left(old)))
        for _ in 0..<40_000 { table.mark(random.next(), grant: 5, .held, expiryMinute: 500, minute: 30) }
        #expect(left(old) + left(young) == 0)
    }

    @Test(arguments: 1...10)
    func nothingInForceGivesWayWhileTheSeenTableCanGrow(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = SeenTable(seed: seed)
        var ids: [UInt64] = []
        #expect(table.room == 64)
        while table.room < SeenTable.capacity {
            ids.append(random.next())
            table.mark(ids[ids.count - 1], grant: 3, .held, expiryMinute: 100, minute: 1)
        }
        #expect(ids.count > 100 && ids.allSatisfy { table.state(of: $0, grant: 3) == .held })
        #expect(table.count == ids.count)
        // At its limit it stays, whatever comes.
        for _ in 0..<20_000 { table.mark(random.next(), grant: 3, .held, expiryMinute: 100, minute: 1) }
        #expect(table.room == SeenTable.capacity && table.count <= SeenTable.capacity)
    }

    @Test func theSeenTableDoesNotGrowForWhatHasExpired() {
        var random = SplitMix64(seed: 4)
        var table = SeenTable(seed: 4)
        for minute in 0..<2_000 as Range<UInt32> {
            table.mark(random.next(), grant: 3, .held, expiryMinute: minute + 3, minute: minute)
        }
        #expect(table.room <= 128)
    }

    @Test(arguments: 1...10)
    func nobodyIsRefusedForOthersWhileTheRateTableCanGrow(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = RateTable(seed: seed)
        var grants: [GrantIndex] = []
        while table.room < RateTable.capacity {
            let grant = GrantIndex.random(in: 0..<1_000_000, using: &random)
            let isAllowed = table.allows(grant: grant, incoming: .link(0), ratePerMinute: 1, minute: 9)
            // At its limit others' counts may count for a newcomer.
            if table.room < RateTable.capacity { #expect(isAllowed == !grants.contains(grant)) }
            if isAllowed { table.charge(grant: grant, incoming: .link(0), minute: 9) }
            grants.append(grant)
        }
        #expect(grants.count > 50)
        for grant in grants {
            let isAllowed = table.allows(grant: grant, incoming: .link(0), ratePerMinute: 1, minute: 9)
            #expect(!isAllowed)
        }
    }

    /// Whatever floods it, no grant ever passes more than its rate in a window.
    @Test(arguments: 1...10)
    func theRateTableNeverLetsMorePassThanTheRate(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = RateTable(seed: seed)
        struct Pair: Hashable {
            let grant: GrantIndex
            let link: UInt8
        }
        let grants = seed % 2 == 0 ? 50 : 5_000
        var refused = 0
        for minute in 1...3 as ClosedRange<UInt32> {
            var passed: [Pair: UInt16] = [:]
            for _ in 0..<4_000 {
                let pair = Pair(
                    grant: GrantIndex.random(in: 0..<GrantIndex(grants), using: &random),
                    link: UInt8.random(in: 0..<4, using: &random))
                let rate = UInt16(pair.grant % 7) + 1
                guard
                    table.allows(grant: pair.grant, incoming: .link(pair.link), ratePerMinute: rate, minute: minute)
                else {
                    if passed[pair, default: 0] < rate { refused += 1 }
                    continue
                }
                table.charge(grant: pair.grant, incoming: .link(pair.link), minute: minute)
                passed[pair, default: 0] += 1
                #expect(passed[pair, default: 0] <= rate)
            }
        }
        // With room for all, nobody is refused for others' sake.
        if grants == 50 { #expect(refused == 0) }
    }

    @Test func theOwnRadioIsNoLink() {
        #expect(Incoming.ownRadio != Incoming.link(0))
        #expect(Incoming.ownRadio.rawValue == 255)
    }
}
