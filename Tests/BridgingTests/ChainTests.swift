import Relaying
import Testing
import Wire

@testable import Bridging

/// The way of one event over a chain of three houses, and what is left of it.
struct ChainTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func eventReachesItsHomeAndIsConfirmedAndNothingOfItIsHeldAfterwards(seed: UInt64) throws {
        let street = try VirtualStreet.chain(3, seed: seed)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.emit(sensor, near: [2])
        #expect(street.sensors[sensor].emissions[0].sealers == [2])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
        #expect(street.run(atMost: 10) { street.heldPackets == 0 })
        #expect(street.nodes.map(\.log.taken) == [0, 1, 1])
        #expect(street.nodes.map(\.log.ledgerConfirmed) == [0, 1, 1])
        #expect(street.nodes.map(\.log.ledgerDrops) == [0, 0, 0])
        #expect(street.nodes[0].disk.openings.count == 1)
        #expect(street.failures == [])
    }

    @Test func eventHeardAtItsHomeIsOpenedThereAndNeverTravels() throws {
        let street = try VirtualStreet.chain(3, seed: 4)
        let sensor = try street.adoptSensor(home: 1)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.emit(sensor, near: [1])
        street.run(seconds: 5)
        #expect(street.isDelivered(sensor, 0))
        #expect(street.nodes.allSatisfy { $0.log.relayed == 0 })
        #expect(street.failures == [])
    }

    @Test func eventWaitsForARouteWhereItMayBeHeldAndIsDroppedWhereNot() throws {
        for scope in [[.relay, .hold], [.relay]] as [ConsentBits] {
            let street = try VirtualStreet.chain(3, seed: 5)
            let sensor = try street.adoptSensor(home: 0, scope: scope)
            #expect(street.run(atMost: 60) { street.isOpen(sensor) })
            street.cut(0, 1)
            street.run(seconds: 30)
            street.emit(sensor, near: [2])
            street.run(seconds: 60)
            street.connect(0, 1)
            street.run(seconds: 240)
            #expect(street.isDelivered(sensor, 0) == scope.contains(.hold))
            #expect(street.heldPackets == 0)
            let drops = street.nodes.reduce(0) { $0 + $1.log.drops("no_route") }
            #expect(drops > 0 || scope.contains(.hold))
            #expect(street.failures == [])
        }
    }

    @Test func eventOpenedBeforeACrashOfTheHomeIsConfirmedAfterItAndNotOpenedAgain() throws {
        let street = try VirtualStreet.chain(3, seed: 6)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.emit(sensor, near: [2])
        // It is on disk, and the power goes before the bridge can confirm it.
        while !street.isDelivered(sensor, 0), street.time < 600_000_000 { street.run(until: street.time + 1_000) }
        street.crash(0)
        street.run(seconds: 5)
        #expect(street.heldPackets > 0)
        try street.start(0)
        #expect(street.run(atMost: 240) { street.heldPackets == 0 })
        #expect(street.nodes[0].disk.openings.count == 1)
        #expect(street.nodes[1].log.ledgerConfirmed == 1)
        #expect(street.failures == [])
    }

    @Test func eventIsOpenedOnlyOnceItIsStoredAndIsHandedOnAgainWhenTheDiskFails() throws {
        let street = try VirtualStreet.chain(2, seed: 7)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.failingWrites = 2
        street.emit(sensor, near: [1])
        street.run(seconds: 5)
        #expect(!street.isDelivered(sensor, 0))
        #expect(street.run(atMost: 240) { street.isDelivered(sensor, 0) && street.heldPackets == 0 })
        #expect(street.failures == [])
    }

    /// Many events wait for a route, which comes back over a radio that takes one message at a time.
    @Test func manyEventsAtOnceFitWhatTheDaemonKeepsForABlockedChannel() throws {
        var settings = StreetSettings()
        settings.inFlightMax = 1
        let street = VirtualStreet(seed: 8, settings: settings)
        let limits = LendingLimits(rateBits: 1_000_000, burstBytes: 60_000, monthBytes: 100_000_000)
        for _ in 0..<3 { try street.addNode(.lending(limits)) }
        street.connect(0, 1)
        street.connect(1, 2)
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0, ratePerMinute: 1_000)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.cut(0, 1)
        street.run(seconds: 3)
        for _ in 0..<300 { street.emit(sensor, near: [1]) }
        #expect(street.heldPackets(1) == 300)
        street.connect(0, 1)
        #expect(street.run(atMost: 240) { street.heldPackets == 0 })
        #expect(street.nodes[0].disk.openings.count == 300)
        #expect(street.failures == [])
    }
}
