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
        #expect((1...10).contains(dials), "\(dials)")
        // The neighbour whose beacon it was is found again as soon as it is back.
        street.connect(0, 1)
        #expect(street.run(atMost: 60) { street.links(0) == 1 })
        #expect(street.failures == [])
    }

    @Test func tableOfFailedValuesIsBoundedAndAnAnswerClearsAValue() {
        var backOff = BeaconBackOff()
        let now = Instant(seconds: 100)
        func value(_ number: Int) -> Bytes10 {
            Bytes10([UInt8](repeating: UInt8(number & 0xff), count: 10)) ?? Bytes10()
        }
        for number in 0..<200 {
            for _ in 0..<BeaconBackOff.failuresMax {
                #expect(!backOff.rests(value(number), now: now))
                backOff.failed(value(number), now: now)
            }
            #expect(backOff.rests(value(number), now: now))
        }
        #expect(backOff.count == BeaconBackOff.valuesMax)
        #expect(backOff.rests(value(199), now: now) && !backOff.rests(value(0), now: now))
        #expect(!backOff.rests(value(199), now: now.advanced(seconds: BeaconBackOff.restSeconds)))
        backOff.succeeded(value(199))
        #expect(!backOff.rests(value(199), now: now))
        backOff.failed(value(7), now: now.advanced(seconds: BeaconBackOff.keptSeconds + 1))
        #expect(backOff.count == 1)
    }
}
