import Testing
import Wire

@testable import Relaying

/// What a full bridge does whose links all lead to hosts who lend nothing.
@Suite struct DeadEndTests {
    private static let start = LinkChooserTests.start

    /// A full bridge at so many seconds, which has heard members 7 and 8 all the time.
    private static func bridge(seconds: Int64) -> (LinkChooser, RouteTable) {
        var (chooser, routes) = LinkChooserTests.bridge(links: 4)
        hear(&chooser, seconds: 1...seconds)
        return (chooser, routes)
    }

    private static func hear(_ chooser: inout LinkChooser, seconds: ClosedRange<Int64>) {
        for second in seconds {
            LinkChooserTests.hear(&chooser, 7, signal: -60, seconds: second)
            LinkChooserTests.hear(&chooser, 8, signal: -70, seconds: second)
        }
    }

    @Test func weakestIsLetGoForAMemberThatNoRouteReachesOnceItIsOldEnough() {
        var (chooser, routes) = Self.bridge(seconds: 29)
        #expect(LinkChooserTests.choice(&chooser, routes, seconds: 29) == LinkChoice())
        (chooser, routes) = Self.bridge(seconds: 40)
        #expect(chooser.wantsBeacon(now: Self.start.advanced(seconds: 40), routes: routes))
        let choice = LinkChooserTests.choice(&chooser, routes, seconds: 40)
        #expect(choice.drops == [3] && choice.calls.map(\.address) == [8])
    }

    @Test func callerThatNoRouteReachesIsTakenForAnotherUnlessItWasADeadEndLately() {
        var (chooser, routes) = Self.bridge(seconds: 40)
        var now = Self.start.advanced(seconds: 40)
        #expect(chooser.answer(incoming: LinkChooserTests.id(7), now: now, routes: routes) == .acceptDropping(3))
        var effects = RouteEffects()
        chooser.linkEnded(3, now: now)
        routes.linkEnded(3, now: now, into: &effects)
        chooser.linkStarted(4, member: LinkChooserTests.id(7), now: now)
        routes.linkStarted(4, cost: 96, now: now, into: &effects)
        now = now.advanced(seconds: 60)
        #expect(chooser.answer(incoming: LinkChooserTests.id(3), now: now, routes: routes) == .noRoom)
        now = now.advanced(seconds: LinkChooser.deadEndSeconds)
        #expect(chooser.answer(incoming: LinkChooserTests.id(3), now: now, routes: routes) == .acceptDropping(4))
    }

    /// Where nobody lends, links go round no faster than each neighbour is tried once in ten minutes.
    @Test func neighboursOfWhomNoneLeadsOnAreEachTriedOnceInTenMinutes() {
        var (chooser, routes) = Self.bridge(seconds: 40)
        var effects = RouteEffects()
        var (drops, held): (Int, [LinkNumber: Int]) = (0, [0: 0, 1: 1, 2: 2, 3: 3])
        for second in Int64(41)...640 {
            let now = Self.start.advanced(seconds: second)
            for number in [0, 1, 2, 3, 7, 8] { LinkChooserTests.hear(&chooser, number, seconds: second) }
            let choice = LinkChooserTests.choice(&chooser, routes, seconds: second)
            for link in choice.drops {
                drops += 1
                held[link] = nil
                chooser.linkEnded(link, now: now)
                routes.linkEnded(link, now: now, into: &effects)
            }
            for call in choice.calls {
                guard let link = (0..<4).first(where: { held[$0] == nil }) else { continue }
                let number = Int(call.address)
                held[link] = number
                chooser.linkStarted(link, member: LinkChooserTests.id(number), now: now)
                routes.linkStarted(link, cost: 96, now: now, into: &effects)
                let own = RouteEntry(home: LinkChooserTests.id(number), sequenceNumber: 0, metric: 0)
                routes.receive(own, from: link, now: now, into: &effects)
            }
            routes.tick(now: now, into: &effects)
        }
        #expect(drops == 2 && held.count == 4)
    }
}
