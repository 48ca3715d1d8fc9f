import CLinux
import Glibc
import RadioInterface
import RadioSockets
import Wire

/// A connection that was taken and has not said yet what it wants.
struct PendingGreeting {
    var serial: UInt32
    var descriptor: Int32
    var deadline: Instant
}

/// Taking channels that peers ask for.
extension VirtualRadio {
    /// Connections at once that have not greeted; peers greet as they connect, so only strangers wait here.
    private static let greetingsMax = 8
    private static let greetingMilliseconds: Int64 = 1_000

    func takeConnections<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) {
        acceptRate.refill(now: now)
        while budget > 0, let listener = presence?.listener.value {
            guard acceptRate.hasRoom else { return pauseAccepts(until: acceptRate.resume(after: now)) }
            let descriptor = sidegate_accept(listener)
            guard descriptor >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                // Out of descriptors or memory: the backlog keeps them.
                if errno != EAGAIN { pauseAccepts(until: now.advanced(milliseconds: 100)) }
                return
            }
            acceptRate.take()
            budget &-= 1
            if !greet(descriptor, now: now, into: &sink) { keep(descriptor, now: now) }
        }
    }

    private func pauseAccepts(until resume: Instant) {
        guard let presence else { return }
        counters.acceptsPaused &+= 1
        acceptsResume = resume
        presence.poll.modify(presence.listener.value, 0, token: PollToken.listener.value)
    }

    func resumeAccepts(now: Instant) {
        guard acceptsResume <= now, let presence else { return }
        acceptsResume = .distantFuture
        presence.poll.modify(presence.listener.value, EpollSet.readable, token: PollToken.listener.value)
    }

    /// Keeps a silent connection for a while; the one that has been silent longest makes room.
    private func keep(_ descriptor: Int32, now: Instant) {
        if greetings.count >= VirtualRadio.greetingsMax {
            counters.greetingsMissed &+= 1
            Glibc.close(greetings.removeFirst().descriptor)
        }
        greetingSerial &+= 1
        let deadline = now.advanced(milliseconds: VirtualRadio.greetingMilliseconds)
        greetings.append(PendingGreeting(serial: greetingSerial, descriptor: descriptor, deadline: deadline))
        presence?.poll.add(descriptor, EpollSet.readable, token: PollToken.greeting(greetingSerial).value)
        channelDue = min(channelDue, deadline)
    }

    func expireGreetings(now: Instant) {
        while let first = greetings.first, first.deadline <= now {
            counters.greetingsMissed &+= 1
            Glibc.close(greetings.removeFirst().descriptor)
        }
    }

    func takeGreeting<Sink: RadioEventSink>(
        serial: UInt32, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        guard budget > 0, let index = greetings.firstIndex(where: { $0.serial == serial }) else { return }
        let descriptor = greetings[index].descriptor
        // Its token goes with the greeting: a channel gets its own.
        presence?.poll.remove(descriptor)
        greetings.remove(at: index)
        budget &-= 1
        if !greet(descriptor, now: now, into: &sink) { keep(descriptor, now: now) }
    }

    /// Reads and answers the greeting on `descriptor`, and takes it over. False if nothing has come yet.
    private func greet<Sink: RadioEventSink>(_ descriptor: Int32, now: Instant, into sink: inout Sink) -> Bool {
        let count = recv(descriptor, buffer.bytes.baseAddress, buffer.bytes.count, AirSocket.flagsReceive)
        if count < 0, errno == EAGAIN { return false }
        guard count > 0, count <= buffer.bytes.count,
            let greeting = AirGreeting(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
        else {
            counters.greetingsMalformed &+= 1
            Glibc.close(descriptor)
            return true
        }
        let answer = answer(to: greeting)
        let isAnswered = AirSocket.send(descriptor, answer.encoded) == 0
        guard answer == .accepted, isAnswered, let index = table.allocate() else {
            if answer == .refused { counters.channelsRefused &+= 1 }
            Glibc.close(descriptor)
            return true
        }
        channels[index].phase = .open
        channels[index].descriptor = descriptor
        channels[index].peer = greeting.name
        applyStreet(channel: index, now: now)
        sink.opened(channels[index].id, from: greeting.from)
        return true
    }

    private func answer(to greeting: AirGreeting) -> AirAnswer {
        guard !isDown, greeting.to == address, !beacons.isEmpty,
            street.path(from: greeting.name, to: name) != nil, street.path(from: name, to: greeting.name) != nil
        else { return .absent }
        return channels.contains { $0.phase == .free } ? .accepted : .refused
    }
}
