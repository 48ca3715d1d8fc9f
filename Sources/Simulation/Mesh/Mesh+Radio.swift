import Bridging
import Wire

/// Beacons and calls: how channels come to be.
extension Mesh {
    /// A beacon that was heard says nothing new until it rolls: it is told again only so often. Under 30 s, as bridges
    /// take a neighbour of whom they have heard nothing for 30 s for gone.
    static let beaconAgainMicroseconds: Int64 = 20_000_000
    static let inviteAgainMicroseconds: Int64 = 2_000_000
    /// As the daemon has it.
    static let connectTimeoutMicroseconds: Int64 = 5_000_000
    /// A connection that has had no answer is given up after so many intervals (Core Specification, volume 6, part B, 4.5.2).
    static let intervalsToEstablish: Int64 = 6

    /// Whether `hearer` can hear `speaker` at all now, leaving distance aside.
    func isHeard(_ speaker: SimulatedHouse, by hearer: SimulatedHouse) -> Bool {
        !speaker.troubles.isMute && !hearer.troubles.isDeaf
            && speaker.troubles.partition == hearer.troubles.partition
    }

    // MARK: Beacons

    func advertise(_ payloads: [[UInt8]], _ house: SimulatedHouse) {
        noteBeacons(house)
        house.payloads = payloads
        house.address = newAddress(&house.chances.bridge)
        house.advertising += 1
        house.advertisingSince = now
        guard !payloads.isEmpty else { return }
        if tap != nil { for data in payloads { tapAdvertisement(data, house.address, isConnectable: true) } }
        for place in air.neighbours[house.index].indices { addBeacon(of: house, to: place, at: now) }
    }

    /// The next time, at the earliest at `time`, that a neighbour hears a house's beacon.
    private func addBeacon(of house: SimulatedHouse, to place: Int, at time: Int64) {
        let neighbour = air.neighbours[house.index][place]
        guard let wait = air.untilBeacon(neighbour, &house.chances.air), time + wait < scenario.durationMicroseconds
        else {
            return
        }
        let happening = Happening(
            kind: .beacon, house: neighbour.house, other: UInt32(house.index),
            number: house.advertising << 32 | Int64(place))
        queue.add(happening, at: time + wait)
    }

    /// Beacon airtime so far: three PDUs each interval.
    func noteBeacons(_ house: SimulatedHouse) {
        let events = (now - house.advertisingSince) / max(scenario.radio.beaconIntervalMicroseconds, 1)
        house.record.airtimeBeaconsMicroseconds += events * Int64(house.payloads.count) * Air.beaconAirtimeMicroseconds
        house.advertisingSince = now
    }

    func hearBeacon(of speaker: Int, _ number: Int64) {
        let (advertising, place) = (number >> 32, Int(number & 0xffff_ffff))
        let neighbour = air.neighbours[speaker][place]
        let (hearing, speaking) = (houses[Int(neighbour.house)], houses[speaker])
        guard speaking.advertising == advertising else { return }
        let isInviting = speaking.payloads.count > 1
        let again = isInviting ? Self.inviteAgainMicroseconds : Self.beaconAgainMicroseconds
        addBeacon(of: speaking, to: place, at: now + again)
        guard isHeard(speaking, by: hearing), let running = hearing.running else { return }
        let signal = air.measured(neighbour.dBm, &hearing.chances.air)
        let isJoining = running.bridge.isJoining
        for data in speaking.payloads {
            // A network beacon changes nothing until the next tick: only whoever looks for an invitation acts at once.
            drive(hearing.index, advances: isJoining) { bridge, moment, effects in
                data.withUnsafeBytes {
                    bridge.heard(
                        from: speaking.address, signalDBm: signal, data: $0, now: moment, into: &effects)
                }
            }
        }
    }

    // MARK: Calls

    func dial(_ attempt: UInt32, _ address: RadioAddress, from house: SimulatedHouse, _ running: RunningBridge) {
        var key: Int64 = -1
        let called = air.neighbours[house.index].first { houses[Int($0.house)].address == address }
        let neighbour = called ?? AirNeighbour(house: Int32(house.index), dBm: -200, loss: 1)
        // The call is made at the first advertisement that is heard, of whoever has the address.
        let wait = called.flatMap { air.untilBeacon($0, &house.chances.air) } ?? Self.connectTimeoutMicroseconds
        let request = now + min(wait, Self.connectTimeoutMicroseconds)
        if running.channels.count < scenario.radio.connectionsMax {
            let channel = channels.add(
                caller: SimulatedChannel.End(house: house.index, boot: running.boot),
                called: SimulatedChannel.End(house: Int(neighbour.house), boot: 0, isOpen: false),
                connection: air.connection(neighbour, now: request, &house.chances.air))
            if let channel {
                running.channels.append(channel.id(0))
                key = channel.key
                channel.dialledAt = now
                channel.isHeard = called != nil && wait < Self.connectTimeoutMicroseconds
                queue.add(Happening(kind: .setUp, house: Int32(house.index), number: key), at: request)
            }
        }
        queue.add(
            Happening(
                kind: .dialled, boot: running.boot, house: Int32(house.index), other: attempt, number: key), at: now)
    }

    func dialled(_ index: Int, _ boot: UInt16, attempt: UInt32, _ key: Int64) {
        guard houses[index].running?.boot == boot else { return }
        let id = key < 0 ? nil : channels.channel(key: key)?.id(0)
        drive(index) { bridge, moment, effects in
            bridge.dialled(attempt: attempt, channel: id, now: moment, into: &effects)
        }
    }

    /// The called radio answers, or time runs out.
    func setUp(_ key: Int64) {
        guard let channel = channels.channel(key: key), channel.caller.isOpen, !channel.isSevered else { return }
        let (caller, called) = (houses[channel.caller.house], houses[channel.called.house])
        guard let running = called.running, channel.isHeard, caller.index != called.index, !called.payloads.isEmpty,
            isHeard(called, by: caller)
        else {
            // Nothing to answer to: the radio goes on listening until the time is over.
            let end = max(channel.dialledAt + Self.connectTimeoutMicroseconds, now + 1)
            return endLater(channel, 0, at: end)
        }
        guard isHeard(caller, by: called), running.channels.count < scenario.radio.connectionsMax else {
            return endLater(channel, 0, at: now + Self.intervalsToEstablish * channel.intervalMicroseconds)
        }
        channel.called.boot = running.boot
        channel.called.isOpen = true
        channel.isUp = true
        running.channels.append(channel.id(1))
        shareAdapters(channel)
        tapConnection(channel, caller.address, called.address)
        if let lost = channel.connection.nextLoss(after: now, random: &caller.chances.air),
            lost < scenario.durationMicroseconds
        {
            queue.add(Happening(kind: .lost, number: key), at: lost)
        }
        let isUp = max(channel.connection.parameters.channelUpMicroseconds, now)
        queue.add(Happening(kind: .connected, end: 1, number: key), at: max(isUp - channel.intervalMicroseconds, now))
        queue.add(Happening(kind: .connected, number: key), at: isUp)
    }

    /// Connections of one adapter take events from each other: those that stand from a new one as well, and all less once
    /// one of them is gone.
    func shareAdapters(_ channel: SimulatedChannel) {
        for house in [channel.caller.house, channel.called.house] {
            for other in channels(of: houses[house]) where other.isUp { noteMissed(other) }
        }
    }

    private func noteMissed(_ channel: SimulatedChannel) {
        var intervals: [Int64] = []
        for house in [channel.caller.house, channel.called.house] {
            for other in channels(of: houses[house]) where other !== channel && other.isUp {
                intervals.append(other.intervalMicroseconds)
            }
        }
        let missed = ConnectionParameters.missedPart(otherIntervalsMicroseconds: intervals)
        guard missed != channel.connection.missedPart else { return }
        // What has passed until now was as it was.
        if channel.isLink { noteUpkeep(channel) }
        channel.connection.missedPart = missed
    }

    /// The L2CAP channel is there: first for the called side, then for the calling one.
    func connected(_ key: Int64, _ end: UInt8) {
        guard let channel = channels.channel(key: key), channel[end].isOpen, !channel.isSevered else { return }
        let side = channel[end]
        guard houses[side.house].running?.boot == side.boot else { return }
        let (id, caller) = (channel.id(end), houses[channel.caller.house].address)
        drive(side.house) { bridge, moment, effects in
            if end == 0 {
                bridge.connected(id, now: moment, into: &effects)
            } else {
                bridge.opened(id, from: caller, now: moment, into: &effects)
            }
        }
    }

    func endLater(_ channel: SimulatedChannel, _ end: UInt8, at time: Int64) {
        queue.add(Happening(kind: .ended, end: end, number: channel.key), at: time)
    }

    // MARK: The tap

    func tapAdvertisement(_ data: [UInt8], _ address: RadioAddress, isConnectable: Bool) {
        tap?(AirFrame(now, .advertisement(from: address, isConnectable: isConnectable, data: data)))
    }

    func tapConnection(_ channel: SimulatedChannel, _ caller: RadioAddress, _ called: RadioAddress) {
        guard let tap else { return }
        let terms = ConnectionTerms(
            intervalMicroseconds: channel.intervalMicroseconds,
            peripheralLatency: scenario.radio.peripheralLatency,
            supervisionTimeoutMicroseconds: scenario.radio.supervisionTimeoutMicroseconds,
            anchorMicroseconds: channel.connection.parameters.anchorMicroseconds)
        tap(AirFrame(now, .connection(number: channel.number, central: caller, peripheral: called, terms)))
    }
}
