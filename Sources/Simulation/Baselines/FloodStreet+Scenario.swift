extension FloodStreet {
    /// Events that a baseline follows: where there are more the run ends with them.
    static let emissionsMax = 1_000_000

    /// The very houses, devices, emissions and faults that a mesh of bridges meets in this scenario with this seed.
    init(
        _ scenario: Scenario, seed: UInt64, emissionsMax: Int = Self.emissionsMax
    ) throws(ScenarioProblem) {
        try scenario.check()
        let drawn = ResolvedScenario(scenario, seed: seed)
        let propagation =
            switch scenario.topology {
            case .links(let houses, let links):
                Propagation(plan: scenario.radio, houses: houses, links: links, seed: seed)
            case .tower(_, _, _, let floorMetres):
                Propagation(plan: scenario.radio, places: drawn.places, floorMetres: floorMetres, seed: seed)
            default: Propagation(plan: scenario.radio, places: drawn.places, seed: seed)
            }
        self.init(plan: scenario.radio, propagation: propagation, places: drawn.places)
        durationMicroseconds = scenario.durationMicroseconds
        relays = drawn.hosts.map { !$0.isOptedOut }
        devices = drawn.devices.enumerated().map { number, device in
            let plan = scenario.devices[device.plan]
            return Device(
                name: "\(plan.name) \(number)", owner: device.owner,
                spot: Spot(place: device.place, house: device.beside), transmitDBm: plan.transmitPowerDBm,
                serviceDataBytes: plan.serviceDataBytes, advertisements: plan.advertisements,
                advertisementIntervalMicroseconds: plan.advertisementIntervalMicroseconds)
        }
        emissions = Self.emissions(drawn, max: emissionsMax)
        if emissions.count == emissionsMax, let last = emissions.last {
            durationMicroseconds = min(durationMicroseconds, last.time)
        }
        troubles = drawn.faults.compactMap { Trouble($0) }
    }

    private static func emissions(_ drawn: ResolvedScenario, max: Int) -> [Emission] {
        let scenario = drawn.scenario
        var clocks = drawn.devices.indices.map { drawn.trafficClock(ofDevice: $0) }
        var queue = TimedQueue<Int>()
        for device in clocks.indices { if let time = clocks[device].nextTime() { queue.add(device, at: time) } }
        var emissions: [Emission] = []
        while emissions.count < max, let (time, device) = queue.next(before: scenario.durationMicroseconds + 1) {
            emissions.append(Emission(time: time, device: device))
            if let next = clocks[device].nextTime() { queue.add(device, at: Swift.max(next, time)) }
        }
        return emissions
    }
}

extension FloodStreet.Trouble {
    /// Nil for what does not concern a flood: clocks, disks, grants, lies and messages on links.
    init?(_ fault: ResolvedScenario.TimedFault) {
        let (kind, span): (Kind, Int64?)
        switch fault.fault {
        case .crash(let down, _): (kind, span) = (.down, down)
        case .clockWrong: (kind, span) = (.down, 0)
        case .partition(let microseconds): (kind, span) = (.parted, microseconds)
        case .deaf(let microseconds): (kind, span) = (.deaf, microseconds)
        case .mute(let microseconds): (kind, span) = (.mute, microseconds)
        case .optOut(let microseconds): (kind, span) = (.optedOut, microseconds > 0 ? microseconds : nil)
        default: return nil
        }
        self.init(kind: kind, time: fault.time, forMicroseconds: span, houses: fault.houses)
    }
}

extension ManagedFlooding {
    /// Runs the scenario's houses, radios, devices, traffic and troubles with managed flooding instead of bridges.
    public static func run(
        _ scenario: Scenario, seed: UInt64, settings: Settings = Settings(), isInterrupted: () -> Bool = { false }
    ) throws(ScenarioProblem) -> RunRecord {
        run(
            scenario, try FloodStreet(scenario, seed: seed), seed: seed, settings: settings,
            isInterrupted: isInterrupted)
    }
}

extension ContentionFlooding {
    /// Runs the scenario's houses, radios, devices, traffic and troubles with contention flooding instead of bridges.
    public static func run(
        _ scenario: Scenario, seed: UInt64, settings: Settings = Settings(), isInterrupted: () -> Bool = { false }
    ) throws(ScenarioProblem) -> RunRecord {
        run(
            scenario, try FloodStreet(scenario, seed: seed), seed: seed, settings: settings,
            isInterrupted: isInterrupted)
    }
}
