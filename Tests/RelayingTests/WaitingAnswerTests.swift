import Consent
import Testing
import Wire

@testable import Relaying

/// Answers that wait for what becomes of the event that they accept.
@Suite struct WaitingAnswerTests {
    typealias Harness = RelayHarness

    /// A relay that accepted event 7 of grants 1 and 2 over link 0, and handed both on to link 2.
    private static func accepting() -> Harness {
        var harness = Harness()
        harness.hops.order = [2]
        for grant in Int32(1)...2 {
            harness.offer(Harness.packet(7, junk: UInt8(grant)), Harness.facts(grant: grant), from: 0)
            let event = ConfirmedEvent(eventID: 7, grant: grant)
            harness.relay.answer(
                .accepted, of: event, to: UInt16(grant), on: 0, isOwn: false, now: harness.moment)
        }
        return harness
    }

    @Test func acceptedIsSaidAfterHalfASecondIfNoConfirmationComes() {
        var harness = Self.accepting()
        harness.runUntil(seconds: 0.49)
        #expect(harness.answers.isEmpty)
        harness.runUntil(seconds: 0.02)
        #expect(harness.answers.map(\.answer) == [.accepted, .accepted])
        #expect(harness.confirm(7, from: 2) == true)
        harness.runUntil(seconds: 0.03)
        #expect(harness.confirms.map(\.eventID) == [7])
    }

    @Test func confirmationThatComesBeforeTheAnswerIsTheAnswer() {
        var harness = Self.accepting()
        let sent = harness.run()
        // What confirms one grant's packet says nothing of the other's under the same id.
        harness.answer(sent[0], .confirmed)
        harness.runUntil(seconds: 0.03)
        let first = UInt16(sent[0].bytes[10])
        #expect(Set(harness.answers.map { "\($0.frameNumber) \($0.answer)" }).contains("\(first) confirmed"))
        #expect(harness.answers.filter { $0.answer == .confirmed }.count == 1)
        #expect(harness.confirms.isEmpty)
    }

    @Test func waitingAnswersSayNotNowOnceTheHostHasSaidNo() {
        var harness = Self.accepting()
        let sent = harness.run()
        // This one says "confirmed" already, and was not sent yet.
        harness.answer(sent[0], .confirmed)
        harness.relay.setHosting(false, now: harness.moment)
        harness.answer(sent[1], .confirmed)
        harness.runUntil(seconds: 0.1)
        #expect(harness.answers.map(\.answer) == [.notNow, .notNow])
        #expect(harness.confirms.isEmpty)
    }

    @Test func waitingAnswerSaysWhatEndedItsEvent() {
        var harness = Self.accepting()
        harness.run()
        harness.relay.grantEnded(1, reason: .revoked, now: harness.moment)
        harness.runUntil(seconds: 0.03)
        #expect(Set(harness.answers.map { "\($0.frameNumber) \($0.answer)" }) == ["1 refused", "2 accepted"])
    }

    @Test func confirmationOfAnAnswerThatGivesWayIsSentByItself() {
        var harness = Self.accepting()
        harness.relay.setWritable(0, false)
        harness.answer(harness.run()[0], .confirmed)
        for frame in 0..<63 {
            harness.relay.answer(.notNow, to: 100 + UInt16(frame), on: 0, isOwn: false, now: harness.moment)
        }
        harness.relay.setWritable(0, true)
        harness.runUntil(seconds: 0.03)
        #expect(harness.answers.count == 64 && harness.confirms.map(\.eventID) == [7])
    }

    @Test func homeThatCannotKeepAnEventSaysNotNowAndOneThatDidSaysConfirmed() {
        var harness = Harness()
        for (frame, eventID) in [UInt64(5), 6].enumerated() {
            let event = ConfirmedEvent(eventID: eventID, grant: 1)
            harness.relay.answer(
                .accepted, of: event, to: UInt16(frame), on: 0, isOwn: true, now: harness.moment)
        }
        #expect(harness.run().isEmpty && harness.answers.isEmpty)
        harness.relay.refuse(ConfirmedEvent(eventID: 5, grant: 1), to: 1, now: harness.moment)
        harness.relay.confirm(6, grant: 1, to: 0, now: harness.moment)
        harness.run()
        #expect(harness.answers.map(\.answer) == [.notNow, .confirmed] && harness.confirms.isEmpty)
    }
}
