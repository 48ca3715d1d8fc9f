import Consent
import Relaying
import Sealing
import Wire

// What the steps of `EventPath.swift` are made of.
extension Bridge {
    static let sealInfo: [UInt8] = Array("sidegate 1 event".utf8)

    /// A sealed packet in the scratch buffer, its relay tag set.
    func seal(
        _ event: HeardEvent, header: PacketHeader, hopLimit: UInt8, to recipient: Bytes32, grant: GrantIndex,
        ephemeralKey: AgreementKey, network: NetworkState
    ) throws -> PacketView {
        let plaintextBytes = try event.write(into: scratch.plaintext)
        let plaintext = UnsafeRawBufferPointer(rebasing: scratch.plaintext[..<plaintextBytes])
        defer { SecretBytes.wipe(UnsafeMutableRawBufferPointer(rebasing: scratch.plaintext[..<plaintextBytes])) }
        let packet = try MutablePacket(
            starting: header, hopLimit: hopLimit, plaintextBytes: plaintextBytes, in: scratch.packet)
        _ = try Self.sealInfo.withUnsafeBytes { info in
            try HPKE.seal(
                to: recipient, ephemeralKey: ephemeralKey, info: info,
                associatedData: packet.view.immutableHeader, plaintext: plaintext, into: packet.sealed)
        }
        guard let tag = network.registry.relayTag(of: grant, for: packet.view) else { throw SealingError.invalidKey }
        packet.setRelayTag(tag)
        return packet.view
    }

    /// What a packet holds, in the scratch buffer until the next input; nil if it was not sealed with this key.
    func unseal(_ packet: PacketView, with key: AgreementKey) -> HeardEvent? {
        let opened = try? Self.sealInfo.withUnsafeBytes { info in
            try HPKE.open(
                privateKey: key, info: info, associatedData: packet.immutableHeader, sealed: packet.sealed,
                into: scratch.plaintext)
        }
        guard let opened else { return nil }
        return try? HeardEvent(UnsafeRawBufferPointer(rebasing: scratch.plaintext[..<opened]))
    }

    /// Whether the packet's event id is that of what it holds. Any member can seal to a home: without this, a recorded
    /// frame under another id would pass for a new one, and the id of an event for another's.
    func bears(_ packet: PacketView, _ event: HeardEvent, _ grant: GrantIndex) -> Bool {
        let heard = HeardAdvertisement(
            addressKind: event.addressKind, address: event.address, serviceData: event.serviceData)
        return network?.registry.eventID(of: grant, for: heard) == packet.eventID
    }

    /// Where among the own devices the device of this grant stands.
    func place(ofGrant grant: GrantIndex) -> Int? {
        // Most packets are others'.
        guard let network, network.registry.facts(of: grant)?.home == identity.memberID,
            let id = network.registry.id(of: grant)
        else { return nil }
        return home.place(ofGrant: id)
    }

    func eventClass(of grant: GrantIndex) -> EventClass {
        network?.registry.facts(of: grant)?.eventClass ?? .telemetry
    }

    /// What a neighbour is answered where the event was met before.
    func answerSeen(_ packet: PacketView, grant: GrantIndex) -> Answer {
        switch seen.state(of: packet.eventID, grant: grant) {
        case .confirmed: return .confirmed
        case .ended(let reason): return reason.answer
        case .held, nil: return .accepted
        }
    }

    /// An event was not opened: the owner is told why, the neighbour only whether to try again.
    mutating func fail(
        _ failure: OpeningFailure, at place: Int, now: Moment, into effects: inout Effects
    ) -> Answer {
        // A frame that was let through before was confirmed then, or would have been but for a crash.
        if failure == .replayed { return .confirmed }
        home.note(failure: failure, at: place, now: now.wall)
        drop(.notOpened, bytes: 0, into: &effects)
        return .refused
    }

    mutating func drop(_ reason: Reason, bytes: Int, into effects: inout Effects) {
        counters.drops[Int(reason.rawValue)] &+= 1
        effects.note(.dropped(reason: reason, bytes: bytes))
    }
}
