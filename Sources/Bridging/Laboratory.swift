import Consent
import Relaying
import Sealing
import Wire

// What the laboratory sees of a bridge that nobody else does, and what its liars do with one's keys. Nothing of it is
// in the way of a bridge that nobody watches: a trace that is not wanted is one branch.

/// What happened to a packet or a link, with the event's id: for the laboratory alone, which knows all events anyway.
package enum BridgeTrace {
    /// An event was heard and made a packet, which custody took or refused.
    case sealed(eventID: UInt64, isTaken: Bool)
    /// A packet that came over the channel was accepted: by custody, if `isHeld`, else by the home, or as a copy. With this
    /// hop limit it came.
    case taken(eventID: UInt64, LinkChannel, isHeld: Bool, hopLimit: UInt8)
    /// A packet leaves over the channel.
    case handed(PacketHandle, eventID: UInt64, bytes: Int, LinkChannel)
    /// Custody of one copy ended: confirmed, if there is no reason.
    case ended(eventID: UInt64, Reason?)
    case linkUp(LinkChannel)
    case linkDown(LinkChannel)
}

/// Figures that must agree with each other at every moment.
package struct BridgeFigures {
    package var taken: UInt64
    package var confirmed: UInt64
    package var dropped: UInt64
    package var held: Int
    package var links: Int
    package var strangers: Int
    package var attempts: Int
}

extension Bridge {
    package static var strangersMax: Int { SessionTable.strangersMax }
    package static var attemptsMax: Int { SessionTable.attemptsMax }

    // `mutating` although they change nothing: what only reads a bridge in an object is given a copy of all of it.

    package var figures: BridgeFigures {
        mutating get {
            let counts = relay.counts
            return BridgeFigures(
                taken: counts.taken, confirmed: counts.confirmed, dropped: counts.dropped, held: relay.heldPackets,
                links: sessions.linkCount, strangers: sessions.strangerCount, attempts: sessions.attemptCount)
        }
    }

    /// Drains the ledger for the bytes sent alone.
    package mutating func drainBytesLent() -> Int { relay.hasLedger ? relay.drainBytesLent() : 0 }

    /// `nextDeadline`.
    package var due: Instant { mutating get { earliest() } }

    /// When whoever was heard is looked at: all that hearing a network's beacon brings nearer.
    package var lookDeadline: Instant { mutating get { neighbours.lookDeadline } }

    /// Whether it listens for an invitation.
    package var isJoining: Bool { mutating get { joining != nil } }

    /// The bytes of a packet in custody, as it was handed over.
    package func packetBytes(_ handle: PacketHandle) -> UnsafeRawBufferPointer? { relay.packet(handle) }

    /// Whether there is a way to a home now.
    package func hasRoute(to home: UInt64) -> Bool {
        home == identity.memberID || neighbours.nextHop(for: home, excluding: 0) != nil
    }

    func eventID(of packet: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(littleEndian: packet.loadUnaligned(fromByteOffset: PacketLayout.offsetEventID, as: UInt64.self))
    }

    func trace(taken packet: PacketView, over link: LinkNumber, isHeld: Bool, into effects: inout Effects) {
        guard effects.tracesWanted, let session = sessions.hot(link: link) else { return }
        effects.trace(
            .taken(
                eventID: packet.eventID, session.pointee.channel, isHeld: isHeld, hopLimit: packet.hopLimit))
    }

    /// Whether any key that this bridge has, or one of `others`, opens a packet: what no bridge but the home may.
    package func opens(_ bytes: UnsafeRawBufferPointer, others: [AgreementKey]) -> Bool {
        guard let packet = try? PacketView(bytes) else { return false }
        var keys = [identity.staticKey] + home.devices.map(\.sealingKey) + others
        if let stored = network?.stored {
            keys += [stored.networkKey, stored.recognitionKey].compactMap { try? AgreementKey($0) }
        }
        return keys.contains { unseal(packet, with: $0) != nil }
    }

    // MARK: Lies

    /// Sends a message, type and body, that no honest bridge would send now. False if the channel is no link.
    package mutating func utter(
        _ message: UnsafeRawBufferPointer, on channel: LinkChannel, into effects: inout Effects
    ) -> Bool {
        guard message.count >= 1, message.count <= FrameLayout.bytesFrameMax, let session = sessions.hot(channel),
            session.pointee.linkNumber != nil
        else { return false }
        return seal(message, for: session, into: &effects) != nil
    }

    /// The channels of all links.
    package var linkChannels: [LinkChannel] { sessions.links.compactMap { $0?.channel } }

    /// Homes that are known, as whoever announces false ways to them needs.
    package var memberIDs: [UInt64] { network?.registry.membership.members.map(\.id) ?? [] }

    /// A packet of junk with a genuine token and tag under any grant that is held, however dead. Nil without the grant.
    package mutating func forgedPacket(
        grantID: UInt64, eventID: UInt64, consentBits: ConsentBits, hopLimit: UInt8, junk: UInt8, now: Moment
    ) -> [UInt8]? {
        guard let network, let grant = network.registry.grantIndex(of: grantID),
            let token = network.registry.token(of: grant, slot: now.wall.slot)
        else { return nil }
        let header = PacketHeader(
            consentBits: consentBits, slot: now.wall.slot,
            expiryMinute: EventLife.expiryMinute(heard: now.wall, consentBits: consentBits), token: token,
            eventID: eventID)
        var bytes = [UInt8](repeating: junk, count: PacketLayout.bytesSmall)
        let isMade = bytes.withUnsafeMutableBytes { target in
            guard
                let packet = try? MutablePacket(
                    starting: header, hopLimit: hopLimit, plaintextBytes: PacketLayout.bytesPlaintextSmall, in: target),
                let tag = network.registry.relayTag(of: grant, for: packet.view)
            else { return false }
            packet.setRelayTag(tag)
            return true
        }
        return isMade ? bytes : nil
    }

    /// A heard event under a grant whatever the filter says of it.
    package mutating func sealedPacket(
        address: RadioAddress, serviceData: UnsafeRawBufferPointer, grantID: UInt64, now: Moment
    ) -> [UInt8]? {
        guard let network, let grant = network.registry.grantIndex(of: grantID),
            let entry = network.registry.grant(at: grant),
            let token = network.registry.token(of: grant, slot: now.wall.slot),
            let ephemeralKey = try? sealingKeys.take(now: now.instant, random: &random)
        else { return nil }
        let heard = HeardAdvertisement(addressKind: address.kind, address: address.value, serviceData: serviceData)
        guard let eventID = network.registry.eventID(of: grant, for: heard) else { return nil }
        let header = PacketHeader(
            consentBits: entry.scope, slot: now.wall.slot,
            expiryMinute: EventLife.expiryMinute(heard: now.wall, consentBits: entry.scope), token: token,
            eventID: eventID)
        let event = HeardEvent(
            addressKind: address.kind, address: address.value, timeHeard: now.wall, serviceData: serviceData)
        let packet = try? seal(
            event, header: header, hopLimit: 8, to: entry.record.sealingKey, grant: grant, ephemeralKey: ephemeralKey,
            network: network)
        return packet.map { Array($0.bytes) }
    }

    /// Changes packets in custody, each in one way, as a bridge that alters headers does. `wayFor` is given a word of
    /// each packet that no other has, and says how to alter it; nil leaves it.
    package mutating func alterHeld(_ wayFor: (UInt64) -> HeaderAlteration?) {
        guard let network else { return }
        relay.eachPacket { bytes, grant in
            let word = bytes.loadUnaligned(fromByteOffset: PacketLayout.offsetSealed, as: UInt64.self)
            guard let way = wayFor(UInt64(littleEndian: word)) else { return }
            way.alter(bytes)
            guard way.fitsTag, let view = try? PacketView(UnsafeRawBufferPointer(bytes)),
                let tag = network.registry.relayTag(of: grant, for: view)
            else { return }
            bytes.storeBytes(of: tag.littleEndian, toByteOffset: PacketLayout.offsetRelayTag, as: UInt64.self)
        }
    }

    /// Copies of all packets in custody.
    package var heldPacketBytes: [[UInt8]] {
        var packets: [[UInt8]] = []
        relay.eachPacket { bytes, _ in packets.append(Array(bytes)) }
        return packets
    }

    /// Lets all that is held go without a word, so that neighbours believe it kept.
    package mutating func loseHeld(now: Moment) {
        guard let network, relay.heldPackets > 0 else { return }
        var grants: [GrantIndex] = []
        network.registry.grantIndices(into: &grants)
        for grant in grants { relay.grantEnded(grant, reason: .notDelivered, now: now) }
    }
}
