import Consent
import Devices
import Relaying
import Sealing
import Testing
import Wire

@testable import Bridging

/// What a member can do who lies: it has the network's keys and every grant's relay key, and can hear and record devices.
@Suite struct LiarTests {
    /// Node 1 seals `serviceData` to the home of the street's only sensor, under an event id of its choice, and sends it.
    private func lie(_ street: VirtualStreet, serviceData: [UInt8], eventID: UInt64, heardSecondsAgo: Int64 = 0) throws
    {
        let sensor = street.sensors[0]
        try street.drive(1) { bridge, now, effects throws in
            let held = bridge.network
            let network = try #require(held)
            let grant = try #require(network.registry.grantIndex(of: sensor.grantID))
            let entry = try #require(network.registry.grant(at: grant))
            let token = try #require(network.registry.token(of: grant, slot: now.wall.slot))
            let header = PacketHeader(
                consentBits: entry.scope, slot: now.wall.slot,
                expiryMinute: EventLife.expiryMinute(heard: now.wall, consentBits: entry.scope), token: token,
                eventID: eventID)
            let ephemeralKey = try bridge.sealingKeys.take(now: now.instant, random: &bridge.random)
            try serviceData.withUnsafeBytes { data in
                let event = HeardEvent(
                    addressKind: .random, address: sensor.address,
                    timeHeard: now.wall.advanced(seconds: -heardSecondsAgo), serviceData: data)
                let packet = try bridge.seal(
                    event, header: header, hopLimit: 6, to: entry.record.sealingKey, grant: grant,
                    ephemeralKey: ephemeralKey, network: network)
                let facts = PacketFacts(
                    grant: grant, home: entry.record.home, eventClass: entry.eventClass,
                    mayHold: true)
                _ = bridge.relay.offer(
                    packet, facts, hopLimit: 6, from: LinkNumbers.ownRadio, routes: bridge.neighbours, now: now)
            }
            bridge.advance(now: now, into: &effects)
        }
    }

    private func serviceData(_ emission: StreetSensor.Emission) throws -> [UInt8] {
        try emission.data.withUnsafeBytes { data in
            let range = try #require(BTHomeAdvertisement.find(in: data))
            return Array(data[range])
        }
    }

    @Test func recordedFrameUnderAnotherEventIDIsNotOpenedAgain() throws {
        let street = try VirtualStreet.chain(3, seed: 901)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 60) { street.isDelivered(sensor, 0) })
        let recorded = try serviceData(street.sensors[sensor].emissions[0])
        try lie(street, serviceData: recorded, eventID: 0xdead_beef)
        street.run(seconds: 30)
        #expect(street.nodes[0].disk.openings.count == 1)
        #expect(street.nodes[0].log.drops("not_opened") > 0)
        #expect(street.failures == [])
    }

    @Test func frameUnderAnotherEventsIDDoesNotMakeThatEventVanish() throws {
        let street = try VirtualStreet.chain(3, seed: 902)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        // Two frames that nobody on the street heard: the liar recorded both, and gives the second the first one's id.
        street.emit(sensor, near: [])
        street.emit(sensor, near: [])
        let emissions = street.sensors[sensor].emissions
        try lie(street, serviceData: try serviceData(emissions[1]), eventID: emissions[0].eventID)
        street.run(seconds: 20)
        #expect(street.nodes[0].disk.openings.isEmpty)
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 60) { street.isDelivered(sensor, 2) })
    }

    @Test func frameOlderThanOneThatWasHeardLongBeforeItIsARecording() throws {
        let street = try VirtualStreet.chain(2, seed: 903)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.emit(sensor, near: [])
        street.emit(sensor, near: [1])
        #expect(street.run(atMost: 60) { street.isDelivered(sensor, 1) })
        street.run(seconds: 300)
        let emission = street.sensors[sensor].emissions[0]
        try lie(street, serviceData: try serviceData(emission), eventID: emission.eventID)
        street.run(seconds: 20)
        #expect(street.nodes[0].disk.openings.count == 1)
    }
}

/// What an owner is told of own devices whose frames nobody can open.
@Suite struct UnusableFrameTests {
    @Test func plainFrameOfAnOwnDeviceIsToldToItsOwnerWhateverTheHostLends() throws {
        let street = try VirtualStreet.chain(2, seed: 904)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        let address = street.sensors[sensor].address
        street.drive(0) { bridge, now, effects in bridge.setOptedOut(true, now: now, into: &effects) }
        let plain: [UInt8] = [0x02, 0x01, 0x06, 0x06, 0x16, 0xd2, 0xfc, 0x40, 0x01, 0x64]
        let failure = street.drive(0) { bridge, now, effects in
            plain.withUnsafeBytes { data in
                bridge.heard(
                    from: RadioAddress(value: address, kind: .random), signalDBm: -60, data: data, now: now,
                    into: &effects)
            }
            return bridge.devices.first?.lastFailure
        }
        #expect(failure == .some(.notBTHome(.notEncrypted)))
        #expect(street.nodes[0].log.drops("not_encrypted") == 1)
    }
}

/// Noes that found a link's places taken.
@Suite struct StuckNoTests {
    @Test func revocationLeavesABridgeThatOptedOutWhileItsListsWaited() throws {
        let street = try VirtualStreet.chain(2, seed: 905)
        let sensors = try (0..<40).map { _ in try street.adoptSensor(home: 0) }
        #expect(street.run(atMost: 600) { sensors.allSatisfy { street.isOpen($0) } })
        street.drive(0) { bridge, now, effects in
            for case let session? in bridge.sessions.links { bridge.startExchange(session, now: now) }
            bridge.queueRecordMessages()
            bridge.setOptedOut(true, now: now, into: &effects)
        }
        try street.revoke(sensors[0])
        #expect(street.run(atMost: 30) { !street.isLive(sensors[0], at: 1) })
    }
}

/// A dishonest inviter that binds a neighbour's static key to a signing key of its own.
@Suite struct StolenKeyTests {
    @Test func recordWithANeighboursStaticKeyKeepsThatNeighbourFromNothing() throws {
        let street = VirtualStreet(seed: 906)
        for _ in 0..<4 { try street.addNode() }
        let (founder, liar, newcomer, victim) = (0, 1, 2, 3)
        street.connect(founder, liar)
        street.connect(liar, newcomer)
        try street.found(at: founder)
        #expect(try street.invite(liar, by: founder))
        #expect(try street.invite(newcomer, by: liar))
        let stolen = try street.nodes[victim].disk.identity().staticKey.publicKey
        try street.drive(liar) { bridge, now, effects in
            let lie = try MemberRecord(
                staticKey: stolen, signingKey: bridge.identity.signingKey.publicKey,
                inviter: bridge.identity.memberID, issued: now.wall, name: MemberName("house 3")
            ).signed(by: bridge.identity.signingKey)
            bridge.take(record: try lie.array(), from: nil, now: now, into: &effects)
        }
        // Everybody believes the lie before the neighbour is there.
        let members = { (node: Int) in street.nodes[node].running?.bridge.network?.registry.membership.members ?? [] }
        #expect(
            street.run(atMost: 60) {
                [founder, newcomer].allSatisfy { node in members(node).contains { $0.record?.staticKey == stolen } }
            })
        street.connect(founder, victim)
        #expect(try street.invite(victim, by: founder))
        street.connect(newcomer, victim)
        street.cut(liar, newcomer)
        let sensor = try street.adoptSensor(home: victim)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        let identity = try street.nodes[victim].disk.identity()
        #expect(
            street.run(atMost: 60) {
                street.nodes[newcomer].running?.bridge.sessions.link(toMember: identity.memberID) != nil
            })
        street.emit(sensor, near: [newcomer])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
        #expect(street.failures == [])
    }

    @Test func everyMemberKnowsTheNetworkByTheNameThatItsFounderGaveIt() throws {
        let street = try VirtualStreet.chain(3, seed: 907)
        for node in 0..<3 {
            #expect(street.drive(node) { bridge, now, _ in bridge.report(now: now).networkName } == "The Row")
        }
    }
}
