import Bridging
import Devices
import Wire

/// The radios: who hears whom, channels, and how they break.
extension VirtualStreet {
    // MARK: Advertisements

    /// One advertising interval of a node.
    func beHeard(_ index: Int) {
        let jitter = Int64(random.number(below: 10_000))
        queue.add(.beacon(node: index), at: time + settings.beaconMilliseconds * 1000 + jitter)
        let node = nodes[index]
        guard node.running != nil else { return }
        for payload in node.payloads {
            for hearer in nodes.indices where hears[hearer][index] { hear(payload, from: node.address, at: hearer) }
        }
    }

    @discardableResult
    func hear(_ data: [UInt8], from address: RadioAddress, at hearer: Int) -> Bool {
        let signal = Int8(-60 - random.number(below: 20))
        return drive(hearer) { bridge, now, effects in
            data.withUnsafeBytes {
                bridge.heard(from: address, signalDBm: signal, data: $0, now: now, into: &effects)
            }
        } != nil
    }

    // MARK: Setting up

    func dial(_ attempt: UInt32, _ address: RadioAddress, from index: Int, _ running: RunningBridge) {
        var channel: StreetChannel?
        nodes[index].log.dials += 1
        if running.channels.count < settings.channelsMax, !random.chance(settings.refusalPercent) {
            let called = nodes.firstIndex { $0.address == address } ?? index
            let made = StreetChannel(caller: newEnd(index, running), calledNode: called)
            running.channels[made.ends[0].channel.rawValue] = made
            channels.append(made)
            channel = made
            queue.add(.setUp(made, called: address), at: time + Int64(random.number(in: 20...120)) * 1000)
        }
        queue.add(.dialled(node: index, boot: running.boot, attempt: attempt, channel: channel), at: time)
    }

    func newEnd(_ index: Int, _ running: RunningBridge) -> StreetChannel.End {
        defer { running.nextChannel += 1 }
        return StreetChannel.End(
            node: index, boot: running.boot, channel: LinkChannel(rawValue: running.nextChannel))
    }

    func dialled(_ index: Int, _ boot: Int, _ attempt: UInt32, _ channel: StreetChannel?) {
        guard nodes[index].running?.boot == boot else { return }
        drive(index) { bridge, now, effects in
            bridge.dialled(attempt: attempt, channel: channel?.ends[0].channel, now: now, into: &effects)
        }
    }

    /// The called radio answers, or time runs out.
    func setUp(_ channel: StreetChannel, at address: RadioAddress) {
        let (caller, called) = (channel.ends[0].node, channel.calledNode)
        guard channel.ends[0].isOpen, !channel.isSevered else { return }
        let node = nodes[called]
        guard let running = node.running, called != caller, hears[called][caller], node.address == address,
            !node.payloads.isEmpty, running.channels.count < settings.channelsMax
        else {
            let wait = StreetSettings.connectTimeoutMilliseconds * 1000
            return queue.add(.ended(channel, end: 0), at: time + wait)
        }
        let end = newEnd(called, running)
        channel.ends.append(end)
        running.channels[end.channel.rawValue] = channel
        queue.add(.connected(channel), at: time + latency())
        let callerAddress = nodes[caller].address
        drive(called) { bridge, now, effects in
            bridge.opened(end.channel, from: callerAddress, now: now, into: &effects)
        }
    }

    func connected(_ channel: StreetChannel) {
        let end = channel.ends[0]
        guard end.isOpen, !channel.isSevered, nodes[end.node].running?.boot == end.boot else { return }
        drive(end.node) { bridge, now, effects in bridge.connected(end.channel, now: now, into: &effects) }
    }

    /// Somebody with a radio and no bridge. It hears everybody, and sends what a test has it send.
    func addStranger() -> Int {
        let index = nodes.count
        let disk = StreetDisk(staticKey: secret(32), signingSeed: secret(32), name: "stranger")
        nodes.append(StreetNode(index: index, disk: disk, configuration: .lending(), address: newAddress()))
        for row in hears.indices { hears[row].append(false) }
        hears.append(Array(repeating: false, count: nodes.count))
        return index
    }

    /// A stranger opens a channel; nil if the called radio has no place for it.
    @discardableResult
    func openChannel(from stranger: Int, to called: Int) -> StreetChannel? {
        guard let running = nodes[called].running, running.channels.count < settings.channelsMax else { return nil }
        let number = LinkChannel(rawValue: 0)
        let channel = StreetChannel(
            caller: StreetChannel.End(node: stranger, boot: 0, channel: number), calledNode: called)
        let end = newEnd(called, running)
        channel.ends.append(end)
        running.channels[end.channel.rawValue] = channel
        channels.append(channel)
        let address = newAddress()
        drive(called) { bridge, now, effects in bridge.opened(end.channel, from: address, now: now, into: &effects) }
        return channel
    }

    /// How many messages have arrived there.
    func messagesTo(_ index: Int) -> Int { nodes[index].log.messagesIn }

    // MARK: Messages

    func latency() -> Int64 {
        var milliseconds = Int64(random.number(in: settings.latencyMilliseconds))
        while settings.lossPercent > 0, random.chance(settings.lossPercent) {
            milliseconds += settings.repeatMilliseconds
        }
        return milliseconds * 1000
    }

    /// The radio of `end` is given a message. It is kept by the daemon while the radio takes none.
    func send(_ message: [UInt8], on channel: StreetChannel, from end: Int, _ running: RunningBridge) {
        guard channel.isUp, channel.ends[end].isOpen else { return }
        let isBlocked = !channel.ends[end].kept.isEmpty
        if !isBlocked, channel.ends[1 - end].arriving.count < settings.inFlightMax {
            return fly(message, on: channel, to: 1 - end)
        }
        channel.ends[end].kept.append(message)
        if channel.ends[end].kept.count > StreetSettings.keptMax {
            fail("node \(channel.ends[end].node) gave a blocked channel more than \(StreetSettings.keptMax) messages")
        }
        if !isBlocked { running.bridge.blocked(channel.ends[end].channel) }
    }

    func fly(_ message: [UInt8], on channel: StreetChannel, to end: Int) {
        let arrival = max(channel.ends[end].lastArrival, time + latency())
        channel.ends[end].lastArrival = arrival
        channel.ends[end].arriving.append(message)
        queue.add(.arrival(channel, end: end), at: arrival)
    }

    func arrive(_ channel: StreetChannel, _ end: Int) {
        guard !channel.isSevered, !channel.ends[end].arriving.isEmpty else { return }
        var message = channel.ends[end].arriving.removeFirst()
        let receiver = channel.ends[end]
        nodes[receiver.node].log.messagesIn += 1
        if alteredPermille > 0, random.number(below: 1_000) < alteredPermille, !message.isEmpty {
            message[random.number(below: message.count)] ^= 1 << UInt8(random.number(below: 8))
        }
        if receiver.isOpen, nodes[receiver.node].running?.boot == receiver.boot {
            note(UInt64(receiver.node), UInt64(time))
            note(message)
            tap?(channel, end, message)
            drive(receiver.node) { bridge, now, effects in
                message.withUnsafeBytes { bridge.received(receiver.channel, $0, now: now, into: &effects) }
            }
        }
        unblock(channel, 1 - end)
    }

    /// There is room again: what was kept goes first, then the bridge is told.
    private func unblock(_ channel: StreetChannel, _ end: Int) {
        guard channel.isUp, channel.ends[end].isOpen, !channel.ends[end].kept.isEmpty else { return }
        while !channel.ends[end].kept.isEmpty, channel.ends[1 - end].arriving.count < settings.inFlightMax {
            let message = channel.ends[end].kept.removeFirst()
            checkHosting(nodes[channel.ends[end].node], message)
            fly(message, on: channel, to: 1 - end)
        }
        let sender = channel.ends[end]
        guard sender.kept.isEmpty, nodes[sender.node].running?.boot == sender.boot else { return }
        drive(sender.node) { bridge, now, effects in bridge.writable(sender.channel, now: now, into: &effects) }
    }

    // MARK: Endings

    /// A bridge closes its side. What was sent before still arrives.
    func close(_ channel: StreetChannel, _ end: Int, _ running: RunningBridge) {
        guard channel.ends[end].isOpen else { return }
        let kept = channel.ends[end].kept
        channel.ends[end].kept = []
        if channel.isUp { for message in kept { fly(message, on: channel, to: 1 - end) } }
        channel.ends[end].isOpen = false
        running.channels[channel.ends[end].channel.rawValue] = nil
        if channel.isUp, !channel.isSevered {
            let at = max(channel.ends[1 - end].lastArrival, time + latency())
            channel.ends[1 - end].lastArrival = at
            queue.add(.ended(channel, end: 1 - end), at: at)
        }
        sweep()
    }

    func tellEnded(_ channel: StreetChannel, _ end: Int) {
        guard channel.ends.indices.contains(end), channel.ends[end].isOpen else { return }
        channel.ends[end].isOpen = false
        channel.ends[end].kept = []
        let gone = channel.ends[end]
        defer { sweep() }
        guard let running = nodes[gone.node].running, running.boot == gone.boot else { return }
        running.channels[gone.channel.rawValue] = nil
        note(UInt64(gone.node), UInt64(gone.channel.rawValue), 0xe)
        drive(gone.node) { bridge, now, effects in bridge.ended(gone.channel, now: now, into: &effects) }
    }

    /// Ends the channels of a node for which its daemon keeps messages: they may hold packets of others, and a session
    /// cannot go on with a message missing.
    func dropKept(_ index: Int) {
        for channel in channels where channel.touches(index) {
            guard let end = channel.end(of: index), !channel.ends[end].kept.isEmpty else { continue }
            channel.ends[end].kept = []
            sever(channel)
            tellEnded(channel, end)
        }
    }

    private func sweep() { channels.removeAll { $0.isOver } }

    /// Two houses no longer hear each other: their channels end when the supervision time is over.
    func cut(_ first: Int, _ second: Int) {
        hears[first][second] = false
        hears[second][first] = false
        for channel in channels where channel.isBetween(first, second) { sever(channel) }
    }

    func sever(_ channel: StreetChannel) {
        guard !channel.isSevered else { return }
        channel.isSevered = true
        for end in channel.ends.indices {
            let wait = StreetSettings.supervisionMilliseconds * 1000 + Int64(random.number(below: 50_000))
            queue.add(.ended(channel, end: end), at: time + wait)
        }
    }
}
