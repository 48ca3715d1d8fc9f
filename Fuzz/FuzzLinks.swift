import Bridging
import Consent
import Relaying
import Sealing
import Wire

/// Two members hold links to a bridge and send it whatever they like: any frames, packets under live grants, records
/// of the network genuine and spoilt, answers, confirmations, routes; and all that can happen besides.
func fuzzLinks(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    let world = FuzzWorld(inNetwork: true, linksMax: 3)
    for member in [2, 3] { require(world.link(with: member), "no session with a member") }
    // Allowances begin empty: with these something may be lent from the start.
    while let reservation = world.takeReservation() {
        world.give { bridge, _, _ in bridge.reservationStored(reservation) }
    }
    world.pass(microseconds: 8_000_000, wallSeconds: 8)
    while !input.isAtEnd {
        if input.byte() < 30 { world.stepAnything(&input) } else { world.stepOfMember(&input, .shared) }
    }
}

extension FuzzWorld {
    /// Makes a link with a member, by a genuine handshake. False if the bridge is not to be called, or takes nobody now.
    @discardableResult
    func link(with member: Int) -> Bool {
        guard let beacon = beacons.first else { return false }
        let channel = openChannel(from: UInt64(member))
        let peer = FuzzPeer(channel: channel, identity: network.identities[member], seed: UInt64(channel.rawValue))
        add(peer)
        receive(channel, peer.hello(network.sessionKeys, beacon: Array(beacon.suffix(10))))
        guard peer.isRunning else { return false }
        // The home is one step beyond its member, so that packets find a way.
        say(peer) { target throws(WireError) in
            try FrameWriter.routes(
                [RouteEntry(home: peer.identity.memberID, sequenceNumber: 1, metric: 0)], into: target)
        }
        return true
    }

    /// Lets the peer send a frame.
    func say(_ peer: FuzzPeer, _ write: (UnsafeMutableRawBufferPointer) throws(WireError) -> Int) {
        var frame = [UInt8](repeating: 0, count: FrameLayout.bytesFrameMax)
        let count = frame.withUnsafeMutableBytes { target -> Int? in
            do throws(WireError) { return try write(target) } catch { return nil }
        }
        if let count { say(peer, Array(frame[..<count])) }
    }

    func say(_ peer: FuzzPeer, _ frame: [UInt8]) {
        if let message = peer.seal(frame) { receive(peer.channel, message) }
    }

    func stepOfMember(_ input: inout FuzzInput, _ maker: PacketMaker) {
        let running = peers.filter(\.isRunning)
        guard !running.isEmpty else {
            if input.byte() & 3 == 0 { link(with: 2 + input.below(2)) }
            return
        }
        let peer = running[input.below(running.count)]
        switch input.byte() % 16 {
        case 0...4: handPacket(peer, &input, maker)
        case 5, 6: answer(peer, &input)
        case 7: confirm(peer, &input)
        case 8: announce(peer, &input)
        case 9, 10: offerRecord(peer, &input)
        case 11: listRecords(peer, &input)
        case 12: say(peer, Array(input.bytes()))
        case 13: keepAlive(peer, &input)
        case 14: pass(microseconds: Int64(input.byte()) * 10_000, wallSeconds: 1)
        default:
            guard var message = peer.seal([0x70, input.byte()]) else { return }
            input.spoil(&message)
            receive(peer.channel, message)
        }
    }

    private func handPacket(_ peer: FuzzPeer, _ input: inout FuzzInput, _ maker: PacketMaker) {
        guard var packet = maker.packet(&input, now: now) else { return }
        input.spoil(&packet)
        say(peer, [MessageType.packet.rawValue] + packet)
    }

    private func answer(_ peer: FuzzPeer, _ input: inout FuzzInput) {
        let answer = Answer(byte: input.byte() & 3)
        let frame = peer.takePacket(at: Int(input.byte()))?.frame ?? input.integer()
        say(peer) { target throws(WireError) in
            try FrameWriter.answers([PacketAnswer(frameNumber: frame, answer: answer)], into: target)
        }
    }

    private func confirm(_ peer: FuzzPeer, _ input: inout FuzzInput) {
        let event = peer.takePacket(at: Int(input.byte()))?.eventID ?? UInt64(input.byte())
        say(peer) { target throws(WireError) in try FrameWriter.confirm([event, event &+ 1], into: target) }
    }

    private func announce(_ peer: FuzzPeer, _ input: inout FuzzInput) {
        let home = network.identities[input.below(network.identities.count)].memberID
        let (number, metric, isRequest) = (UInt16(input.byte()), input.integer(UInt16.self), input.bool())
        say(peer) { target throws(WireError) in
            try isRequest
                ? FrameWriter.routeRequest(
                    RouteRequest(home: home, sequenceNumber: number, hopsLeft: UInt8(metric & 63)), into: target)
                : FrameWriter.routes(
                    [RouteEntry(home: home, sequenceNumber: number, metric: metric)], into: target)
        }
    }

    private func offerRecord(_ peer: FuzzPeer, _ input: inout FuzzInput) {
        var record = network.records[input.below(network.records.count)]
        input.spoil(&record)
        say(peer, [MessageType.record.rawValue] + record)
    }

    private func listRecords(_ peer: FuzzPeer, _ input: inout FuzzInput) {
        let (isRequest, isLast) = (input.bool(), input.bool())
        let ids = input.bytes(atMost: 60).map { byte in
            Int(byte) < network.records.count ? Names.recordID(network.records[Int(byte)]) : UInt64(byte)
        }
        say(peer) { target throws(WireError) in
            try isRequest
                ? FrameWriter.recordRequest(ids, into: target)
                : FrameWriter.recordIDs(ids, isLast: isLast, into: target)
        }
    }

    private func keepAlive(_ peer: FuzzPeer, _ input: inout FuzzInput) {
        let choice = input.byte()
        say(peer) { target throws(WireError) in
            try choice < 240
                ? FrameWriter.keepalive(
                    Keepalive(isAnswer: choice & 1 == 1, number: UInt16(choice >> 1)), into: target)
                : FrameWriter.bye(.closing, into: target)
        }
    }
}

/// Makes packets as any member can: it knows tokens and relay keys of all grants.
final class PacketMaker {
    nonisolated(unsafe) static let shared = PacketMaker()
    private let network = FuzzNetwork.shared
    private var registry = FuzzNetwork.shared.registry(own: 0)

    /// A packet whose token and tag are right. For the bridge's own devices it holds a frame under its event's id, both
    /// genuine most often; for others junk, which no relay can tell from an event.
    func packet(_ input: inout FuzzInput, now: Moment) -> [UInt8]? {
        let device = network.devices[input.below(network.devices.count)]
        let slot = now.wall.slot &- UInt32(input.byte() & 3 == 3 ? 1 : 0)
        let counter = UInt32(input.byte())
        guard let grant = registry.grantIndex(of: device.grant.id), let token = registry.token(of: grant, slot: slot),
            var frame = device.frame(counter: counter, objects: [0x11, 1])
        else { return nil }
        input.spoil(&frame)
        let arena = FuzzArena()
        defer { arena.free() }
        let heard = HeardAdvertisement(
            addressKind: .random, address: device.address, serviceData: arena.view(frame))
        let genuineID = registry.eventID(of: grant, for: heard) ?? 0
        let header = PacketHeader(
            consentBits: input.byte() < 240 ? device.grant.record.scope : ConsentBits(rawValue: input.byte()),
            slot: slot, expiryMinute: now.wall.minute &+ UInt32(input.byte() & 15), token: token,
            eventID: input.byte() < 220 ? genuineID : UInt64(input.byte()))
        let hopLimit = max(1, input.byte() & 15)
        var bytes = [UInt8](repeating: 0, count: PacketLayout.bytesLarge)
        return try? bytes.withUnsafeMutableBytes { room in
            let event = HeardEvent(
                addressKind: .random, address: device.address, timeHeard: now.wall, serviceData: heard.serviceData)
            var plaintext = [UInt8](repeating: 0, count: PacketLayout.bytesPlaintextLarge)
            let count = try plaintext.withUnsafeMutableBytes { try event.write(into: $0) }
            let packet = try MutablePacket(starting: header, hopLimit: hopLimit, plaintextBytes: count, in: room)
            if device.home == FuzzWorld.own {
                try seal(Array(plaintext[..<count]), to: device, arena, into: packet)
            } else {
                for place in packet.sealed.indices { packet.sealed[place] = UInt8(counter & 1) }
            }
            guard let tag = registry.relayTag(of: grant, for: packet.view) else { return nil }
            packet.setRelayTag(tag)
            return Array(packet.bytes)
        }
    }

    private func seal(
        _ plaintext: [UInt8], to device: FuzzNetwork.Device, _ arena: FuzzArena, into packet: MutablePacket
    ) throws {
        let ephemeralKey = try HPKE.deriveKey(SecretBytes([UInt8](repeating: 1, count: 32)))
        _ = try HPKE.seal(
            to: device.grant.record.sealingKey, ephemeralKey: ephemeralKey,
            info: arena.view(Array("sidegate 1 event".utf8)), associatedData: packet.view.immutableHeader,
            plaintext: arena.view(plaintext), into: packet.sealed)
    }
}
