import Wire

/// How one adapter hears: which tier, and what is to be done for it. A value: answers and events in, commands out.
struct Hearing {
    enum Step: Hashable {
        case idle
        case enableMesh
        case startMesh
        case stopMesh
        /// Ends what the kernel calls discovery because of the mesh receiver.
        case stopPassive
        case removeMonitor(UInt16)
        case addMonitor
        case startDiscovery
        case on
    }

    static let retryMilliseconds: Int64 = 5_000
    static let retryMillisecondsMax: Int64 = 60_000
    /// Between two starts of discovery.
    static let discoveryGapMilliseconds: Int64 = 250
    /// The kernel ends discovery after 10.24 s and says so: if it has not, discovery is asked for again.
    static let discoveryMilliseconds: Int64 = 15_000
    /// A tier by which nothing at all was heard for so long gives way to the next one.
    static let silenceMilliseconds: Int64 = 120_000
    static let silenceMillisecondsMax: Int64 = 3_600_000
    /// bluetoothd that is to scan stops our mesh receiver first, and begins 5 s later, unless something listens again by
    /// then; but the kernel restarts the receiver at once (`discovering_callback` in BlueZ's src/adapter.c). So it is
    /// switched off for so long, where nobody connected within a second of the stop, which stops it as well.
    static let giveWayAfterMilliseconds: Int64 = 1_000
    static let giveWayMilliseconds: Int64 = 6_500
    /// At most once in so long, and each time that nobody began to scan half as often: listening comes first.
    static let giveWayGapMilliseconds: Int64 = 30_000
    static let giveWayGapMillisecondsMax: Int64 = 600_000
    static let notesMax = 6

    /// The best tier that may be used.
    let best: HearingTier
    private(set) var tier: HearingTier
    private(set) var step = Step.idle
    /// When the step's command is to be sent, or, while on, when to look after it.
    private(set) var due = Instant.distantFuture
    /// Hears by `tier` now.
    private(set) var isOn = false
    /// The receiver makes room for another program's scan: it is on again soon.
    private(set) var isGivingWay = false
    /// Why no tier works.
    private(set) var problem: String?
    /// Why better tiers are not used; the newest last.
    private(set) var notes: [String] = []
    private var monitor: UInt16?
    /// Discovery goes on because of us, and not of another program.
    private var isDiscoveryOurs = false
    /// The kernel may be receiving for the mesh because of us.
    private var mayReceive = false
    private var retry = Self.retryMilliseconds
    private var discoveryStarted = Instant(microseconds: .min)
    private var heardAt: Instant?
    private var silenceStarted = Instant(microseconds: 0)
    private var silenceLimit = Self.silenceMilliseconds
    private var giveWayDue = Instant.distantFuture
    private var gaveWay: Instant?
    private var giveWayGap = Self.giveWayGapMilliseconds
    /// When the mesh receiver was stopped last, and what the kernel takes it for: whatever was discovered last.
    private var stoppedAt = Instant(microseconds: 0)
    private var stoppedType = ManagementCommand.discoveryNone

    init(best: HearingTier = .mesh) {
        self.best = best
        tier = best
    }

    /// Starts with the best tier.
    mutating func start(now: Instant) {
        tier = best
        notes.removeAll()
        problem = nil
        heardAt = nil
        silenceLimit = Self.silenceMilliseconds
        retry = Self.retryMilliseconds
        begin(now: now)
    }

    /// The adapter is off, or being let go.
    mutating func stop() {
        step = .idle
        due = .distantFuture
        isOn = false
        isGivingWay = false
        isDiscoveryOurs = false
        mayReceive = false
        giveWayDue = .distantFuture
    }

    /// The kernel keeps a monitor and the receiver, whoever made them.
    mutating func inherit(_ former: Hearing) {
        monitor = former.monitor
        mayReceive = former.mayReceive
    }

    private mutating func begin(now: Instant) {
        isOn = false
        isGivingWay = false
        due = now
        silenceStarted = now
        heardAt = nil
        if let monitor {
            step = .removeMonitor(monitor)
            return
        }
        switch tier {
        case .mesh: step = .enableMesh
        case .monitor: step = .addMonitor
        case .discovery: step = .startDiscovery
        }
    }

    /// The command that is due, if one is.
    mutating func command(_ index: UInt16, now: Instant) -> ManagementCommand? {
        guard due <= now else { return nil }
        switch step {
        case .idle: return nil
        case .enableMesh: return .enableMeshFeature(index)
        case .startMesh:
            mayReceive = true
            return .setMeshReceiver(index, isOn: true)
        case .stopMesh: return .setMeshReceiver(index, isOn: false)
        case .stopPassive: return .stopDiscovery(index, type: stoppedType)
        case .removeMonitor(let handle): return .removeMonitor(index, handle: handle)
        case .addMonitor: return .addPatternMonitor(index)
        case .startDiscovery:
            discoveryStarted = now
            return .startDiscovery(index)
        case .on:
            lookAfter(now: now)
            return step == .on ? nil : command(index, now: now)
        }
    }

    /// What became of the step's command.
    mutating func answered(_ end: CommandEnd, _ parameters: UnsafeRawBufferPointer, now: Instant) {
        switch step {
        case .idle, .on: return
        case .enableMesh:
            guard end.isSuccess else { return fail(end, now: now) }
            step = .startMesh
            due = now
        case .startMesh: end.isSuccess ? succeed(now: now) : fail(end, now: now)
        case .stopMesh:
            mayReceive = mayReceive && !end.isSuccess
            guard giveWayDue == .distantFuture else {
                step = .stopPassive
                due = now
                return
            }
            begin(now: now)
        case .stopPassive: pause(now: now)
        case .removeMonitor:
            monitor = nil
            begin(now: now)
        case .addMonitor:
            guard end.isSuccess, parameters.count >= 2 else { return fail(end, now: now) }
            monitor = parameters.integer(at: 0)
            step = .startDiscovery
            due = now
        case .startDiscovery: discoveryAnswered(end, now: now)
        }
    }

    /// The receiver makes room for another program's scan. What was heard before still counts, as if no time went by.
    private mutating func pause(now: Instant) {
        step = .enableMesh
        giveWayDue = .distantFuture
        due = now.advanced(milliseconds: Self.giveWayMilliseconds)
        silenceStarted = silenceStarted.advanced(milliseconds: Self.giveWayMilliseconds)
        heardAt = heardAt?.advanced(milliseconds: Self.giveWayMilliseconds)
    }

    private mutating func discoveryAnswered(_ end: CommandEnd, now: Instant) {
        isDiscoveryOurs = end.isSuccess
        // Somebody else's discovery is as good: its end is told too.
        if end.isSuccess || end == .status(.busy) { return succeed(now: now) }
        guard tier == .monitor else { return fail(end, now: now) }
        // The monitor hears alone.
        note("discovery beside the pattern monitor: \(end.words)")
        succeed(now: now)
    }

    private mutating func succeed(now: Instant) {
        step = .on
        isOn = true
        isGivingWay = false
        problem = nil
        retry = Self.retryMilliseconds
        due = nextLook(now: now)
    }

    private mutating func fail(_ end: CommandEnd, now: Instant) {
        note("\(tier.words): \(end.words)")
        if let next = tier.next {
            tier = next
            return begin(now: now)
        }
        problem = notes.joined(separator: ", ")
        tier = best
        begin(now: now)
        due = now.advanced(milliseconds: retry)
        retry = min(2 * retry, Self.retryMillisecondsMax)
        notes.removeAll()
    }

    private mutating func note(_ words: String) {
        guard notes.last != words else { return }
        if notes.count >= Self.notesMax { notes.removeFirst() }
        notes.append(words)
    }

    // MARK: While it is on

    /// Something was heard, whatever it was.
    mutating func heard(now: Instant) { heardAt = now }

    private var silenceEnd: Instant {
        let last = heardAt ?? silenceStarted
        return last.advanced(milliseconds: heardAt == nil ? silenceLimit : max(silenceLimit, 900_000))
    }

    private func nextLook(now: Instant) -> Instant {
        let discovery =
            tier == .mesh ? Instant.distantFuture : discoveryStarted.advanced(milliseconds: Self.discoveryMilliseconds)
        let next = min(min(silenceEnd, discovery), giveWayDue)
        return max(next, now.advanced(milliseconds: Self.discoveryGapMilliseconds))
    }

    private mutating func lookAfter(now: Instant) {
        if giveWayDue <= now {
            if gaveWay != nil { giveWayGap = min(2 * giveWayGap, Self.giveWayGapMillisecondsMax) }
            gaveWay = now
            isOn = false
            isGivingWay = true
            step = .stopMesh
        } else if silenceEnd <= now {
            silent(now: now)
        } else if tier != .mesh, discoveryStarted.advanced(milliseconds: Self.discoveryMilliseconds) <= now {
            step = .startDiscovery
        } else {
            due = nextLook(now: now)
        }
    }

    /// Nothing by this tier: perhaps by the next. After the last comes the first, and each round takes longer.
    private mutating func silent(now: Instant) {
        note("\(tier.words): nothing heard for \(now.microseconds(since: heardAt ?? silenceStarted) / 1_000_000) s")
        let left = tier
        giveWayDue = .distantFuture
        if let next = tier.next {
            tier = next
        } else {
            tier = best
            silenceLimit = min(2 * silenceLimit, Self.silenceMillisecondsMax)
        }
        begin(now: now)
        if left == .mesh { step = .stopMesh }
    }

    /// The kernel tells that discovery began or ended.
    mutating func discovering(_ isDiscovering: Bool, now: Instant) {
        if !isDiscovering { isDiscoveryOurs = false }
        if isDiscovering, step == .enableMesh, let gaveWay, now.microseconds(since: gaveWay) < 10_000_000 {
            // The other program has begun: beside it there is room.
            due = min(due, now.advanced(milliseconds: Self.discoveryGapMilliseconds))
            (self.gaveWay, giveWayGap) = (nil, Self.giveWayGapMilliseconds)
        }
        guard !isDiscovering, tier != .mesh, step == .on else { return }
        step = .startDiscovery
        due = max(now, discoveryStarted.advanced(milliseconds: Self.discoveryGapMilliseconds))
    }

    /// The mesh receiver was stopped, and is on again by now.
    ///
    /// - Parameter type: what the kernel says that it discovered; stopping it has to say the same.
    mutating func receiverStopped(type: UInt8, now: Instant) {
        guard tier == .mesh, step == .on else { return }
        stoppedType = type
        stoppedAt = now
        // Who stopped it asks once only: what comes too soon after the last time waits.
        let earliest = gaveWay?.advanced(milliseconds: giveWayGap) ?? now
        giveWayDue = min(giveWayDue, max(earliest, now.advanced(milliseconds: Self.giveWayAfterMilliseconds)))
        due = min(due, giveWayDue)
    }

    /// A connection is being made, or has been: that too stops the mesh receiver for a moment.
    mutating func connecting(now: Instant) {
        guard step == .on, now <= stoppedAt.advanced(milliseconds: Self.giveWayAfterMilliseconds) else { return }
        giveWayDue = .distantFuture
    }

    /// Somebody removed a monitor.
    mutating func monitorRemoved(_ handle: UInt16, now: Instant) {
        guard handle == monitor else { return }
        monitor = nil
        guard tier == .monitor, step != .idle else { return }
        begin(now: now)
        // Whoever does it again and again gets no race out of it.
        due = now.advanced(milliseconds: Self.discoveryGapMilliseconds)
    }

    /// What gives the kernel back what was set.
    func farewell(_ index: UInt16) -> [ManagementCommand] {
        var commands: [ManagementCommand] = []
        if mayReceive { commands.append(.setMeshReceiver(index, isOn: false)) }
        if let monitor { commands.append(.removeMonitor(index, handle: monitor)) }
        if isDiscoveryOurs { commands.append(.stopDiscovery(index)) }
        return commands
    }
}
