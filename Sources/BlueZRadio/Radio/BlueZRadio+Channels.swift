import Glibc
import RadioInterface
import RadioSockets
import Wire

/// The channel table.
extension BlueZRadio {
    private static let lingerMilliseconds: Int64 = 2_000
    private static let lingerLookMilliseconds: Int64 = 5

    public func close(_ id: ChannelID) {
        if let index = table.find(id) { free(index, lingers: true) }
    }

    func free(_ index: Int, lingers: Bool) {
        connectLeft(index)
        let used = channels[index]
        channels[index] = BlueZChannel(id: table.nextID(index))
        guard used.descriptor >= 0 else { return }
        if lingers, used.phase == .open, !sockets.isDrained(used.descriptor) {
            linger(used.descriptor)
        } else {
            Glibc.close(used.descriptor)
        }
    }

    func end<Sink: RadioEventSink>(
        _ index: Int, _ reason: ChannelEnd, _ budget: inout Int, into sink: inout Sink
    ) {
        let id = channels[index].id
        free(index, lingers: false)
        budget &-= 1
        sink.ended(id, reason)
    }

    /// Does what is due for channels, and finds out when something is due next.
    func runChannels<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) {
        for index in channels.indices where budget > 0 && channels[index].phase != .free {
            if let reason = channels[index].pendingEnd {
                end(index, reason, &budget, into: &sink)
            } else if channels[index].nextDeadline <= now {
                end(index, .timedOut, &budget, into: &sink)
            }
        }
        channelDue = held.reduce(.distantFuture) { min($0, $1.deadline) }
        for index in channels.indices where channels[index].phase != .free { noteDeadline(index) }
    }

    func noteDeadline(_ index: Int) { channelDue = min(channelDue, channels[index].nextDeadline) }

    /// The adapter is gone or off: so are its channels.
    func endChannels(of adapter: UInt16) {
        held.removeAll { waiting in
            guard waiting.adapter == adapter else { return false }
            Glibc.close(waiting.channel.descriptor)
            return true
        }
        for index in channels.indices
        where channels[index].phase != .free && channels[index].adapter == adapter && channels[index].pendingEnd == nil
        {
            if channels[index].descriptor >= 0 { poll.remove(channels[index].descriptor) }
            channels[index].pendingEnd = .adapterGone
            channelDue = .atOnce
        }
    }

    // MARK: Closing without losing what was sent

    /// The kernel drops what it has not handed to the controller when a socket is closed: that waits, for a while.
    private func linger(_ descriptor: Int32) {
        poll.remove(descriptor)
        if lingering.count >= limits.channelsMax { Glibc.close(lingering.removeFirst().descriptor) }
        lingering.append(
            LingeringSocket(descriptor: descriptor, deadline: clock.advanced(milliseconds: Self.lingerMilliseconds)))
        lingerDue = min(lingerDue, clock.advanced(milliseconds: Self.lingerLookMilliseconds))
    }

    func runLingering(now: Instant) {
        lingering.removeAll { socket in
            guard socket.deadline <= now || sockets.isDrained(socket.descriptor) else { return false }
            Glibc.close(socket.descriptor)
            return true
        }
        lingerDue = lingering.isEmpty ? .distantFuture : now.advanced(milliseconds: Self.lingerLookMilliseconds)
    }
}
