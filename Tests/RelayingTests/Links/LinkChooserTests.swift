import SeededRandom
import Testing
import Wire

@testable import Relaying

@Suite struct LinkChooserTests {
    @Test(arguments: UInt64(0)..<16) func everyStreetThatRadioJoinsIsJoinedByLinks(seed: UInt64) {
        var street = RadioStreet(seed: seed, count: 6 + Int(seed), reachMetres: 28 + Int(seed % 7) * 8)
        street.run(seconds: 200)
        #expect(street.isJoined)
        #expect(street.choosers.indices.allSatisfy { street.linkCount($0) <= 4 })
    }

    @Test func lookThatIsDueBeforeLongIsTakenEarlyAndNoOther() {
        var chooser = LinkChooser(ownMember: 1, linksMax: 4, seed: 1)
        let now = Instant(seconds: 100)
        for (due, early) in [(-1, -1), (0, 0), (7_499, 0), (7_500, 7_500), (15_000, 15_000)] as [(Int64, Int64)] {
            chooser.deadline = now.advanced(milliseconds: due)
            chooser.lookEarly(now: now)
            #expect(chooser.deadline == now.advanced(milliseconds: early), "\(due) ms")
        }
        chooser.deadline = .distantFuture
        chooser.lookEarly(now: now)
        #expect(chooser.deadline == .distantFuture, "there is nobody to look for")
    }

    @Test(arguments: UInt64(0)..<10) func streetSwitchedOnPieceByPieceIsJoinedAndThenLeftAlone(seed: UInt64) {
        var street = RadioStreet(seed: 500 + seed, count: 8 + Int(seed) * 2, reachMetres: 60)
        var random = SplitMix64(seed: seed)
        for node in street.isOn.indices { street.isOn[node] = random.chance(1, in: 2) }
        street.run(seconds: 90)
        for node in street.isOn.indices { street.isOn[node] = true }
        street.run(seconds: 90)
        street.restart(random.number(below: street.isOn.count))
        street.run(seconds: 120)
        #expect(street.isJoined)
        let drops = street.dropCount
        street.run(seconds: 60)
        #expect(street.isJoined && street.dropCount == drops)
        #expect(street.choosers.indices.allSatisfy { street.linkCount($0) <= 4 })
    }

    // MARK: One bridge

    static let start = Instant(seconds: 100)

    static func id(_ number: Int) -> UInt64 { RouteStreet.home(number) }
    static func hint(_ number: Int) -> UInt32 { LinkChooser.hint(of: id(number)) }

    /// A chooser and a table with links to members 0 to `count` - 1, weaker by number; `announced` says over which
    /// other links each of them is announced too.
    static func bridge(links count: Int, announced: [Int: LinkNumber] = [:]) -> (LinkChooser, RouteTable) {
        var chooser = LinkChooser(ownMember: id(99), linksMax: 4, seed: 1)
        var routes = RouteTable(ownHome: id(99), sequenceNumber: 0, isOptedOut: false, hashSeed: 0)
        var effects = RouteEffects()
        for number in 0..<count {
            let link = LinkNumber(number)
            chooser.heard(hint: hint(number), address: UInt64(number), signal: Int8(-50 - number), now: start)
            chooser.linkStarted(link, member: id(number), lending: nil, now: start)
            routes.linkStarted(link, cost: 96, now: start, into: &effects)
            let own = RouteEntry(home: id(number), sequenceNumber: 0, metric: 0)
            routes.receive(own, from: link, now: start, into: &effects)
        }
        for (number, link) in announced.sorted(by: { $0.key < $1.key }) {
            let entry = RouteEntry(home: id(number), sequenceNumber: 0, metric: 96)
            routes.receive(entry, from: link, now: start, into: &effects)
        }
        return (chooser, routes)
    }

    static func choice(_ chooser: inout LinkChooser, _ routes: RouteTable, seconds: Int64) -> LinkChoice {
        var choice = LinkChoice()
        chooser.tick(now: start.advanced(seconds: seconds), routes: routes, into: &choice)
        return choice
    }

    static func hear(_ chooser: inout LinkChooser, _ number: Int, signal: Int8 = -60, seconds: Int64) {
        let now = start.advanced(seconds: seconds)
        chooser.heard(hint: hint(number), address: UInt64(number), signal: signal, now: now)
    }

    @Test func unreachableMemberIsCalledBeforeAStrongerReachableOne() {
        var (chooser, routes) = Self.bridge(links: 1)
        var effects = RouteEffects()
        let reachable = RouteEntry(home: Self.id(5), sequenceNumber: 0, metric: 96)
        routes.receive(reachable, from: 0, now: Self.start, into: &effects)
        for second in Int64(1)...9 {
            Self.hear(&chooser, 5, signal: -30, seconds: second)
            Self.hear(&chooser, 6, signal: -90, seconds: second)
        }
        #expect(Self.choice(&chooser, routes, seconds: 9).calls.map(\.address) == [6])
        #expect(Self.choice(&chooser, routes, seconds: 10).calls == [])
        chooser.callFailed(hint: Self.hint(6), now: Self.start.advanced(seconds: 10))
        #expect(Self.choice(&chooser, routes, seconds: 11).calls.map(\.address) == [5])
    }

    @Test func fullBridgeLetsGoOfItsWeakestRedundantLinkOnceItIsOldEnough() {
        var (chooser, routes) = Self.bridge(links: 4, announced: [1: 0, 2: 0])
        for second in Int64(1)...40 { Self.hear(&chooser, 7, seconds: second) }
        #expect(Self.choice(&chooser, routes, seconds: 29) == LinkChoice())
        #expect(!chooser.wantsBeacon(now: Self.start.advanced(seconds: 29), routes: routes))
        #expect(chooser.wantsBeacon(now: Self.start.advanced(seconds: 30), routes: routes))
        let choice = Self.choice(&chooser, routes, seconds: 40)
        #expect(choice.drops == [2] && choice.calls.map(\.address) == [7])
    }

    @Test func fullBridgeWithoutRedundantLinksKeepsThem() {
        var (chooser, routes) = Self.bridge(links: 4)
        for second in Int64(1)...40 { Self.hear(&chooser, 7, seconds: second) }
        #expect(Self.choice(&chooser, routes, seconds: 40) == LinkChoice())
        let now = Self.start.advanced(seconds: 40)
        #expect(chooser.answer(Self.id(7), lending: nil, now: now, routes: routes) == .noRoom)
    }

    @Test func incomingLinkToAFullBridgeIsTakenOnlyFromMembersThatNoRouteReaches() {
        var (chooser, routes) = Self.bridge(links: 4, announced: [3: 1])
        let now = Self.start.advanced(seconds: 60)
        #expect(chooser.answer(Self.id(7), lending: nil, now: now, routes: routes) == .acceptDropping(3))
        #expect(chooser.answer(Self.id(2), lending: nil, now: now, routes: routes) == .noRoom)
        (chooser, routes) = Self.bridge(links: 3, announced: [3: 1])
        #expect(chooser.answer(Self.id(7), lending: nil, now: now, routes: routes) == .accept)
        #expect(chooser.answer(Self.id(3), lending: nil, now: now, routes: routes) == .noRoom)
    }

    @Test func memberLetGoInErrorIsNotLetGoAgain() {
        var (chooser, routes) = Self.bridge(links: 4, announced: [2: 0])
        var effects = RouteEffects()
        for second in Int64(30)...40 { Self.hear(&chooser, 7, seconds: second) }
        #expect(Self.choice(&chooser, routes, seconds: 40).drops == [2])
        let now = Self.start.advanced(seconds: 41)
        chooser.linkEnded(2, now: now)
        routes.linkEnded(2, now: now, into: &effects)
        routes.receive(
            RouteEntry(home: Self.id(2), sequenceNumber: 0, metric: .max), from: 0, now: now, into: &effects)
        chooser.callFailed(hint: Self.hint(7), now: now)
        _ = Self.choice(&chooser, routes, seconds: 50)
        let again = Self.start.advanced(seconds: 51)
        chooser.linkStarted(2, member: Self.id(2), lending: nil, now: again)
        routes.linkStarted(2, cost: 96, now: again, into: &effects)
        for (link, metric): (LinkNumber, UInt16) in [(2, 0), (0, 300)] {
            let entry = RouteEntry(home: Self.id(2), sequenceNumber: 1, metric: metric)
            routes.receive(entry, from: link, now: again, into: &effects)
        }
        for second in Int64(80)...100 { Self.hear(&chooser, 7, seconds: second) }
        #expect(Self.choice(&chooser, routes, seconds: 100) == LinkChoice())
    }

    /// Members 5, 6, ... that link 0 announces at so much beyond it, each heard with a signal of its own.
    static func announce(
        _ metrics: [(number: Int, metric: UInt16, signal: Int8)], to chooser: inout LinkChooser,
        _ routes: inout RouteTable
    ) {
        var effects = RouteEffects()
        for (number, metric, signal) in metrics {
            let entry = RouteEntry(home: id(number), sequenceNumber: 0, metric: metric)
            routes.receive(entry, from: 0, now: start, into: &effects)
            for second in Int64(1)...9 { hear(&chooser, number, signal: signal, seconds: second) }
        }
    }

    @Test func memberFarthestByLinksIsCalledBeforeAStrongerOneNextDoor() {
        var (chooser, routes) = Self.bridge(links: 1)
        Self.announce([(5, 100, -40), (6, 500, -80), (7, 900, -88)], to: &chooser, &routes)
        #expect(Self.choice(&chooser, routes, seconds: 9).calls.map(\.address) == [6])
        chooser.callFailed(hint: Self.hint(6), now: Self.start.advanced(seconds: 9))
        #expect(Self.choice(&chooser, routes, seconds: 10).calls.map(\.address) == [5])
    }

    @Test func lastPlaceIsForMembersThatRoutesReachOnlyByALongWay() {
        var (chooser, routes) = Self.bridge(links: 3)
        Self.announce([(5, 1 * 96, -40)], to: &chooser, &routes)
        #expect(Self.choice(&chooser, routes, seconds: 9) == LinkChoice())
        #expect(chooser.answer(Self.id(5), lending: nil, now: Self.start, routes: routes) == .noRoom)
        Self.announce([(6, 2 * 96, -80)], to: &chooser, &routes)
        #expect(Self.choice(&chooser, routes, seconds: 10).calls.map(\.address) == [6])
        #expect(chooser.answer(Self.id(6), lending: nil, now: Self.start, routes: routes) == .accept)
    }

    @Test(arguments: UInt64(0)..<8) func longStreetIsWithinTheHopLimitByLinksWhereItIsByRadio(seed: UInt64) {
        var street = RadioStreet(seed: 900 + seed, count: 36, reachMetres: 90)
        street.run(seconds: 400)
        #expect(street.isJoined)
        #expect(street.diameter <= 9)
    }

    @Test func failedCallsAreRepeatedLaterAndLaterButNeverGivenUp() {
        var (chooser, routes) = Self.bridge(links: 0)
        var calls: [Int64] = []
        for second in Int64(1)...1000 {
            Self.hear(&chooser, 7, seconds: second)
            guard !Self.choice(&chooser, routes, seconds: second).calls.isEmpty else { continue }
            calls.append(second)
            chooser.callFailed(hint: Self.hint(7), now: Self.start.advanced(seconds: second))
        }
        let pauses = zip(calls.dropFirst(), calls).map { $0 - $1 }
        #expect(pauses.allSatisfy { $0 <= 66 })
        #expect(pauses.dropFirst(4).allSatisfy { $0 >= 32 })
        #expect(calls.count > 15)
    }

    @Test func memberNoLongerHeardIsNotCalled() {
        var (chooser, routes) = Self.bridge(links: 0)
        Self.hear(&chooser, 7, seconds: 0)
        #expect(Self.choice(&chooser, routes, seconds: 31).calls == [])
        Self.hear(&chooser, 7, seconds: 32)
        #expect(Self.choice(&chooser, routes, seconds: 33).calls.count == 1)
    }

    @Test func candidatesAreBoundedAndTheLongestUntouchedAreForgotten() {
        var (chooser, routes) = Self.bridge(links: 0)
        for number in 100..<1100 { Self.hear(&chooser, number, seconds: Int64(number) / 100) }
        #expect(chooser.candidates.count == LinkChooser.candidatesMax)
        #expect(chooser.candidates.contains { $0.hint == Self.hint(1099) })
        #expect(!chooser.candidates.contains { $0.hint == Self.hint(100) })
        _ = Self.choice(&chooser, routes, seconds: 1900)
        #expect(chooser.candidates.isEmpty && chooser.deadline > Self.start.advanced(seconds: 1900))
    }

    @Test func hostWhoOptedOutAsksForFewerLinks() {
        var (chooser, routes) = Self.bridge(links: 2)
        var effects = RouteEffects()
        routes.setOptedOut(true, now: Self.start, into: &effects)
        let entry = RouteEntry(home: Self.id(7), sequenceNumber: 0, metric: 96)
        routes.receive(entry, from: 0, now: Self.start, into: &effects)
        for second in Int64(1)...9 { Self.hear(&chooser, 7, seconds: second) }
        #expect(Self.choice(&chooser, routes, seconds: 9).calls == [])
        routes.setOptedOut(false, now: Self.start, into: &effects)
        #expect(Self.choice(&chooser, routes, seconds: 9).calls.count == 1)
    }
}
