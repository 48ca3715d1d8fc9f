import Glibc
import RadioInterface
import RadioSockets
import Wire

/// Asking peers for channels.
extension VirtualRadio {
    public func connect(
        to target: RadioAddress, timeoutMilliseconds: Int, now: Instant
    ) throws(RadioError) -> ChannelID {
        guard !isDown else { throw .down }
        guard let index = table.allocate() else { throw .channelsExhausted }
        channels[index].phase = .searching
        channels[index].target = target
        channels[index].deadline = now.advanced(milliseconds: Int64(max(timeoutMilliseconds, 0)))
        searchingCount &+= 1
        noteDeadline(index)
        if let peer = peers.firstIndex(where: { $0.heardAddress == target }) { greet(peer: peer, channel: index) }
        return channels[index].id
    }

    /// As a Bluetooth initiator does: whoever is waited for is connected to when it is heard.
    func answerSearches(peer: Int, now: Instant) {
        for index in channels.indices
        where channels[index].phase == .searching && channels[index].target == peers[peer].heardAddress {
            greet(peer: peer, channel: index)
        }
    }

    /// On any failure the search goes on, until its time is over.
    private func greet(peer: Int, channel index: Int) {
        guard peers[peer].outgoing != nil, let presence, let socket = try? AirSocket.open(SOCK_SEQPACKET),
            let link = try? AirSocket.address(directory.linkPath(peers[peer].name)),
            AirSocket.connect(socket.value, link) == 0
        else { return }
        let greeting = AirGreeting(to: channels[index].target, from: address, name: name)
        let token = PollToken.channel(channels[index].id.rawValue).value
        guard AirSocket.send(socket.value, greeting.encoded) == 0,
            presence.poll.add(socket.value, EpollSet.readable, token: token) == 0
        else { return }
        channels[index].phase = .greeted
        channels[index].descriptor = socket.release()
        channels[index].peer = peers[peer].name
        channels[index].interest = EpollSet.readable
        searchingCount &-= 1
    }

    func takeAnswer<Sink: RadioEventSink>(
        _ index: Int, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        let count = recv(
            channels[index].descriptor, buffer.bytes.baseAddress, buffer.bytes.count, AirSocket.flagsReceive)
        if count < 0, errno == EAGAIN { return }
        var answer: AirAnswer?
        if count == AirAnswer.bytes { answer = AirAnswer(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])) }
        switch answer {
        case .accepted:
            channels[index].phase = .open
            applyStreet(channel: index, now: now)
            budget &-= 1
            sink.connected(channels[index].id)
        case .refused:
            end(index, .refused, &budget, into: &sink)
        case .absent, nil:
            Glibc.close(channels[index].descriptor)
            channels[index].descriptor = -1
            channels[index].interest = 0
            channels[index].phase = .searching
            channels[index].peer = nil
            searchingCount &+= 1
        }
    }
}
