import RadioInterface
import Testing
import Wire

@testable import RadioConformance
@testable import VirtualAir

/// Loss and delay, on a clock that the test turns.
@Suite struct LossTests {
    private func poll(_ radio: VirtualRadio, _ recorder: inout Recorder, at now: Instant) {
        radio.poll(now: now, limit: 1_000, into: &recorder)
    }

    /// How many of 2,000 advertisements come through.
    private func heardCount(lossPercent: Int, seed: UInt64) throws -> Int {
        let fixture = try AirFixture()
        fixture.write(street: "left -> right loss \(lossPercent)\n")
        let left = try fixture.radio("left", seed: seed)
        let right = try fixture.radio("right", seed: seed)
        var (sent, heard) = (Recorder(), Recorder())
        try left.advertise([[2, 0xff, 1]])
        poll(right, &heard, at: Instant(milliseconds: 0))
        poll(left, &sent, at: Instant(milliseconds: 0))
        var count = 0
        for number in 1...2_000 {
            let now = Instant(milliseconds: Int64(number) * 111)
            heard.forgetHeard()
            poll(left, &sent, at: now)
            poll(right, &heard, at: now)
            count += heard.heard.count
        }
        return count
    }

    @Test func advertisementsAreLostAsOftenAsTheStreetSaysAndTheSeedRepeatsIt() throws {
        #expect(try heardCount(lossPercent: 0, seed: 1) >= 2_000)
        let first = try heardCount(lossPercent: 30, seed: 1)
        // 5 standard deviations of a binomial distribution are 102.
        #expect(abs(first - 1_400) < 102)
        #expect(try heardCount(lossPercent: 30, seed: 1) == first)
        #expect(try heardCount(lossPercent: 100, seed: 1) == 0)
    }

    @Test func lossyChannelDelaysButNeitherLosesNorReorders() throws {
        for lossPercent in [1, 20, 60, 95] {
            let fixture = try AirFixture()
            let stage = try fixture.stage("left", "right")
            let (near, far) = try stage.link(0, 1)
            fixture.write(street: "left <-> right loss \(lossPercent) delay 3\n")
            try stage.expect("the street should be in force") {
                stage.radios[1].channels.contains { $0.isOpen && $0.incoming.lossPercent == UInt8(lossPercent) }
            }
            var now = stage.now
            let start = now
            let count = 300
            var sent = 0
            var recorder = stage.recorders[1]
            for _ in 0..<200_000 where recorder.messages(far).count < count {
                while sent < count, stage.send(0, near, [UInt8(sent & 0xff), UInt8(sent >> 8)]) == .sent { sent += 1 }
                poll(stage.radios[0], &stage.recorders[0], at: now)
                poll(stage.radios[1], &recorder, at: now)
                now = now.advanced(milliseconds: 1)
            }
            let numbers = recorder.messages(far).map { Int($0[0]) | Int($0[1]) << 8 }
            #expect(numbers == Array(0..<count), "at a loss of \(lossPercent) percent")
            #expect(recorder.ended.isEmpty)
            #expect(now.microseconds(since: start) >= 3_000, "a delay of 3 ms should be kept")
        }
    }

    @Test func messagesOfAPeerThatClosedStillArriveInTheirTime() throws {
        let fixture = try AirFixture()
        fixture.write(street: "left <-> right delay 50\n")
        let stage = try fixture.stage("left", "right")
        let (near, far) = try stage.link(0, 1)
        for number in UInt8(0)..<100 { #expect(stage.send(0, near, [number]) == .sent) }
        stage.radios[0].close(near)
        let before = stage.wakes
        try stage.expect("the end should come") { stage.recorders[1].end(of: far) != nil }
        #expect(stage.wakes - before < 100, "what there is no room for should not wake the radio")
        #expect(stage.recorders[1].end(of: far) == .closedByPeer)
        #expect(stage.recorders[1].messages(far) == (0..<100).map { [$0] })
    }

    /// The ring is full, the own sends are held back, and then the peer closes.
    @Test func peerThatClosesABlockedChannelDoesNotWakeTheRadioForWhatHasNoRoom() throws {
        let fixture = try AirFixture()
        fixture.write(street: "left <-> right delay 200\n")
        let stage = try fixture.stage("left", "right")
        let (near, far) = try stage.link(0, 1)
        for radio in stage.radios { try radio.advertise([]) }
        stage.asleep = [0]
        while stage.send(1, far, [1]) == .sent {}
        for number in UInt8(0)..<100 { #expect(stage.send(0, near, [number]) == .sent) }
        stage.run(milliseconds: 10)
        #expect(stage.radios[1].channels[far.index].heldCount == HeldMessages.messagesMax)
        stage.radios[0].close(near)
        let before = stage.wakes
        try stage.expect("the end should come") { stage.recorders[1].end(of: far) != nil }
        #expect(stage.wakes - before < 100)
        #expect(stage.recorders[1].messages(far) == (0..<100).map { [$0] })
    }

    /// More than the ring holds is on its way: the sender is held back, and nothing spins meanwhile.
    @Test func slowPathHoldsTheSenderBackWithoutSpinning() throws {
        let fixture = try AirFixture()
        fixture.write(street: "left <-> right delay 200\n")
        let stage = try fixture.stage("left", "right")
        let (near, far) = try stage.link(0, 1)
        var sent = 0
        while stage.send(0, near, [UInt8](repeating: UInt8(truncatingIfNeeded: sent), count: 512)) == .sent {
            sent += 1
        }
        #expect(sent > HeldMessages.messagesMax)
        for radio in stage.radios { try radio.advertise([]) }
        stage.run(milliseconds: 20)
        let before = stage.wakes
        stage.run(milliseconds: 100)
        #expect(stage.wakes - before < 10)
        try stage.expect(30_000, "all should arrive") { stage.recorders[1].messages(far).count == sent }
        #expect(stage.recorders[1].messages(far).enumerated().allSatisfy { $1[0] == UInt8(truncatingIfNeeded: $0) })
    }

    @Test func delayedAdvertisementsAreHeardLaterAndBounded() throws {
        let fixture = try AirFixture()
        fixture.write(street: "sensor -> left delay 500\n")
        let radio = try fixture.radio("left")
        var recorder = Recorder()
        var generator = AirGenerator(seed: 3)
        let start = Instant(seconds: 100)
        poll(radio, &recorder, at: start)
        for number in UInt8(0)..<80 {
            let outcome = try VirtualEmitter.emit(
                air: fixture.path, name: "sensor", address: RadioAddress(value: 5, kind: .public), data: [1, number],
                using: &generator)
            #expect(outcome.heardBy.count == 1)
            poll(radio, &recorder, at: start)
        }
        #expect(recorder.heard.isEmpty)
        #expect(radio.counters.advertisementsCrowdedOut == 16)
        #expect(radio.nextDeadline.map { $0 <= start.advanced(milliseconds: 500) } == true)
        poll(radio, &recorder, at: start.advanced(milliseconds: 499))
        #expect(recorder.heard.isEmpty)
        poll(radio, &recorder, at: start.advanced(milliseconds: 500))
        #expect(recorder.heard.map(\.data) == (UInt8(0)..<64).map { [1, $0] })
    }
}
