import CLinux
import Glibc
import RadioInterface
import RadioSockets
import Wire

/// A radio over the kernel's side of BlueZ: one management socket for hearing and beacons, L2CAP LE connection-oriented
/// channels for links. It never pairs and touches no keys, and leaves to bluetoothd what is bluetoothd's.
///
/// Only BTHome and beacons are told as heard, and what is repeated within 100 ms is told once. The address is the
/// adapter's own and does not change with the payloads.
public final class BlueZRadio: Radio {
    public static let messageBytesMax = 512

    public let settings: BlueZSettings
    public internal(set) var counters = BlueZCounters()

    let sockets: any ChannelSockets
    let poll: EpollSet
    var management: ManagementLink
    /// By index, rising.
    var adapters: [AdapterSlot] = []
    /// Those for which there was no room.
    var ignoredAdapters: Set<UInt16> = []
    /// The kernel's list of adapters was read.
    var isListed = false
    var payloads: [[UInt8]] = []
    var repetitions: RepetitionCache
    var heardBy = HeardByTable()
    /// The latest time that is known: for calls that are given none.
    var clock = Instant(microseconds: 0)

    let table: ChannelTable<BlueZChannel>
    /// The table's entries.
    let channels: UnsafeMutableBufferPointer<BlueZChannel>
    var channelDue = Instant.distantFuture
    var waitingCount = 0
    var lingering: [LingeringSocket] = []
    var lingerDue = Instant.distantFuture
    var held: [HeldChannel] = []
    var acceptRate: AcceptRate
    var acceptsResume = Instant.distantFuture

    let buffer = MessageBuffer(messageBytesMax: BlueZRadio.messageBytesMax)
    let events: UnsafeMutableBufferPointer<epoll_event>
    /// Something has happened that the state may depend on.
    var changes = true
    var state = RadioState.down(BlueZRadio.lookingWords)
    var stateTold: RadioState?
    /// Polls, one after the other, that could not read the management socket to its end.
    var pollsUnread = 0
    /// When the kernel is asked again which adapters there are, and what they are.
    var surveyDue = Instant.distantFuture
    var isPolling = false
    var isStopped = false
    var stopsAfterPoll = false

    /// Over descriptors and sockets that are handed in. `opensManagement` gives management sockets: the first at once,
    /// a spare one, and others when one has failed. One that does not answer is asked again later.
    /// - Throws: what `opensManagement` throws at first, or `system`.
    public init(
        _ settings: BlueZSettings, sockets: any ChannelSockets,
        opensManagement: @escaping () throws(BlueZError) -> Int32
    ) throws(BlueZError) {
        self.settings = settings
        self.sockets = sockets
        guard let poll = EpollSet() else { throw .system(call: "epoll_create1", errno: errno) }
        self.poll = poll
        management = ManagementLink(opens: opensManagement)
        repetitions = RepetitionCache(seed: settings.seed)
        acceptRate = AcceptRate(settings.limits)
        table = ChannelTable(count: settings.limits.channelsMax)
        channels = table.entries
        events = .allocate(capacity: 32)
        try management.openSpares()
    }

    deinit {
        stop()
        events.deallocate()
    }

    public var limits: RadioLimits { settings.limits }
    public var messageBytesMax: Int { BlueZRadio.messageBytesMax }
    public var fileDescriptor: Int32 { isStopped ? -1 : poll.descriptor }

    /// That of the first adapter in use; all zero until one is known.
    public var address: RadioAddress {
        let inUse = adapters.first { $0.machine.isUp } ?? adapters.first { $0.machine.isSelected }
        return inUse?.address ?? RadioAddress(value: 0, kind: .public)
    }

    public var summary: String {
        let selected = adapters.filter { $0.machine.isSelected }
        guard !selected.isEmpty else { return problem ?? Self.lookingWords }
        return selected.map(\.machine.summary).joined(separator: "; ")
    }

    public var means: String {
        adapters.filter { $0.machine.isSelected }.compactMap(\.machine.means).joined(separator: "; ")
    }

    public var isPermitted: Bool? {
        let said = adapters.compactMap(\.machine.isPermitted)
        return said.isEmpty ? nil : said.contains(true)
    }

    public var nextDeadline: Instant? {
        guard !isStopped else { return nil }
        var due = min(min(channelDue, lingerDue), min(acceptsResume, management.nextDue))
        if management.isOpen {
            due = min(due, surveyDue)
            for index in adapters.indices { due = min(due, adapters[index].nextDue) }
        }
        if waitingCount > 0 { due = min(due, waitingDue) }
        return due == .distantFuture ? nil : due
    }

    public func poll<Sink: RadioEventSink>(now: Instant, limit: Int, into sink: inout Sink) {
        guard !isStopped, !isPolling else { return }
        isPolling = true
        clock = now
        var budget = limit
        tellState(&budget, into: &sink)
        let isRead = readAnswers(now: now, &budget, into: &sink)
        if isRead {
            runManagement(now: now)
            runAdapters(now: now)
        }
        resumeAccepts(now: now)
        startWaiting(now: now)
        if !held.isEmpty { takeHeld(now: now, &budget, into: &sink) }
        if channelDue <= now { runChannels(now: now, &budget, into: &sink) }
        if lingerDue <= now { runLingering(now: now) }
        takeReady(now: now, &budget, into: &sink)
        if isRead { runAdapters(now: now) }
        if changes {
            changes = false
            judge()
        }
        tellState(&budget, into: &sink)
        isPolling = false
        if stopsAfterPoll { stop() }
    }

    public func advertise(_ payloads: [[UInt8]]) throws(RadioError) {
        guard payloads.count <= 2 else { throw .payloadsTooMany }
        guard payloads.allSatisfy({ $0.count <= 31 }) else { throw .payloadTooLong }
        guard payloads != self.payloads, !isStopped else { return }
        self.payloads = payloads
        changes = true
        for index in adapters.indices where adapters[index].machine.isSelected {
            adapters[index].machine.want(payloads)
        }
    }

    public func stop() {
        guard !isPolling else {
            stopsAfterPoll = true
            return
        }
        guard !isStopped else { return }
        isStopped = true
        for index in channels.indices where channels[index].phase != .free { free(index, lingers: false) }
        for waiting in held { Glibc.close(waiting.channel.descriptor) }
        held.removeAll()
        for socket in lingering { Glibc.close(socket.descriptor) }
        lingering.removeAll()
        for index in adapters.indices { closeListener(index) }
        takeLeave()
        management.close()
        management.closeSpares()
    }

    /// What was set is given back, by a spare socket where there is no other.
    private func takeLeave() {
        for slot in adapters {
            if slot.machine.isSwitchingOff { management.awaitAnswer(to: .setPowered, of: slot.machine.index) }
            for command in slot.machine.farewell() {
                if !management.isOpen { management.useSpare() }
                management.send(command)
            }
        }
    }

    private func tellState<Sink: RadioEventSink>(_ budget: inout Int, into sink: inout Sink) {
        guard budget > 0, stateTold != state else { return }
        stateTold = state
        budget &-= 1
        sink.changed(state)
    }

    private func takeReady<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) {
        // With no budget left there is still the kernel to be listened to.
        let count = poll.ready(events, atMost: events.count)
        for index in 0..<count {
            let ready = events[index].events
            switch PollToken(events[index].data.u64) {
            case .channel(let raw): takeChannel(ChannelID(rawValue: raw), ready, now: now, &budget, into: &sink)
            case .management: takePackets(now: now, &budget, into: &sink)
            case .listener(let adapter): takeConnections(adapter, now: now, &budget, into: &sink)
            }
        }
    }
}
