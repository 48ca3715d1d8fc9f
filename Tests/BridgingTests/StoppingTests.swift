import Relaying
import Testing
import Wire

@testable import Bridging

/// A clean stop: what is held goes on, neighbours are told and route around.
struct StoppingTests {
    /// Three packets at once, and one more every fifth of a second.
    private static let tight = LendingLimits(rateBits: 8_000, burstBytes: 600, monthBytes: 100_000_000)

    /// A street of three whose last house lends little and has heard `count` events that only it knows.
    private func street(_ limits: LendingLimits, emissions count: Int, seed: UInt64) throws -> VirtualStreet {
        let street = VirtualStreet(seed: seed)
        for node in 0..<3 { try street.addNode(node == 2 ? .lending(limits) : .lending()) }
        for node in 1..<3 { street.connect(node - 1, node) }
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0, ratePerMinute: 600)
        #expect(street.run(atMost: 300) { street.isOpen(sensor) })
        street.run(seconds: 60)
        for _ in 0..<count { street.emit(sensor, near: [2]) }
        return street
    }

    private func delivered(_ street: VirtualStreet) -> Int {
        street.sensors[0].emissions.indices.count { street.isDelivered(0, $0) }
    }

    @Test func whatIsQueuedIsHandedOnWithinTheCapBeforeTheBridgeLeaves() throws {
        let street = try street(Self.tight, emissions: 8, seed: 500)
        #expect(street.heldPackets(2) == 8)
        street.stop(2)
        street.run(seconds: 3)
        #expect(street.nodes[2].running == nil)
        #expect(street.run(atMost: 10) { delivered(street) == 8 })
        #expect(street.failures == [])
    }

    @Test func stopThatCannotHandEverythingOnIsOverInTime() throws {
        let slow = LendingLimits(rateBits: 500, burstBytes: 600, monthBytes: 100_000_000)
        let street = try street(slow, emissions: 8, seed: 501)
        street.stop(2)
        street.run(seconds: 3)
        #expect(street.nodes[2].running == nil)
        #expect((1..<8).contains(delivered(street)))
        #expect(street.failures == [])
    }

    @Test func bridgeWithNothingToHandOnStopsAtOnce() throws {
        let street = try VirtualStreet.chain(3, seed: 502)
        #expect(street.run(atMost: 60) { street.links(1) == 2 })
        street.run(seconds: 30)
        street.stop(1)
        street.run(until: street.time + 100_000)
        #expect(street.nodes[1].running?.bridge.hasStopped == true)
        #expect(street.links(0) == 0 && street.links(2) == 0)
        // It neither calls nor is called any more, though its neighbours are still heard.
        street.run(until: street.time + 1_800_000)
        #expect(street.links(0) == 0 && street.links(1) == 0)
        #expect(street.failures == [])
    }

    @Test func packetsOfOthersAreAnsweredNotNowWhileABridgeStopsAndGoAnotherWay() throws {
        // A ring: house 3 reaches its home 0 over 1 and over 2.
        let street = VirtualStreet(seed: 503)
        for _ in 0..<4 { try street.addNode() }
        for (first, second) in [(0, 1), (0, 2), (1, 3), (2, 3)] { street.connect(first, second) }
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) && street.links(3) == 2 && street.links(0) == 2 })
        street.run(seconds: 60)
        let held = street.nodes[3].running?.bridge.neighbours
        let home = try street.nodes[0].disk.identity().memberID
        let hop = try #require(held?.nextHop(for: home, excluding: 0))
        let member = try #require(street.nodes[3].running?.bridge.sessions.link(hop)?.member)
        let stopping = try [1, 2].first { try street.nodes[$0].disk.identity().memberID == member }
        let way = try #require(stopping)
        street.stop(way)
        street.emit(sensor, near: [3])
        street.emit(sensor, near: [way])
        #expect(street.nodes[way].log.drops("busy") > 0)
        #expect(street.sensors[sensor].emissions[1].sealers.isEmpty)
        street.run(until: street.time + 1_000_000)
        #expect(street.isDelivered(sensor, 0), "it does not wait for a link to be silent")
        #expect(street.failures == [])
    }
}

/// A clock that goes bad while packets of others are held: the filter's second step holds for sending too.
struct BadClockTests {
    @Test func packetsInCustodyWaitUntilTheClockIsTrustedAgain() throws {
        let slow = LendingLimits(rateBits: 8_000, burstBytes: 600, monthBytes: 100_000_000)
        let street = VirtualStreet(seed: 640)
        for node in 0..<3 { try street.addNode(node == 1 ? .lending(slow) : .lending()) }
        for node in 1..<3 { street.connect(node - 1, node) }
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0, ratePerMinute: 600)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        street.run(seconds: 60)
        for _ in 0..<8 { street.emit(sensor, near: [1]) }
        let relayed = street.nodes[1].log.relayed
        #expect(relayed < 8)
        street.nodes[1].wallOffsetSeconds = -30 * 86_400
        street.drive(1) { _, _, _ in }
        street.run(seconds: 60)
        #expect(street.nodes[1].log.relayed == relayed)
        #expect(street.heldPackets(1) >= 8 - relayed)
        street.nodes[1].wallOffsetSeconds = 0
        #expect(street.run(atMost: 60) { street.nodes[0].disk.openings.count == 8 })
        #expect(street.failures == [])
    }
}
