import Testing
import Wire

@testable import Relaying

/// How long what was announced counts, and how long what was promised binds. Home 9 is beyond link 1; link 2 leads to a
/// neighbour that hears of it from here.
struct RouteLifetimeTests {
    private final class Table {
        var routes = RouteTable(ownHome: 1, sequenceNumber: 0, isOptedOut: false, hashSeed: 3)
        private(set) var seconds: Int64 = 0
        private(set) var requests: [(second: Int64, request: RouteEffects.Request)] = []
        private(set) var told: [RouteEntry] = []
        private var effects = RouteEffects()
        var now: Instant { Instant(seconds: 10 + seconds) }

        init() {
            for link: LinkNumber in [1, 2] { routes.linkStarted(link, cost: 96, now: now, into: &effects) }
            announce(metric: 100)
            run(until: 1)
        }

        func announce(metric: UInt16, sequenceNumber: UInt16 = 4) {
            let entry = RouteEntry(home: 9, sequenceNumber: sequenceNumber, metric: metric)
            routes.receive(entry, from: 1, now: now, into: &effects)
        }

        func run(until end: Int64) {
            while seconds < end {
                seconds += 1
                routes.tick(now: now, into: &effects)
                requests += effects.requests.map { (seconds, $0) }
                told += effects.announcements.filter { $0.link == 2 && $0.entry.home == 9 }.map(\.entry)
                effects.removeAll()
            }
        }
    }

    @Test func promiseBindsForAsLongAsANeighbourHasNotHeardThatTheRouteIsGone() {
        let table = Table()
        #expect(table.told.last?.metric == 196)
        table.routes.setWritable(2, false, now: table.now)
        table.announce(metric: RouteLimits.unreachable)
        table.announce(metric: 300)
        for end in stride(from: Int64(200), to: RouteLimits.sourceSeconds, by: 200) {
            table.run(until: end)
            #expect(!table.routes.isReachable(9), "\(end) s")
            table.announce(metric: 300)
        }
        // Nobody uses by now what was announced so long ago.
        table.run(until: RouteLimits.sourceSeconds + 10)
        #expect(table.routes.metric(of: 9) == 396)
    }

    @Test func promiseBindsForThreeMinutesMoreOnceEveryNeighbourHasHeard() {
        let table = Table()
        table.routes.setWritable(2, false, now: table.now)
        table.announce(metric: RouteLimits.unreachable)
        table.announce(metric: 300)
        table.run(until: 500)
        // The retraction goes only now, and may be under way for a while.
        table.routes.setWritable(2, true, now: table.now)
        table.run(until: 502)
        #expect(table.told.last?.metric == RouteLimits.unreachable)
        table.run(until: 500 + RouteLimits.retractedSeconds)
        #expect(!table.routes.isReachable(9))
        table.run(until: 512 + RouteLimits.retractedSeconds)
        #expect(table.routes.metric(of: 9) == 396)
    }

    @Test func neighbourWhoseLinkEndedCountsAsOneThatHasHeard() {
        let table = Table()
        table.routes.setWritable(2, false, now: table.now)
        table.announce(metric: RouteLimits.unreachable)
        table.announce(metric: 300)
        table.run(until: 400)
        var effects = RouteEffects()
        table.routes.linkEnded(2, now: table.now, into: &effects)
        table.run(until: 400 + RouteLimits.retractedSeconds)
        #expect(!table.routes.isReachable(9))
        table.run(until: 412 + RouteLimits.retractedSeconds)
        #expect(table.routes.metric(of: 9) == 396)
    }

    @Test func ignoredAnnouncementIsAskedAboutAgainAndCountsOnceTheRouteExpires() {
        let table = Table()
        for second in [600, 1_200] as [Int64] {
            table.announce(metric: 300)
            table.run(until: second)
            #expect(table.routes.metric(of: 9) == 196)
        }
        table.announce(metric: 300)
        table.run(until: RouteLimits.routeSeconds - 1)
        #expect(table.requests.map(\.second) == [2, 65, 193, 449, 961])
        #expect(table.requests.allSatisfy { $0.request.link == 1 && $0.request.request.sequenceNumber == 5 })
        // As it was it has expired; as it is it is not feasible, until those who have the old one have heard.
        table.run(until: RouteLimits.routeSeconds + 10)
        #expect(!table.routes.isReachable(9) && table.told.last?.metric == RouteLimits.unreachable)
        #expect((table.requests.last?.second ?? 0) >= RouteLimits.routeSeconds)
        table.run(until: RouteLimits.routeSeconds + RouteLimits.retractedSeconds + 20)
        #expect(table.routes.metric(of: 9) == 396)
    }

    @Test func newerSequenceNumberEndsIgnoringAndAsking() {
        let table = Table()
        table.announce(metric: 300)
        table.run(until: 100)
        #expect(table.requests.count == 2)
        table.announce(metric: 300, sequenceNumber: 5)
        #expect(table.routes.metric(of: 9) == 396)
        table.run(until: RouteLimits.routeSeconds)
        #expect(table.requests.count == 2 && table.routes.isReachable(9))
    }

    @Test func otherRouteIsJudgedAgainstWhatTheNeighbourAnnouncedLast() {
        let table = Table()
        table.announce(metric: 5_000)
        var effects = RouteEffects()
        table.routes.receive(
            RouteEntry(home: 9, sequenceNumber: 6, metric: 50), from: 2, now: table.now, into: &effects)
        #expect(table.routes.nextHop(for: 9) == 2)
        // Link 1 has the metric of which it told last, and that is not feasible.
        table.routes.linkEnded(2, now: table.now, into: &effects)
        #expect(table.routes.nextHop(for: 9) == nil)
    }
}
