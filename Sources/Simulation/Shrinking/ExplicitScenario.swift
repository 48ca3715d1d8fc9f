extension Scenario {
    /// Emissions that a scenario with explicit times may list.
    public static let explicitEmissionsMax = 100_000

    /// The same scenario with nothing of its schedule left to chance: every device alone with its times, every fault with
    /// its time and houses. What chance decides on the air and in the bridges still comes from the seed.
    public func explicit(seed: UInt64) -> Scenario {
        let resolved = ResolvedScenario(self, seed: seed)
        var explicit = self
        explicit.seed = seed
        explicit.topology = .places(resolved.places)
        if case .links = topology { explicit.topology = topology }
        explicit.otherHosts = resolved.hosts.enumerated().filter { $0.element != hosts }.map {
            HostException(houses: .houses([$0.offset]), plan: $0.element)
        }
        var left = Self.explicitEmissionsMax
        explicit.devices = resolved.devices.enumerated().map { number, device in
            var plan = devices[device.plan]
            plan.name += " \(number)"
            plan.owners = .houses([device.owner])
            plan.count = 1
            plan.placement = .at(device.place)
            plan.traffic = .at(times(of: number, device.plan, seed, &left))
            return plan
        }
        explicit.faults = resolved.faults.map {
            FaultPlan($0.fault, houses: .houses($0.houses), when: .at(microseconds: $0.time))
        }
        return explicit
    }

    private func times(of device: Int, _ plan: Int, _ seed: UInt64, _ left: inout Int) -> [Int64] {
        var clock = TrafficClock(
            devices[plan].traffic, seed: seed, device: device, plan: plan, start: settleMicroseconds,
            startsAt: startsAt)
        var times: [Int64] = []
        while left > 0, let time = clock.nextTime(), time < durationMicroseconds {
            times.append(time)
            left -= 1
        }
        return times
    }
}
