import Bridging
import Wire

/// A packet that a bridge hands over in the present turn, and of which event it is.
struct HandedPacket {
    let channel: LinkChannel
    let emission: Int64
}

/// Who is on the air for how long, and what for.
extension Mesh {
    /// Of which event the next packet on a channel is: bridges tell of packets in the order in which they send them. What
    /// a liar sends beside that is of none, or taken for one of its true packets.
    func takeHanded(on channel: LinkChannel, after passed: inout Int) -> Int64 {
        guard passed < handed.count, handed[passed].channel == channel else { return Emission.noNumber }
        defer { passed += 1 }
        return handed[passed].emission
    }

    /// A message has gone out. `emission` says of which event, where it is a packet. To a stranger, whose channel names the
    /// house at both of its ends, only the house's own side counts: the stranger's radio is nobody's.
    func noteAirtime(
        _ type: UInt8, of emission: Int64, _ transfer: Transfer, _ sender: SimulatedHouse, _ receiver: SimulatedHouse
    ) {
        guard sender !== receiver else {
            sender.record.airtimeUpkeepMicroseconds += transfer.senderMicroseconds
            meters.otherAirtime += transfer.senderMicroseconds
            return
        }
        if emission >= 0, emissions.isKept(emission) {
            emissions[emission].airtime += transfer.senderMicroseconds + transfer.receiverMicroseconds
        }
        let kind = MessageType(rawValue: type)
        if kind == .packet || kind == .answers || kind == .confirm {
            sender.record.airtimePacketsMicroseconds += transfer.senderMicroseconds
            receiver.record.airtimePacketsMicroseconds += transfer.receiverMicroseconds
            meters.packetAirtime += transfer.senderMicroseconds + transfer.receiverMicroseconds
        } else {
            sender.record.airtimeUpkeepMicroseconds += transfer.senderMicroseconds
            receiver.record.airtimeUpkeepMicroseconds += transfer.receiverMicroseconds
            meters.otherAirtime += transfer.senderMicroseconds + transfer.receiverMicroseconds
        }
    }

    /// The empty connection events of a link that stood until now: arithmetic, as nothing happens in them.
    func noteUpkeep(_ channel: SimulatedChannel) {
        let airtime = channel.connection.takeUpkeep(until: now)
        houses[channel.caller.house].record.airtimeUpkeepMicroseconds += airtime.centralMicroseconds
        houses[channel.called.house].record.airtimeUpkeepMicroseconds += airtime.peripheralMicroseconds
    }

    /// The same of all links that stand.
    func noteUpkeep() {
        for case let channel? in channels.channels where channel.isLink { noteUpkeep(channel) }
    }
}
