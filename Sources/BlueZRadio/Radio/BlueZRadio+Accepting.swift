import Glibc
import RadioInterface
import RadioSockets
import Wire

/// A channel that a peer asks for while this side asks for one to the peer.
struct HeldChannel {
    var channel: IncomingChannel
    var adapter: UInt16
    var deadline: Instant
}

/// What there is in the other direction.
private enum Crossing {
    case none
    case connecting(Int)
    case open(Int)
}

/// Whose call is carried on with where two cross.
private enum Precedence {
    case own
    case peers
    /// This side does not know the address that it goes by.
    case unknown
}

/// Taking channels that peers ask for.
extension BlueZRadio {
    private static let heldMax = 8
    private static let heldMilliseconds: Int64 = 300
    private static let heldPrivatelyMilliseconds: ClosedRange<Int64> = 100...1_000
    /// A call that comes so soon after the own one was answered was made before its caller knew of that.
    private static let crossingMilliseconds: Int64 = 2_000

    func takeConnections<Sink: RadioEventSink>(
        _ adapter: UInt16, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        acceptRate.refill(now: now)
        while budget > 0, let place = place(adapter), adapters[place].listener >= 0 {
            guard acceptRate.hasRoom else { return pauseAccepts(until: acceptRate.resume(after: now)) }
            switch sockets.accept(adapters[place].listener) {
            case .success(let channel):
                acceptRate.take()
                take(channel, place, now: now, &budget, into: &sink)
            case .failure(let error):
                if error.number == EINTR { continue }
                if error.number == ECONNABORTED {
                    acceptRate.take()
                    counters.channelsUnusable &+= 1
                    continue
                }
                // Out of descriptors or memory: the backlog keeps them.
                if error.number != EAGAIN { pauseAccepts(until: now.advanced(milliseconds: 100)) }
                return
            }
        }
    }

    private func take<Sink: RadioEventSink>(
        _ channel: IncomingChannel, _ place: Int, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        let adapter = adapters[place].index
        switch crossing(channel.peer, adapter) {
        case .none: admit(channel, adapter, &budget, into: &sink)
        case .open(let index): cross(channel, place, index, now: now, &budget, into: &sink)
        case .connecting(let index):
            let milliseconds = holdMilliseconds(channel.peer, adapters[place], now: now)
            guard milliseconds > 0, held.count < Self.heldMax else {
                endCall(index)
                return admit(channel, adapter, &budget, into: &sink)
            }
            let deadline = now.advanced(milliseconds: milliseconds)
            held.append(HeldChannel(channel: channel, adapter: adapter, deadline: deadline))
            channelDue = min(channelDue, deadline)
        }
    }

    private func admit<Sink: RadioEventSink>(
        _ channel: IncomingChannel, _ adapter: UInt16, _ budget: inout Int, into sink: inout Sink
    ) {
        guard let index = table.allocate() else { return refuse(channel) }
        guard sockets.admit(channel.descriptor, messageBytesMax: messageBytesMax) == 0,
            poll.add(channel.descriptor, EpollSet.readable, token: PollToken.channel(channels[index].id.rawValue).value)
                == 0
        else {
            counters.channelsUnusable &+= 1
            Glibc.close(channel.descriptor)
            return
        }
        channels[index].phase = .open
        channels[index].descriptor = channel.descriptor
        channels[index].adapter = adapter
        channels[index].peer = channel.peer
        budget &-= 1
        sink.opened(channels[index].id, from: channel.peer)
    }

    private func refuse(_ channel: IncomingChannel) {
        counters.channelsRefused &+= 1
        Glibc.close(channel.descriptor)
    }

    // MARK: Calls that cross

    /// Between two there is one channel, or several called by the same side.
    private func crossing(_ peer: RadioAddress, _ adapter: UInt16) -> Crossing {
        for index in channels.indices where channels[index].isOutgoing && isSame(channels[index], peer, adapter) {
            if channels[index].isOpen { return .open(index) }
            if channels[index].isConnecting, channels[index].pendingEnd == nil { return .connecting(index) }
        }
        return .none
    }

    /// For how long the own call goes before one from `peer` that crosses it.
    ///
    /// Who does not know the address that it goes by cannot tell whose is lower. If both sides gave way at the same time
    /// neither call would be left, so such a side does at a time that it draws.
    private func holdMilliseconds(_ peer: RadioAddress, _ slot: AdapterSlot, now: Instant) -> Int64 {
        switch precedence(peer, slot) {
        case .own: return Self.heldMilliseconds
        case .peers: return 0
        case .unknown: break
        }
        let times = Self.heldPrivatelyMilliseconds
        let drawn = ((settings.seed ^ UInt64(bitPattern: now.microseconds)) &* 0x9e37_79b9_7f4a_7c15) >> 32
        return times.lowerBound + Int64(drawn) % Int64(times.count)
    }

    private func precedence(_ peer: RadioAddress, _ slot: AdapterSlot) -> Precedence {
        if slot.machine.isPrivate { return .unknown }
        return (slot.address?.packed ?? 0) < peer.packed ? .own : .peers
    }

    /// The kernel has answered both calls: both sides drop the same one, or leave that to the bridges.
    private func cross<Sink: RadioEventSink>(
        _ channel: IncomingChannel, _ place: Int, _ own: Int, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        let isYoung = now < channels[own].openSince.advanced(milliseconds: Self.crossingMilliseconds)
        switch precedence(channel.peer, adapters[place]) {
        case .own: return refuse(channel)
        case .peers, .unknown: guard isYoung else { return refuse(channel) }
        }
        if case .peers = precedence(channel.peer, adapters[place]) { endCall(own) }
        admit(channel, adapters[place].index, &budget, into: &sink)
    }

    private func endCall(_ index: Int) {
        channels[index].pendingEnd = .refused
        channelDue = .atOnce
    }

    /// Of two calls that cross the one by the lower address goes first, and both sides see it so where they know their
    /// addresses. But the kernel carries on with just one of them, which may be the other: so the peer waits for a moment
    /// only.
    func takeHeld<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) {
        var place = 0
        while place < held.count, budget > 0 {
            let waiting = held[place]
            let crossing = crossing(waiting.channel.peer, waiting.adapter)
            if case .connecting(let index) = crossing {
                guard waiting.deadline <= now else {
                    place &+= 1
                    continue
                }
                endCall(index)
            }
            held.remove(at: place)
            if case .open(let index) = crossing, let slot = self.place(waiting.adapter) {
                cross(waiting.channel, slot, index, now: now, &budget, into: &sink)
            } else {
                admit(waiting.channel, waiting.adapter, &budget, into: &sink)
            }
        }
    }

    private func pauseAccepts(until resume: Instant) {
        counters.acceptsPaused &+= 1
        acceptsResume = resume
        setListeners(0)
    }

    func resumeAccepts(now: Instant) {
        guard acceptsResume <= now else { return }
        acceptsResume = .distantFuture
        setListeners(EpollSet.readable)
    }

    private func setListeners(_ interest: UInt32) {
        for slot in adapters where slot.listener >= 0 {
            poll.modify(slot.listener, interest, token: PollToken.listener(slot.index).value)
        }
    }
}
