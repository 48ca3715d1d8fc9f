import Bridging
import RadioInterface
import Wire

/// Takes what the radio tells straight into the bridge, within one turn.
struct RadioSink: RadioEventSink {
    let core: HostCore
    let now: Moment
    var eventCount = 0

    mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer) {
        eventCount &+= 1
        core.topUpFully()
        core.bridge.heard(
            from: address, signalDBm: signalDBm, data: data, now: now, into: &core.effects)
    }

    mutating func opened(_ channel: ChannelID, from address: RadioAddress) {
        eventCount &+= 1
        core.topUp()
        core.noteOpen(channel)
        core.bridge.opened(LinkChannel(channel), from: address, now: now, into: &core.effects)
    }

    mutating func connected(_ channel: ChannelID) {
        eventCount &+= 1
        core.topUp()
        core.bridge.connected(LinkChannel(channel), now: now, into: &core.effects)
    }

    mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) {
        eventCount &+= 1
        core.topUp()
        core.bridge.received(LinkChannel(channel), bytes, now: now, into: &core.effects)
    }

    mutating func writable(_ channel: ChannelID) {
        eventCount &+= 1
        guard core.flush(channel) else { return }
        core.bridge.writable(LinkChannel(channel), now: now, into: &core.effects)
    }

    mutating func ended(_ channel: ChannelID, _ end: ChannelEnd) {
        eventCount &+= 1
        core.noteEnd(channel)
        core.bridge.ended(LinkChannel(channel), now: now, into: &core.effects)
    }

    mutating func changed(_ state: RadioState) {
        eventCount &+= 1
        core.radioChanged(state)
    }
}

extension LinkChannel {
    @inline(__always) init(_ channel: ChannelID) { self.init(rawValue: channel.rawValue) }
}

extension ChannelID {
    @inline(__always) init(_ channel: LinkChannel) { self.init(rawValue: channel.rawValue) }
}
