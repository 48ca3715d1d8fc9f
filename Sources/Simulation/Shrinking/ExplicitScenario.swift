extension Scenario {
    /// Emissions that an explicit scenario may list.
    public static let explicitEmissionsMax = 2_000_000

    /// The same scenario with nothing of its schedule left to chance: every emission and every fault at its time, until
    /// `end` or the run's own. All else stays to the letter, so that its run is that of this scenario: streets, keys and
    /// what chance decides on the air and in the bridges come from the same seed in the same order.
    ///
    /// Nil if there are more than `explicitEmissionsMax`.
    public func explicit(seed: UInt64, untilMicroseconds end: Int64 = .max) -> Scenario? {
        let resolved = ResolvedScenario(self, seed: seed)
        var explicit = self
        explicit.seed = seed
        explicit.durationMicroseconds = min(durationMicroseconds, max(end, settleMicroseconds + 1))
        let end = explicit.durationMicroseconds
        var left = Self.explicitEmissionsMax
        var listed: [ListedEmissions] = []
        for number in resolved.devices.indices {
            var clock = resolved.trafficClock(ofDevice: number)
            var times: [Int64] = []
            while let time = clock.nextTime(), time <= end {
                guard left > 0 else { return nil }
                left -= 1
                times.append(time)
            }
            if !times.isEmpty { listed.append(ListedEmissions(device: number, microseconds: times)) }
        }
        explicit.emissions = listed
        explicit.faults = resolved.faults.filter { $0.time <= end }.map {
            FaultPlan($0.fault, houses: .houses($0.houses), when: .at(microseconds: $0.time))
        }
        return explicit
    }
}

extension Scenario {
    /// The same houses with every device as a sort of its own, at its place and with its times, and every fault at its
    /// time: for real daemons, which are enrolled one by one. Chances in it fall otherwise.
    public func eachDeviceAlone(seed: UInt64) -> Scenario {
        let resolved = ResolvedScenario(self, seed: seed)
        var alone = self
        alone.seed = seed
        alone.topology = .places(resolved.places)
        if case .links = topology { alone.topology = topology }
        alone.otherHosts = resolved.hosts.enumerated().filter { $0.element != hosts }.map {
            HostException(houses: .houses([$0.offset]), plan: $0.element)
        }
        var left = ListedEmissions.timesMax
        alone.emissions = nil
        alone.devices = resolved.devices.enumerated().map { number, device in
            var plan = devices[device.plan]
            plan.name += " \(number)"
            plan.owners = .houses([device.owner])
            plan.count = 1
            plan.placement = .at(device.place)
            var clock = resolved.trafficClock(ofDevice: number)
            var times: [Int64] = []
            while left > 0, let time = clock.nextTime(), time < durationMicroseconds {
                times.append(time)
                left -= 1
            }
            plan.traffic = .at(times)
            return plan
        }
        alone.faults = resolved.faults.map {
            FaultPlan($0.fault, houses: .houses($0.houses), when: .at(microseconds: $0.time))
        }
        return alone
    }
}
