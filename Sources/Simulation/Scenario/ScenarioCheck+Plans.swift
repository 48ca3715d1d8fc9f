extension ScenarioCheck {
    mutating func checkDevices(_ plan: DevicePlan, _ part: String) {
        checkSelection(plan.owners, "\(part).owners")
        if !(1...1_000).contains(plan.count) {
            refuse("\(part).count", "An owner has 1 to 1000 devices of a plan", "Give a number within that range")
        }
        checkPlacement(plan.placement, "\(part).place")
        if !(13...24).contains(plan.serviceDataBytes) {
            refuse("\(part).bytes", "An advertisement carries 13 to 24 bytes of service data", "Give as many")
        }
        if !(1...255).contains(plan.ratePerMinute) {
            refuse("\(part).rate", "A grant allows 1 to 255 events a minute", "Give a rate within that range")
        }
        if !(-60...30).contains(plan.transmitPowerDBm) {
            refuse("\(part).transmit_power", "A device transmits at -60 to 30 dBm", "Give a power within that range")
        }
        if !(1...1_000).contains(plan.advertisements) {
            refuse("\(part).advertisements", "An event has 1 to 1000 advertisements", "Give a number within that range")
        }
        if !(20_000...10_240_000).contains(plan.advertisementIntervalMicroseconds) {
            refuse(
                "\(part).advertisement_interval", "Advertisements come 20 ms to 10.24 s apart",
                "Give an interval within that range")
        }
        checkTraffic(plan.traffic, "\(part).traffic")
    }

    private mutating func checkPlacement(_ placement: DevicePlan.Placement, _ part: String) {
        switch placement {
        case .near(let metres):
            if !(0...100_000).contains(metres) { refuse(part, "A device stands outside the map", "Put it nearer") }
        case .beside(let house):
            if !(0..<houses).contains(house) { refuse(part, "There is no house \(house)", housesRemedy) }
        case .at(let place):
            if !place.isOnMap {
                refuse(
                    part, "A device stands outside the map of 100 km by 100 km",
                    "Give metres between -100000 and 100000")
            }
        case .away, .farthest:
            if houses == 1 { refuse(part, "There is no other house to be at", "Put the device near its owner's") }
        }
    }

    private mutating func checkTraffic(_ traffic: Traffic, _ part: String) {
        func isSound(_ seconds: Double) -> Bool { seconds >= 0.001 && seconds <= 31 * 86_400 }
        var mean: Double?
        switch traffic {
        case .periodic(let seconds): mean = seconds
        case .poisson(let seconds): mean = seconds
        case .bursts(let seconds, let events, let gap):
            mean = seconds
            if !(1...1_000).contains(events) {
                refuse("\(part).events", "A burst has 1 to 1000 events", "Give a number within that range")
            }
            if !isSound(gap) { refuse("\(part).gap", "The gap is outside 1 ms to 31 days", "Give one within") }
        case .diurnal(let seconds, let factor, let hour):
            mean = seconds
            if !(factor >= 1 && factor <= 100) {
                refuse(
                    "\(part).peak", "The busiest hour has 1 to 100 times the mean", "Give a factor within that range")
            }
            if !(hour >= 0 && hour < 24) {
                refuse("\(part).peak_hour", "A day has the hours 0 to 23", "Give one of them")
            }
        case .together(let seconds, let spread):
            mean = seconds
            if !(spread >= 0 && spread <= 86_400) {
                refuse("\(part).spread", "The spread is outside 0 s to a day", "Give one within")
            } else if spread > seconds * 100 {
                refuse(
                    "\(part).spread", "The spread is more than 100 times what lies between two occasions",
                    "Give less of it, or a longer `every`")
            }
        case .at(let times):
            if times.count > 100_000 { refuse("\(part).at", "More than 100000 times are given", "Give fewer") }
            if times.contains(where: { $0 < 0 || $0 > scenario.durationMicroseconds }) {
                refuse("\(part).at", "An event lies outside the run", "Give times before its end")
            }
        }
        if let mean, !isSound(mean) {
            refuse("\(part).every", "The time between events is outside 1 ms to 31 days", "Give one within")
        }
    }

    /// How many devices there are.
    private var deviceCount: Int {
        var count = 0
        let houses = min(max(0, houses), Scenario.housesMax)
        for plan in scenario.devices {
            let owners =
                switch plan.owners {
                case .all: houses
                case .houses(let numbers): numbers.count
                case .some(let number): min(max(0, number), houses)
                case .percent(let percent):
                    percent > 0 ? max(Int((Double(houses) * min(percent, 100) / 100).rounded()), min(houses, 1)) : 0
                }
            count += min(owners, Scenario.housesMax) * min(max(0, plan.count), 1_000)
        }
        return count
    }

    mutating func checkDeviceCount() {
        let count = deviceCount
        if count > Scenario.devicesMax {
            refuse("devices", "There are \(count) devices, more than \(Scenario.devicesMax)", "Give fewer")
        }
    }

    mutating func checkEmissions() {
        let (count, end) = (deviceCount, scenario.durationMicroseconds)
        for (number, listed) in (scenario.emissions ?? []).enumerated() {
            let part = "emissions[\(number)]"
            if !(0..<count).contains(listed.device) {
                refuse(
                    "\(part).device", "There is no device \(listed.device)",
                    count == 0 ? "There are no devices" : "Devices are numbered 0 to \(count - 1)")
            }
            if listed.microseconds.contains(where: { $0 < 0 || $0 > end }) {
                refuse("\(part).at", "An event lies outside the run", "Give times before its end")
            }
        }
    }

    mutating func checkFault(_ plan: FaultPlan, _ part: String) {
        checkSelection(plan.houses, "\(part).houses")
        switch plan.when {
        case .at(let time):
            if time < 0 || time > scenario.durationMicroseconds {
                refuse("\(part).at", "The fault lies outside the run", "Give a time before its end")
            }
        case .again(let mean):
            if !(mean >= 0.001 && mean <= 31 * 86_400) {
                refuse("\(part).every", "The time between faults is outside 1 ms to 31 days", "Give one within")
            } else if Double(max(0, scenario.durationMicroseconds)) / 1_000_000 / mean > Double(Scenario.faultsMax) {
                refuse(
                    "\(part).every", "More than \(Scenario.faultsMax) faults would come", "Give a longer time between")
            }
        }
        checkFigures(of: plan.fault, part)
        if case .partition = plan.fault, plan.houses == .all {
            refuse("\(part).houses", "A partition of all houses parts nobody from anybody", "Name some of the houses")
        }
        if case .revoke = plan.fault, scenario.devices.isEmpty {
            refuse(part, "There is no device whose grant could be revoked", "Add devices")
        }
    }

    private mutating func checkFigures(of fault: Fault, _ part: String) {
        for (key, time) in fault.times where !(0...Scenario.durationSecondsMax * 1_000_000).contains(time) {
            refuse("\(part).\(key)", "A fault's time is outside 0 s to 31 days", "Give one within")
        }
        switch fault {
        case .altered(let permille, _), .duplicated(let permille, _), .delayed(_, let permille, _):
            if !(1...1_000).contains(permille) {
                refuse(
                    "\(part).share", "The part of the messages is not above 0 % and at most 100 %", "Give one that is")
            }
        case .clockWrong(let seconds, _):
            if !(-4_000_000_000...4_000_000_000).contains(seconds) {
                refuse("\(part).off_by", "The clock would be off by more than a century", "Give less")
            }
        case .drift(let partsPerMillion):
            if !(-100_000...100_000).contains(partsPerMillion) {
                refuse("\(part).drift", "A clock drifts by at most 100000 ppm", "Give less")
            }
        case .forged(let perMinute, _):
            if !(perMinute > 0 && perMinute <= 60_000) {
                refuse("\(part).rate", "A stranger sends above 0 and at most 60000 a minute", "Give a rate within")
            }
        default: break
        }
    }
}

extension Fault {
    /// Its times in microseconds, by their keys.
    var times: [(key: String, time: Int64)] {
        switch self {
        case .crash(let down, let unwritten): [("for", down), ("unwritten", unwritten)]
        case .delayed(let by, _, let span): [("by", by), ("for", span)]
        case .clockWrong(_, let span), .partition(let span), .deaf(let span), .mute(let span), .altered(_, let span),
            .duplicated(_, let span), .forged(_, let span), .diskFull(let span), .optOut(let span):
            [("for", span)]
        case .drift, .revoke, .liar: []
        }
    }
}
