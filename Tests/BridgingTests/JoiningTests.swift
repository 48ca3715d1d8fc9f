import Bridging
import Consent
import Sealing
import Testing
import Wire

struct JoiningTests {
    @Test func joinerThatIsCallingWhenItsTimeIsUpSleepsUntilTheCallHasEnded() throws {
        let street = VirtualStreet(seed: 91)
        for _ in 0..<2 { try street.addNode() }
        try street.found(at: 0)
        let code = InvitationCode(try #require(Bytes10([UInt8](0..<10))))
        try street.drive(1) { bridge, now, _ in try bridge.join(code: code, now: now) }
        street.run(seconds: 19)
        try street.drive(0) { bridge, now, effects in try bridge.invite(code: code, now: now, into: &effects) }
        // It hears the invitation, and nobody hears its call.
        for payload in street.nodes[0].payloads { street.hear(payload, from: street.nodes[0].address, at: 1) }
        street.run(until: street.time + 1_500_000)
        let running = try #require(street.nodes[1].running)
        let deadline = running.bridge.nextDeadline
        #expect(deadline > street.moment(of: 1).instant)
        #expect(street.nodes[1].joinFailure == nil)
        #expect(street.run(atMost: 60) { street.nodes[1].joinFailure != nil })
    }
}
