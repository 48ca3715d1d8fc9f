import Relaying
import Testing
import Wire

@testable import Bridging

/// How a link is kept while nobody has anything to say.
struct KeepaliveTests {
    @Test(arguments: 630...637 as ClosedRange<UInt64>)
    func sidesOfAQuietLinkTakeTurnsToAsk(seed: UInt64) throws {
        let street = try VirtualStreet.chain(2, seed: seed)
        #expect(street.run(atMost: 60) { street.links(0) == 1 && street.links(1) == 1 })
        street.run(seconds: 60)
        var exchanges: [[Int]] = []
        var last = Int64.min
        street.tap = { _, end, _ in
            if street.time - max(last, 0) > 5_000_000 || last == .min { exchanges.append([]) }
            exchanges[exchanges.count - 1].append(end)
            last = street.time
        }
        street.run(seconds: 300)
        // The first may have been under way already, the last may still be.
        exchanges = Array(exchanges.dropFirst().dropLast())
        // The ask and its answer, every 15 s and what they take.
        #expect(exchanges.allSatisfy { $0.count == 2 && $0[0] != $0[1] }, "\(exchanges)")
        #expect((16...19).contains(exchanges.count), "\(exchanges.count)")
        let alternates = zip(exchanges, exchanges.dropFirst()).allSatisfy { $0.first != $1.first }
        #expect(alternates, "\(exchanges)")
        #expect(street.links(0) == 1 && street.failures == [])
    }

    @Test(arguments: [false, true])
    func sideWhoseTurnItIsNotAsksALittleLater(isCaller: Bool) {
        let start = Instant(seconds: 10)
        let session = LinkSession(
            channel: LinkChannel(rawValue: 1), isCaller: isCaller, kind: .network,
            address: RadioAddress(value: 5, kind: .random), beacon: [], phase: .running, signalDBm: -60, now: start)
        session.number = 0
        let (first, reserve) = (start.advanced(seconds: 15), start.advanced(seconds: 18))
        #expect(session.nextDeadline == (isCaller ? first : reserve))
        // The own ask is answered: the peer is next, and the other way round.
        session.keepaliveSentAt = start
        #expect(session.nextDeadline == start.advanced(seconds: 45))
        session.noteAnswer()
        #expect(session.nextDeadline == reserve)
        session.noteAskAnswered()
        #expect(session.nextDeadline == first)
        // Both ask at once: the peer's ask comes before its answer.
        session.keepaliveSentAt = start
        session.noteAskAnswered()
        session.noteAnswer()
        #expect(session.nextDeadline == (isCaller ? first : reserve))
    }

    /// The first stands in line behind what a new link is told: on a slow link it would say too much.
    @Test func firstKeepaliveOfALinkIsNotMeasured() throws {
        var settings = StreetSettings()
        settings.latencyMilliseconds = 400...400
        let street = try VirtualStreet.chain(2, seed: 640, settings: settings)
        #expect(street.run(atMost: 60) { street.links(0) == 1 && street.links(1) == 1 })
        for (answered, costs) in [(1, [LinkCost.least, LinkCost.least]), (2, [264, 264])] as [(UInt16, [UInt16])] {
            var sessions: [LinkSession] { (0...1).compactMap { street.nodes[$0].running?.bridge.sessions.link(0) } }
            #expect(
                street.run(atMost: 60) {
                    sessions.allSatisfy { $0.keepaliveNumber == answered && $0.keepaliveSentAt == nil }
                })
            #expect(sessions.map(\.cost.cost) == costs, "after \(answered)")
        }
    }
}
