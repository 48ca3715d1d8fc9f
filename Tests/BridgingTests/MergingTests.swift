import Testing
import Wire

@testable import Bridging

/// Copies of one event from several bridges, and clocks that cannot be relied on.
struct MergingTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func eventHeardByManyBridgesIsDeliveredOnceAndItsVariantsAreFew(seed: UInt64) throws {
        // 0 is the home, 1 stands between, 2 to 5 all hear the sensor and each other.
        let street = VirtualStreet(seed: 40 + seed)
        for _ in 0..<6 { try street.addNode(.lending(linksMax: 5)) }
        street.connect(0, 1)
        for first in 1..<6 { for second in (first + 1)..<6 { street.connect(first, second) } }
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        for _ in 0..<3 {
            street.emit(sensor, near: [2, 3, 4, 5])
            // Devices repeat each frame a few times.
            for _ in 0..<3 { street.repeatLast(sensor, near: [5, 3, 2]) }
            street.run(seconds: 20)
        }
        #expect((0..<3).allSatisfy { street.isDelivered(sensor, $0) })
        #expect(street.nodes[0].disk.openings.count == 3)
        for node in street.nodes {
            #expect(node.log.taken <= 9, "at most three variants of an event")
        }
        #expect(street.run(atMost: 120) { street.heldPackets == 0 })
        #expect(street.failures == [])
    }

    @Test func sameFrameHeardAgainAfterItsDeliveryIsNotOpenedAgainEvenAfterARestart() throws {
        let street = try VirtualStreet.chain(2, seed: 51)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.emit(sensor, near: [1])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
        street.repeatLast(sensor, near: [0, 1])
        street.crash(0)
        street.crash(1)
        street.run(seconds: 5)
        try street.start(0)
        try street.start(1)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.repeatLast(sensor, near: [1, 0])
        street.run(seconds: 30)
        #expect(street.nodes[0].disk.openings.count == 1)
        #expect(street.heldPackets == 0)
        #expect(street.failures == [])
    }

    /// The home crashes before it can confirm; one of the two who heard is away when it does.
    @Test func neighbourThatWasAwayWhenItsEventWasConfirmedLearnsItLater() throws {
        let street = VirtualStreet(seed: 54)
        for _ in 0..<4 { try street.addNode() }
        for edge in [(0, 1), (1, 2), (1, 3)] { street.connect(edge.0, edge.1) }
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        street.emit(sensor, near: [2, 3])
        while !street.isDelivered(sensor, 0), street.time < 600_000_000 { street.run(until: street.time + 1_000) }
        street.crash(0)
        street.run(seconds: 4)
        #expect(street.heldPackets(1) == 2 && street.heldPackets(3) == 1)
        street.cut(1, 3)
        street.run(seconds: 2)
        try street.start(0)
        #expect(street.run(atMost: 240) { street.heldPackets(1) == 0 })
        street.connect(1, 3)
        #expect(street.run(atMost: 240) { street.heldPackets(3) == 0 })
        #expect(street.nodes[3].log.ledgerConfirmed == 1)
        #expect(street.nodes[0].disk.openings.count == 1)
        #expect(street.failures == [])
    }

    // MARK: Clocks

    /// Before the program was built, and behind what was stored.
    @Test(arguments: [-100_000_000, -3_600] as [Int64])
    func bridgeWhoseClockIsUnsetOrBehindRelaysNothingButOpensItsOwnDevice(offset: Int64) throws {
        let street = try VirtualStreet.chain(3, seed: 52)
        let far = try street.adoptSensor(home: 0)
        let near = try street.adoptSensor(home: 1)
        #expect(street.run(atMost: 60) { street.isOpen(far) && street.isOpen(near) })
        street.nodes[1].wallOffsetSeconds = offset
        street.emit(far, near: [1])
        street.emit(far, near: [2])
        street.run(seconds: 60)
        #expect(street.nodes[1].log.relayed == 0)
        #expect(street.nodes[1].log.drops("clock") > 0)
        #expect(!street.isDelivered(far, 0) && !street.isDelivered(far, 1))
        street.emit(near, near: [1])
        street.run(seconds: 5)
        #expect(street.isDelivered(near, 0))
        // Set again, it lends again.
        street.nodes[1].wallOffsetSeconds = 0
        #expect(street.run(atMost: 240) { street.isDelivered(far, 1) })
        #expect(street.failures == [])
    }

    @Test func clocksThatDifferByLessThanTheToleranceStandInNobodysWay() throws {
        let street = VirtualStreet(seed: 53)
        for offset in [-59, 59, -59, 59] as [Int64] { try street.addNode(wallOffsetSeconds: offset) }
        for node in 1..<4 { street.connect(node - 1, node) }
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 240) { street.isOpen(sensor) })
        // Over the end of a slot, where tokens roll at different times.
        for _ in 0..<20 {
            street.emit(sensor, near: [3])
            street.run(seconds: 30)
        }
        #expect(street.run(atMost: 120) { street.heldPackets == 0 })
        #expect(street.nodes[0].disk.openings.count == 20)
        #expect(street.failures == [])
    }
}
