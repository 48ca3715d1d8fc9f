import Bridging
import Wire

/// A stranger near a house: a radio that has no key of anybody's.
extension Mesh {
    /// Of what a stranger does so many parts are calls.
    static let callShare = 0.15
    private static let strangersDBm: Float = -70
    private static let messagesMax = 3

    /// Sends what no device sent, from made-up addresses or those of real devices, or calls.
    func forge(at house: SimulatedHouse, stranger: Int64) {
        guard house.troubles.forgedPerMinute > 0, house.troubles.strangers == stranger else { return }
        // However rarely: what comes after the longest run never comes.
        let wait = min(
            60_000_000 / house.troubles.forgedPerMinute * house.chances.fault.exponential(),
            Double(Scenario.durationSecondsMax * 1_000_000))
        queue.add(
            Happening(kind: .forgery, house: Int32(house.index), number: stranger), at: now + max(Int64(wait), 1_000))
        guard !house.troubles.isDeaf, let running = house.running else { return }
        if house.chances.fault.chance(Self.callShare) { call(house, running) } else { forgeAdvertisement(at: house) }
    }

    private func forgeAdvertisement(at house: SimulatedHouse) {
        var data = [UInt8](repeating: 0, count: 25)
        data.withUnsafeMutableBytes { house.chances.fault.fill($0) }
        data.replaceSubrange(0..<8, with: [0x02, 0x01, 0x06, 21, 0x16, 0xD2, 0xFC, 0x41])
        var address = newAddress(&house.chances.fault)
        if house.chances.fault.chance(0.2) {
            data.removeLast(house.chances.fault.number(below: data.count))
        } else if !devices.isEmpty, house.chances.fault.chance(0.5) {
            let number = house.chances.fault.number(below: devices.count)
            address = devices[number].address
            // Bridges cannot tell it from a true one: only its home can, by the bind key.
            let eventID = devices[number].eventID(of: Array(data[7...]))
            _ = emissions.add(
                Emission(device: Int32(number), eventID: eventID, time: now, isForged: true, data: []))
        }
        drive(house.index) { bridge, moment, effects in
            data.withUnsafeBytes {
                bridge.heard(
                    from: address, signalDBm: Int8(Self.strangersDBm), data: $0, now: moment, into: &effects)
            }
        }
    }

    /// Opens a channel and says nothing, or rubbish of whatever type and length. Its end is nobody's: what the bridge sends
    /// is on the air and goes nowhere.
    private func call(_ house: SimulatedHouse, _ running: RunningBridge) {
        guard !house.payloads.isEmpty, !house.troubles.isMute,
            running.channels.count < scenario.radio.connectionsMax
        else { return }
        let here = AirNeighbour(house: Int32(house.index), dBm: Self.strangersDBm, loss: 0)
        let channel = channels.add(
            caller: SimulatedChannel.End(house: house.index, boot: 0, isOpen: false),
            called: SimulatedChannel.End(house: house.index, boot: running.boot),
            connection: air.connection(here, now: now, &house.chances.fault))
        guard let channel else { return }
        channel.isUp = true
        let (id, address) = (channel.id(1), newAddress(&house.chances.fault))
        running.channels.append(id)
        shareAdapters(channel)
        tapConnection(channel, address, house.address)
        drive(house.index) { bridge, moment, effects in
            bridge.opened(id, from: address, now: moment, into: &effects)
        }
        for _ in 0..<house.chances.fault.number(below: Self.messagesMax + 1) {
            // The bridge may have had enough.
            guard channel[1].isOpen, house.running === running else { return }
            var message = [UInt8](repeating: 0, count: 1 + house.chances.fault.number(below: 300))
            message.withUnsafeMutableBytes { house.chances.fault.fill($0) }
            note(UInt64(house.index) << 48 ^ UInt64(now))
            message.withUnsafeBytes { note($0) }
            let said = AirFrame.Content.message(
                number: channel.number, isFromCentral: true, bytes: message, retransmissions: 0)
            tap?(AirFrame(now, said))
            drive(house.index) { bridge, moment, effects in
                message.withUnsafeBytes { bridge.received(id, $0, now: moment, into: &effects) }
            }
        }
    }
}
