import Glibc
import RadioInterface
import Wire

/// Taking channels that peers ask for.
extension BlueZRadio {
    func takeConnections<Sink: RadioEventSink>(
        _ adapter: UInt16, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        refillAccepts(now: now)
        while budget > 0, let place = place(adapter), adapters[place].listener >= 0 {
            guard acceptTokens >= 1 else {
                return pauseAccepts(until: now.advanced(microseconds: Int64(1_000_000 / limits.acceptsPerSecond) &+ 1))
            }
            switch sockets.accept(adapters[place].listener) {
            case .success(let channel):
                acceptTokens -= 1
                take(channel, place, &budget, into: &sink)
            case .failure(let error):
                if error.number == EINTR { continue }
                if error.number == ECONNABORTED {
                    acceptTokens -= 1
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
        _ channel: IncomingChannel, _ place: Int, _ budget: inout Int, into sink: inout Sink
    ) {
        guard yields(to: channel.peer, place), let index = allocate() else {
            counters.channelsRefused &+= 1
            Glibc.close(channel.descriptor)
            return
        }
        guard sockets.admit(channel.descriptor, messageBytesMax: messageBytesMax) == 0 else {
            counters.channelsUnusable &+= 1
            Glibc.close(channel.descriptor)
            return
        }
        channels[index].phase = .open
        channels[index].descriptor = channel.descriptor
        channels[index].adapter = adapters[place].index
        channels[index].peer = channel.peer
        poll.add(channel.descriptor, RadioPoll.readable, token: .channel(channels[index].id.rawValue))
        budget &-= 1
        sink.opened(channels[index].id, from: channel.peer)
    }

    /// Between two there is one channel, or several called by the same side. Of two calls that cross, the one by the lower
    /// address stays: both sides see it so.
    private func yields(to peer: RadioAddress, _ place: Int) -> Bool {
        let adapter = adapters[place].index
        let own = adapters[place].address?.packed ?? 0
        for index in channels.indices where channels[index].isOutgoing && isSame(channels[index], peer, adapter) {
            if channels[index].isOpen { return false }
            guard channels[index].isConnecting, channels[index].pendingEnd == nil else { continue }
            guard peer.packed < own else { return false }
            channels[index].pendingEnd = .refused
            channelDue = .atOnce
        }
        return true
    }

    private func refillAccepts(now: Instant) {
        let elapsed = acceptsRefilled.map { max(0, now.microseconds(since: $0)) } ?? 0
        acceptsRefilled = now
        let tokens = acceptTokens + Double(elapsed) * Double(limits.acceptsPerSecond) / 1_000_000
        acceptTokens = min(tokens, Double(limits.acceptsBurst))
    }

    private func pauseAccepts(until resume: Instant) {
        counters.acceptsPaused &+= 1
        acceptsResume = resume
        setListeners(0)
    }

    func resumeAccepts(now: Instant) {
        guard acceptsResume <= now else { return }
        acceptsResume = .distantFuture
        setListeners(RadioPoll.readable)
    }

    private func setListeners(_ interest: UInt32) {
        for slot in adapters where slot.listener >= 0 {
            poll.modify(slot.listener, interest, token: .listener(slot.index))
        }
    }
}
