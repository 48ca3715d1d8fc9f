import Testing
import Wire

@testable import Bridging

/// Somebody who sends on what beacons it heard elsewhere, from a radio that answers no call.
struct ReplayedBeaconTests {
    @Test(arguments: [false, true])
    func recordedBeaconMakesABridgeDialAFewTimesAnHourAndNoMore(isMoving: Bool) throws {
        let street = try VirtualStreet.chain(2, seed: 620)
        #expect(street.run(atMost: 60) { street.links(0) == 1 })
        let recorded = try #require(street.nodes[1].payloads.first)
        let replayer = street.addStranger()
        street.cut(0, 1)
        street.run(seconds: 60)
        let before = street.nodes[0].log.dials
        for second in 0..<3_600 as Range<Int> {
            // Now from one address, now from another, as whoever wants to be taken for many would.
            if isMoving, second % 30 == 0 { street.nodes[replayer].address = street.newAddress() }
            street.hear(recorded, from: street.nodes[replayer].address, at: 0)
            street.run(seconds: 1)
        }
        let dials = street.nodes[0].log.dials - before
        // A new address may be the member's own, and is called once a minute at most for as long as the value counts.
        #expect((1...(isMoving ? 45 : 10)).contains(dials), "\(dials)")
        // The neighbour whose beacon it was is found again as soon as it is back.
        street.connect(0, 1)
        #expect(street.run(atMost: 60) { street.links(0) == 1 })
        #expect(street.failures == [])
    }

    @Test func memberIsCalledWhileItsBeaconIsReplayedByWhoeverAnswersNoCall() throws {
        let street = try VirtualStreet.chain(2, seed: 621)
        #expect(street.run(atMost: 60) { street.links(0) == 1 })
        let replayer = street.addStranger()
        street.cut(0, 1)
        street.run(seconds: 60)
        // The member hears nobody, so that it does not call.
        let genuine = try #require(street.nodes[1].payloads.first)
        for _ in 0..<300 {
            street.hear(genuine, from: street.nodes[replayer].address, at: 0)
            street.run(seconds: 1)
        }
        #expect(street.links(0) == 0)
        let before = street.nodes[0].log.dials
        var heardAfter = 0
        for second in 0..<120 where street.links(0) == 0 {
            // Louder and more often than the member itself.
            for _ in 0..<5 { street.hear(genuine, from: street.nodes[replayer].address, at: 0) }
            if second == 0 { street.hears[1][0] = true }
            street.hear(genuine, from: street.nodes[1].address, at: 0)
            street.run(seconds: 1)
            heardAfter = second
        }
        #expect(street.links(0) == 1, "\(heardAfter) s")
        #expect(street.nodes[0].log.dials - before <= 3)
    }

    @Test func tableOfFailedValuesIsBoundedAndAnAnswerClearsAValue() {
        var backOff = BeaconBackOff()
        let now = Instant(seconds: 100)
        func value(_ number: Int) -> Bytes10 {
            Bytes10([UInt8](repeating: UInt8(number & 0xff), count: 10)) ?? Bytes10()
        }
        func address(_ number: Int) -> RadioAddress { RadioAddress(value: UInt64(number), kind: .random) }
        for number in 0..<200 {
            for _ in 0..<BeaconBackOff.failuresMax {
                #expect(!backOff.rests(value(number), address(0), now: now))
                backOff.failed(value(number), address(0), now: now)
            }
            #expect(backOff.rests(value(number), address(0), now: now))
        }
        #expect(backOff.count == BeaconBackOff.valuesMax)
        #expect(backOff.rests(value(199), address(0), now: now) && !backOff.rests(value(0), address(0), now: now))
        #expect(!backOff.rests(value(199), address(0), now: now.advanced(seconds: BeaconBackOff.restSeconds)))
        backOff.succeeded(value(199))
        #expect(!backOff.rests(value(199), address(0), now: now))
        backOff.failed(value(7), address(0), now: now.advanced(seconds: BeaconBackOff.keptSeconds + 1))
        #expect(backOff.count == 1)
    }

    @Test func whileAValueRestsOneOtherAddressAMinuteIsCalled() {
        var backOff = BeaconBackOff()
        let value = Bytes10()
        func address(_ number: Int) -> RadioAddress { RadioAddress(value: UInt64(number), kind: .random) }
        for _ in 0..<BeaconBackOff.failuresMax { backOff.failed(value, address(0), now: Instant(seconds: 0)) }
        var calls = 0
        for second in 0..<BeaconBackOff.restSeconds {
            let now = Instant(seconds: second)
            #expect(backOff.rests(value, address(0), now: now))
            // A new address each time.
            let other = address(1 + calls)
            guard !backOff.rests(value, other, now: now) else { continue }
            backOff.called(value, now: now)
            backOff.failed(value, other, now: now)
            calls += 1
        }
        #expect(calls == 10)
        #expect(!backOff.rests(value, address(0), now: Instant(seconds: BeaconBackOff.restSeconds)))
    }
}
