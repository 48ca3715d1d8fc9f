extension Scenario {
    /// What could be run and would do nothing, or something else than it says; no more than a hundred. Files are refused for it. `Mesh` runs it all the same: what shrinking leaves while it searches may be so.
    public func saidInVain() -> [ScenarioProblem] {
        var check = ScenarioCheck(scenario: self)
        check.checkSense()
        return check.problems
    }
}

/// Looks for what is sound by itself and surely not meant. Nothing that chance decides is refused.
extension ScenarioCheck {
    mutating func checkSense() {
        checkSettling()
        // In a list made by the laboratory stands what chance has drawn, such as an opt-out in the middle of another.
        if scenario.emissions == nil {
            checkRevocations()
            checkOptOuts()
        }
        let lies = scenario.faults.contains { if case .liar = $0.fault { true } else { false } }
        if scenario.holdsLiars, !lies {
            refuse(
                "hold_liars", "There is no liar to be held to the promises",
                "Add a fault such as `{fault: liar, lie: keeps}`, or take `hold_liars` away")
        } else if scenario.holdsLiars, scenario.emissions == nil {
            checkLies()
        }
    }

    /// A liar that ignores what is never said breaks nothing.
    private mutating func checkLies() {
        for (number, plan) in scenario.faults.enumerated() {
            guard case .liar(let lie) = plan.fault else { continue }
            switch lie {
            case .ignoresOptOuts where !mayOptOut(anyOf: plan.houses):
                refuse(
                    "faults[\(number)].lie", "The liar is to ignore opt-outs, and no host of its houses ever opts out",
                    "Add a fault such as `{fault: opt_out, houses: ..., at: 3 min}` at one of its houses, or take another lie"
                )
            case .ignoresRevocations where !scenario.faults.contains(where: { $0.fault == .revoke }):
                refuse(
                    "faults[\(number)].lie", "The liar is to ignore revocations, and no owner ever revokes a grant",
                    "Add a fault such as `{fault: revoke, houses: ..., at: 3 min}`, or take another lie")
            default: break
            }
        }
    }

    /// Whether the plan, or chance, may have a host of these houses say no.
    private func mayOptOut(anyOf houses: HouseSelection) -> Bool {
        guard let liars = named(houses) else { return true }
        func meets(_ selection: HouseSelection) -> Bool {
            named(selection).map { others in liars.contains(where: others.contains) } ?? true
        }
        func says(_ plan: HostPlan) -> Bool { plan.isOptedOut || !plan.openMinutes.isEmpty }
        return says(scenario.hosts)
            || scenario.otherHosts.contains { says($0.plan) && meets($0.houses) }
            || scenario.faults.contains { plan in
                if case .optOut = plan.fault { meets(plan.houses) } else { false }
            }
    }

    /// Devices are silent while the network settles.
    private mutating func checkSettling() {
        let settled = scenario.settleMicroseconds
        func checked(_ times: [Int64], _ part: String) {
            guard let early = times.firstIndex(where: { $0 < settled }) else { return }
            refuse(
                "\(part)[\(early)]",
                "The event at \(Self.text(times[early])) lies before `settle` is over, and devices are silent until then",
                "Give times from \(Self.text(settled)) on, or less time to settle")
        }
        guard let emissions = scenario.emissions else {
            for (number, plan) in scenario.devices.enumerated() {
                if case .at(let times) = plan.traffic { checked(times, "devices[\(number)].traffic.at") }
            }
            return
        }
        for (number, listed) in emissions.enumerated() { checked(listed.microseconds, "emissions[\(number)].at") }
    }

    /// Houses that are named, by their numbers: nil where chance draws them.
    private func named(_ selection: HouseSelection) -> [Int]? {
        switch selection {
        case .all: Array(0..<min(houses, Scenario.housesMax))
        case .houses(let numbers): numbers.filter { (0..<min(houses, Scenario.housesMax)).contains($0) }
        case .some, .percent: nil
        }
    }

    private mutating func checkRevocations() {
        var owns = [Bool](repeating: false, count: min(houses, Scenario.housesMax))
        for plan in scenario.devices {
            // Whom chance makes an owner is not known before the run.
            guard let owners = named(plan.owners) else { return }
            for owner in owners { owns[owner] = true }
        }
        for (number, plan) in scenario.faults.enumerated() {
            guard case .revoke = plan.fault, case .houses = plan.houses,
                let house = named(plan.houses)?.first(where: { !owns[$0] })
            else { continue }
            refuse(
                "faults[\(number)].houses", "The owner in house \(house) has no device whose grant could be revoked",
                "Name houses that own devices")
        }
    }

    private mutating func checkOptOuts() {
        var until = optedOutByPlan()
        var timed: [(time: Int64, number: Int, houses: [Int], span: Int64)] = []
        for (number, plan) in scenario.faults.enumerated() {
            guard case .optOut(let span) = plan.fault, let houses = named(plan.houses) else { continue }
            switch plan.when {
            case .at(let time): timed.append((time, number, houses, span))
            case .again:
                guard !houses.isEmpty, houses.allSatisfy({ until[$0] == .max }) else { continue }
                refuseOptOut(houses[0], number, until[houses[0]])
            }
        }
        timed.sort { ($0.time, $0.number) < ($1.time, $1.number) }
        for fault in timed {
            // Of several some may be out, and a no that is said again may stand for another time.
            if let house = fault.houses.first, fault.houses.allSatisfy({ until[$0] >= .max - 1 }) {
                refuseOptOut(house, fault.number, until[house])
                continue
            }
            for house in fault.houses where fault.span == 0 && until[house] == 0 { until[house] = .max - 1 }
        }
    }

    private mutating func refuseOptOut(_ house: Int, _ number: Int, _ until: Int64) {
        let why = until == .max ? "from the start" : "for good before that"
        refuse(
            "faults[\(number)].houses", "The host of house \(house) has opted out \(why) already",
            "Name other houses, or another time")
    }

    /// By house how long its host's no stands: `max` if from the start and for good, 0 if it ends, is none, or chance decides.
    private func optedOutByPlan() -> [Int64] {
        var until = [Int64](repeating: scenario.hosts.isOptedOut ? .max : 0, count: min(houses, Scenario.housesMax))
        for other in scenario.otherHosts {
            if let houses = named(other.houses) {
                for house in houses { until[house] = other.plan.isOptedOut ? .max : 0 }
            } else if !other.plan.isOptedOut {
                for house in until.indices { until[house] = 0 }
            }
        }
        return until
    }

    /// As a scenario's file says it.
    private static func text(_ microseconds: Int64) -> String {
        for (unit, size) in [("min", Int64(60_000_000)), ("s", 1_000_000), ("ms", 1_000)]
        where microseconds % size == 0 { return "\(microseconds / size) \(unit)" }
        return "\(microseconds) us"
    }
}
