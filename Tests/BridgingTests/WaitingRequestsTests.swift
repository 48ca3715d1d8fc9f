import Relaying
import Testing
import Wire

@testable import Bridging

/// Requests for routes, of which a link is sent a few at a time.
struct WaitingRequestsTests {
    @Test func requestsThatGoWithTheirLinkLeaveNothingDue() throws {
        let street = try VirtualStreet.chain(2, seed: 1)
        #expect(street.run(atMost: 60) { street.hasRoute(0, to: 1) })
        street.run(seconds: 5)
        street.drive(0) { bridge, now, effects in
            let link: LinkNumber = 0
            let request = RouteRequest(home: 7, sequenceNumber: 1, hopsLeft: 3)
            bridge.neighbours.effects.requests += (0..<20).map { _ in .init(link: link, request: request) }
            bridge.advance(now: now, into: &effects)
            #expect(bridge.neighbours.effects.requests.count == 12)
            #expect(bridge.nextDeadline <= now.instant)
            // The link ends, and no route with it: what else would be told is as good as told.
            bridge.neighbours.linkEnded(link, isRefused: false, now: now.instant)
            bridge.neighbours.effects.removeAll()
            bridge.advance(now: now, into: &effects)
            #expect(bridge.nextDeadline > now.instant)
        }
    }
}
