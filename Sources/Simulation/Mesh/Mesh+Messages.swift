import Bridging
import Wire

/// Messages on channels, and how channels end.
extension Mesh {
    /// The radio of `end` is given a message, a packet of the event `emission`. The daemon keeps it while the radio takes
    /// none.
    func send(
        _ message: UnsafeRawBufferPointer, type: UInt8, of emission: Int64 = Emission.noNumber,
        on channel: SimulatedChannel, from end: UInt8, _ running: RunningBridge
    ) {
        guard channel.isUp, !channel[end].isGivenUp else { return }
        let isFull = channel[end].kept.count >= KeptMessageRules.messagesMax
        check(.bounds, !isFull, houses[channel[end].house]) {
            "gave a blocked channel more than \(KeptMessageRules.messagesMax) messages"
        }
        if isFull {
            giveUp(channel, end)
            // The bridge is in the middle of something: it is told next.
            return endLater(channel, end, at: now)
        }
        let place = pool.add(message, type: type, emission: emission)
        let isBlocked = !channel[end].kept.isEmpty
        if !isBlocked, fly(place, on: channel, to: 1 - end) { return }
        channel[end].kept.append(place)
        if !isBlocked { running.bridge.blocked(channel.id(end)) }
    }

    /// Puts a message on its way; false if the radio takes none now.
    private func fly(_ place: Int32, on channel: SimulatedChannel, to end: UInt8) -> Bool {
        let (bytes, type) = (pool.count(place), pool.type(place))
        let side: ConnectionEnd = end == 1 ? .central : .peripheral
        let sender = houses[channel[1 - end].house]
        guard
            let transfer = channel.connection.send(
                bytes: bytes, from: side, now: now, random: &sender.chances.air)
        else { return false }
        var arrival = transfer.timeMicroseconds
        let receiver = houses[channel[end].house]
        if !sender.troubles.isPlain || !receiver.troubles.isPlain { arrival += delay(sender, receiver) }
        arrival = max(arrival, channel[end].lastArrival)
        channel[end].lastArrival = arrival
        noteAirtime(type, of: pool.emission(place), transfer, sender, receiver)
        if let tap {
            let frame = AirFrame.Content.message(
                number: channel.number, isFromCentral: end == 1, bytes: Array(pool.message(place)),
                retransmissions: max(transfer.units - transfer.parts, 0))
            tap(AirFrame(now, frame))
        }
        guard transfer.arrives else {
            pool.remove(place)
            queue.add(Happening(kind: .lost, number: channel.key), at: transfer.timeMicroseconds)
            return true
        }
        let happening = Happening(
            kind: .arrival, end: end, house: Int32(receiver.index), other: UInt32(bitPattern: place),
            number: channel.key)
        queue.add(happening, at: arrival)
        return true
    }

    func arrive(_ key: Int64, _ end: UInt8, _ place: Int32) {
        defer { pool.remove(place) }
        guard let channel = channels.channel(key: key) else { return }
        channel.connection.arrived(from: end == 1 ? .central : .peripheral)
        guard !channel.isSevered else { return }
        let receiver = channel[end].house
        let house = houses[receiver]
        if channel[end].isOpen, !channel[end].isGivenUp, house.running?.boot == channel[end].boot {
            let message = pool.message(place)
            spoil(message, houses[channel[1 - end].house], house)
            note(UInt64(receiver) << 48 ^ UInt64(now))
            note(UnsafeRawBufferPointer(message))
            let times = isDuplicated(houses[channel[1 - end].house], house) ? 2 : 1
            for _ in 0..<times {
                drive(receiver) { bridge, moment, effects in
                    bridge.received(
                        channel.id(end), UnsafeRawBufferPointer(message), now: moment, into: &effects)
                }
            }
            if !meters.optOuts.isEmpty { followOptOuts(channel) }
        }
        unblock(channel, 1 - end)
    }

    /// There is room again: what was kept goes first, then the bridge is told.
    private func unblock(_ channel: SimulatedChannel, _ end: UInt8) {
        guard channel.isUp, channel[end].isOpen, !channel[end].kept.isEmpty else { return }
        let house = houses[channel[end].house]
        while let place = channel[end].kept.first {
            checkLeaving(house, type: pool.type(place))
            guard fly(place, on: channel, to: 1 - end) else { break }
            channel[end].kept.removeFirst()
        }
        guard channel[end].kept.isEmpty, house.running?.boot == channel[end].boot else { return }
        let id = channel.id(end)
        drive(house.index) { bridge, moment, effects in bridge.writable(id, now: moment, into: &effects) }
    }

    // MARK: Endings

    /// A bridge closes its side. What was sent before still arrives.
    func close(_ channel: SimulatedChannel, _ end: UInt8, _ running: RunningBridge) {
        guard channel[end].isOpen else { return }
        let kept = channel[end].kept
        channel[end].kept = []
        for place in kept where !channel.isUp || !fly(place, on: channel, to: 1 - end) { pool.remove(place) }
        channel[end].isOpen = false
        running.channels.removeAll { $0 == channel.id(end) }
        noteLinkEnd(channel, end)
        disconnect(channel, end)
        shareAdapters(channel)
        channels.removeIfOver(channel)
    }

    /// The radio of the other side hears that the channel is closed, behind what was sent before.
    private func disconnect(_ channel: SimulatedChannel, _ end: UInt8) {
        guard channel.isUp, !channel.isSevered, !channel[end].isGivenUp else { return }
        tap?(AirFrame(now, .disconnection(number: channel.number, isFromCentral: end == 0)))
        let at = max(channel[1 - end].lastArrival, now + channel.intervalMicroseconds)
        channel[1 - end].lastArrival = at
        endLater(channel, 1 - end, at: at)
    }

    /// The daemon closes a channel of itself, with what it keeps for it; its bridge is to be told.
    private func giveUp(_ channel: SimulatedChannel, _ end: UInt8) {
        for place in channel[end].kept { pool.remove(place) }
        channel[end].kept = []
        disconnect(channel, end)
        channel[end].isGivenUp = true
    }

    func tellEnded(_ key: Int64, _ end: UInt8) {
        guard let channel = channels.channel(key: key), channel[end].isOpen else { return }
        channel[end].isOpen = false
        for place in channel[end].kept { pool.remove(place) }
        channel[end].kept = []
        let (gone, id) = (channel[end], channel.id(end))
        noteLinkEnd(channel, end)
        channels.removeIfOver(channel)
        guard let running = houses[gone.house].running, running.boot == gone.boot else { return }
        running.channels.removeAll { $0 == id }
        shareAdapters(channel)
        note(UInt64(gone.house) << 32 ^ 0xe)
        drive(gone.house) { bridge, moment, effects in bridge.ended(id, now: moment, into: &effects) }
    }

    /// Ends the channels of a house for which its daemon keeps messages of such a type: they are not to be sent any more,
    /// and a session cannot go on with a message missing.
    func dropKept(_ house: SimulatedHouse, _ isDropped: (_ type: UInt8) -> Bool) {
        for id in house.running?.channels ?? [] {
            guard let (channel, end) = channels.channel(id),
                channel[end].kept.contains(where: { isDropped(pool.type($0)) })
            else { continue }
            giveUp(channel, end)
            tellEnded(channel.key, end)
        }
    }

    /// Nothing has come through for the supervision time: both sides are told.
    func lose(_ key: Int64) {
        guard let channel = channels.channel(key: key) else { return }
        channel.isSevered = true
        tellEnded(key, 0)
        tellEnded(key, 1)
    }

    /// Nothing comes through any more: each side finds out when the supervision time is over.
    func sever(_ channel: SimulatedChannel) {
        guard !channel.isSevered else { return }
        channel.isSevered = true
        for end in [UInt8(0), 1] where channel[end].isOpen {
            let wait =
                scenario.radio.supervisionTimeoutMicroseconds
                + Int64(houses[channel[end].house].chances.air.number(below: 50_000))
            endLater(channel, end, at: now + wait)
        }
    }

    /// The channels of a house that are open on its side.
    func channels(of house: SimulatedHouse) -> [SimulatedChannel] {
        (house.running?.channels ?? []).compactMap { channels.channel($0)?.0 }
    }
}
