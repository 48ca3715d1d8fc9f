import Relaying
import Testing
import Wire

@testable import Bridging

/// Routes that are announced before the record of the member they lead to.
struct EarlyRoutesTests {
    /// Well below the time after which all is announced again.
    private static let secondsMax: Int64 = 20

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func lastToJoinKnowsAWayToEveryHomeBeforeAllIsAnnouncedAgain(seed: UInt64) throws {
        // Routes are announced 100 ms after a link is up; records are asked for first, and here that takes longer.
        var settings = StreetSettings()
        settings.latencyMilliseconds = 100...200
        let street = try VirtualStreet.chain(4, seed: seed, settings: settings)
        let isWhole = street.run(atMost: Self.secondsMax) {
            (0..<4).allSatisfy { from in (0..<4).allSatisfy { $0 == from || street.hasRoute(from, to: $0) } }
        }
        #expect(isWhole)
        #expect(street.failures == [])
    }

    /// A link that leads to nobody but its neighbour is no other way; with the first route beyond it it may be one.
    @Test func earlyRouteThatIsTakenBringsANoticeOfLending() throws {
        let street = try VirtualStreet.chain(3, seed: 20)
        #expect(street.run(atMost: 120) { street.links(1) == 2 })
        street.run(seconds: 60)
        let ids = street.nodes.compactMap { $0.running?.bridge.identity.memberID }
        try street.drive(1) { bridge, now, _ in
            bridge.takeEarlyRoutes(now: now)
            #expect(bridge.timers.lendingWake == .distantFuture, "there was none")
            let link = try #require(bridge.sessions.link(toMember: ids[2]))
            link.earlyRoutes.note(RouteEntry(home: ids[0], sequenceNumber: 1, metric: 96), now: now.instant)
            bridge.takeEarlyRoutes(now: now)
            #expect(bridge.timers.lendingWake <= now.instant.advanced(seconds: Bridge.lendingSeconds))
        }
    }

    @Test func earlyRouteIsTakenOnceItsHomeIsAMemberAndNotAgain() {
        var early = EarlyRoutes()
        let now = Instant(microseconds: 5)
        for home in [7, 8] as [UInt64] { early.note(RouteEntry(home: home, sequenceNumber: 1, metric: 96), now: now) }
        early.note(RouteEntry(home: 7, sequenceNumber: 2, metric: 100), now: now)
        #expect(early.taken(now: now) { _ in false } == [])
        #expect(early.taken(now: now) { $0 == 7 } == [RouteEntry(home: 7, sequenceNumber: 2, metric: 100)])
        #expect(early.taken(now: now) { $0 == 7 } == [])
        #expect(early.count == 1)
    }

    @Test func earlyRouteThatIsTakenBackOrOldIsForgotten() {
        var early = EarlyRoutes()
        let start = Instant(microseconds: 5)
        early.note(RouteEntry(home: 7, sequenceNumber: 1, metric: 96), now: start)
        early.note(RouteEntry(home: 7, sequenceNumber: 1, metric: RouteLimits.unreachable), now: start)
        #expect(early.count == 0)
        early.note(RouteEntry(home: 8, sequenceNumber: 1, metric: 96), now: start)
        let later = start.advanced(seconds: EarlyRoutes.seconds)
        #expect(early.taken(now: later) { _ in true } == [])
    }

    @Test func earlyRoutesAreBounded() {
        var early = EarlyRoutes()
        let now = Instant(microseconds: 5)
        for home in 0..<(2 * EarlyRoutes.countMax) {
            early.note(RouteEntry(home: UInt64(home), sequenceNumber: 1, metric: 96), now: now)
        }
        #expect(early.count == EarlyRoutes.countMax)
    }
}
