import Relaying
import Testing
import Wire

/// Packets that come again with more links to go.
struct HopLimitTests {
    private typealias Harness = RelayHarness

    @Test func higherHopLimitOfARepeatedCopyCounts() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), hopLimit: 1, from: 0)
        harness.offer(Harness.packet(7), hopLimit: 6, from: 1)
        harness.offer(Harness.packet(7), hopLimit: 3, from: 3)
        #expect(harness.run().map { $0.bytes[26] } == [6])
        #expect(harness.offer(Harness.packet(8), hopLimit: 0, from: 0) == .refused)
    }

    @Test(arguments: [3, 7] as [UInt8])
    func packetThatWasAcceptedIsHandedOnAgainSoonOnlyForAHigherHopLimit(second: UInt8) {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), Harness.facts(hold: true), hopLimit: 3, from: 0)
        // Until the neighbour is asked every two minutes.
        for _ in 0..<4 {
            for sent in harness.runUntil(seconds: 70) { harness.answer(sent, .accepted) }
        }
        harness.offer(Harness.packet(7), Harness.facts(hold: true), hopLimit: second, from: 1)
        #expect(harness.runUntil(seconds: 14).isEmpty)
        let sent = harness.runUntil(seconds: 4)
        #expect(sent.map { $0.bytes[26] } == (second > 3 ? [7] : []))
        for one in sent { harness.answer(one, .accepted) }
        // From there on as a packet that was just accepted.
        #expect(harness.runUntil(seconds: 36).isEmpty == (second == 3))
    }

    @Test func hopLimitThatRisesAndRisesBringsATryEvery15SecondsAtMost() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), Harness.facts(hold: true), hopLimit: 1, from: 0)
        var times: [Int64] = []
        for round in 0..<100 {
            harness.offer(Harness.packet(7), Harness.facts(hold: true), hopLimit: UInt8(min(round + 1, 15)), from: 1)
            for sent in harness.runUntil(seconds: 5) {
                times.append(harness.now)
                harness.answer(sent, .accepted)
            }
        }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(gaps.count >= 5 && gaps.allSatisfy { $0 >= 15_000_000 }, "\(gaps)")
    }

    @Test func hopLimitThatRisesBeforeTheAnswerIsHandedOnAfterIt() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), Harness.facts(hold: true), hopLimit: 3, from: 0)
        let first = harness.run()
        harness.offer(Harness.packet(7), Harness.facts(hold: true), hopLimit: 7, from: 1)
        #expect(harness.runUntil(seconds: 4).isEmpty)
        for sent in first { harness.answer(sent, .accepted) }
        #expect(harness.runUntil(seconds: 14.9).isEmpty)
        #expect(harness.runUntil(seconds: 2.1).map { $0.bytes[26] } == [7])
    }

    @Test func neitherHopLimitNorRouteChangesWhatItsHomeHasRefused() {
        var harness = Harness()
        harness.hops.order = [2, 3]
        harness.offer(Harness.packet(7, minutes: 1_440), Harness.facts(home: 100, hold: true), hopLimit: 3, from: 0)
        var times: [Int64] = []
        for second in 0..<700 {
            if second % 50 == 20 {
                let limit = UInt8(min(4 + second / 50, 15))
                harness.offer(
                    Harness.packet(7, minutes: 1_440), Harness.facts(home: 100, hold: true), hopLimit: limit, from: 1)
                harness.hops.order.reverse()
                let hops = harness.hops
                harness.relay.routeChanged(100, routes: hops, now: harness.moment)
            }
            for sent in harness.runUntil(seconds: 1) {
                #expect(sent.link == 2)
                times.append(harness.now / 1_000_000)
                harness.answer(sent, .refused, from: 100)
            }
        }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(gaps.count == 6 && zip(gaps, [10, 20, 40, 80, 160, 320]).allSatisfy { (0...2).contains($0 - $1) })
        // Once its home is a neighbour no more it goes another way.
        harness.hops.order = [3]
        harness.relay.linkEnded(2, now: harness.moment)
        let hops = harness.hops
        harness.relay.routeChanged(100, routes: hops, now: harness.moment)
        #expect(harness.run().map(\.link) == [3])
    }
}
