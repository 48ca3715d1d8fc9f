import Testing
import Wire

@testable import Bridging

/// What a host's schedule does on a street: outside its windows a bridge is as opted out, by another reason.
struct ScheduleTests {
    private func setClosed(_ isClosed: Bool, optedOut: Bool = false, _ street: VirtualStreet, _ index: Int) {
        street.drive(index) { bridge, now, effects in
            bridge.setHosting(isOptedOut: optedOut, isScheduleClosed: isClosed, now: now, into: &effects)
        }
    }

    @Test func bridgeOutsideItsWindowsDropsWhatItHearsForThatReasonAndLendsAgainWithin() throws {
        let street = try VirtualStreet.chain(3, seed: 21)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        setClosed(true, street, 2)
        street.emit(sensor, near: [2])
        street.run(seconds: 30)
        #expect(street.nodes[2].log.drops("schedule") == 1)
        #expect(street.nodes[2].log.drops("opted_out") == 0)
        #expect(street.nodes[2].log.relayed == 0)
        #expect(street.links(2) == 1, "a schedule ends transit, not links")
        setClosed(false, street, 2)
        street.run(seconds: 30)
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 60) { street.isDelivered(sensor, 1) })
        #expect(street.failures == [])
    }

    @Test func hostsNoAndScheduleAddUp() throws {
        let street = try VirtualStreet.chain(3, seed: 22)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        setClosed(true, optedOut: true, street, 2)
        // Either alone keeps the answer a no; the end of one is not the end of the other.
        for (isClosed, optedOut) in [(false, true), (true, false)] {
            setClosed(isClosed, optedOut: optedOut, street, 2)
            street.emit(sensor, near: [2])
            street.run(seconds: 20)
            #expect(street.nodes[2].log.relayed == 0)
        }
        #expect(street.nodes[2].log.drops("schedule") == 1)
        #expect(street.nodes[2].log.drops("opted_out") == 1)
    }
}
