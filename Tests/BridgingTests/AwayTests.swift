import Bridging
import Testing
import Wire

/// A home that was away for days finds its way back by itself.
struct AwayTests {
    private static let day: Int64 = 86_400

    /// Houses in a row that seldom advertise, for days are long.
    private func street(seed: UInt64) throws -> (VirtualStreet, sensor: Int) {
        var settings = StreetSettings()
        settings.beaconMilliseconds = 5_000
        let street = VirtualStreet(seed: seed, settings: settings)
        for _ in 0..<3 { try street.addNode() }
        street.connect(0, 1)
        street.connect(1, 2)
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0, scope: [.relay, .hold])
        #expect(street.run(atMost: 300) { street.isOpen(sensor) })
        return (street, sensor)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func homeThatWasAwayForThreeDaysProvesItsGrantsAnewAndEventsComeAgain(seed: UInt64) throws {
        let (street, sensor) = try street(seed: 100 + seed)
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
        street.crash(0)
        street.run(seconds: 300)
        // The neighbours are off for most of it, so that the test is not.
        for house in [1, 2] { street.crash(house) }
        street.run(seconds: 3 * Self.day)
        for house in [1, 2] { try street.start(house) }
        street.run(seconds: 300)
        // A forgotten yes has ended by itself: nothing is taken up, nothing held.
        #expect(!street.isLive(sensor, at: 1) && !street.isLive(sensor, at: 2))
        street.emit(sensor, near: [2])
        #expect(street.sensors[sensor].emissions[1].sealers.isEmpty)
        #expect(street.heldPackets == 0)

        try street.start(0)
        #expect(street.run(atMost: 600) { street.isOpen(sensor) })
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 60) { street.isDelivered(sensor, 2) })
        #expect(street.nodes[0].disk.openings.count == 2)
        #expect(street.failures == [])
    }

    @Test func whatWasHeldForAHomeArrivesWhenItIsBackAfterHours() throws {
        let (street, sensor) = try street(seed: 110)
        street.crash(0)
        street.run(seconds: 300)
        for _ in 0..<3 {
            street.emit(sensor, near: [2])
            street.run(seconds: 1800)
        }
        #expect(street.heldPackets > 0)
        try street.start(0)
        #expect(street.run(atMost: 900) { (0..<3).allSatisfy { street.isDelivered(sensor, $0) } })
        #expect(street.run(atMost: 60) { street.heldPackets == 0 })
        #expect(street.nodes[0].disk.openings.count == 3)
        #expect(street.failures == [])
    }
}
