import Bridging
import Consent
import Devices
import Relaying
import Sealing
import Wire

/// Everything that a radio, a disk and an owner can tell a bridge, in any order, from strangers only.
func fuzzBridge(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    let choices = input.byte()
    let world = FuzzWorld(
        inNetwork: choices & 3 != 3, isOptedOut: choices & 12 == 12, linksMax: 1 + Int(choices >> 4) % 5)
    while !input.isAtEnd { world.stepAnything(&input) }
}

extension FuzzWorld {
    /// One choice among everything.
    func stepAnything(_ input: inout FuzzInput) {
        switch input.byte() % 16 {
        case 0: hearAnything(&input)
        case 1, 2: hearDevice(&input)
        case 3: hearBeacon(&input)
        case 4: _ = openChannel(from: UInt64(input.byte() & 7))
        case 5, 6: if let channel = anyChannel(&input) { receive(channel, Array(input.bytes())) }
        case 7: dial(&input)
        case 8: changeChannel(&input)
        case 9: sayHello(&input)
        case 10, 11: passTime(&input)
        case 12: answerFromDisk(&input)
        default: command(&input)
        }
    }

    func anyChannel(_ input: inout FuzzInput) -> LinkChannel? {
        channels.isEmpty ? nil : channels[input.below(channels.count)]
    }

    // MARK: Radio

    private func hear(_ data: [UInt8], from address: UInt64, signal: Int8) {
        let arena = FuzzArena()
        defer { arena.free() }
        let view = arena.view(data)
        give { bridge, now, effects in
            bridge.heard(
                from: RadioAddress(value: address, kind: .random), signalDBm: signal, data: view, now: now,
                into: &effects)
        }
    }

    func hearAnything(_ input: inout FuzzInput) {
        hear(Array(input.bytes()), from: UInt64(input.byte()), signal: Int8(bitPattern: input.byte()))
    }

    /// A frame of one of the network's devices, genuine or spoilt.
    func hearDevice(_ input: inout FuzzInput) {
        let device = network.devices[input.below(network.devices.count)]
        guard var frame = device.frame(counter: UInt32(input.byte()), objects: [0x11, input.byte() & 1]) else { return }
        input.spoil(&frame)
        let data = [2, 1, 6, UInt8(truncatingIfNeeded: frame.count + 3), 0x16, 0xd2, 0xfc] + frame
        hear(data, from: device.address, signal: -60)
    }

    func hearBeacon(_ input: inout FuzzInput) {
        let member = input.below(network.identities.count)
        let value = network.keys.beaconValue(
            member: network.identities[member].memberID, slot: now.wall.slot, salt: UInt32(input.byte()))
        var data = [UInt8](repeating: 0, count: BeaconAdvertisement.byteCount)
        _ = data.withUnsafeMutableBytes { try? BeaconAdvertisement.write(value, into: $0) }
        input.spoil(&data)
        hear(data, from: UInt64(member), signal: Int8(bitPattern: input.byte()))
    }

    /// The radio takes up, or refuses, what the bridge asked for.
    func dial(_ input: inout FuzzInput) {
        let choice = input.byte()
        let attempt = takeAttempt() ?? UInt32(choice)
        let channel = choice & 3 == 0 ? nil : newChannel()
        give { bridge, now, effects in
            bridge.dialled(attempt: attempt, channel: channel, now: now, into: &effects)
        }
        guard let channel, choice & 4 == 0 else { return }
        give { bridge, now, effects in bridge.connected(channel, now: now, into: &effects) }
        guard choice & 8 == 0 else { return }
        answerHello(on: channel, &input)
    }

    /// A member answers the bridge's hello. The beacon that it answers is not known here: any of the present ones.
    private func answerHello(on channel: LinkChannel, _ input: inout FuzzInput) {
        guard let hello = hello(on: channel) else { return }
        let member = input.below(network.identities.count)
        let beacon = network.keys.beaconValue(
            member: network.identities[member].memberID, slot: now.wall.slot, salt: UInt32(input.byte()))
        let peer = FuzzPeer(channel: channel, identity: network.identities[member], seed: UInt64(channel.rawValue))
        guard var reply = peer.reply(to: hello, network.sessionKeys, beacon: beacon.bytes.array) else { return }
        add(peer)
        input.spoil(&reply)
        receive(channel, reply)
    }

    func changeChannel(_ input: inout FuzzInput) {
        let choice = input.byte()
        guard let channel = anyChannel(&input) else { return }
        give { bridge, now, effects in
            switch choice & 3 {
            case 0: bridge.blocked(channel)
            case 1: bridge.writable(channel, now: now, into: &effects)
            case 2: bridge.connected(channel, now: now, into: &effects)
            default: bridge.ended(channel, now: now, into: &effects)
            }
        }
    }

    /// A hello under the network's key that answers the bridge's beacon, genuine or spoilt.
    func sayHello(_ input: inout FuzzInput) {
        guard let beacon = beacons.first, let channel = anyChannel(&input) else { return }
        let identity = network.identities[input.below(network.identities.count)]
        let peer = FuzzPeer(channel: channel, identity: identity, seed: UInt64(channel.rawValue))
        var hello = peer.hello(network.sessionKeys, beacon: Array(beacon.suffix(10)))
        add(peer)
        input.spoil(&hello)
        receive(channel, hello)
    }

    // MARK: Time and disk

    func passTime(_ input: inout FuzzInput) {
        let microseconds = Int64(input.byte()) << Int64(input.byte() % 36)
        // Most often both clocks go on together; else the wall clock leaps.
        let wall = input.byte() < 230 ? microseconds / 1_000_000 : Int64(Int32(bitPattern: input.integer()))
        pass(microseconds: microseconds, wallSeconds: wall)
    }

    func answerFromDisk(_ input: inout FuzzInput) {
        let isStored = input.byte() < 200
        if let event = takeOpening() {
            guard !isStored else { return store(event) }
            give { bridge, now, effects in bridge.openingFailed(event.eventID, now: now, into: &effects) }
        }
        if let reservation = takeReservation() {
            give { bridge, _, _ in
                if isStored { bridge.reservationStored(reservation) } else { bridge.reservationFailed(reservation) }
            }
        }
    }

    // MARK: Commands

    func command(_ input: inout FuzzInput) {
        let choice = input.byte()
        let device = Int64(input.byte() & 15)
        let (isYes, joined) = (input.bool(), joined)
        let grant = network.devices[Int(device) % network.devices.count].grant
        let code = InvitationCode(Bytes10())
        give { bridge, now, effects in
            switch choice % 16 {
            case 0, 1: bridge.setOptedOut(isYes, now: now, into: &effects)
            case 2:
                try bridge.revoke(
                    secret: grant.secrets.revocationSecret, optInEnd: grant.record.end, now: now, into: &effects)
            case 3, 4: try bridge.setDeviceNo(isYes, device: device, now: now, into: &effects)
            case 5: bridge.remove(device: device)
            case 6: try bridge.invite(code: code, now: now, into: &effects)
            case 7: try bridge.join(code: code, now: now)
            case 8: _ = try bridge.createNetwork(named: MemberName(), now: now, into: &effects)
            case 9: try bridge.leaveNetwork(now: now, into: &effects)
            case 10: bridge.forgetNetwork(now: now, into: &effects)
            case 11: if let joined { try bridge.joinStored(joined, now: now, into: &effects) }
            case 12: while bridge.drainLedger() != nil {}
            case 13: _ = (bridge.drainRefusals(), bridge.devices.count)
            default: bridge.configure(.fuzz(choice: choice, isOptedOut: isYes), now: now, into: &effects)
            }
        }
    }
}

extension BridgeConfiguration {
    static func fuzz(choice: UInt8, isOptedOut: Bool) -> BridgeConfiguration {
        BridgeConfiguration(
            lending: choice & 64 == 0 ? .standard : LendingLimits(rateBits: 0, burstBytes: 512, monthBytes: 0),
            classesLent: choice & 32 == 0 ? EventClass.allCases : [.alarm], linksMax: 1 + Int(choice >> 6),
            isOptedOut: isOptedOut)
    }
}

extension FuzzNetwork.Device {
    /// Service data as the device would send it.
    func frame(counter: UInt32, objects: [UInt8]) -> [UInt8]? {
        try? BTHomeCipher(bindKey: bindKey).seal(
            objects: objects, address: DeviceAddress(value: address), counter: counter)
    }
}
