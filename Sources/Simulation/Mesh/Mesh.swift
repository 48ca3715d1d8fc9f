import Bridging
import Sealing
import Wire

/// A street, a village or a tower of real bridges on virtual time.
///
/// Everything that happens comes from one queue, and every chance from one seed, so that a seed is a history: the same on
/// every machine. The mesh is what is around each bridge: radio (`+Radio`, `+Messages`), disk and daemon (`+Disk`), the
/// people in the houses (`+People`) and their devices (`+Devices`). What goes wrong is in `Faults`; what must hold at
/// every step is in `Promises`; what is measured in `Measures`.
public final class Mesh {
    /// Sees what is sent over the air, as a sniffer beside the street would.
    package var tap: ((AirFrame) -> Void)?
    /// Asked now and then: a run that is to end early ends at the next.
    public var isInterrupted: (() -> Bool)?
    /// Microseconds since the run began.
    public private(set) var timeMicroseconds: Int64 = 0

    /// Holds liars to the promises too: so tests see that each broken one is found.
    package var countsLiars = false
    /// Has every bridge try all its keys on what it hands on: that costs a run most of its speed.
    package var triesKeys = false
    /// Keys that leaked, by the house that has them: with `triesKeys`, for tests.
    package var leakedKeys: [Int: [AgreementKey]] = [:]
    /// A table of which one entry counts as too many: so tests see that each is looked at.
    package var tableHeldEmpty: BoundedTable?
    /// So many events' ways are in the record at most: fewer for tests.
    package var journeysKeptMax = RunRecord.journeysMax
    /// Whose tables by link were looked at last.
    var houseLookedAt = -1
    /// Whether any bridge lies, or has.
    var hasLied = false

    let plan: ResolvedScenario
    /// Beside the plan's, so that one word of it is read without a copy of the whole.
    let scenario: Scenario
    let startsAtSeconds: Int64
    let air: Air
    var queue = HappeningQueue()
    var houses: [SimulatedHouse] = []
    /// The same, not counted: for `fetchAhead` alone. Houses stay as long as the mesh.
    var housesUncounted: [Unmanaged<SimulatedHouse>] = []
    var devices: [SimulatedDevice]
    var networks: [Provisioning.Network]
    var channels = ChannelTable()
    var pool = MessagePool()
    var effects = Effects()
    var bursts = BurstTable()
    var diskTasks: [DiskTask?] = []
    var freeDiskTasks: [Int] = []
    var emissions = Emissions()
    var faults: FaultBook
    var keeper: PromiseKeeper
    var meters = Meters()
    var watch = CustodyWatch()
    /// Ways of events beside those in the record, of which every `journeyStride`th event's is one.
    var passing = PassingJourneys()
    var journeyStride: Int64 = 1
    /// The packets of the present turn.
    var handed: [HandedPacket] = []
    var run: RunRecord
    /// Which device a grant, or a revocation's secret, is of.
    var deviceByGrant: [UInt64: Int] = [:]
    var deviceByRevocation: [Bytes20: Int] = [:]

    /// What people do. Houses and devices have streams of their own.
    var peopleChances: RandomStream
    private(set) var steps: UInt64 = 0
    private(set) var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325

    var now: Int64 { timeMicroseconds }

    /// Makes everybody's keys and starts all bridges.
    /// - Parameters:
    ///   - tap: sees what is sent over the air, from the first beacons on, which are sent here.
    ///   - isInterrupted: once it says yes, no further bridge is started, and `run` runs nothing.
    /// - Throws: what contradicts itself in the scenario, or cannot be provisioned.
    public init(
        _ scenario: Scenario, seed: UInt64, tap: ((AirFrame) -> Void)? = nil, isInterrupted: (() -> Bool)? = nil
    ) throws(ScenarioProblem) {
        (self.tap, self.isInterrupted) = (tap, isInterrupted)
        try scenario.check()
        plan = ResolvedScenario(scenario, seed: seed)
        self.scenario = plan.scenario
        startsAtSeconds = Int64(plan.scenario.startsAt.seconds)
        air = Air(scenario.radio, topology: scenario.topology, places: plan.places, seed: seed)
        run = RunRecord(scenario: scenario, seed: seed)
        run.usesModelledCryptography = ModelledCurves.areLoaded
        peopleChances = RandomStream(seed: seed, purpose: 0x13)
        faults = FaultBook(plan.faults)
        keeper = PromiseKeeper(scenario.promises)
        countsLiars = scenario.holdsLiars
        devices = []
        networks = []
        effects.tracesWanted = true
        effects.notesWanted = true
        do { try ModelledCurves.provisioning { try build() } } catch {
            throw ScenarioProblem(
                "devices", "the network cannot be provisioned: \(error)",
                remedy: "take fewer devices for each owner: a member may hold 64 grants")
        }
    }

    private func build() throws {
        let made = try Provisioning(plan, air: air)
        devices = made.devices
        networks = made.networks
        addHouses(made)
        for number in devices.indices { noteGrant(number) }
        run.devices = devices.map { DeviceRecord(name: $0.name, home: $0.home, place: $0.place) }
        run.warnings = reachWarnings
        for house in houses.indices {
            if isInterrupted?() == true { return }
            noteSchedule(house)
            try start(house)
            noteState(houses[house])
        }
        if scenario.beginning == .joining { try beginJoining() }
        for number in devices.indices { scheduleEmission(number) }
        for number in plan.faults.indices {
            queue.add(Happening(kind: .fault, number: Int64(number)), at: max(plan.faults[number].time, 0))
        }
        queue.add(Happening(kind: .look), at: Self.lookMicroseconds)
    }

    private func addHouses(_ made: Provisioning) {
        var clocks = RandomStream(seed: plan.seed, purpose: 0x03)
        for index in plan.places.indices {
            let network = plan.network(of: index)
            let isMember = scenario.beginning == .members
            let knowledge = GrantKnowledge(
                devices: networks[network].devices.count, proofs: isMember ? networks[network].proofs : [])
            var chances = HouseChances(seed: plan.seed, house: index)
            let address = newAddress(&chances.bridge)
            let house = SimulatedHouse(
                index: index, place: plan.places[index], plan: plan.hosts[index], network: network,
                memberID: made.identities[index].memberID, disk: made.disks[index],
                address: address, chances: chances,
                clock: HouseClock(instant: Int64(clocks.number(below: 1_000_000)) * 1_000_000),
                knowledge: knowledge)
            house.depth = isMember ? 2 : 0
            houses.append(house)
            housesUncounted.append(.passUnretained(house))
        }
    }

    // MARK: Time

    /// Runs to the scenario's end.
    public func runToEnd() { run(untilMicroseconds: scenario.durationMicroseconds) }

    /// Runs on until `end` after the run's start, or until it is interrupted.
    public func run(untilMicroseconds end: Int64) {
        while let next = queue.nextTime, next <= end {
            if steps & 0xfff == 0, isInterrupted?() == true { return }
            guard let (time, happening) = queue.removeFirst() else { break }
            timeMicroseconds = max(timeMicroseconds, time)
            steps &+= 1
            fetchAhead()
            happen(happening)
            if steps % Self.stepsPerLook == 0 { checkTablesInTurn() }
        }
        timeMicroseconds = max(timeMicroseconds, end)
    }

    private func happen(_ happening: Happening) {
        let house = Int(happening.house)
        switch happening.kind {
        case .wake: wake(house, happening.boot)
        case .beacon: hearBeacon(of: Int(happening.other), happening.number)
        case .dialled: dialled(house, happening.boot, attempt: happening.other, happening.number)
        case .setUp: setUp(happening.number)
        case .connected: connected(happening.number, happening.end)
        case .arrival: arrive(happening.number, happening.end, Int32(bitPattern: happening.other))
        case .lost: lose(happening.number)
        case .ended: tellEnded(happening.number, happening.end)
        case .disk: perform(Int(happening.other), house, happening.boot)
        case .emission: emit(house)
        case .advertisement: advertise(device: house, Int(happening.other), happening.number)
        case .advertised: advertised(Int(happening.other))
        case .fault: begin(fault: Int(happening.number))
        case .faultEnds: end(fault: Int(happening.number), at: house, Int(happening.other))
        case .schedule: turnSchedule(house)
        case .people: talk(house)
        case .lie: tellLies(house)
        case .forgery: forge(at: houses[house], stranger: happening.number)
        case .look: look()
        case .routes: lookAtRoutes(happening.number)
        }
    }

    // MARK: Fingerprint

    /// Over everything that was sent, and when.
    func note(_ value: UInt64) {
        fingerprint = (fingerprint ^ value) &* 0x0000_0100_0000_01b3 &+ value >> 32
    }

    func note(_ message: UnsafeRawBufferPointer) {
        note(UInt64(message.count))
        var offset = 0
        while offset &+ 8 <= message.count, offset < 32 {
            note(UInt64(littleEndian: message.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset &+= 8
        }
    }

    func newAddress(_ random: inout RandomStream) -> RadioAddress {
        RadioAddress(value: random.next() & 0x3fff_ffff_ffff | 0x4000_0000_0000, kind: .random)
    }
}
