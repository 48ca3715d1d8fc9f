import Glibc
import RadioInterface
import RadioSockets
import Wire

/// Messages.
extension BlueZRadio {
    public func send(_ id: ChannelID, _ bytes: UnsafeRawBufferPointer) -> SendOutcome {
        guard let index = table.find(id), channels[index].isOpen else { return .closed }
        let wasBlocked = channels[index].isBlocked
        let outcome = MessageSocket.send(
            channels[index].descriptor, bytes, bytesMax: BlueZRadio.messageBytesMax, isBlocked: wasBlocked)
        if outcome == .wouldBlock, !wasBlocked {
            channels[index].isBlocked = true
            let both = EpollSet.readable | EpollSet.writable
            poll.modify(channels[index].descriptor, both, token: PollToken.channel(id.rawValue).value)
        }
        return outcome
    }

    public func sendMany(_ id: ChannelID, _ bytes: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>) -> Int
    {
        guard let index = table.find(id), channels[index].isOpen, !channels[index].isBlocked else { return 0 }
        return MessageSocket.sendMany(
            channels[index].descriptor, bytes, lengths: lengths, bytesMax: BlueZRadio.messageBytesMax)
    }

    func takeChannel<Sink: RadioEventSink>(
        _ id: ChannelID, _ ready: UInt32, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        guard budget > 0, let index = table.find(id), channels[index].pendingEnd == nil else { return }
        guard channels[index].phase == .open else {
            if channels[index].phase == .connecting { takeConnect(index, now: now, &budget, into: &sink) }
            return
        }
        if ready & EpollSet.writable != 0, channels[index].isBlocked {
            channels[index].isBlocked = false
            poll.modify(channels[index].descriptor, EpollSet.readable, token: PollToken.channel(id.rawValue).value)
            budget &-= 1
            sink.writable(id)
        }
        guard ready & ~EpollSet.writable != 0, table.find(id) != nil else { return }
        var turns = limits.messagesPerTurn
        while turns > 0, budget > 0, takeMessages(id, &turns, &budget, into: &sink) {}
    }

    /// Takes several messages with one call to the system. False: there are no more for now.
    private func takeMessages<Sink: RadioEventSink>(
        _ id: ChannelID, _ turns: inout Int, _ budget: inout Int, into sink: inout Sink
    ) -> Bool {
        let channel = table.entry(id.index)
        let wanted = min(turns, budget, RadioLimits.messagesAtOnceMax)
        let taken = buffer.receive(from: channel.pointee.descriptor, atMost: wanted)
        guard taken > 0 else { return takeFault(id.index, errno, &budget, into: &sink) }
        turns &-= taken
        for place in 0..<taken {
            guard let message = buffer.message(place) else {
                counters.messagesTooLong &+= 1
                end(id.index, .reset, &budget, into: &sink)
                return false
            }
            guard !message.isEmpty else {
                // A link that broke gives no end of file: a fault before this one was the peer's closing itself.
                end(id.index, .closedByPeer, &budget, into: &sink)
                return false
            }
            budget &-= 1
            sink.received(id, message)
            // What the sink closed has nothing more to tell.
            guard channel.pointee.id == id, channel.pointee.isOpen else { return false }
        }
        return taken == wanted
    }

    /// The kernel tells of a fault before it gives out what had come by then: that is read first. True: read on.
    private func takeFault<Sink: RadioEventSink>(
        _ index: Int, _ number: Int32, _ budget: inout Int, into sink: inout Sink
    ) -> Bool {
        if number == EINTR { return false }
        if number == EAGAIN {
            if let fault = channels[index].fault { end(index, fault, &budget, into: &sink) }
            return false
        }
        guard channels[index].fault == nil else {
            end(index, channels[index].fault ?? .failed, &budget, into: &sink)
            return false
        }
        guard let meaning = sockets.end(of: number) else { return true }
        if meaning == .adapterGone, let place = place(channels[index].adapter) {
            adapters[place].machine.linkBroke(now: clock)
        }
        channels[index].fault = meaning == .refused ? .reset : meaning
        return true
    }
}
