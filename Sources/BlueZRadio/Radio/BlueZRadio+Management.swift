import Glibc
import RadioInterface
import RadioSockets
import Wire

/// The management socket: what the kernel tells.
extension BlueZRadio {
    /// Packets taken in one poll, so that a flood of advertisements holds up nothing else.
    private static let packetsPerPoll = 256
    /// After so many polls what was not answered counts as such, however much there is to read.
    private static let pollsUnreadMax = 16
    /// News may be lost where the socket is full.
    private static let surveyMilliseconds: Int64 = 60_000

    /// What it throws leaves the socket to be lost.
    private func beginManagement(_ descriptor: Int32, now: Instant) throws(BlueZError) {
        management.use(descriptor)
        let number = poll.add(descriptor, EpollSet.readable, token: PollToken.management.value)
        guard number == 0 else { throw .system(call: "epoll_ctl", errno: number) }
        survey(now: now)
    }

    /// Asks which adapters there are.
    private func survey(now: Instant) {
        surveyDue = now.advanced(milliseconds: Self.surveyMilliseconds)
        management.ask(.readIndexList, now: now)
    }

    /// Opens the socket again where it was lost, and notices that it no longer answers.
    func runManagement(now: Instant) {
        if management.isOpen, management.answerDeadline <= now {
            poll.remove(management.descriptor)
            management.rest(
                "the kernel's management socket does not answer: restart bluetooth, or the machine", now: now)
            managementLost(now: now)
        }
        if management.isOpen, surveyDue <= now {
            survey(now: now)
            for index in adapters.indices { adapters[index].machine.askAnew(now: now) }
        }
        guard !management.isOpen, management.reopenDue <= now else { return }
        changes = true
        do throws(BlueZError) {
            try beginManagement(try management.next(), now: now)
        } catch {
            management.lose("\(error)", now: now)
        }
    }

    private func managementLost(now: Instant) {
        counters.managementLost &+= 1
        changes = true
        isListed = false
        // What they are is asked anew. Channels do not depend on it.
        for index in adapters.indices { renew(index, now: now) }
    }

    // MARK: Packets

    /// Packets that were read when there was no budget for what they tell, and answers that are late because this side is:
    /// what lies in the socket has come in its time. False if it is too early to judge.
    func readAnswers<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) -> Bool {
        guard management.isOpen, management.hasPackets || isAnswerOverdue(now: now) else { return true }
        let isRead = takePackets(now: now, &budget, into: &sink)
        guard !isRead, isAnswerOverdue(now: now), pollsUnread < Self.pollsUnreadMax else {
            pollsUnread = 0
            return true
        }
        pollsUnread &+= 1
        return false
    }

    private func isAnswerOverdue(now: Instant) -> Bool {
        if management.answerDeadline <= now { return true }
        for index in adapters.indices {
            if let inFlight = adapters[index].machine.inFlight, inFlight.deadline <= now { return true }
        }
        return false
    }

    /// Whether everything was read that there is.
    @discardableResult
    func takePackets<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) -> Bool {
        var left = Self.packetsPerPoll
        var isMore = true
        while left > 0, management.isOpen, isMore {
            guard management.hasPackets || management.receive() else {
                let number = errno
                if number != EAGAIN, number != EINTR { socketFailed(number, now: now) }
                return true
            }
            isMore = management.isFull
            while management.hasPackets {
                guard takePacket(now: now, &budget, into: &sink) else { return false }
                // What was told may have stopped it all.
                guard management.hasPackets else { break }
                management.advance()
                left &-= 1
            }
        }
        return !isMore
    }

    private func socketFailed(_ number: Int32, now: Instant) {
        let words = number == 0 ? "it was closed" : errorWords(number)
        management.lose("the kernel's management socket failed: \(words)", now: now)
        managementLost(now: now)
    }

    /// False if there is no budget for what it tells: it stays.
    @inline(__always)
    private func takePacket<Sink: RadioEventSink>(
        now: Instant, _ budget: inout Int, into sink: inout Sink
    ) -> Bool {
        guard let bytes = management.packet else {
            counters.packetsMalformed &+= 1
            return true
        }
        do throws(ManagementError) {
            let packet = try ManagementPacket(bytes)
            guard let report = try AdvertisementReport(packet) else {
                try take(packet, now: now)
                return true
            }
            guard InterestFilter.matters(report.data) else {
                counters.advertisementsForeign &+= 1
                noteHeard(packet.index, now: now)
                return true
            }
            guard budget > 0 else { return false }
            tell(report, by: packet.index, now: now, &budget, into: &sink)
        } catch {
            counters.packetsMalformed &+= 1
        }
        return true
    }

    private func tell<Sink: RadioEventSink>(
        _ report: AdvertisementReport, by index: UInt16, now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        let isOwn = adapters.contains { $0.machine.isSelected && $0.address == report.address }
        guard noteHeard(index, now: now), !isOwn else {
            counters.advertisementsElsewhere &+= 1
            return
        }
        guard !repetitions.isRepetition(address: report.address, data: report.data, now: now) else {
            counters.advertisementsRepeated &+= 1
            return
        }
        counters.advertisementsTold &+= 1
        if settings.adapters.count > 1 { heardBy.note(report.address, by: index) }
        budget &-= 1
        sink.heard(address: report.address, signalDBm: report.signalDBm, data: report.data)
    }

    /// False if the adapter is none of ours.
    @discardableResult
    private func noteHeard(_ index: UInt16, now: Instant) -> Bool {
        for place in adapters.indices where adapters[place].machine.index == index {
            guard adapters[place].machine.isSelected else { return false }
            adapters[place].machine.heard(now: now)
            return true
        }
        return false
    }

    /// Everything but advertisements.
    private func take(_ packet: ManagementPacket, now: Instant) throws(ManagementError) {
        changes = true
        if let answer = try CommandAnswer(packet) { return try take(answer, packet.index, now: now) }
        switch packet.code {
        case ManagementEvent.indexAdded: addAdapter(packet.index)
        case ManagementEvent.indexRemoved: removeAdapter(packet.index)
        default:
            guard let place = place(packet.index), try adapters[place].machine.told(packet, now: now) else {
                counters.packetsIgnored &+= 1
                return
            }
            adapterChanged(place)
        }
    }

    private func take(_ answer: CommandAnswer, _ index: UInt16, now: Instant) throws(ManagementError) {
        guard index == ManagementPacket.indexNone else {
            guard let place = place(index) else { return }
            management.answered()
            adapters[place].machine.answered(answer, now: now)
            return adapterChanged(place)
        }
        management.answered()
        guard answer.opcode == .readIndexList, answer.status == .success else { return }
        try takeList(answer.parameters)
    }

    /// Count 2, then 2 for each index.
    private func takeList(_ bytes: UnsafeRawBufferPointer) throws(ManagementError) {
        guard bytes.count >= 2 else { throw .tooShort }
        let count = Int(bytes.integer(at: 0, as: UInt16.self))
        guard bytes.count &- 2 >= 2 &* count else { throw .tooShort }
        let listed = (0..<count).map { bytes.integer(at: 2 &+ 2 &* $0, as: UInt16.self) }
        for index in adapters.map(\.index) where !listed.contains(index) { removeAdapter(index) }
        for index in listed { addAdapter(index) }
        isListed = true
    }
}
