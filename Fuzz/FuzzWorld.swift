import Bridging
import Consent
import Devices
import Relaying
import Sealing
import SeededRandom
import Wire

/// A bridge, member 1 of the network, and all that stands around it: radio, disk and hostile peers. After every input
/// its effects are carried out and what must always hold is checked.
final class FuzzWorld {
    static let own = 1

    let network = FuzzNetwork.shared
    private(set) var bridge: Bridge
    private var effects = Effects()
    private(set) var now = Moment(instant: Instant(seconds: 1), wall: FuzzNetwork.start)
    private var random = SplitMix64(seed: 1)
    private(set) var peers: [FuzzPeer] = []
    private(set) var channels: [LinkChannel] = []
    private(set) var attempts: [UInt32] = []
    private(set) var beacons: [[UInt8]] = []
    private(set) var opening: [OpenedEvent] = []
    private(set) var reservations: [MonthAllowance.Reservation] = []
    private(set) var joined: JoinedNetwork?
    private var hellos: [LinkChannel: [UInt8]] = [:]
    private var delivered: Set<[UInt64]> = []
    private var channelCount: UInt32 = 0

    /// - Parameters: whether the bridge is in the network already, and who it is.
    init(inNetwork: Bool, identity: Int = own, isOptedOut: Bool = false, linksMax: Int = 4) {
        let network = FuzzNetwork.shared
        do {
            var stored = StoredState(clock: FuzzNetwork.start)
            if inNetwork {
                stored.network = network.stored
                stored.records = network.recordsAtStart
                stored.devices = try network.ownDevices(of: identity)
                stored.grants = network.devices.filter { $0.home == identity }.map(\.grant)
            }
            bridge = try Bridge(
                identity: network.identities[identity],
                configuration: BridgeConfiguration(
                    lending: .standard, classesLent: EventClass.allCases, linksMax: linksMax, isOptedOut: isOptedOut),
                stored: stored, built: FuzzNetwork.start.advanced(seconds: -86_400),
                seed: SecretBytes([UInt8](repeating: 7, count: 32)), now: now)
        } catch {
            fatalError("no bridge: \(error)")
        }
        effects.notesWanted = true
        give { _, _, _ in }
    }

    /// Gives the bridge one input, lets it do what is due, and carries out what comes of it.
    func give(_ input: (inout Bridge, Moment, inout Effects) throws -> Void) {
        bridge.random.fill { pool in
            for place in pool.indices { pool[place] = UInt8(truncatingIfNeeded: random.next()) }
        }
        // What a command refuses is its caller's business.
        try? input(&bridge, now, &effects)
        bridge.advance(now: now, into: &effects)
        let answers = carryOut()
        check()
        for answer in answers { receive(answer.channel, answer.bytes) }
    }

    func receive(_ channel: LinkChannel, _ bytes: [UInt8]) {
        let arena = FuzzArena()
        defer { arena.free() }
        let view = arena.view(bytes)
        give { bridge, now, effects in bridge.received(channel, view, now: now, into: &effects) }
    }

    func pass(microseconds: Int64, wallSeconds: Int64) {
        now.instant = now.instant.advanced(microseconds: microseconds)
        now.wall = now.wall.advanced(seconds: wallSeconds)
        give { _, _, _ in }
    }

    /// A new channel from `address`, opened by the other side.
    func openChannel(from address: UInt64) -> LinkChannel {
        let channel = newChannel()
        give { bridge, now, effects in
            bridge.opened(channel, from: RadioAddress(value: address, kind: .random), now: now, into: &effects)
        }
        return channel
    }

    func newChannel() -> LinkChannel {
        channelCount += 1
        let channel = LinkChannel(rawValue: channelCount)
        channels.append(channel)
        if channels.count > 32 { channels.removeFirst() }
        return channel
    }

    func add(_ peer: FuzzPeer) { peers.append(peer) }
    func takeAttempt() -> UInt32? { attempts.isEmpty ? nil : attempts.removeFirst() }
    func takeOpening() -> OpenedEvent? { opening.isEmpty ? nil : opening.removeFirst() }
    func takeReservation() -> MonthAllowance.Reservation? { reservations.isEmpty ? nil : reservations.removeFirst() }
    func hello(on channel: LinkChannel) -> [UInt8]? { hellos[channel] }

    /// The event reached the disk: from now on it must not be opened again.
    func store(_ event: OpenedEvent) {
        let key = [UInt64(bitPattern: event.device), UInt64(event.counter), event.eventID]
        require(delivered.insert(key).inserted, "an event was opened twice")
        FuzzReach.note("event delivered")
        give { bridge, now, effects in bridge.openingStored(event.eventID, now: now, into: &effects) }
    }

    private func carryOut() -> [(channel: LinkChannel, bytes: [UInt8])] {
        var answers: [(LinkChannel, [UInt8])] = []
        for send in effects.sends {
            let bytes = Array(effects.message(send))
            hellos[send.channel] = hellos[send.channel] ?? bytes
            guard let peer = peers.last(where: { $0.channel == send.channel }) else { continue }
            if let answer = peer.take(bytes) { answers.append((send.channel, answer)) }
        }
        for action in effects.actions { carryOut(action) }
        for note in effects.notes { FuzzReach.note(note.word) }
        require(effects.bytesUsed <= Effects.sendBytesMax && effects.sends.count <= 16 * 64, "too much at once")
        effects.removeAll()
        return answers
    }

    private func carryOut(_ action: BridgeAction) {
        switch action {
        case .advertise(let payloads):
            for payload in payloads { require(payload.count == BeaconAdvertisement.byteCount, "a beacon's length") }
            beacons = payloads
        case .connect(let attempt, _): attempts.append(attempt)
        case .close(let channel):
            for peer in peers where peer.channel == channel { peer.close() }
            channels.removeAll { $0 == channel }
            hellos[channel] = nil
        case .store(let record, let id): require(Names.recordID(record) == id, "another record is to be stored")
        case .open(let event): opening.append(event)
        case .reserveMonth(let reservation): reservations.append(reservation)
        case .joined(let network):
            joined = network
            FuzzReach.note("joined")
        case .invitationUsed: FuzzReach.note("invitation used")
        case .forget, .joinFailed: break
        }
    }

    private func check() {
        let report = bridge.report(now: now)
        require(report.heldPackets <= PacketPool.slotCount && report.heldBytes <= 512 * 228, "too much held")
        require(report.links.count <= 16 && report.members.count <= Membership.membersMax, "too many links or members")
        require(!report.isOptedOut || report.heldPackets == 0, "packets of others held after the host's no")
        require(bridge.nextDeadline > Instant(microseconds: 0), "a deadline before the start")
    }
}

extension FuzzNetwork {
    func ownDevices(of home: Int) throws -> [OwnDevice] {
        try devices.enumerated().filter { $0.element.home == home }.map { number, device in
            try OwnDevice(
                identifier: Int64(number), name: "device \(number)", addressKind: .random, address: device.address,
                grantID: device.grant.id, bindKey: device.bindKey, sealingKey: device.grant.secrets.sealingKey,
                window: CounterWindow(), isOptedOut: false, lastHeard: nil)
        }
    }

    var sessionKeys: FuzzPeer.Keys {
        let id = Names.networkID(founder: stored.founderSigningKey)
        return FuzzPeer.Keys(
            kind: .network, hello: keys.helloKey, session: keys.sessionKey,
            networkID: withUnsafeBytes(of: id.littleEndian) { Array($0) })
    }
}

extension BridgeNote {
    fileprivate var word: String {
        switch self {
        case .heard: "heard"
        case .relayed: "relayed"
        case .opened: "opened"
        case .dropped(let reason, _): "dropped as \(reason)"
        case .linkUp: "link up"
        case .linkDown: "link down"
        }
    }
}
