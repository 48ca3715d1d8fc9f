import SeededRandom
import Testing

@testable import Bridging

/// Whoever is no member: what a stranger sends, records or repeats harms nobody.
struct StrangerTests {
    /// A chain with a stranger near its middle bridge, all linked.
    private func streetWithStranger(seed: UInt64) throws -> (street: VirtualStreet, stranger: Int) {
        let street = try VirtualStreet.chain(3, seed: seed)
        street.run(seconds: 30)
        #expect(street.links(1) == 2)
        return (street, street.addStranger())
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func randomBytesFromStrangersEndTheirChannelsAndNothingElse(seed: UInt64) throws {
        let (street, stranger) = try streetWithStranger(seed: 60 + seed)
        let down = street.nodes[1].log.linksDown
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            guard let channel = street.openChannel(from: stranger, to: 1) else { continue }
            for _ in 0..<random.number(below: 4) {
                // Often the length and type of a genuine message.
                var bytes = random.bytes(random.chance(50) ? 67 : random.number(in: 1...512))
                if random.chance(50) { bytes[0] = [0x11, 0x12, 0x21, 0x31][random.number(below: 4)] }
                street.fly(bytes, on: channel, to: 1)
            }
            street.run(until: street.time + Int64(random.number(in: 1...300)) * 1000)
        }
        street.run(seconds: 3)
        #expect(street.channels.allSatisfy { !$0.touches(stranger) }, "a silent stranger is let go after 2 s")
        #expect(street.nodes[1].log.linksDown == down)
        #expect(street.messagesTo(stranger) == 0, "a stranger is told nothing")
        #expect(street.failures == [])
    }

    @Test func manyStrangersAtOnceKeepBoundedPlacesBusyAndMembersStillLink() throws {
        let (street, stranger) = try streetWithStranger(seed: 65)
        for _ in 0..<40 { street.openChannel(from: stranger, to: 1) }
        let sessions = street.nodes[1].running?.bridge.sessions.strangerCount
        #expect(sessions == SessionTable.strangersMax)
        street.cut(0, 1)
        street.run(seconds: 3)
        street.connect(0, 1)
        #expect(street.run(atMost: 60) { street.links(1) == 2 })
        #expect(street.failures == [])
    }

    @Test func recordedHelloIsAnsweredWithSilence() throws {
        let street = VirtualStreet(seed: 66)
        for _ in 0..<2 { try street.addNode() }
        street.connect(0, 1)
        var hellos: [(called: Int, bytes: [UInt8])] = []
        street.tap = { channel, end, bytes in
            if bytes.count == 67 { hellos.append((channel.ends[end].node, bytes)) }
        }
        try street.foundAndInviteAll()
        street.run(seconds: 20)
        street.tap = nil
        let stranger = street.addStranger()
        let hello = try #require(hellos.last)
        for _ in 0..<5 {
            let channel = try #require(street.openChannel(from: stranger, to: hello.called))
            street.fly(hello.bytes, on: channel, to: 1)
            street.run(seconds: 1)
        }
        #expect(street.messagesTo(stranger) == 0)
        #expect(street.channels.allSatisfy { !$0.touches(stranger) })
        #expect(street.links(0) == 1 && street.links(1) == 1)
        #expect(street.failures == [])
    }

    /// A hello that never reached its bridge comes from somebody else, who cannot go on.
    @Test(arguments: [true, false])
    func handshakeThatIsNotFinishedEndsInItsTime(isGarbageSent: Bool) throws {
        let street = VirtualStreet(seed: 67)
        for _ in 0..<2 { try street.addNode() }
        street.connect(0, 1)
        try street.foundAndInviteAll()
        var stolen: (called: Int, bytes: [UInt8])?
        for _ in 0..<4_000 where stolen == nil {
            street.run(until: street.time + 5_000)
            for channel in street.channels where channel.isUp && channel.ends[1].arriving.first?.count == 67 {
                stolen = (channel.ends[1].node, channel.ends[1].arriving[0])
                street.cut(0, 1)
            }
        }
        let hello = try #require(stolen)
        let stranger = street.addStranger()
        let channel = try #require(street.openChannel(from: stranger, to: hello.called))
        street.fly(hello.bytes, on: channel, to: 1)
        street.run(seconds: 1)
        #expect(street.messagesTo(stranger) == 1, "the reply, which only a member can read")
        if isGarbageSent { street.fly([0x31] + Array(repeating: 7, count: 64), on: channel, to: 1) }
        street.run(seconds: isGarbageSent ? 1 : 6)
        #expect(street.channels.allSatisfy { !$0.touches(stranger) })
        street.connect(0, 1)
        #expect(street.run(atMost: 60) { street.links(0) == 1 })
        #expect(street.failures == [])
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func garbageOnALinkEndsThatLinkOnlyAndItComesBack(seed: UInt64) throws {
        let (street, _) = try streetWithStranger(seed: 70 + seed)
        let linkUps = street.nodes[2].log.linksUp
        let channel = try #require(street.channels.first { $0.isUp && $0.isBetween(0, 1) })
        street.fly(SplitMix64.bytes(seed: seed, count: Int(seed) * 40), on: channel, to: Int(seed % 2))
        street.run(seconds: 2)
        #expect(street.links(1) == 1 && street.links(2) == 1)
        #expect(street.run(atMost: 90) { street.links(1) == 2 })
        #expect(street.nodes[2].log.linksUp == linkUps)
        #expect(street.failures == [])
    }

    /// On a noisy street every hundredth message is altered: links break and come back, and every event arrives.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func alteredMessagesCostLinksButNoEvents(seed: UInt64) throws {
        let street = try VirtualStreet.chain(4, seed: 80 + seed)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 90) { street.isOpen(sensor) })
        street.alteredPermille = 10
        for _ in 0..<15 {
            street.emit(sensor, near: [3])
            street.run(seconds: 10)
        }
        street.alteredPermille = 0
        #expect(street.run(atMost: 400) { street.nodes[0].disk.openings.count == 15 && street.heldPackets == 0 })
        #expect(street.failures == [])
    }

    @Test func bridgesOfDifferentNetworksNextToEachOtherNeverLink() throws {
        let street = VirtualStreet(seed: 90)
        for _ in 0..<4 { try street.addNode() }
        for first in 0..<4 { for second in (first + 1)..<4 { street.connect(first, second) } }
        for (founder, guest) in [(0, 1), (2, 3)] {
            try street.found(at: founder)
            #expect(try street.invite(guest, by: founder))
        }
        let sensor = try street.adoptSensor(home: 0)
        street.run(seconds: 120)
        #expect((0..<4).map { street.links($0) } == [1, 1, 1, 1])
        #expect(street.channels.allSatisfy { $0.isBetween(0, 1) || $0.isBetween(2, 3) })
        street.emit(sensor, near: [2, 3])
        street.run(seconds: 20)
        #expect(street.sensors[sensor].emissions[0].sealers.isEmpty)
        #expect(street.nodes.allSatisfy { $0.log.handshakesFailed == 0 })
        #expect(street.failures == [])
    }
}
