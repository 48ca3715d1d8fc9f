import RadioSockets
import Wire

/// What one adapter sends: which payload, by which tier, and when. A value: answers and events in, commands out.
///
/// An advertising instance of the kernel outlives the process that made it. So it is given a time after which the kernel
/// ends it, and is made anew before that.
struct Beacons {
    enum Step: Hashable {
        case none
        case adding
        case settingParameters
        case settingData
        case removing
    }

    /// At most 10 changes a second.
    static let gapMilliseconds: Int64 = 100
    /// Two payloads take turns of this length.
    static let turnMilliseconds: Int64 = 500
    static let retryMilliseconds: Int64 = 1_000
    static let retryMillisecondsMax: Int64 = 30_000
    static let busyMilliseconds: Int64 = 250
    /// The better tier is tried again after so long, and ever more seldom.
    static let betterMilliseconds: Int64 = 600_000
    static let betterMillisecondsMax: Int64 = 9_600_000
    /// So often it is tried to remove an instance that is to be made anew.
    static let removalsMax = 5
    /// Adverts pause at most so long for a connect, and a random while more. The kernel itself pauses them for the moment
    /// in which it initiates; were they off for longer, two that call each other would never hear each other.
    static let pauseMilliseconds: Int64 = 700
    static let pauseSpreadMilliseconds: Int64 = 800

    /// The better tier, if that may be used.
    let best: BeaconTier
    private(set) var tier: BeaconTier
    private(set) var step = Step.none
    private(set) var payloads: [[UInt8]] = []
    /// Whether the kernel may be advertising for us.
    private(set) var mayBeOnAir = false
    private(set) var problem: String?
    private(set) var notes: [String] = []
    private(set) var instance: UInt8?
    private(set) var pausedUntil = Instant(microseconds: .min)
    private(set) var connects = 0

    private let renewal: BeaconRenewal
    private var turn = 0
    private var due = Instant.distantFuture
    private var changed = Instant(microseconds: .min)
    private var retry = Self.retryMilliseconds
    private var failures = 0
    private var renewals = 0
    private var betterDue = Instant.distantFuture
    private var betterWait = Self.betterMilliseconds
    private var removes = false
    /// Removals that the kernel did not carry out, one after the other.
    private var removals = 0
    private var removeDue = Instant.atOnce

    init(renewal: BeaconRenewal, best: BeaconTier = .extended) {
        self.renewal = renewal
        self.best = best
        tier = best
    }

    /// A machine before this one made an instance, which the kernel may still have.
    mutating func inherit(_ former: Beacons) {
        instance = former.instance
        mayBeOnAir = former.mayBeOnAir
    }

    /// The adapter is on, or on again, or asked anew.
    mutating func start(features: AdvertisingFeatures?, now: Instant) {
        choose(features)
        tier = best
        failures = 0
        retry = Self.retryMilliseconds
        betterWait = Self.betterMilliseconds
        send(now: now)
    }

    /// The adapter is off or gone.
    mutating func stop() {
        step = .none
        mayBeOnAir = false
        removes = false
        removals = 0
        removeDue = .atOnce
        instance = nil
        due = .distantFuture
    }

    /// The highest free one: bluetoothd takes the lowest. Nil if none is free.
    private mutating func choose(_ features: AdvertisingFeatures?) {
        guard let features else {
            // A guess might be bluetoothd's. They are asked for again.
            if instance == nil { problem = "it does not say which advertising instances are free" }
            return
        }
        // One of our own is made anew in its place.
        if mayBeOnAir, let instance, features.instances.contains(instance) {
            problem = nil
            return
        }
        mayBeOnAir = false
        instance = (1...max(features.instancesMax, 1)).reversed().first { !features.instances.contains($0) }
        problem = instance == nil ? "other programs use all \(features.instancesMax) advertising instances" : nil
    }

    /// Others took our instance, or none was free: the features are to be read again.
    var wantsInstance: Bool { instance == nil && !payloads.isEmpty }

    mutating func want(_ payloads: [[UInt8]]) {
        guard payloads != self.payloads else { return }
        self.payloads = payloads
        turn = 0
        renewals = 0
        due = payloads.isEmpty ? .distantFuture : Instant(microseconds: 0)
    }

    private mutating func send(now: Instant) {
        guard !payloads.isEmpty else { return }
        due = min(due, now)
    }

    // MARK: Commands

    private func isPaused(now: Instant) -> Bool { connects > 0 && now < pausedUntil }

    /// When `command` has something to give; it may find that there is nothing yet.
    var nextDue: Instant {
        guard step == .none else { return step == .settingData ? Instant(microseconds: 0) : .distantFuture }
        guard instance != nil else { return .distantFuture }
        if isStopDue { return removeDue }
        guard !payloads.isEmpty else { return .distantFuture }
        let next = max(due, changed.advanced(milliseconds: Self.gapMilliseconds))
        return connects > 0 ? max(next, pausedUntil) : next
    }

    /// Something is in the air that is not to be.
    var isStopDue: Bool { step == .none && mayBeOnAir && (removes || payloads.isEmpty) }

    mutating func command(_ index: UInt16, now: Instant) -> ManagementCommand? {
        guard let instance else { return nil }
        if turn >= payloads.count { turn = 0 }
        if step == .settingData {
            guard payloads.isEmpty else {
                return .addAdvertisingData(index, instance: instance, data: payloads[turn])
            }
            // They were taken back meanwhile.
            step = .none
        }
        guard step == .none else { return nil }
        if isStopDue {
            guard removeDue <= now else { return nil }
            step = .removing
            return .removeAdvertising(index, instance: instance)
        }
        guard !payloads.isEmpty, !isPaused(now: now), due <= now,
            changed.advanced(milliseconds: Self.gapMilliseconds) <= now
        else { return nil }
        changed = now
        mayBeOnAir = true
        if tier == .plain, betterDue <= now { tier = best }
        switch tier {
        case .extended:
            step = .settingParameters
            return .addAdvertisingParameters(index, instance: instance, seconds: renewal.secondsOnAir)
        case .plain:
            step = .adding
            return .addAdvertising(
                index, instance: instance, seconds: renewal.secondsOnAir, data: payloads[turn])
        }
    }

    mutating func answered(_ end: CommandEnd, now: Instant) {
        let answered = step
        step = .none
        switch answered {
        case .none: return
        case .removing: removalAnswered(end, now: now)
        case .settingParameters:
            guard end.isSuccess else { return fail(end, now: now) }
            step = .settingData
        case .settingData, .adding:
            guard end.isSuccess else { return fail(end, now: now) }
            succeed(now: now)
        }
    }

    /// The kernel refuses while any program's advertising is being set up. Then ours goes on.
    private mutating func removalAnswered(_ end: CommandEnd, now: Instant) {
        switch end {
        case .status(.success), .status(.invalidParameters), .status(.notPowered):
            mayBeOnAir = false
            removes = false
            removals = 0
            removeDue = .atOnce
            send(now: now)
        case .status, .silent:
            removeDue = now.advanced(milliseconds: Self.busyMilliseconds << Int64(min(removals, 7)))
            removals &+= 1
            // It can also be made anew in its place.
            if removals % Self.removalsMax == 0 {
                removes = false
                send(now: now)
            }
        }
    }

    private mutating func succeed(now: Instant) {
        problem = nil
        if tier == .extended {
            notes.removeAll()
            betterWait = Self.betterMilliseconds
        }
        failures = 0
        retry = Self.retryMilliseconds
        guard !payloads.isEmpty else { return }
        if payloads.count > 1 {
            turn = (turn &+ 1) % payloads.count
            due = now.advanced(milliseconds: Self.turnMilliseconds)
        } else {
            due = now.advanced(milliseconds: renewal.milliseconds(after: renewals))
            renewals = min(renewals &+ 1, 62)
        }
    }

    private mutating func fail(_ end: CommandEnd, now: Instant) {
        failures &+= 1
        // Half of it may have been taken.
        removes = mayBeOnAir
        if end == .status(.busy), failures <= 5 {
            due = now.advanced(milliseconds: Self.busyMilliseconds)
        } else if tier == .extended {
            note("\(tier.words): \(end.words)")
            tier = .plain
            betterDue = now.advanced(milliseconds: betterWait)
            betterWait = min(2 * betterWait, Self.betterMillisecondsMax)
            due = now
        } else {
            problem = "it takes no beacon: \(end.words)"
            tier = best
            notes.removeAll()
            due = now.advanced(milliseconds: retry)
            retry = min(2 * retry, Self.retryMillisecondsMax)
        }
    }

    private mutating func note(_ words: String) {
        if notes.last != words { notes = [words] }
    }

    // MARK: Events

    /// A link came up or ended: advertising stops on the side that accepted one.
    mutating func linkChanged(now: Instant) { send(now: now) }

    /// An instance ended, by time or by another program.
    mutating func removed(_ instance: UInt8, now: Instant) {
        guard instance == self.instance else { return }
        mayBeOnAir = step != .none && step != .removing
        removes = removes && mayBeOnAir
        send(now: now)
    }

    /// Another program made an instance.
    mutating func added(_ instance: UInt8, now: Instant) {
        guard instance == self.instance, step == .none,
            changed.advanced(milliseconds: Self.retryMilliseconds) <= now
        else { return }
        // It is theirs now.
        mayBeOnAir = false
        removes = false
        self.instance = nil
    }

    mutating func connectStarted(spread: UInt8, now: Instant) {
        connects &+= 1
        guard connects == 1 || pausedUntil.advanced(milliseconds: 1_000) <= now else { return }
        removes = mayBeOnAir
        let random = Int64(spread) &* Self.pauseSpreadMilliseconds / 256
        pausedUntil = now.advanced(milliseconds: Self.pauseMilliseconds &+ random)
    }

    mutating func connectEnded(now: Instant) {
        connects = max(0, connects &- 1)
        if connects == 0, !mayBeOnAir { send(now: now) }
    }

    /// When a connect may begin: nothing is in the air, or the pause did not come about in time.
    var quietDue: Instant {
        !mayBeOnAir && step == .none ? .atOnce : pausedUntil.advanced(milliseconds: -Self.pauseMilliseconds / 2)
    }

    func farewell(_ index: UInt16) -> [ManagementCommand] {
        guard mayBeOnAir, let instance else { return [] }
        return [.removeAdvertising(index, instance: instance)]
    }
}

/// How often a beacon is made anew while nothing changes: soon, then seldom.
public struct BeaconRenewal: Hashable, Sendable {
    public var firstMilliseconds: Int64
    public var lastMilliseconds: Int64

    public init(firstMilliseconds: Int64 = 2_000, lastMilliseconds: Int64 = 60_000) {
        self.firstMilliseconds = min(max(firstMilliseconds, 200), 600_000)
        self.lastMilliseconds = min(max(lastMilliseconds, self.firstMilliseconds), 600_000)
    }

    func milliseconds(after renewals: Int) -> Int64 {
        var wait = firstMilliseconds
        for _ in 0..<renewals where wait < lastMilliseconds { wait &*= 2 }
        return min(wait, lastMilliseconds)
    }

    /// After which the kernel ends a beacon that nobody renews.
    var secondsOnAir: UInt16 { UInt16(clamping: 2 * lastMilliseconds / 1_000 + 30) }
}
