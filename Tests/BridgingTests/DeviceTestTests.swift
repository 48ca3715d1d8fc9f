import Consent
import Testing
import Wire

@testable import Bridging

/// A marked event along the real way.
struct DeviceTestTests {
    private func start(_ street: VirtualStreet, at home: Int = 0, device: Int64 = 1) throws -> Int {
        try street.drive(home) { bridge, now, effects in
            try bridge.startTest(device: device, now: now, into: &effects)
        } ?? 0
    }

    private func cameBack(_ street: VirtualStreet, at home: Int = 0) -> [String] {
        (street.nodes[home].running?.bridge.testOutcome?.neighbours ?? []).filter { $0.milliseconds != nil }.map(\.name)
    }

    /// One home in the middle of two neighbours, with a device.
    private func street(seed: UInt64, scope: ConsentBits = [.relay]) throws -> VirtualStreet {
        let street = try VirtualStreet.chain(3, seed: seed)
        let sensor = try street.adoptSensor(home: 1, scope: scope)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) && street.links(1) == 2 })
        return street
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func testComesHomeByEveryNeighbourWhoLendsAndIsNotDelivered(seed: UInt64) throws {
        let street = try street(seed: seed)
        #expect(try start(street, at: 1) == 2)
        #expect(street.run(atMost: 10) { self.cameBack(street, at: 1).count == 2 })
        let facts = try #require(street.nodes[1].running?.bridge.devices[0].facts)
        #expect(facts.testedAt != nil && facts.testAsked == 2 && facts.testCameBack == 2)
        #expect(street.nodes[1].disk.openings.isEmpty)
        #expect(street.nodes[0].log.sealed == 1 && street.nodes[2].log.sealed == 1)
        street.run(seconds: 30)
        #expect(street.heldPackets == 0)
        #expect(street.nodes[1].running?.bridge.devices[0].facts.packetAt == nil)
        #expect(street.nodes[1].running?.bridge.devices[0].facts.failure == nil)
        // The device's own events come as ever.
        street.emit(0, near: [2])
        #expect(street.run(atMost: 30) { street.isDelivered(0, 0) })
        #expect(street.failures == [])
    }

    @Test func hostWhoOptedOutSendsNothingAndLooksLikeOneWhoDoesNotKnowTheTest() throws {
        let street = try street(seed: 5)
        street.setOptedOut(true, 2)
        street.run(seconds: 5)
        #expect(try start(street, at: 1) == 2)
        street.run(seconds: 10)
        #expect(cameBack(street, at: 1) == ["house 0"])
        #expect(street.nodes[2].log.sealed == 0 && street.nodes[2].log.packetSized == 0)
        #expect(street.failures == [])
    }

    @Test func grantThatAllowsNoRelayIsTestedByNobody() throws {
        let street = try VirtualStreet.chain(2, seed: 6)
        let sensor = try street.adoptSensor(home: 0, scope: [.hold])
        #expect(street.run(atMost: 120) { street.isLive(sensor, at: 1) })
        #expect(try start(street) == 1)
        street.run(seconds: 10)
        #expect(cameBack(street).isEmpty)
    }

    @Test func neighbourTakesUpNoTestOfAnotherHomesGrant() throws {
        let street = try street(seed: 7)
        let grantID = street.sensors[0].grantID
        // House 0 asks the home itself, and would ask others, for a grant that is not its own.
        street.drive(0) { bridge, now, effects in
            guard let link = bridge.sessions.links.compactMap({ $0 }).first else { return }
            let request = TestRequest(grantID: grantID, random: Bytes16())
            bridge.send(link, into: &effects) { target throws(WireError) in
                try FrameWriter.testRequest(request, into: target)
            }
        }
        let before = street.nodes[1].running?.bridge.counters.messagesIgnored
        street.run(seconds: 5)
        #expect(street.nodes[1].running?.bridge.counters.messagesIgnored == (before ?? 0) + 1)
        #expect(street.nodes[1].log.sealed == 0)
    }

    @Test func neighbourTakesUpATestOnlySeldom() throws {
        var quota = TestQuota()
        var taken = 0
        for second in 0..<3600 as Range<Int64> where quota.allows(7, now: Instant(microseconds: second * 1_000_000)) {
            taken += 1
        }
        #expect(taken == TestQuota.perHourMax)
        func allows(_ member: UInt64, at seconds: Int64) -> Bool {
            quota.allows(member, now: Instant(microseconds: seconds * 1_000_000))
        }
        let (atTheHour, justAfter) = (allows(7, at: 3_600), allows(7, at: 3_601))
        #expect(atTheHour && !justAfter)
        // Others have their own, and their number is bounded.
        let others = (100..<200 as Range<UInt64>).map { allows($0, at: 4_000) }
        #expect(others.allSatisfy { $0 })
        let again = allows(7, at: 4_001)
        #expect(again)
    }

    @Test func homeAsksOnceInTenSecondsAndLetsAnOldTestGo() throws {
        let street = try street(seed: 8)
        #expect(try start(street, at: 1) == 2)
        #expect(throws: BridgeError.testTooSoon) { try start(street, at: 1) }
        #expect(throws: BridgeError.unknownDevice) { try start(street, at: 1, device: 99) }
        // What was asked for before a restart comes to a home that knows nothing of it: no failure, no delivery.
        street.crash(1)
        try street.start(1)
        #expect(street.run(atMost: 120) { street.links(1) == 2 })
        street.run(seconds: 60)
        #expect(street.nodes[1].disk.openings.isEmpty)
        #expect(street.nodes[1].running?.bridge.devices[0].facts.failure == nil)
        #expect(try start(street, at: 1) == 2)
        #expect(street.run(atMost: 10) { self.cameBack(street, at: 1).count == 2 })
        #expect(street.failures == [])
    }
}
