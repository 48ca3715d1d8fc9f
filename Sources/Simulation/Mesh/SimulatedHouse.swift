import Bridging
import Wire

/// A packet in a bridge's custody, and since when with the highest hop limit with which it came.
struct HeldCopy {
    let eventID: UInt64
    var since: Int64
    var hopLimit: UInt8
    /// How far its custodian's clock was ahead when it was taken: how long it lives was reckoned then.
    var secondsAhead: Double
}

/// A bridge while it runs: gone with a crash.
final class RunningBridge {
    var bridge: Bridge
    /// How often its house has started one before: what was meant for an earlier run is void.
    let boot: UInt16
    /// When the mesh will call `advance` next.
    var wakeAt = Int64.max
    /// When its deadline is, by the mesh's time, as it was after its last input; `wakeAt` may be sooner.
    var dueAt = Int64.max
    /// Its channels that are open, by what it knows them by.
    var channels: [LinkChannel] = []
    /// Packets in custody, as they were taken; an event as often as copies of it are held.
    var held: [HeldCopy] = []
    /// Copies of which custody ended, as the bridge told it: by a confirmation, and for a reason.
    var confirmed: UInt64 = 0
    var dropped: UInt64 = 0
    /// How often it was driven.
    var inputs: UInt64 = 0

    init(bridge: consuming Bridge, boot: UInt16) {
        self.bridge = bridge
        self.boot = boot
    }
}

/// A monotonic clock that may run fast or slow, and the wall clock beside it.
struct HouseClock {
    /// Its monotonic clock read `instant` when the mesh's time was `time`.
    private(set) var time: Int64 = 0
    private(set) var instant: Int64
    private(set) var partsPerMillion = 0.0
    /// What it read when the run began.
    let firstInstant: Int64
    /// How far the wall clock is off beside what drift has made of it.
    var offsetSeconds: Int64 = 0

    init(instant: Int64) { (self.instant, firstInstant) = (instant, instant) }

    /// Whether it is as right as clocks are: off by less than a second, drift and all.
    func isRight(at now: Int64) -> Bool { abs(offSeconds(at: now)) < 1 && abs(partsPerMillion) <= 1_000 }

    /// How far the wall clock is ahead of the time that it is.
    func offSeconds(at now: Int64) -> Double { Double(offsetSeconds) + Double(run(at: now) - now) / 1_000_000 }

    func instant(at now: Int64) -> Int64 {
        let passed = now &- time
        return instant &+ passed &+ drift(passed)
    }

    private func drift(_ passed: Int64) -> Int64 {
        partsPerMillion == 0 ? 0 : Int64(Double(passed) * partsPerMillion / 1_000_000)
    }

    /// How long it has run by its own count.
    func run(at now: Int64) -> Int64 { instant(at: now) &- firstInstant }

    /// When the monotonic clock will read `instant`, or a little later.
    func time(at target: Int64) -> Int64 {
        guard target < .max else { return .max }
        let passed = target &- instant
        guard partsPerMillion != 0 else { return time &+ passed }
        return time &+ Int64(Double(passed) / (1 + partsPerMillion / 1_000_000)) &+ 1
    }

    mutating func setDrift(_ partsPerMillion: Double, at now: Int64) {
        instant = instant(at: now)
        time = now
        self.partsPerMillion = max(-500_000, min(500_000, partsPerMillion))
    }
}

/// A house: its disk, its clock, and its bridge while that runs.
final class SimulatedHouse {
    let index: Int
    let place: Place
    let plan: HostPlan
    /// Which network it belongs to, and its member id.
    let network: Int
    let memberID: UInt64
    var disk: SimulatedDisk
    var clock: HouseClock
    var running: RunningBridge? { didSet { runningUncounted = running.map { .passUnretained($0) } } }
    /// The same, not counted: for `Mesh.fetchAhead` alone.
    private(set) var runningUncounted: Unmanaged<RunningBridge>?
    var boots: UInt16 = 0
    var startedAt: Int64 = 0
    /// What it advertises, and the address it goes by meanwhile.
    var payloads: [[UInt8]] = []
    var address: RadioAddress
    var advertising: Int64 = 0
    var advertisingSince: Int64 = 0
    /// The host's own word, as it was said to its bridge; and whether its schedule is closed.
    var isOptedOut: Bool
    var isClosed = false
    /// When the host's word, the bridge or its clock last changed: what was unsettled a moment ago excuses more.
    var unsettledAt: Int64 = 0
    var chances: HouseChances
    /// Faults under way: how many of each, and until when.
    var troubles = HouseTroubles()
    var lies: [Lie] = []
    var liar = LiarMemory()
    /// What it knows of each device's grant, as its disk was told.
    var knowledge: GrantKnowledge
    var log = HouseLog()
    var record: HouseRecord
    var notedState: HouseState = []
    /// Joining: records in its chain, 0 as long as it is no member.
    var depth = 0
    var isBeingInvited = false
    /// Whom it invites, and who invites it.
    var inviting: Int?
    var inviter: Int?

    var isNo: Bool { isOptedOut || isClosed }
    var isLiar: Bool { !lies.isEmpty }

    init(
        index: Int, place: Place, plan: HostPlan, network: Int, memberID: UInt64, disk: SimulatedDisk,
        address: RadioAddress, chances: HouseChances, clock: HouseClock, knowledge: GrantKnowledge
    ) {
        self.chances = chances
        (self.index, self.place, self.plan) = (index, place, plan)
        (self.network, self.memberID, self.disk) = (network, memberID, disk)
        (self.address, self.clock, self.knowledge) = (address, clock, knowledge)
        isOptedOut = plan.isOptedOut
        record = HouseRecord(place: place)
    }
}

/// Chances at a house, one stream for each purpose: drawing more for one, or at another house, leaves the others alone, so
/// that what is taken out of a run changes little of the rest.
struct HouseChances {
    var air: RandomStream
    var disk: RandomStream
    var bridge: RandomStream
    var fault: RandomStream

    init(seed: UInt64, house: Int) {
        func stream(_ purpose: UInt64) -> RandomStream {
            RandomStream(seed: seed, purpose: purpose << 32 | UInt64(house))
        }
        (air, disk, bridge, fault) = (stream(0x10), stream(0x11), stream(0x12), stream(0x14))
    }
}

/// What is wrong at a house at the moment.
struct HouseTroubles {
    var isDeaf = false
    var isMute = false
    var isDiskFull = false
    /// Houses with the same number hear each other; 0 for no partition.
    var partition: Int64 = 0
    var alteredPermille = 0
    var duplicatedPermille = 0
    var delayedPermille = 0
    var delayMicroseconds: Int64 = 0
    var forgedPerMinute = 0.0
    /// Strangers that have come so far; the last one forges.
    var strangers: Int64 = 0
    /// The faults that are to end, in the order of their beginnings: each ends what is its own, and no other's.
    var begun: [Int32] = []

    var isPlain: Bool {
        !isDeaf && !isMute && partition == 0 && alteredPermille == 0 && duplicatedPermille == 0 && delayedPermille == 0
    }
}
