import Consent
import Testing
import Wire

@testable import Relaying

/// Anybody may claim any event id: under another grant it is another event.
@Suite struct ClaimedEventTests {
    typealias Harness = RelayHarness

    private static let genuine = Harness.packet(7, junk: 1)
    private static let claimed = Harness.packet(7, junk: 2)
    private static let victim = Harness.facts(grant: 1, home: 100)
    private static let liar = Harness.facts(grant: 2, home: 200)

    /// The victim's home lies over link 2, the liar's over link 3.
    private func harness(isLiarFirst: Bool, from liarLink: LinkNumber = 1) -> Harness {
        var harness = Harness()
        harness.hops.homes = [100: 2, 200: 3]
        if isLiarFirst { harness.offer(Self.claimed, Self.liar, from: liarLink) }
        #expect(harness.offer(Self.genuine, Self.victim, from: 0) == .accepted)
        if !isLiarFirst { harness.offer(Self.claimed, Self.liar, from: liarLink) }
        return harness
    }

    @Test(arguments: [true, false]) func packetUnderAnotherGrantIsNoVariantAndDelaysNothing(isLiarFirst: Bool) {
        var harness = harness(isLiarFirst: isLiarFirst)
        let sent = harness.run()
        #expect(sent.map(\.link).sorted() == [2, 3])
        #expect(harness.relay.counts.repeated == 0)
    }

    @Test(arguments: [true, false]) func confirmationByTheLiarsHomeEndsOnlyTheLiarsPacket(isLiarFirst: Bool) {
        var harness = harness(isLiarFirst: isLiarFirst)
        for sent in harness.run() { harness.answer(sent, .accepted) }
        #expect(harness.confirm(7, from: 3) == true)
        harness.pass(seconds: 1)
        harness.run()
        #expect(harness.believed == [2])
        #expect(harness.ends.map(\.grant) == [2])
        #expect(harness.confirms.map(\.link) == [1])
        #expect(harness.relay.heldPackets == 1)
        #expect(harness.confirm(7, from: 2) == true)
        harness.pass(seconds: 1)
        harness.run()
        #expect(harness.believed == [2, 1])
        #expect(harness.confirms.map(\.link) == [1, 0])
        #expect(harness.relay.heldPackets == 0)
    }

    @Test(arguments: [true, false]) func answerConfirmedEndsOnlyThePacketThatItAnswers(isLiarFirst: Bool) {
        var harness = Harness()
        harness.hops.order = [2]
        if isLiarFirst { harness.offer(Self.claimed, Self.liar, from: 1) }
        harness.offer(Self.genuine, Self.victim, from: 0)
        if !isLiarFirst { harness.offer(Self.claimed, Self.liar, from: 1) }
        let sent = harness.run()
        #expect(sent.map(\.link) == [2, 2])
        for sent in sent { harness.answer(sent, sent.bytes[10] == 2 ? .confirmed : .accepted) }
        harness.pass(seconds: 1)
        harness.run()
        #expect(harness.ends.map(\.grant) == [2])
        #expect(harness.confirms.map(\.link) == [1])
        #expect(harness.relay.heldPackets == 1)
    }

    /// A confirmation names no grant. A neighbour that brought both would take it for both.
    @Test(arguments: [true, false]) func linkThatBroughtBothIsNotToldOfOneAlone(isLiarFirst: Bool) {
        var harness = harness(isLiarFirst: isLiarFirst, from: 0)
        for sent in harness.run() { harness.answer(sent, .accepted) }
        #expect(harness.confirm(7, from: 3) == true)
        harness.pass(seconds: 1)
        harness.run()
        #expect(harness.confirms.isEmpty)
        #expect(harness.confirm(7, from: 2) == true)
        harness.pass(seconds: 1)
        harness.run()
        #expect(harness.confirms.map(\.link) == [0])
    }

    @Test func threeVariantsUnderEachOfManyGrantsAreKeptApart() {
        var harness = Harness()
        harness.hops.order = [2]
        for grant in Int32(1)...20 {
            for variant in UInt8(0)..<3 {
                let bytes = Harness.packet(7, junk: UInt8(grant) &* 3 &+ variant)
                #expect(harness.offer(bytes, Harness.facts(grant: grant), from: variant) == .accepted)
            }
            #expect(harness.offer(Harness.packet(7, junk: 255), Harness.facts(grant: grant), from: 0) == .refused)
        }
        #expect(harness.relay.heldPackets == 60)
        for sent in harness.run() { harness.answer(sent, .accepted) }
        #expect(harness.confirm(7, from: 2) == true)
        #expect(harness.believed.sorted() == Array(1...20))
        #expect(harness.relay.heldPackets == 0)
    }
}
