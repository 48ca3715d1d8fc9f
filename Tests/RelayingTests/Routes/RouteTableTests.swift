import SeededRandom
import Testing
import Wire

@testable import Relaying

@Suite struct RouteTableTests {
    /// A connected random street of at most four links each.
    static func street(seed: UInt64, count: Int) -> RouteStreet {
        var street = RouteStreet(seed: seed, count: count)
        for node in 1..<count { street.join(node, street.random.number(below: node)) }
        for _ in 0..<count { street.join(street.random.number(below: count), street.random.number(below: count)) }
        return street
    }

    /// One thing of the many that happen to a street.
    static func disturb(_ street: inout RouteStreet) {
        let node = street.random.number(below: street.nodes.count)
        let open = street.openEdges
        let edge = open.isEmpty ? nil : open[street.random.number(below: open.count)]
        switch street.random.number(below: 11) {
        case 0...2: if let edge { street.cut(edge) }
        case 3...6: street.join(node, street.random.number(below: street.nodes.count))
        case 7: street.restart(node, keepingSequenceNumber: street.random.chance(1, in: 2))
        case 8: street.setOptedOut(node, street.random.chance(1, in: 3))
        case 9: street.setReluctant(node, street.random.chance(1, in: 2))
        default: if let edge { street.setCost(edge, UInt16(street.random.number(in: 96...1024))) }
        }
    }

    static func expectConverged(_ street: RouteStreet, seed: UInt64) {
        for target in street.nodes.indices {
            let reaching = street.reaching(target)
            for node in street.nodes.indices where node != target {
                let path = street.path(from: node, to: target)
                #expect((path.last == target) == reaching.contains(node), "seed \(seed), \(node) to \(target)")
                #expect(reaching.contains(node) || path.isEmpty)
                #expect(path.dropLast().allSatisfy { !street.nodes[$0].table.isOptedOut })
            }
        }
    }

    @Test(arguments: UInt64(0)..<40) func nextHopsNeverLeadInACircleAndReachEveryHomeAfterQuiet(seed: UInt64) {
        var street = Self.street(seed: seed, count: 4 + Int(seed % 9))
        var loops = 0
        var turn = 0
        for _ in 0..<40 {
            Self.disturb(&street)
            for target in street.nodes.indices where street.hasLoop(to: target) { loops += 1 }
            let pause = Int64(street.random.number(below: street.random.chance(1, in: 8) ? 30_000 : 2000))
            street.run(milliseconds: pause) { street in
                turn += 1
                if street.hasLoop(to: turn % street.nodes.count) { loops += 1 }
            }
        }
        #expect(loops == 0)
        street.run(milliseconds: 120_000) { street in
            turn += 1
            if street.hasLoop(to: turn % street.nodes.count) { loops += 1 }
        }
        #expect(loops == 0)
        Self.expectConverged(street, seed: seed)
    }

    @Test func streetConvergesWithinSecondsWhenNothingIsSlow() {
        for seed in UInt64(100)..<120 {
            var street = Self.street(seed: seed, count: 12)
            street.slowestMilliseconds = 10
            street.run(milliseconds: 5000)
            Self.expectConverged(street, seed: seed)
        }
    }

    @Test func cutIsRoutedAroundWithinSecondsOfBeingNoticed() {
        for seed in UInt64(200)..<220 {
            var street = Self.street(seed: seed, count: 10)
            street.slowestMilliseconds = 10
            street.run(milliseconds: 10_000)
            street.cut(street.random.number(below: street.edges.count))
            street.run(milliseconds: 20_000 + 10_000)
            Self.expectConverged(street, seed: seed)
        }
    }

    @Test func optedOutBridgeIsLeftOutAtOnceAndKeepsItsOwnHome() {
        var street = RouteStreet(seed: 1, count: 3, slowestMilliseconds: 10)
        street.join(0, 1)
        street.join(1, 2)
        street.run(milliseconds: 3000)
        #expect(street.path(from: 0, to: 2) == [1, 2])
        street.setOptedOut(1, true)
        street.run(milliseconds: 101)
        #expect(street.path(from: 0, to: 2) == [])
        #expect(street.path(from: 0, to: 1) == [1])
        #expect(street.path(from: 1, to: 2) == [2])
        street.setOptedOut(1, false)
        street.run(milliseconds: 3000)
        #expect(street.path(from: 2, to: 0) == [1, 0])
    }

    @Test func routesAreLeftOutOnceTheyAreNotAnnouncedAgain() {
        var table = RouteTable(ownHome: 1, sequenceNumber: 0, isOptedOut: false, hashSeed: 0)
        var effects = RouteEffects()
        var now = Instant(seconds: 10)
        table.linkStarted(3, cost: 96, now: now, into: &effects)
        let entry = RouteEntry(home: 9, sequenceNumber: 4, metric: 100)
        table.receive(entry, from: 3, now: now, into: &effects)
        #expect(table.nextHop(for: 9) == 3 && table.metric(of: 9) == 196)
        let expiry = now.advanced(seconds: RouteLimits.routeSeconds)
        while now.advanced(seconds: 5) < expiry {
            now = now.advanced(seconds: 5)
            table.tick(now: now, into: &effects)
        }
        #expect(table.isReachable(9))
        for _ in 0..<3 {
            now = now.advanced(seconds: 5)
            table.tick(now: now, into: &effects)
        }
        #expect(!table.isReachable(9) && table.reachableHomes == [])
    }

    @Test func everythingIsAnnouncedAgainOnceAPeriodAndNothingInBetween() {
        var table = RouteTable(ownHome: 1, sequenceNumber: 7, isOptedOut: false, hashSeed: 3)
        var effects = RouteEffects()
        let start = Instant(seconds: 10)
        for link: LinkNumber in [2, 5] { table.linkStarted(link, cost: 96, now: start, into: &effects) }
        for home in UInt64(2)...300 {
            let entry = RouteEntry(home: home, sequenceNumber: 1, metric: 96)
            table.receive(entry, from: 2, now: start, into: &effects)
        }
        // Homes after each other in the table's words: the first, the last and one in the middle change.
        func announced(from first: Int64, to last: Int64) -> [RouteEffects.Announcement] {
            effects.removeAll()
            for second in first..<last {
                for _ in 0..<5 { table.tick(now: start.advanced(milliseconds: second * 1_000 + 200), into: &effects) }
            }
            return effects.announcements
        }
        #expect(announced(from: 0, to: 5).count { $0.link == 5 } == 300)
        #expect(announced(from: 5, to: RouteLimits.periodSeconds - 1) == [])
        #expect(
            announced(from: RouteLimits.periodSeconds - 1, to: RouteLimits.periodSeconds + 2).count { $0.link == 5 }
                == 300)
        for home in [2, 150, 300] as [UInt64] {
            let entry = RouteEntry(home: home, sequenceNumber: 2, metric: 96)
            table.receive(entry, from: 2, now: start.advanced(seconds: RouteLimits.periodSeconds + 2), into: &effects)
        }
        let changed = announced(from: RouteLimits.periodSeconds + 3, to: RouteLimits.periodSeconds + 6)
        #expect(changed.map(\.entry.home) == [2, 150, 300] && changed.allSatisfy { $0.link == 5 })
    }

    @Test func costOfALinkCountsOnceItIsOffByEnough() {
        var table = RouteTable(ownHome: 1, sequenceNumber: 0, isOptedOut: false, hashSeed: 0)
        var effects = RouteEffects()
        let now = Instant(seconds: 10)
        table.linkStarted(3, cost: 96, now: now, into: &effects)
        table.receive(RouteEntry(home: 9, sequenceNumber: 4, metric: 100), from: 3, now: now, into: &effects)
        table.setCost(of: 3, 96 + RouteLimits.costChangeMin - 1, now: now, into: &effects)
        #expect(table.metric(of: 9) == 196)
        table.setCost(of: 3, 96 + RouteLimits.costChangeMin, now: now, into: &effects)
        #expect(table.metric(of: 9) == 196 + RouteLimits.costChangeMin)
        table.setCost(of: 3, 97, now: now, into: &effects)
        #expect(table.metric(of: 9) == 196 + RouteLimits.costChangeMin)
        table.setCost(of: 3, 96, now: now, into: &effects)
        #expect(table.metric(of: 9) == 196)
    }

    @Test func tableHoldsNoMoreThanItsLimitAndRefusesTheRest() {
        var table = RouteTable(ownHome: 0, sequenceNumber: 0, isOptedOut: false, hashSeed: 5)
        var effects = RouteEffects()
        var now = Instant(seconds: 10)
        for link: LinkNumber in 0..<16 { table.linkStarted(link, cost: 96, now: now, into: &effects) }
        for home in UInt64(1)...2000 {
            let entry = RouteEntry(home: home, sequenceNumber: 1, metric: 5)
            table.receive(entry, from: LinkNumber(home % 16), now: now, into: &effects)
        }
        #expect(table.reachableHomes.count == 1024 && table.homesRefusedCount == 976)
        #expect((1...1024).allSatisfy { table.nextHop(for: $0) == LinkNumber($0 % 16) })
        #expect((1025...2000).allSatisfy { table.nextHop(for: $0) == nil })
        effects.removeAll()
        now = now.advanced(seconds: 1)
        var announced = 0
        for _ in 0..<5 {
            effects.removeAll()
            table.tick(now: now, into: &effects)
            announced += effects.announcements.count
            let links = effects.announcements.map(\.link)
            #expect(links == links.sorted())
        }
        #expect(announced == 16 + 1024 * 15)
        // Places come free once neither routes nor distances are left.
        for link: LinkNumber in 0..<16 { table.linkEnded(link, now: now, into: &effects) }
        for _ in 0..<(RouteLimits.sourceSeconds / 5 + 4) {
            now = now.advanced(seconds: 5)
            table.tick(now: now, into: &effects)
        }
        table.linkStarted(2, cost: 96, now: now, into: &effects)
        table.receive(RouteEntry(home: 5000, sequenceNumber: 1, metric: 5), from: 2, now: now, into: &effects)
        #expect(table.nextHop(for: 5000) == 2 && table.homesRefusedCount == 976)
    }

    @Test func unfeasibleNeighbourIsNotUsedUntilItBringsANewerSequenceNumber() {
        var table = RouteTable(ownHome: 0, sequenceNumber: 0, isOptedOut: false, hashSeed: 5)
        var effects = RouteEffects()
        let now = Instant(seconds: 10)
        for link: LinkNumber in 0..<3 { table.linkStarted(link, cost: 100, now: now, into: &effects) }
        table.receive(RouteEntry(home: 7, sequenceNumber: 0xffff, metric: 0), from: 0, now: now, into: &effects)
        table.receive(RouteEntry(home: 7, sequenceNumber: 0xffff, metric: 100), from: 1, now: now, into: &effects)
        table.tick(now: now.advanced(seconds: 1), into: &effects)
        #expect(table.nextHop(for: 7) == 0 && table.nextHop(for: 7, excluding: 1) == nil)
        #expect(table.isAnnounced(7, excluding: 1) && !table.isAnnounced(7, excluding: 3))
        effects.removeAll()
        table.linkEnded(0, now: now.advanced(seconds: 2), into: &effects)
        #expect(table.nextHop(for: 7) == nil)
        #expect(effects.requests.map(\.link) == [1])
        #expect(effects.requests.map(\.request.sequenceNumber) == [0])
        #expect(effects.changedHomes == [7])
        table.receive(
            RouteEntry(home: 7, sequenceNumber: 0, metric: 900), from: 1, now: now.advanced(seconds: 2), into: &effects)
        #expect(table.nextHop(for: 7) == 1)
    }

    @Test func metricsThatOverflowAreUnreachable() {
        var table = RouteTable(ownHome: 0, sequenceNumber: 0, isOptedOut: false, hashSeed: 5)
        var effects = RouteEffects()
        let now = Instant(seconds: 10)
        table.linkStarted(0, cost: 0xffff, now: now, into: &effects)
        table.receive(RouteEntry(home: 7, sequenceNumber: 0, metric: 0xfffe), from: 0, now: now, into: &effects)
        #expect(table.nextHop(for: 7) == nil)
        table.receive(RouteEntry(home: 7, sequenceNumber: 0, metric: 0), from: 0, now: now, into: &effects)
        #expect(table.nextHop(for: 7) == 0 && table.metric(of: 7) == 0xfffe)
    }

    @Test func anyMessagesFromAnyLinkAreTaken() {
        var random = SplitMix64(seed: 3)
        var table = RouteTable(ownHome: 0, sequenceNumber: 0, isOptedOut: false, hashSeed: 5)
        var effects = RouteEffects()
        var now = Instant(seconds: 10)
        for _ in 0..<20_000 {
            effects.removeAll()
            let link = UInt8(random.number(below: 20))
            let home = UInt64(random.number(below: 30))
            let number = UInt16(truncatingIfNeeded: random.next())
            let metric = random.chance(1, in: 5) ? 0xffff : UInt16(truncatingIfNeeded: random.next())
            switch random.number(below: 8) {
            case 0: table.linkStarted(link, cost: metric, now: now, into: &effects)
            case 1: if random.chance(1, in: 4) { table.linkEnded(link, now: now, into: &effects) }
            case 2: table.setCost(of: link, metric, now: now, into: &effects)
            case 3:
                let request = RouteRequest(home: home, sequenceNumber: number, hopsLeft: UInt8(number & 0xff))
                table.receive(request, from: link, now: now, into: &effects)
                #expect(effects.requests.allSatisfy { $0.request.hopsLeft < RouteLimits.requestHops })
            case 4:
                now = now.advanced(milliseconds: Int64(random.number(below: 9000)))
                table.tick(now: now, into: &effects)
                #expect(table.deadline > now)
            default:
                let entry = RouteEntry(home: home, sequenceNumber: number, metric: metric)
                table.receive(entry, from: link, now: now, into: &effects)
            }
            let link2 = table.nextHop(for: home, excluding: UInt16(truncatingIfNeeded: random.next()))
            #expect(link2 ?? 0 < 16)
        }
    }

    @Test func requestsArePassedOnOnceAndWithFewerHops() {
        var table = RouteTable(ownHome: 0, sequenceNumber: 0, isOptedOut: false, hashSeed: 5)
        var effects = RouteEffects()
        let now = Instant(seconds: 10)
        for link: LinkNumber in 0..<3 { table.linkStarted(link, cost: 100, now: now, into: &effects) }
        table.receive(RouteEntry(home: 7, sequenceNumber: 5, metric: 0), from: 0, now: now, into: &effects)
        func ask(_ number: UInt16, hops: UInt8, link: LinkNumber = 1) -> [RouteEffects.Request] {
            effects.removeAll()
            let request = RouteRequest(home: 7, sequenceNumber: number, hopsLeft: hops)
            table.receive(request, from: link, now: now, into: &effects)
            return effects.requests
        }
        #expect(ask(6, hops: 1) == [])
        #expect(ask(6, hops: 9).map { [$0.link, $0.request.hopsLeft] } == [[0, 8]])
        #expect(ask(6, hops: 9, link: 2) == [])
        #expect(ask(7, hops: 255).map { [$0.link, $0.request.hopsLeft] } == [[0, 15]])
        #expect(ask(5, hops: 9) == [])
        table.setOptedOut(true, now: now, into: &effects)
        #expect(ask(8, hops: 9) == [])
    }

    @Test func ownHomeAnswersRequestsWithANewerSequenceNumber() {
        var table = RouteTable(ownHome: 1, sequenceNumber: 9, isOptedOut: true, hashSeed: 5)
        var effects = RouteEffects()
        var now = Instant(seconds: 10)
        table.linkStarted(4, cost: 100, now: now, into: &effects)
        now = now.advanced(seconds: 1)
        table.tick(now: now, into: &effects)
        effects.removeAll()
        table.receive(RouteRequest(home: 1, sequenceNumber: 30, hopsLeft: 1), from: 4, now: now, into: &effects)
        table.tick(now: now.advanced(milliseconds: 100), into: &effects)
        let expected = RouteEntry(home: 1, sequenceNumber: 30, metric: 0)
        #expect(effects.announcements == [RouteEffects.Announcement(link: 4, entry: expected)])
        // Somebody still announces what this bridge said before a restart.
        now = now.advanced(seconds: 1)
        table.receive(RouteEntry(home: 1, sequenceNumber: 40, metric: 500), from: 4, now: now, into: &effects)
        #expect(table.ownSequenceNumber == 41)
        #expect(table.nextHop(for: 1) == nil && table.isReachable(1))
    }

    @Test func linkCostFollowsRoundTripsWithinItsBounds() {
        var cost = LinkCost()
        #expect(cost.cost == 96)
        cost.measure(roundTripMilliseconds: 128)
        #expect(cost.cost == 96)
        cost.measure(roundTripMilliseconds: 128 + 8 * 40)
        #expect(cost.cost == 106)
        for _ in 0..<100 { cost.measure(roundTripMilliseconds: .max) }
        #expect(cost.cost == 1024)
        for _ in 0..<200 { cost.measure(roundTripMilliseconds: -5) }
        #expect(cost.cost == 96)
    }
}
