import Bridging
import Consent
import Wire

/// The other side of an invitation holds its code and sends whatever it likes: as joiner to an inviting bridge, as
/// inviter to a joining one.
func fuzzJoining(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    guard let keys = try? JoinKeys(code: InvitationCode(Bytes10())) else { return }
    let sessionKeys = FuzzPeer.Keys(
        kind: .join, hello: keys.helloKey, session: keys.sessionKey, networkID: [UInt8](repeating: 0, count: 8))
    if input.bool() {
        invite(&input, sessionKeys)
    } else {
        join(&input, keys, sessionKeys)
    }
}

/// A joining that succeeds, from either side.
func joiningSeeds() -> [[UInt8]] {
    let records = (UInt8(0)..<5).flatMap { number -> [UInt8] in [3, number, 0] }
    return [[0, 0, 1, 0, 2, 5] + records, [1, 0, 4, 0, 2, 1, 0x61]]
}

/// The bridge invites: the peer is a joiner.
private func invite(_ input: inout FuzzInput, _ keys: FuzzPeer.Keys) {
    let world = FuzzWorld(inNetwork: true)
    let code = InvitationCode(Bytes10())
    world.give { bridge, now, effects in try bridge.invite(code: code, now: now, into: &effects) }
    while !input.isAtEnd {
        let running = world.peers.last { $0.isRunning }
        switch input.byte() % 8 {
        case 0, 1:
            guard let beacon = world.beacons.last else { break }
            let channel = world.openChannel(from: 9)
            let identity = world.network.identities[input.below(world.network.identities.count)]
            let peer = FuzzPeer(channel: channel, identity: identity, seed: UInt64(channel.rawValue))
            var hello = peer.hello(keys, beacon: Array(beacon.suffix(10)))
            world.add(peer)
            input.spoil(&hello)
            world.receive(channel, hello)
        case 2, 3:
            guard let running else { break }
            let name = String(decoding: input.bytes(atMost: 33), as: UTF8.self)
            world.say(running) { target throws(WireError) in
                try FrameWriter.joinRequest(
                    JoinRequest(signingKey: running.identity.signingKey.publicKey, name: MemberName(name)), into: target
                )
            }
        case 4: if let running { world.say(running, Array(input.bytes())) }
        case 5: if let running { world.say(running, [MessageType.joinDone.rawValue]) }
        default: world.stepAnything(&input)
        }
    }
}

/// The bridge joins: the peer is an inviter.
private func join(_ input: inout FuzzInput, _ keys: JoinKeys, _ sessionKeys: FuzzPeer.Keys) {
    let world = FuzzWorld(inNetwork: false, identity: 4)
    world.give { bridge, now, _ in try bridge.join(code: InvitationCode(Bytes10()), now: now) }
    while !input.isAtEnd {
        let running = world.peers.last { $0.isRunning }
        switch input.byte() % 8 {
        case 0, 1: beInvited(world, &input, keys, sessionKeys)
        case 2: if let running { handKeys(world, running, count: input.below(20)) }
        case 3, 4:
            guard let running else { break }
            var record = world.network.records[input.below(world.network.records.count)]
            input.spoil(&record)
            world.say(running, [MessageType.record.rawValue] + record)
        case 5: if let running { world.say(running, Array(input.bytes())) }
        case 6: world.passTime(&input)
        default: world.stepAnything(&input)
        }
    }
}

/// The bridge hears a beacon of its code, calls, and gets an answer.
private func beInvited(
    _ world: FuzzWorld, _ input: inout FuzzInput, _ keys: JoinKeys, _ sessionKeys: FuzzPeer.Keys
) {
    let beacon = keys.beaconValue(slot: world.now.wall.slot, salt: UInt32(input.byte()), filling: 0)
    var data = [UInt8](repeating: 0, count: BeaconAdvertisement.byteCount)
    _ = data.withUnsafeMutableBytes { try? BeaconAdvertisement.write(beacon, into: $0) }
    world.give { bridge, now, effects in
        data.withUnsafeBytes { data in
            bridge.heard(
                from: RadioAddress(value: 9, kind: .random), signalDBm: -50, data: data, now: now, into: &effects)
        }
    }
    guard let attempt = world.takeAttempt() else { return }
    let channel = world.newChannel()
    world.give { bridge, now, effects in
        bridge.dialled(attempt: attempt, channel: channel, now: now, into: &effects)
        bridge.connected(channel, now: now, into: &effects)
    }
    guard let hello = world.hello(on: channel) else { return }
    let peer = FuzzPeer(channel: channel, identity: world.network.identities[0], seed: UInt64(channel.rawValue))
    guard var reply = peer.reply(to: hello, sessionKeys, beacon: beacon.bytes.array) else { return }
    world.add(peer)
    input.spoil(&reply)
    world.receive(channel, reply)
}

private func handKeys(_ world: FuzzWorld, _ peer: FuzzPeer, count: Int) {
    let stored = world.network.stored
    world.say(peer) { target throws(WireError) in
        try stored.networkKey.withUnsafeBytes { networkKey throws(WireError) in
            try stored.recognitionKey.withUnsafeBytes { recognitionKey throws(WireError) in
                try FrameWriter.joinReply(
                    networkKey: networkKey, recognitionKey: recognitionKey,
                    founderSigningKey: stored.founderSigningKey, recordCount: UInt8(count), into: target)
            }
        }
    }
}
