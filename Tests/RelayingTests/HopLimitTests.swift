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

    @Test func hopLimitThatRisesAndRisesBringsAtMostAsManyMoreTries() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), Harness.facts(hold: true), hopLimit: 1, from: 0)
        var count = 0
        for round in 0..<100 {
            harness.offer(Harness.packet(7), Harness.facts(hold: true), hopLimit: UInt8(min(round + 1, 15)), from: 1)
            for sent in harness.runUntil(seconds: 5) {
                harness.answer(sent, .accepted)
                count += 1
            }
        }
        #expect(count <= 15 + 8)
    }
}
