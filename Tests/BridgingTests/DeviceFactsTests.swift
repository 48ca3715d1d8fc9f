import Devices
import Testing
import Wire

@testable import Bridging

/// What a home knows of the steps of its own devices' events.
struct DeviceFactsTests {
    private func facts(_ street: VirtualStreet) throws -> DeviceFacts {
        try #require(street.nodes[0].running?.bridge.devices.first?.facts)
    }

    @Test func stepsOfAnEventFromAfarAreNoted() throws {
        let street = try VirtualStreet.chain(3, seed: 41)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        #expect(try facts(street).packetAt == nil)
        for _ in 0..<12 {
            street.emit(sensor, near: [2])
            street.run(seconds: 20)
            // The second house lowered the limit by one; whatever was drawn, two bridges lie within what is told.
            #expect(try facts(street).bridgesPassed.contains(2))
        }
        let known = try facts(street)
        #expect(known.heardAt == nil)
        #expect(known.packetAt != nil && known.openedAt != nil && known.storedAt != nil)
        #expect(known.failedAt == nil && known.storeFailedAt == nil)
    }

    @Test func plainFrameAtTheOwnRadioIsNotedAndAnEncryptedOneAfterIt() throws {
        let street = try VirtualStreet.chain(2, seed: 42)
        let sensor = try street.adoptSensor(home: 0)
        let address = RadioAddress(value: street.sensors[sensor].address, kind: .random)
        let plain = try BTHomeAdvertisement.bytes(serviceData: [0x40, 0x2d, 1, 1, 90, 0, 0, 0, 0, 0])
        street.hear(plain, from: address, at: 0)
        #expect(try facts(street).hearing == .unusable(.notEncrypted))
        street.emit(sensor, near: [0])
        #expect(try facts(street).hearing == .taken)
        street.emit(sensor, near: [0])
        street.run(seconds: 1)
        street.repeatLast(sensor, near: [0])
        #expect(try facts(street).hearing == .taken)
    }

    @Test func eventFromBeyondTheOrdinaryHopLimitComesHomeWhereTheWayIsKnown() throws {
        let street = try VirtualStreet.chain(13, seed: 45)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        street.run(seconds: 60)
        for _ in 0..<4 {
            street.emit(sensor, near: [12])
            street.run(seconds: 20)
            #expect(try facts(street).bridgesPassed.contains(12))
        }
        #expect(try facts(street).packetAt != nil)
    }

    @Test func firstHopLimitGrowsWithTheWayUpToTheHighest() {
        for drawn in DeviceFacts.firstHopLimits {
            for hops in 0...6 { #expect(Int(DeviceFacts.firstHopLimit(drawn: drawn, hops: hops)) == drawn) }
            #expect(Int(DeviceFacts.firstHopLimit(drawn: drawn, hops: 9)) == drawn + 3)
            #expect(DeviceFacts.firstHopLimit(drawn: drawn, hops: 600) == PacketLayout.hopLimitMax)
        }
    }

    @Test func hopLimitsOfAnyValueMakeARange() {
        for limit in 0...255 as ClosedRange<UInt8> {
            var facts = DeviceFacts()
            facts.packetHopLimit = limit
            #expect(facts.bridgesPassed.lowerBound >= 1)
        }
    }
}
