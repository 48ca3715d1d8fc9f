import Glibc
import RadioInterface
import RadioSockets
import Wire

/// The channel table, and messages.
extension VirtualRadio {
    public func send(_ id: ChannelID, _ bytes: UnsafeRawBufferPointer) -> SendOutcome {
        guard let index = table.find(id), channels[index].isOpen, !channels[index].hasEnded else { return .closed }
        let wasBlocked = channels[index].isBlocked
        let outcome = MessageSocket.send(
            channels[index].descriptor, bytes, bytesMax: VirtualRadio.messageBytesMax, isBlocked: wasBlocked)
        if outcome == .wouldBlock, !wasBlocked {
            channels[index].isBlocked = true
            updateInterest(index)
        }
        return outcome
    }

    public func sendMany(_ id: ChannelID, _ bytes: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>) -> Int
    {
        guard let index = table.find(id), channels[index].isOpen, !channels[index].hasEnded, !channels[index].isBlocked
        else { return 0 }
        return MessageSocket.sendMany(
            channels[index].descriptor, bytes, lengths: lengths, bytesMax: VirtualRadio.messageBytesMax)
    }

    public func close(_ id: ChannelID) {
        if let index = table.find(id) { free(index) }
    }

    func takeChannel<Sink: RadioEventSink>(
        _ id: ChannelID, _ ready: UInt32, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        guard budget > 0, let index = table.find(id) else { return }
        guard channels[index].isOpen else {
            if channels[index].phase == .greeted { takeAnswer(index, now: now, &budget, into: &sink) }
            return
        }
        if ready & EpollSet.writable != 0, channels[index].isBlocked {
            channels[index].isBlocked = false
            updateInterest(index)
            budget &-= 1
            sink.writable(id)
        }
        guard ready & ~EpollSet.writable != 0, table.find(id) != nil else { return }
        // Hung up, and no room for what is still to come: it is read when there is. A peer that is gone makes the
        // channel writable too, so by now nothing waits for it any more and it does not wake the radio again.
        guard channels[index].interest & EpollSet.readable != 0 else { return }
        takeMessages(id, now: now, &budget, into: &sink)
    }

    private func takeMessages<Sink: RadioEventSink>(
        _ id: ChannelID, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        let channel = table.entry(id.index)
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
        let channel = table.entry(id.index)
        let wanted = min(turns, budget, RadioLimits.messagesAtOnceMax)
        let taken = buffer.receive(from: channel.pointee.descriptor, atMost: wanted)
        guard taken > 0 else {
            takeEnd(id.index, -1, errno, &budget, into: &sink)
            return false
        }
        turns &-= taken
        for place in 0..<taken {
            guard let message = buffer.message(place) else {
                takeTooLong(id.index, &budget, into: &sink)
                return false
            }
            guard !message.isEmpty else {
                takeEnd(id.index, 0, 0, &budget, into: &sink)
                return false
            }
            budget &-= 1
            sink.received(id, message)
            // What the sink closed has nothing more to tell.
            guard channel.pointee.id == id, channel.pointee.isOpen else { return false }
        }
        return taken == wanted
    }

    /// What `recv` gave that was no message.
    private func takeEnd<Sink: RadioEventSink>(
        _ index: Int, _ count: Int, _ number: Int32, _ budget: inout Int, into sink: inout Sink
    ) {
        if count > 0 { return takeTooLong(index, &budget, into: &sink) }
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

    private func takeTooLong<Sink: RadioEventSink>(_ index: Int, _ budget: inout Int, into sink: inout Sink) {
        counters.messagesTooLong &+= 1
        end(index, .reset, &budget, into: &sink)
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
            guard table.find(id) != nil else { return }
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

    func free(_ index: Int) {
        if channels[index].phase == .searching { searchingCount &-= 1 }
        if channels[index].descriptor >= 0 { Glibc.close(channels[index].descriptor) }
        let used = channels[index]
        used.held?.removeAll()
        channels[index] = AirChannel(id: table.nextID(index), held: used.held)
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
            wanted = EpollSet.readable
        } else if !channel.isCut, !channel.hasEnded {
            if !(channel.held?.isFull ?? false) { wanted |= EpollSet.readable }
            if channel.isBlocked { wanted |= EpollSet.writable }
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
