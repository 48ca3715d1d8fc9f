import Bridging
import Wire

/// Beacons and calls: how channels come to be.
extension Mesh {
    /// A beacon that was heard says nothing new until it rolls: it is told again only so often. Under 15 s, as bridges
    /// take a neighbour of whom they have heard nothing for 30 s for gone.
    static let beaconAgainMicroseconds: Int64 = 12_000_000
    static let inviteAgainMicroseconds: Int64 = 2_000_000
    static let connectTimeoutMicroseconds: Int64 = 4_000_000

    /// Whether `hearer` can hear `speaker` at all now, leaving distance aside.
    func isHeard(_ speaker: SimulatedHouse, by hearer: SimulatedHouse) -> Bool {
        !speaker.troubles.isMute && !hearer.troubles.isDeaf
            && speaker.troubles.partition == hearer.troubles.partition
    }

    // MARK: Beacons

    func advertise(_ payloads: [[UInt8]], _ house: SimulatedHouse) {
        noteBeacons(house)
        house.payloads = payloads
        house.address = newAddress()
        house.advertising += 1
        house.advertisingSince = now
        guard !payloads.isEmpty else { return }
        if tap != nil { for data in payloads { tapAdvertisement(data, house.address, isConnectable: true) } }
        for neighbour in air.neighbours[house.index] {
            let at = now + air.discovery(dBm: neighbour.dBm, &airChances)
            addBeacon(to: neighbour.house, from: house, at: at)
        }
    }

    private func addBeacon(to hearer: Int, from house: SimulatedHouse, at time: Int64) {
        let happening = Happening(
            kind: .beacon, house: Int32(hearer), other: UInt32(house.index), number: house.advertising)
        queue.add(happening, at: time)
    }

    /// Beacon airtime so far: three PDUs each interval.
    func noteBeacons(_ house: SimulatedHouse) {
        let events = (now - house.advertisingSince) / max(scenario.radio.beaconIntervalMicroseconds, 1)
        house.record.airtimeBeaconsMicroseconds += events * Int64(house.payloads.count) * Air.beaconAirtimeMicroseconds
        house.advertisingSince = now
    }

    func hearBeacon(_ hearer: Int, from speaker: Int, _ advertising: Int64) {
        let (hearing, speaking) = (houses[hearer], houses[speaker])
        guard speaking.advertising == advertising, let running = hearing.running else { return }
        let isInviting = speaking.payloads.count > 1
        let again = isInviting ? Self.inviteAgainMicroseconds : Self.beaconAgainMicroseconds
        addBeacon(to: hearer, from: speaking, at: now + again + Int64(airChances.number(below: 1_000_000)))
        guard isHeard(speaking, by: hearing), let dBm = air.dBm(from: speaker, to: hearer) else { return }
        let signal = air.measured(dBm, &airChances)
        let isJoining = running.bridge.isJoining
        for data in speaking.payloads {
            // A network beacon changes nothing until the next tick: only whoever looks for an invitation acts at once.
            drive(hearer, advances: isJoining) { bridge, moment, effects in
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
        let called = air.neighbours[house.index].first { houses[$0.house].address == address }
        if running.channels.count < scenario.radio.connectionsMax {
            let other = called?.house ?? house.index
            let link = air.link(dBm: called?.dBm ?? 0, now: now, &airChances)
            let channel = channels.add(
                caller: SimulatedChannel.End(house: house.index, boot: running.boot),
                called: SimulatedChannel.End(house: other, boot: 0, isOpen: false), link: link)
            if let channel {
                running.channels.append(channel.id(0))
                key = channel.key
                queue.add(
                    Happening(kind: .setUp, house: Int32(house.index), number: key),
                    at: now + air.setUp(dBm: called?.dBm ?? 0, &airChances))
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
        guard let running = called.running, caller.index != called.index, !called.payloads.isEmpty,
            isHeard(caller, by: called), isHeard(called, by: caller),
            running.channels.count < scenario.radio.connectionsMax
        else { return endLater(channel, 0, at: now + Self.connectTimeoutMicroseconds) }
        channel.called.boot = running.boot
        channel.called.isOpen = true
        channel.isUp = true
        channel.upkeepFrom = now
        running.channels.append(channel.id(1))
        let callerAddress = caller.address
        tapConnection(channel, caller.address, called.address)
        drive(called.index) { bridge, moment, effects in
            bridge.opened(channel.id(1), from: callerAddress, now: moment, into: &effects)
        }
        queue.add(Happening(kind: .connected, number: key), at: now + channel.link.intervalMicroseconds)
    }

    func connected(_ key: Int64) {
        guard let channel = channels.channel(key: key), channel.caller.isOpen, !channel.isSevered else { return }
        let end = channel.caller
        guard houses[end.house].running?.boot == end.boot else { return }
        drive(end.house) { bridge, moment, effects in
            bridge.connected(channel.id(0), now: moment, into: &effects)
        }
    }

    func endLater(_ channel: SimulatedChannel, _ end: UInt8, at time: Int64) {
        queue.add(Happening(kind: .ended, end: end, number: channel.key), at: time)
    }

    // MARK: The tap

    func tapAdvertisement(_ data: [UInt8], _ address: RadioAddress, isConnectable: Bool) {
        tap?(AirFrame(now, .advertisement(from: address, isConnectable: isConnectable, data: data)))
    }

    private func tapConnection(_ channel: SimulatedChannel, _ caller: RadioAddress, _ called: RadioAddress) {
        guard let tap else { return }
        let terms = ConnectionTerms(
            intervalMicroseconds: channel.link.intervalMicroseconds,
            peripheralLatency: scenario.radio.peripheralLatency,
            supervisionTimeoutMicroseconds: scenario.radio.supervisionTimeoutMicroseconds)
        tap(AirFrame(now, .connection(number: channel.number, central: caller, peripheral: called, terms)))
    }
}
