import Consent
import Sealing
import Testing
import Wire

@testable import Bridging

/// What a bridge finds on its disk and cannot use.
struct RestoringTests {
    private func junk(_ number: Int) -> [UInt8] { [0x12] + SplitMix64.bytes(seed: UInt64(number), count: 100) }

    private func ids(_ street: VirtualStreet, _ node: Int) -> Set<UInt64> {
        Set(street.nodes[node].disk.records.map(\.id))
    }

    @Test func rowsThatWillNeverBeTakenAreForgottenOnDiskAndTheOthersStay() throws {
        let street = try VirtualStreet.chain(2, seed: 630)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        let before = ids(street, 1)
        street.crash(1)
        let disk = street.nodes[1].disk
        let grant = try #require(disk.records.first { $0.bytes.first == 0x12 })
        var altered = grant.bytes
        altered[40] ^= 1
        // Of a later version: not to be understood, and not to be thrown away. Of an unknown signer: that may still come.
        let later: [UInt8] = [0x21] + SplitMix64.bytes(seed: 1, count: 50)
        let departure = DepartureRecord(member: 77, time: WallTime(seconds: 5))
        let early = try departure.signed(by: street.nodes[0].disk.identity().signingKey).array()
        for bytes in [altered, later, early] { street.nodes[1].disk.store(bytes, id: Names.recordID(bytes)) }
        let many = Bridge.forgottenAtOnceMax + 100
        for number in 0..<many { street.nodes[1].disk.store(junk(number), id: Names.recordID(junk(number))) }
        try street.start(1)
        #expect(ids(street, 1).count > before.count + 90, "not all of them at once")
        street.run(seconds: 130)
        #expect(ids(street, 1) == before.union([Names.recordID(later), Names.recordID(early)]))
        #expect(street.failures == [])
    }

    @Test func clockThatRanAheadAtTheStartCostsNoRecords() throws {
        let street = try VirtualStreet.chain(2, seed: 631)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.nodes[0].disk.clock = street.moment(of: 0).wall
        let before = ids(street, 0)
        street.crash(0)
        street.cut(0, 1)
        // Longer than the owner's opt-in of 90 days.
        street.nodes[0].wallOffsetSeconds = 200 * 86_400
        try street.start(0)
        street.run(seconds: 300)
        #expect(ids(street, 0).isSuperset(of: before))
        street.nodes[0].wallOffsetSeconds = 0
        street.connect(0, 1)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        street.emit(sensor, near: [1])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
    }
}
