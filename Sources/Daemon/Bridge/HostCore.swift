import Bridging
import Consent
import ControlAPI
import Logging
import RadioInterface
import Wire

/// The bridge with its radio, on the bridge's own thread: moves what happens into the one and what follows into the
/// other. Per message it allocates nothing, waits for nothing and wakes nobody.
final class HostCore {
    /// What the radio may tell in one turn, before others have theirs.
    static let eventsPerTurn = 128
    private static let connectMilliseconds = 5_000
    /// What the radio takes from one channel before the next has its turn: the more at once, the less each costs.
    static let messagesPerChannelTurn = 32
    /// How often the bridge may go on at once with what it has to send, before the radio is asked again.
    private static let advancesPerTurn = 4
    /// A bridge and a radio that keep each other busy are to be interrupted at some point.
    private static let roundsMax = 64
    /// Where the dearest small input still finds what it needs in the random pool.
    private static let randomBytesMin = 512

    var bridge: Bridge
    var effects = Effects()
    let radio: any Radio
    private let worker: StoreWorker
    private let hub: WatchHub
    private let logger: Logger
    private var hasRadioSpoken = false
    private var meansTold = ""
    private(set) var radioState = RadioState.down("it is being looked for")
    /// By the channel's index in the radio's table; nil: no channel.
    private var channels: [ChannelID?]
    private var kept: [KeptMessages]
    /// Of the messages that are being sent together.
    private let lengths = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: RadioLimits.messagesAtOnceMax)
    /// Waits for an attempt to join to end.
    var joinEnded: ((Result<JoinedNetwork, JoinFailure>) -> Void)?

    init(bridge: consuming Bridge, radio: any Radio, worker: StoreWorker, hub: WatchHub, logger: Logger) {
        self.bridge = bridge
        self.radio = radio
        self.worker = worker
        self.hub = hub
        self.logger = logger
        channels = Array(repeating: nil, count: radio.limits.channelsMax)
        kept = Array(repeating: KeptMessages(), count: radio.limits.channelsMax)
    }

    deinit { lengths.deallocate() }

    /// Takes what the radio has, lets the bridge work, and does what it wants. Returns when the next turn is due.
    func turn() -> Instant {
        let now = SystemTime.now
        topUpFully()
        effects.notesWanted = hub.isWatched
        var sink = RadioSink(core: self, now: now)
        radio.poll(now: now.instant, limit: Self.eventsPerTurn, into: &sink)
        let worked = settle(now)
        let next = min(bridge.nextDeadline, radio.nextDeadline ?? .distantFuture)
        // Whoever asks to be called at once although there was nothing to do must not take the whole processor.
        if sink.eventCount == 0, !worked { return max(next, now.instant.advanced(milliseconds: 1)) }
        return next
    }

    /// Lets the bridge work at `now` and does what it wants. Returns whether there was anything.
    @discardableResult
    func settle(_ now: Moment) -> Bool {
        var hasWorked = false
        for _ in 0..<Self.advancesPerTurn {
            topUp()
            bridge.advance(now: now, into: &effects)
            guard !effects.isEmpty else { break }
            hasWorked = true
            for _ in 0..<Self.roundsMax where !effects.isEmpty { carryOut(now) }
            // It stops after a few messages; there may be more.
            if bridge.nextDeadline > now.instant { break }
        }
        return hasWorked
    }

    func topUp() { if bridge.random.available < Self.randomBytesMin { topUpFully() } }
    func topUpFully() { bridge.random.fill(SystemRandom.fill) }

    // MARK: Effects

    private func carryOut(_ now: Moment) {
        // Before anything is sent that was kept under a grant that has ended. What is in `sends` was made by who knew of it:
        // packets leave in `advance` alone.
        if hasEndedGrants { dropKept(.packets, now) }
        // What was opened goes to the disk first: the broker and the confirmation wait for that.
        let before = effects.actions
        for case .open(let event) in before {
            if !worker.open(event) { bridge.openingFailed(event.eventID, now: now, into: &effects) }
        }
        // Sending can make further effects, at the end of the same buffer.
        var index = 0
        while index < effects.sends.count {
            index += sendMany(from: index)
            guard index < effects.sends.count else { break }
            send(effects.sends[index], now)
            index += 1
        }
        let actions = effects.actions
        for note in effects.notes { hub.publish(WatchEvent(note, unixMilliseconds: WallClock.unixMilliseconds)) }
        effects.removeAll()
        for (index, action) in actions.enumerated() {
            if index < before.count, case .open = action { continue }
            perform(action, now)
        }
    }

    /// Sends messages for one channel that stand one after another, from `first` on, with one call to the system. Returns
    /// how many went: with the next one `send` finds out what is the matter, or that it is for another channel.
    private func sendMany(from first: Int) -> Int {
        let start = effects.sends[first]
        let channel = ChannelID(start.channel)
        guard channel.index < kept.count, kept[channel.index].isEmpty else { return 0 }
        var (count, bytes) = (0, 0)
        while count < lengths.count, first + count < effects.sends.count {
            let send = effects.sends[first + count]
            guard send.channel == start.channel, send.offset == start.offset + bytes else { break }
            lengths[count] = UInt32(truncatingIfNeeded: send.count)
            bytes += send.count
            count += 1
        }
        guard count > 1 else { return 0 }
        let messages = UnsafeRawBufferPointer(rebasing: effects.bytes[start.offset..<(start.offset + bytes)])
        return radio.sendMany(channel, messages, lengths: UnsafeBufferPointer(rebasing: lengths[..<count]))
    }

    private func send(_ send: Effects.Send, _ now: Moment) {
        let channel = ChannelID(send.channel)
        let index = channel.index
        guard index < kept.count else { return }
        let message = effects.message(send)
        if kept[index].isEmpty {
            switch radio.send(channel, message) {
            case .sent, .closed: return
            case .tooLong: return logger.error("a message of \(message.count) bytes is too long for the radio")
            case .wouldBlock: bridge.blocked(send.channel)
            }
        }
        if !kept[index].append(message, isPacket: send.isPacket) {
            // The bridge was told that the channel is full; it can only be out of step.
            close(channel)
            bridge.ended(send.channel, now: now, into: &effects)
        }
    }

    private func perform(_ action: BridgeAction, _ now: Moment) {
        switch action {
        case .advertise(let payloads): advertise(payloads)
        case .connect(let attempt, let address): connect(attempt, address, now)
        case .close(let channel):
            _ = flush(ChannelID(channel))
            close(ChannelID(channel))
        case .store(let record, let id):
            worker.keep(record: record, id: id)
        case .forget(let id): worker.forget(record: id)
        case .open(let event):
            if !worker.open(event) { bridge.openingFailed(event.eventID, now: now, into: &effects) }
        case .reserveMonth(let reservation):
            if !worker.reserve(reservation) { bridge.reservationFailed(reservation) }
        case .joined(let network): endJoin(.success(network))
        case .joinFailed(let failure): endJoin(.failure(failure))
        case .invitationUsed: logger.notice("a neighbour has joined the network by this bridge's invitation")
        }
    }

    private func advertise(_ payloads: [[UInt8]]) {
        do throws(RadioError) {
            try radio.advertise(payloads)
        } catch {
            logger.error("the radio does not advertise: \(String(describing: error))")
        }
    }

    private func connect(_ attempt: UInt32, _ address: RadioAddress, _ now: Moment) {
        do throws(RadioError) {
            let channel = try radio.connect(
                to: address, timeoutMilliseconds: Self.connectMilliseconds, now: now.instant)
            noteOpen(channel)
            bridge.dialled(attempt: attempt, channel: LinkChannel(channel), now: now, into: &effects)
        } catch {
            logger.debug("the radio does not connect: \(String(describing: error))")
            bridge.dialled(attempt: attempt, channel: nil, now: now, into: &effects)
        }
    }

    func endJoin(_ result: Result<JoinedNetwork, JoinFailure>) {
        joinEnded?(result)
        joinEnded = nil
    }

    /// Messages that wait for the radio, over all channels.
    var keptMessages: (count: Int, bytes: Int) {
        kept.reduce((0, 0)) { ($0.0 + $1.count, $0.1 + $1.byteCount) }
    }

    // MARK: Channels

    func noteOpen(_ channel: ChannelID) {
        guard channel.index < channels.count else { return }
        channels[channel.index] = channel
        kept[channel.index].removeAll()
    }

    func noteEnd(_ channel: ChannelID) {
        guard channel.index < channels.count, channels[channel.index] == channel else { return }
        channels[channel.index] = nil
        kept[channel.index].removeAll()
    }

    /// Whether a record is to be stored that may have ended a grant under which packets are kept.
    private var hasEndedGrants: Bool {
        effects.actions.contains { action in
            if case .store(let record, _) = action { KeptMessageRules.endsGrants(record) } else { false }
        }
    }

    /// Sends what was kept. True when the channel takes new messages again.
    func flush(_ channel: ChannelID) -> Bool {
        guard channel.index < channels.count, channels[channel.index] == channel else { return false }
        // In the same turn a grant has ended: the channel is about to.
        if kept[channel.index].holdPacket, hasEndedGrants { return false }
        return kept[channel.index].flush { radio.send(channel, $0) != .wouldBlock }
    }

    private func close(_ channel: ChannelID) {
        radio.close(channel)
        noteEnd(channel)
    }

    enum Dropped {
        case packets
        case messages
    }

    /// Ends the channels for which such messages are kept: they are not to be sent any more, and a session cannot go on
    /// with a message missing.
    func dropKept(_ dropped: Dropped, _ now: Moment) {
        for case let channel? in channels {
            let messages = kept[channel.index]
            guard dropped == .packets ? messages.holdPacket : !messages.isEmpty else { continue }
            close(channel)
            bridge.ended(LinkChannel(channel), now: now, into: &effects)
        }
    }

    /// Ends all channels and falls silent, as before another bridge takes this one's place.
    func replaceBridge(by other: consuming Bridge) {
        for case let channel? in channels { close(channel) }
        advertise([])
        effects.removeAll()
        endJoin(.failure(.brokenOff))
        bridge = other
    }

    /// What strangers and the radio's surroundings have cost since the start.
    func troubles(_ report: BridgeReport) -> [RadioTrouble] {
        let strangers = [
            RadioTrouble(
                "handshakes_failed", Int(clamping: report.handshakesFailed), "handshakes that failed, mostly strangers'"
            ),
            RadioTrouble(
                "messages_broken", Int(clamping: report.messagesBroken), "links and calls ended for a broken message"),
        ]
        return strangers + radio.troubles
    }

    /// Logs by what the radio hears and is heard, where that is something else than it was.
    func tellMeans() {
        let means = radio.means
        guard radioState.isUp, !means.isEmpty, means != meansTold else { return }
        meansTold = means
        logger.info("the radio: \(means)")
    }

    func radioChanged(_ state: RadioState) {
        // A radio that begins is down until it has found its adapter: that is no error yet.
        let isFirst = !hasRadioSpoken
        (radioState, hasRadioSpoken) = (state, true)
        switch state {
        case .up:
            logger.info("the radio is up")
            tellMeans()
        case .degraded(let what):
            logger.warning("the radio does not work as it should: \(what)")
            tellMeans()
        case .down(let what): logger.log(level: isFirst ? .notice : .error, "the radio is down: \(what)")
        }
    }
}

extension WatchEvent {
    init(_ note: BridgeNote, unixMilliseconds: Int64) {
        switch note {
        case .heard(let bytes, let eventClass):
            self.init(
                .heard, unixMilliseconds: unixMilliseconds, bytes: bytes, trafficClass: TrafficClass(eventClass))
        case .relayed(let bytes, let eventClass):
            self.init(
                .relayed, unixMilliseconds: unixMilliseconds, bytes: bytes, trafficClass: TrafficClass(eventClass))
        case .opened(let deviceName): self.init(.opened, unixMilliseconds: unixMilliseconds, device: deviceName)
        case .dropped(let reason, let bytes):
            self.init(.dropped, unixMilliseconds: unixMilliseconds, bytes: bytes, reason: reason.name)
        case .linkUp: self.init(Kind.linkUp, unixMilliseconds: unixMilliseconds)
        case .linkDown: self.init(Kind.linkDown, unixMilliseconds: unixMilliseconds)
        }
    }
}

extension TrafficClass {
    init(_ eventClass: EventClass) {
        switch eventClass {
        case .alarm: self = .alarm
        case .event: self = .event
        case .telemetry: self = .telemetry
        }
    }
}
