import Bridging
import Consent
import Devices
import Relaying
import Sealing
import SeededRandom
import Wire

extension Bridge {
    /// Does what is due now, as a daemon would: a turn gives out few messages, and says when the next is due.
    mutating func settle(now: Moment, into effects: inout Effects) {
        for _ in 0..<100 {
            advance(now: now, into: &effects)
            if nextDeadline > now.instant { return }
        }
    }
}

/// A real bridge in the middle, house 0, and others around it that hear only that one. Each has a sensor that the next
/// one hears. Each end of a link is a queue; radio and disk do at once what they are asked.
final class BenchmarkStreet {
    /// Messages one after another, as a radio hands them over.
    struct Inbox {
        private(set) var messages: [(channel: LinkChannel, range: Range<Int>)] = []
        private(set) var bytes: [UInt8] = []

        mutating func append(_ message: UnsafeRawBufferPointer, _ channel: LinkChannel) {
            messages.append((channel, bytes.count..<(bytes.count + message.count)))
            bytes.append(contentsOf: message)
        }

        @inline(__always)
        func eachMessage(_ body: (LinkChannel, UnsafeRawBufferPointer) -> Void) {
            bytes.withUnsafeBytes { bytes in
                for message in messages {
                    body(message.channel, UnsafeRawBufferPointer(rebasing: bytes[message.range]))
                }
            }
        }
    }

    final class House {
        var bridge: Bridge
        var effects = Effects()
        var payloads: [[UInt8]] = []
        var address = RadioAddress(value: 0, kind: .random)
        /// The house and channel at the other end of each channel.
        var peers: [UInt32: (house: Int, channel: LinkChannel)] = [:]
        /// Messages that have come and are not given to the bridge yet.
        var inbox = Inbox()
        var isMember = false
        var opened = 0

        init(_ bridge: consuming Bridge) { self.bridge = bridge }
    }

    private(set) var houses: [House] = []
    private(set) var now = Moment(instant: Instant(seconds: 1_000), wall: WallTime(seconds: 1_800_000_420))
    private var random = SplitMix64(seed: 11)
    private var channelCount: UInt32 = 0
    private var sensors: [(address: UInt64, cipher: BTHomeCipher)] = []
    private var counter: UInt32 = 0
    private(set) var lastEmitted: (address: RadioAddress, data: [UInt8], hearer: Int)?
    let around: Range<Int>

    init(around count: Int) throws {
        around = 1..<(count + 1)
        for index in 0...count {
            let identity = try BridgeIdentity(
                staticKey: secret(32), signingSeed: secret(32), name: MemberName("house \(index)"))
            let configuration = BridgeConfiguration(
                lending: .unbounded, classesLent: EventClass.allCases, linksMax: count, isOptedOut: false)
            houses.append(
                House(
                    try Bridge(
                        identity: identity, configuration: configuration, stored: StoredState(),
                        built: WallTime(seconds: 1_790_000_000), seed: secret(32), now: now)))
            houses[index].address = newAddress()
        }
    }

    private func secret(_ count: Int) -> SecretBytes { SecretBytes(random.bytes(count)) }

    private func newAddress() -> RadioAddress {
        RadioAddress(value: random.next() & 0x3fff_ffff_ffff | 0x4000_0000_0000, kind: .random)
    }

    // MARK: Setting up

    /// Founds a network, invites all, enrols their sensors, and waits until everybody would relay for everybody.
    func settle() throws {
        _ = try drive(0) { bridge, now, effects in
            try bridge.createNetwork(named: MemberName("street"), now: now, into: &effects)
        }
        houses[0].isMember = true
        for guest in around {
            let code = InvitationCode(Bytes10(random.bytes(10)) ?? Bytes10())
            try drive(0) { bridge, now, effects in try bridge.invite(code: code, now: now, into: &effects) }
            try drive(guest) { bridge, now, _ in try bridge.join(code: code, now: now) }
            try run(atMost: 120) { houses[guest].isMember }
        }
        for house in around { try adoptSensor(of: house) }
        try run(atMost: 300) {
            houses.indices.allSatisfy { index in
                let report = houses[index].bridge.report(now: now)
                return report.liveGrants == around.count && report.routeCount == around.count
            }
        }
        try run(seconds: 5)
    }

    private func adoptSensor(of house: Int) throws {
        let (address, bindKey) = (newAddress().value, secret(16))
        let enrolment = DeviceEnrolment(
            addressKind: .random, address: address, eventClass: .event, scope: [.relay], ratePerMinute: .max, days: 90,
            relayKey: Bytes16(random.bytes(16)) ?? Bytes16(),
            secrets: GrantSecrets(sealingKey: secret(32), validitySeed: secret(20), revocationSecret: secret(20)))
        try drive(house) { bridge, now, effects in
            let grant = try bridge.makeGrant(enrolment, now: now)
            let device = try OwnDevice(
                identifier: 1, name: "sensor", addressKind: .random, address: address, grantID: grant.id,
                bindKey: bindKey, sealingKey: grant.secrets.sealingKey, window: CounterWindow(rows: []),
                isOptedOut: false, lastHeard: nil)
            try bridge.adopt(device, grant: grant, now: now, into: &effects)
        }
        sensors.append((address, try BTHomeCipher(bindKey: bindKey)))
    }

    /// Every sensor sends a frame that the neighbour of its home hears.
    func emit() throws {
        counter += 1
        for house in around { try emit(house) }
    }

    private func emit(_ house: Int) throws {
        let sensor = sensors[house - 1]
        let serviceData = try sensor.cipher.seal(
            objects: ObjectWriter.bytes(words: ["temperature=21.5"]), address: DeviceAddress(value: sensor.address),
            counter: counter)
        let data = try BTHomeAdvertisement.bytes(serviceData: serviceData)
        let (address, hearer) = (RadioAddress(value: sensor.address, kind: .random), house % around.count + 1)
        lastEmitted = (address, data, hearer)
        hear(data, from: address, at: hearer)
    }

    // MARK: Time

    func run(seconds: Int) throws { for _ in 0..<seconds { pass() } }

    private func run(atMost seconds: Int, until condition: () -> Bool) throws {
        for _ in 0..<seconds where !condition() { pass() }
        guard condition() else {
            let state = houses.map { house in
                let report = house.bridge.report(now: now)
                return
                    "\(house.isMember), \(report.links.count) links, \(report.routeCount) routes, \(report.liveGrants) grants"
            }
            throw BenchmarkError.setUp("the street did not settle: \(state)")
        }
    }

    /// A second: everybody is heard, and everything is carried until nothing moves.
    private func pass() {
        tick()
        for index in houses.indices {
            for payload in houses[index].payloads {
                for hearer in index == 0 ? around : 0..<1 {
                    hear(payload, from: houses[index].address, at: hearer)
                }
            }
        }
        for _ in 0..<10 { deliverAll() }
    }

    func tick(milliseconds: Int64 = 1_000) {
        let instant = now.instant.advanced(milliseconds: milliseconds)
        now = Moment(
            instant: instant, wall: WallTime(seconds: 1_800_000_420 + UInt32(instant.microseconds / 1_000_000)))
    }

    /// Gives every bridge what has come for it.
    func deliverAll() { for index in houses.indices { deliver(to: index) } }

    func deliver(to index: Int) {
        let inbox = houses[index].inbox
        houses[index].inbox = Inbox()
        drive(index) { bridge, now, effects in
            inbox.eachMessage { channel, bytes in bridge.received(channel, bytes, now: now, into: &effects) }
        }
    }

    private func hear(_ data: [UInt8], from address: RadioAddress, at hearer: Int) {
        drive(hearer) { bridge, now, effects in
            data.withUnsafeBytes { bridge.heard(from: address, signalDBm: -60, data: $0, now: now, into: &effects) }
        }
    }

    // MARK: Driving a bridge

    @discardableResult
    func drive<Result>(
        _ index: Int, _ input: (inout Bridge, Moment, inout Effects) throws -> Result
    ) rethrows -> Result {
        let house = houses[index]
        house.bridge.random.fill { random.fill($0) }
        let result = try input(&house.bridge, now, &house.effects)
        house.bridge.settle(now: now, into: &house.effects)
        carryOut(index)
        return result
    }

    /// What a bridge wants done: its messages into the inboxes of others, and what radio and disk do.
    func carryOut(_ index: Int) {
        let house = houses[index]
        for send in house.effects.sends {
            guard let peer = house.peers[send.channel.rawValue] else { continue }
            houses[peer.house].inbox.append(house.effects.message(send), peer.channel)
        }
        let actions = house.effects.actions
        house.effects.removeAll()
        for action in actions { carryOut(action, index) }
    }

    private func carryOut(_ action: BridgeAction, _ index: Int) {
        switch action {
        case .advertise(let payloads):
            houses[index].payloads = payloads
            houses[index].address = newAddress()
        case .connect(let attempt, let address): connect(index, attempt, address)
        case .close(let channel):
            guard let peer = houses[index].peers.removeValue(forKey: channel.rawValue) else { return }
            houses[peer.house].peers[peer.channel.rawValue] = nil
            drive(peer.house) { bridge, now, effects in bridge.ended(peer.channel, now: now, into: &effects) }
        case .open(let event):
            houses[index].opened += 1
            drive(index) { bridge, now, effects in bridge.openingStored(event.eventID, now: now, into: &effects) }
        case .reserveMonth(let reservation):
            drive(index) { bridge, _, _ in bridge.reservationStored(reservation) }
        case .joined(let joined):
            houses[index].isMember = true
            drive(index) { bridge, now, effects in try? bridge.joinStored(joined, now: now, into: &effects) }
        case .store, .forget, .joinFailed, .invitationUsed: break
        }
    }

    private func connect(_ caller: Int, _ attempt: UInt32, _ address: RadioAddress) {
        guard let called = houses.firstIndex(where: { $0.address == address }) else {
            return drive(caller) { bridge, now, effects in
                bridge.dialled(attempt: attempt, channel: nil, now: now, into: &effects)
            }
        }
        let (near, far) = (LinkChannel(rawValue: channelCount), LinkChannel(rawValue: channelCount + 1))
        channelCount += 2
        houses[caller].peers[near.rawValue] = (called, far)
        houses[called].peers[far.rawValue] = (caller, near)
        let callerAddress = houses[caller].address
        drive(caller) { bridge, now, effects in
            bridge.dialled(attempt: attempt, channel: near, now: now, into: &effects)
        }
        drive(called) { bridge, now, effects in
            bridge.opened(far, from: callerAddress, now: now, into: &effects)
        }
        drive(caller) { bridge, now, effects in bridge.connected(near, now: now, into: &effects) }
    }
}
