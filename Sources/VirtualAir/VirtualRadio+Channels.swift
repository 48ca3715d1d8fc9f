import CLinux
import Glibc
import RadioInterface
import Wire

/// The channel table, and messages.
extension VirtualRadio {
    public func send(_ id: ChannelID, _ bytes: UnsafeRawBufferPointer) -> SendOutcome {
        guard let index = find(id), channels[index].isOpen, !channels[index].hasEnded else { return .closed }
        guard bytes.count <= VirtualRadio.messageBytesMax else { return .tooLong }
        guard !bytes.isEmpty else { return .sent }
        guard !channels[index].isBlocked else { return .wouldBlock }
        // Retried only a few times: a signal storm must not hold the thread.
        for _ in 0..<4 {
            if Glibc.send(channels[index].descriptor, bytes.baseAddress, bytes.count, AirSocket.flagsSend) >= 0 {
                return .sent
            }
            if errno != EINTR { break }
        }
        switch errno {
        case EAGAIN, ENOBUFS, ENOMEM, EINTR:
            channels[index].isBlocked = true
            updateInterest(index)
            return .wouldBlock
        default:
            // The descriptor has hung up: the next poll tells the end.
            return .closed
        }
    }

    /// With one call to the system.
    public func sendMany(_ id: ChannelID, _ bytes: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>) -> Int
    {
        guard let index = find(id), channels[index].isOpen, !channels[index].hasEnded, !channels[index].isBlocked,
            lengths.count <= RadioLimits.messagesAtOnceMax
        else { return 0 }
        var total = 0
        for length in lengths {
            guard length > 0, length <= UInt32(VirtualRadio.messageBytesMax) else { return 0 }
            total &+= Int(length)
        }
        guard total <= bytes.count else { return 0 }
        let sent = sidegate_send_many(
            channels[index].descriptor, bytes.baseAddress, lengths.baseAddress, Int32(lengths.count))
        return max(0, Int(sent))
    }

    public func close(_ id: ChannelID) {
        if let index = find(id) { free(index) }
    }

    func takeChannel<Sink: RadioEventSink>(
        _ id: ChannelID, _ ready: UInt32, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        guard budget > 0, let index = find(id) else { return }
        guard channels[index].isOpen else {
            if channels[index].phase == .greeted { takeAnswer(index, now: now, &budget, into: &sink) }
            return
        }
        if ready & AirPoll.writable != 0, channels[index].isBlocked {
            channels[index].isBlocked = false
            updateInterest(index)
            budget &-= 1
            sink.writable(id)
        }
        guard ready & ~AirPoll.writable != 0, find(id) != nil else { return }
        // Hung up, and no room for what is still to come: it is read when there is. A peer that is gone makes the
        // channel writable too, so by now nothing waits for it any more and it does not wake the radio again.
        guard channels[index].interest & AirPoll.readable != 0 else { return }
        takeMessages(id, now: now, &budget, into: &sink)
    }

    private func takeMessages<Sink: RadioEventSink>(
        _ id: ChannelID, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        let channel = channelTable + id.index
        var turns = limits.messagesPerTurn
        while turns > 0, budget > 0 {
            guard channel.pointee.delays else {
                guard takeMany(id, &turns, &budget, into: &sink) else { return }
                continue
            }
            turns &-= 1
            guard let space = heldSpace(channel) else { return updateInterest(id.index) }
            let count = recv(channel.pointee.descriptor, space.baseAddress, space.count, AirSocket.flagsReceive)
            guard count > 0, count <= VirtualRadio.messageBytesMax else {
                return takeEnd(id.index, count, errno, &budget, into: &sink)
            }
            hold(channel, count, now: now)
        }
    }

    /// Takes messages that are not delayed, several with one call to the system. False: there are no more for now.
    private func takeMany<Sink: RadioEventSink>(
        _ id: ChannelID, _ turns: inout Int, _ budget: inout Int, into sink: inout Sink
    ) -> Bool {
        let channel = channelTable + id.index
        let wanted = min(turns, budget, RadioLimits.messagesAtOnceMax)
        let stride = VirtualRadio.bufferStride
        let taken = Int(
            sidegate_receive_many(channel.pointee.descriptor, buffer.baseAddress, stride, Int32(wanted), lengths))
        guard taken > 0 else {
            takeEnd(id.index, -1, errno, &budget, into: &sink)
            return false
        }
        turns &-= taken
        for place in 0..<taken {
            let count = Int(lengths[place])
            guard count > 0, count <= VirtualRadio.messageBytesMax else {
                takeEnd(id.index, count, 0, &budget, into: &sink)
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

    /// What `recv` gave that was no message.
    private func takeEnd<Sink: RadioEventSink>(
        _ index: Int, _ count: Int, _ number: Int32, _ budget: inout Int, into sink: inout Sink
    ) {
        if count > 0 {
            counters.messagesTooLong &+= 1
            return end(index, .reset, &budget, into: &sink)
        }
        if count < 0 {
            // A reset only says that the peer closed without reading everything; what it sent is still to be read.
            if number == EAGAIN || number == EINTR || number == ECONNRESET { return }
            return end(index, .failed, &budget, into: &sink)
        }
        guard channels[index].heldCount == 0 else {
            channels[index].hasEnded = true
            return updateInterest(index)
        }
        end(index, .closedByPeer, &budget, into: &sink)
    }

    private func heldSpace(_ channel: UnsafeMutablePointer<AirChannel>) -> UnsafeMutableRawBufferPointer? {
        if let held = channel.pointee.held { return held.isFull ? nil : held.free }
        let held = HeldMessages(messageBytesMax: VirtualRadio.messageBytesMax)
        channel.pointee.held = held
        return held.free
    }

    private func hold(_ channel: UnsafeMutablePointer<AirChannel>, _ length: Int, now: Instant) {
        let interval = settings.connectionIntervalMilliseconds
        var late = Int(channel.pointee.incoming.delayMilliseconds)
        // A run of losses as long as the supervision time would be a cut, and the street would say so.
        var losses = settings.supervisionMilliseconds / interval
        while losses > 0, channel.pointee.incoming.loses(using: &generator) {
            losses &-= 1
            late &+= interval
        }
        channel.pointee.held?.append(length: length, due: now.advanced(milliseconds: Int64(late)))
        noteDeadline(channel.pointee.id.index)
    }

    /// Does what is due for channels, and finds out when something is due next.
    func runChannels<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) {
        expireGreetings(now: now)
        for index in channels.indices where budget > 0 { runChannel(index, now: now, &budget, into: &sink) }
        channelDue = greetings.first?.deadline ?? .distantFuture
        for index in channels.indices { noteDeadline(index) }
        if isDown, channels.contains(where: { $0.phase != .free }) { channelDue = .atOnce }
    }

    private func runChannel<Sink: RadioEventSink>(
        _ index: Int, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        guard channels[index].phase != .free else { return }
        if isDown { return end(index, .adapterGone, &budget, into: &sink) }
        guard channels[index].isOpen, !channels[index].isCut else {
            let due = channels[index].nextDeadline(supervisionMilliseconds: settings.supervisionMilliseconds)
            if due <= now { end(index, .timedOut, &budget, into: &sink) }
            return
        }
        guard let held = channels[index].held, held.count > 0 || channels[index].hasEnded else { return }
        let id = channels[index].id
        while budget > 0, let due = held.firstDue, due <= now {
            budget &-= 1
            let bytes = held.first
            held.removeFirst()
            sink.received(id, bytes)
            guard find(id) != nil else { return }
        }
        if channels[index].hasEnded, held.count == 0, budget > 0 {
            end(index, .closedByPeer, &budget, into: &sink)
        } else {
            updateInterest(index)
        }
    }

    func end<Sink: RadioEventSink>(
        _ index: Int, _ reason: ChannelEnd, _ budget: inout Int, into sink: inout Sink
    ) {
        let id = channels[index].id
        free(index)
        budget &-= 1
        sink.ended(id, reason)
    }

    func find(_ id: ChannelID) -> Int? {
        guard id.index < channels.count, channels[id.index].id == id, channels[id.index].phase != .free else {
            return nil
        }
        return id.index
    }

    /// A free entry. They are taken in turn, so that an id comes round as late as it can.
    func allocate() -> Int? {
        for _ in channels.indices {
            let index = channelNext
            channelNext = (channelNext &+ 1) % channels.count
            if channels[index].phase == .free { return index }
        }
        return nil
    }

    func free(_ index: Int) {
        if channels[index].phase == .searching { searchingCount &-= 1 }
        if channels[index].descriptor >= 0 { Glibc.close(channels[index].descriptor) }
        let used = channels[index]
        let id = ChannelID(index: UInt8(truncatingIfNeeded: index), generation: used.id.generation &+ 1)
        used.held?.removeAll()
        channels[index] = AirChannel(id: id, held: used.held)
    }

    func noteDeadline(_ index: Int) {
        channelDue = min(
            channelDue, channels[index].nextDeadline(supervisionMilliseconds: settings.supervisionMilliseconds))
    }

    /// Waits for just those events that can be dealt with now; for none at all while the channel is cut.
    func updateInterest(_ index: Int) {
        guard let presence, channels[index].descriptor >= 0 else { return }
        let channel = channels[index]
        var wanted: UInt32 = 0
        if channel.phase == .greeted {
            wanted = AirPoll.readable
        } else if !channel.isCut, !channel.hasEnded {
            if !(channel.held?.isFull ?? false) { wanted |= AirPoll.readable }
            if channel.isBlocked { wanted |= AirPoll.writable }
        }
        guard wanted != channel.interest else { return }
        let token = PollToken.channel(channel.id.rawValue).value
        if wanted == 0 {
            presence.poll.remove(channel.descriptor)
        } else if channel.interest == 0 {
            presence.poll.add(channel.descriptor, wanted, token: token)
        } else {
            presence.poll.modify(channel.descriptor, wanted, token: token)
        }
        channels[index].interest = wanted
    }
}
