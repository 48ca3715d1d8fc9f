import Bridging
import ControlAPI
import Logging
import RadioInterface
import Relaying
import Settings
import VirtualAir
import Wire

/// Owns the bridge, on a thread of its own that also serves its radio and its timers: whoever wants something of the
/// bridge asks this actor.
actor BridgeHost {
    nonisolated let loop: EventLoopThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let worker: StoreWorker
    let logger: Logger
    /// What the store's thread has told.
    private nonisolated let results = ResultsBox()
    /// Nil before `start` and after `stop`.
    var core: HostCore?
    var settings: BridgeSettings
    var noes: HostingNoes
    var book = LedgerBook()
    var troubleLog = TroubleLog()
    /// The minute in which schedule and temporary no were last judged.
    var judgedMinute: UInt32?
    var evenClock = EvenClock()
    private var tellStatus: (@Sendable (String) -> Void)?
    private var linkCountTold = -1
    /// A no to hosting without an end is in force that the disk may not have.
    var hasUnstoredNo = false

    init(settings: BridgeSettings, noes: HostingNoes, worker: StoreWorker, logger: Logger) throws(EventLoopError) {
        loop = try EventLoopThread(name: "sidegate-bridge")
        self.settings = settings
        var noes = noes
        noes.scheduleClosed = settings.hosting.schedule.map {
            $0.closed(unixSeconds: WallClock.unixMilliseconds / 1000) ?? HostingNoes.clockLeapt
        }
        self.noes = noes
        self.worker = worker
        self.logger = logger
    }

    /// Puts the bridge on the air.
    func start(_ memory: BridgeMemory, radio prepared: PreparedRadio, hub: WatchHub) throws {
        let radio = try prepared.radio(
            settings,
            limits: RadioLimits(
                channelsMax: Bridge.channelCountMax, messagesPerTurn: HostCore.messagesPerChannelTurn))
        let core = HostCore(
            bridge: try memory.bridge(configuration: configuration), radio: radio, worker: worker, hub: hub,
            logger: logger)
        self.core = core
        try loop.watch(radio.fileDescriptor) {}
        try loop.onTurn { [unowned self] in self.assumeIsolated { $0.turn() } }
    }

    private func turn() -> Instant? {
        guard let core else { return nil }
        for results in results.take() { take(results) }
        let judged = keepTime()
        let next = min(core.turn(), judged)
        if tellStatus != nil, core.bridge.linkCount != linkCountTold { statusChanged() }
        return next
    }

    /// For the watchdog: that this is reached shows that the bridge's thread goes on.
    func beat() {}

    /// Calls `tell` with one line of how things stand, now and whenever that may have changed. It must not wait.
    func onStatus(_ tell: @escaping @Sendable (String) -> Void) {
        tellStatus = tell
        statusChanged()
    }

    private func statusChanged() {
        guard let tellStatus, let core else { return }
        linkCountTold = core.bridge.linkCount
        let links = linkCountTold == 1 ? "1 neighbour" : "\(linkCountTold) neighbours"
        let why = wordsAgainstLending.first.map { "lends nothing (\($0))" } ?? "lends"
        tellStatus("\(why), linked with \(links)")
    }

    /// Hands on what is held, as far as that can be done in so long, and says goodbye to the neighbours.
    func handOn(milliseconds: Int64) async {
        guard let core else { return }
        let now = SystemTime.now
        core.topUpFully()
        core.bridge.stop(by: now.instant.advanced(milliseconds: milliseconds), now: now, into: &core.effects)
        core.settle(now)
        // The loop's turns do the rest. Twice the time, should the loop be held up: the stop itself is cut short later.
        for _ in 0..<(2 * milliseconds / 10) where !core.bridge.hasStopped {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Leaves the air: the neighbours see their channels end.
    func stop() {
        guard let core else { return }
        loop.stop()
        core.endJoin(.failure(.brokenOff))
        core.radio.stop()
        self.core = nil
    }

    /// Puts another bridge in this one's place, as when it has left its network.
    func replaceBridge(by memory: BridgeMemory) throws {
        guard let core else { throw ControlFailure(.busy, "the bridge is stopping") }
        core.replaceBridge(by: try memory.bridge(configuration: configuration))
    }

    /// The running bridge, for a command.
    func running() throws(ControlFailure) -> HostCore {
        guard let core else { throw ControlFailure(.busy, "the bridge is starting or stopping") }
        core.topUpFully()
        core.bridge.finishRestoring(now: SystemTime.now)
        return core
    }

    /// What tells this bridge from others at a broker, and whether a home lives here that it stands for.
    var brokerName: (word: String, hasHome: Bool) {
        let report = core?.bridge.report(now: SystemTime.now)
        return (MemberText.bridgeWord(report?.memberID ?? 0), report?.networkID != nil)
    }

    var configuration: BridgeConfiguration {
        BridgeConfiguration(
            lending: LendingLimits(
                rateBits: Int64(settings.hosting.rateBitsPerSecond), burstBytes: Int64(settings.hosting.burstBytes),
                monthBytes: Int64(settings.hosting.monthMegabytes) * 1_000_000),
            classesLent: settings.hosting.classes.map(EventClass.init), linksMax: settings.linksMaximum,
            isOptedOut: noes.isOptedOut, isScheduleClosed: noes.scheduleClosed != nil)
    }

    // MARK: Noes and settings

    /// Changes what keeps this host from lending. A no is in force when this returns: no packet of a third party leaves
    /// any more. Returns how many packets were dropped for it.
    @discardableResult
    func changeNoes(_ change: @Sendable (inout HostingNoes) -> Void) -> Int {
        let before = noes
        change(&noes)
        guard noes != before, let core else { return 0 }
        defer { statusChanged() }
        let now = SystemTime.now
        core.topUpFully()
        let dropped = core.bridge.setHosting(
            isOptedOut: noes.isOptedOut, isScheduleClosed: noes.scheduleClosed != nil, now: now, into: &core.effects)
        if noes.isNo, !before.isNo { core.dropKept(.messages, now) }
        core.settle(now)
        let words = noes.words
        logger.notice(
            noes.isNo
                ? "this bridge lends nothing: \(words.joined(separator: "; "))" : "this bridge lends to neighbours")
        return dropped
    }

    func noteUnstoredNo(_ isUnstored: Bool) { hasUnstoredNo = isUnstored }

    /// Takes over what of `new` can change while the bridge runs.
    func use(_ new: BridgeSettings) {
        // Noes first: else what was closed by the old settings alone would open for a moment.
        if new.hosting.optOut == true { changeNoes { $0.bySettings = true } }
        let withdrawsClass = settings.hosting.classes.contains { !new.hosting.classes.contains($0) }
        settings = new
        let wasNo = noes.isNo
        judgeSchedule()
        guard let core else { return }
        let now = SystemTime.now
        core.topUpFully()
        core.bridge.configure(configuration, now: now, into: &core.effects)
        if noes.isNo && !wasNo {
            core.dropKept(.messages, now)
        } else if withdrawsClass {
            core.dropKept(.packets, now)
        }
        core.settle(now)
    }

    // MARK: From the store

    /// From any thread, without waiting.
    nonisolated func tell(_ told: StoreResults) {
        if results.add(told) { loop.ring() }
    }

    func take(_ results: StoreResults) {
        changeNoes { $0.diskProblem = results.trouble }
        guard let core, !results.isEmpty else { return }
        let now = SystemTime.now
        core.topUpFully()
        for id in results.openingsStored { core.bridge.openingStored(id, now: now, into: &core.effects) }
        for id in results.openingsFailed { core.bridge.openingFailed(id, now: now, into: &core.effects) }
        for reservation in results.reservationsStored { core.bridge.reservationStored(reservation) }
        for reservation in results.reservationsFailed { core.bridge.reservationFailed(reservation) }
        core.settle(now)
    }
}

extension EventClass {
    init(_ hosted: HostedClass) {
        switch hosted {
        case .alarm: self = .alarm
        case .event: self = .event
        case .telemetry: self = .telemetry
        }
    }

    init?(_ traffic: TrafficClass) {
        switch traffic {
        case .alarm: self = .alarm
        case .event: self = .event
        case .telemetry: self = .telemetry
        case .registry: return nil
        }
    }
}
