import Glibc
import RadioInterface
import RadioSockets
import Wire

/// Asking peers for channels.
extension BlueZRadio {
    /// An attempt that failed for another reason than a refusal is made again after this, within its time.
    private static let attemptMilliseconds: Int64 = 200

    public func connect(
        to target: RadioAddress, timeoutMilliseconds: Int, now: Instant
    ) throws(RadioError) -> ChannelID {
        guard !isStopped, !stopsAfterPoll, let adapter = adapter(for: target) else { throw .down }
        guard let index = table.allocate() else { throw .channelsExhausted }
        clock = max(clock, now)
        channels[index].phase = .waiting
        channels[index].peer = target
        channels[index].adapter = adapters[adapter].index
        channels[index].isOutgoing = true
        channels[index].deadline = now.advanced(milliseconds: Int64(max(timeoutMilliseconds, 0)))
        waitingCount &+= 1
        // A second channel, the other way round, would harm the first.
        if channels.contains(where: { $0.isOpen && !$0.isOutgoing && isSame($0, target, adapters[adapter].index) }) {
            channels[index].pendingEnd = .refused
            noteDeadline(index)
            return channels[index].id
        }
        channels[index].isPauseAsked = true
        let spread = UInt8(
            truncatingIfNeeded: ((settings.seed ^ UInt64(channels[index].id.rawValue)) &* 0x9e37_79b9_7f4a_7c15) >> 56)
        adapters[adapter].machine.connectStarted(spread: spread, now: now)
        noteDeadline(index)
        return channels[index].id
    }

    func isSame(_ channel: BlueZChannel, _ peer: RadioAddress, _ adapter: UInt16) -> Bool {
        channel.peer == peer && channel.adapter == adapter
    }

    private func adapter(for target: RadioAddress) -> Int? {
        if let index = heardBy.adapter(for: target), let place = place(index), adapters[place].machine.isUp {
            return place
        }
        return adapters.firstIndex { $0.machine.isUp && $0.machine.isPermitted != false }
    }

    /// When `startWaiting` may have something to do.
    var waitingDue: Instant {
        var due = Instant.distantFuture
        for index in channels.indices where channels[index].phase == .waiting && channels[index].pendingEnd == nil {
            guard let place = place(channels[index].adapter) else { continue }
            due = min(due, max(channels[index].attemptDue, adapters[place].machine.beacons.quietDue))
        }
        return due
    }

    func startWaiting(now: Instant) {
        guard waitingCount > 0 else { return }
        for index in channels.indices
        where channels[index].phase == .waiting && channels[index].pendingEnd == nil
            && channels[index].attemptDue <= now
        {
            guard let place = place(channels[index].adapter), let address = adapters[place].address,
                adapters[place].machine.beacons.quietDue <= now
            else { continue }
            start(index, from: address, now: now)
        }
    }

    private func start(_ index: Int, from address: RadioAddress, now: Instant) {
        switch sockets.connect(from: address, to: channels[index].peer, messageBytesMax: messageBytesMax) {
        case .success(let descriptor):
            let token = PollToken.channel(channels[index].id.rawValue)
            guard poll.add(descriptor, sockets.connectEvents, token: token.value) == 0 else {
                Glibc.close(descriptor)
                channels[index].attemptDue = now.advanced(milliseconds: Self.attemptMilliseconds)
                return
            }
            channels[index].phase = .connecting
            channels[index].descriptor = descriptor
            waitingCount &-= 1
        case .failure(let error):
            channels[index].attemptDue = now.advanced(milliseconds: Self.attemptMilliseconds)
            failed(index, error.number)
        }
    }

    /// A refusal is final; anything else may be the air, and is tried again.
    private func failed(_ index: Int, _ number: Int32) {
        guard sockets.end(of: number) == .refused else { return }
        channels[index].pendingEnd = .refused
        channelDue = .atOnce
    }

    func takeConnect<Sink: RadioEventSink>(
        _ index: Int, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        let descriptor = channels[index].descriptor
        switch sockets.finishConnect(descriptor, messageBytesMax: messageBytesMax) {
        case .pending: return
        case .connected:
            connectLeft(index)
            channels[index].phase = .open
            channels[index].openSince = clock
            poll.modify(descriptor, EpollSet.readable, token: PollToken.channel(channels[index].id.rawValue).value)
            budget &-= 1
            if !held.isEmpty { channelDue = .atOnce }
            sink.connected(channels[index].id)
        case .failed(let number):
            poll.remove(descriptor)
            Glibc.close(descriptor)
            channels[index].descriptor = -1
            channels[index].phase = .waiting
            waitingCount &+= 1
            channels[index].attemptDue = now.advanced(milliseconds: Self.attemptMilliseconds)
            failed(index, number)
        }
    }

    /// It is no longer being connected, whatever it is now.
    func connectLeft(_ index: Int) {
        guard channels[index].isConnecting else { return }
        if channels[index].phase == .waiting { waitingCount &-= 1 }
        guard channels[index].isPauseAsked, let place = place(channels[index].adapter) else { return }
        channels[index].isPauseAsked = false
        adapters[place].machine.connectEnded(now: clock)
    }
}
