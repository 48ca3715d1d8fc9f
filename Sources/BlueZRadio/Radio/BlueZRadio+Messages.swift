import CBluetooth
import CLinux
import Glibc
import RadioInterface
import Wire

/// Messages.
extension BlueZRadio {
    private static let flagsSend = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

    public func send(_ id: ChannelID, _ bytes: UnsafeRawBufferPointer) -> SendOutcome {
        guard let index = find(id), channels[index].isOpen else { return .closed }
        guard bytes.count <= BlueZRadio.messageBytesMax else { return .tooLong }
        guard !bytes.isEmpty else { return .sent }
        guard !channels[index].isBlocked else { return .wouldBlock }
        // Retried only a few times: a signal storm must not hold the thread.
        for _ in 0..<4 {
            if Glibc.send(channels[index].descriptor, bytes.baseAddress, bytes.count, Self.flagsSend) >= 0 {
                return .sent
            }
            if errno != EINTR { break }
        }
        switch errno {
        case EAGAIN, ENOBUFS, ENOMEM, EINTR:
            channels[index].isBlocked = true
            let both = RadioPoll.readable | RadioPoll.writable
            poll.modify(channels[index].descriptor, both, token: .channel(id.rawValue))
            return .wouldBlock
        default:
            // The descriptor has hung up: the next poll tells the end.
            return .closed
        }
    }

    /// With one call to the system.
    public func sendMany(_ id: ChannelID, _ bytes: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>) -> Int
    {
        guard let index = find(id), channels[index].isOpen, !channels[index].isBlocked,
            lengths.count <= RadioLimits.messagesAtOnceMax
        else { return 0 }
        var total = 0
        for length in lengths {
            guard length > 0, length <= UInt32(BlueZRadio.messageBytesMax) else { return 0 }
            total &+= Int(length)
        }
        guard total <= bytes.count else { return 0 }
        let sent = sidegate_send_many(
            channels[index].descriptor, bytes.baseAddress, lengths.baseAddress, Int32(lengths.count))
        return max(0, Int(sent))
    }

    func takeChannel<Sink: RadioEventSink>(
        _ id: ChannelID, _ ready: UInt32, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        guard budget > 0, let index = find(id), channels[index].pendingEnd == nil else { return }
        guard channels[index].phase == .open else {
            if channels[index].phase == .connecting { takeConnect(index, now: now, &budget, into: &sink) }
            return
        }
        if ready & RadioPoll.writable != 0, channels[index].isBlocked {
            channels[index].isBlocked = false
            poll.modify(channels[index].descriptor, RadioPoll.readable, token: .channel(id.rawValue))
            budget &-= 1
            sink.writable(id)
        }
        guard ready & ~RadioPoll.writable != 0, find(id) != nil else { return }
        var turns = limits.messagesPerTurn
        while turns > 0, budget > 0, takeMessages(id, &turns, &budget, into: &sink) {}
    }

    /// Takes several messages with one call to the system. False: there are no more for now.
    private func takeMessages<Sink: RadioEventSink>(
        _ id: ChannelID, _ turns: inout Int, _ budget: inout Int, into sink: inout Sink
    ) -> Bool {
        let channel = channelTable + id.index
        let wanted = min(turns, budget, RadioLimits.messagesAtOnceMax)
        let stride = BlueZRadio.bufferStride
        let taken = Int(
            sidegate_receive_many(channel.pointee.descriptor, buffer.baseAddress, stride, Int32(wanted), lengths))
        guard taken > 0 else { return takeFault(id.index, errno, &budget, into: &sink) }
        turns &-= taken
        for place in 0..<taken {
            let count = Int(lengths[place])
            guard count > 0, count <= BlueZRadio.messageBytesMax else {
                if count > 0 { counters.messagesTooLong &+= 1 }
                // A link that broke gives no end of file: a fault before this one was the peer's closing itself.
                end(id.index, count > 0 ? .reset : .closedByPeer, &budget, into: &sink)
                return false
            }
            budget &-= 1
            let start = buffer.baseAddress.map { $0 + place &* stride }
            sink.received(id, UnsafeRawBufferPointer(start: start, count: count))
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
        channels[index].fault = meaning == .refused ? .reset : meaning
        return true
    }
}
