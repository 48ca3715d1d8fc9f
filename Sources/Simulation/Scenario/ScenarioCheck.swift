import Relaying
import Wire

extension Scenario {
    /// Throws the first contradiction.
    public func check() throws(ScenarioProblem) {
        if let first = problems().first { throw first }
    }

    /// Every contradiction, in the order of the file's keys; no more than a hundred.
    public func problems() -> [ScenarioProblem] {
        var check = ScenarioCheck(scenario: self)
        check.run()
        return Array(check.problems.prefix(100))
    }
}

/// Looks for what cannot be run, part by part.
struct ScenarioCheck {
    let scenario: Scenario
    let houses: Int
    var problems: [ScenarioProblem] = []

    init(scenario: Scenario) {
        self.scenario = scenario
        houses = max(0, scenario.topology.houseCount)
    }

    mutating func run() {
        checkTimes()
        let isMapSound = checkTopology()
        let before = problems.count
        checkRadio()
        if isMapSound, problems.count == before { checkHearing() }
        checkHost(scenario.hosts, "hosts")
        for (number, other) in scenario.otherHosts.enumerated() {
            checkSelection(other.houses, "other_hosts[\(number)].houses")
            checkHost(other.plan, "other_hosts[\(number)]")
        }
        for (number, plan) in scenario.devices.enumerated() { checkDevices(plan, "devices[\(number)]") }
        checkDeviceCount()
        checkEmissions()
        for (number, plan) in scenario.faults.enumerated() { checkFault(plan, "faults[\(number)]") }
        checkExpectations()
    }

    mutating func refuse(_ part: String, _ what: String, _ remedy: String) {
        if problems.count < 100 { problems.append(ScenarioProblem(part, what, remedy: remedy)) }
    }

    private mutating func checkTimes() {
        let duration = scenario.durationMicroseconds
        if duration <= 0 { refuse("duration", "The run lasts no time", "Give a duration above 0, such as 10 min") }
        if duration > Scenario.durationSecondsMax * 1_000_000 {
            refuse("duration", "The run lasts more than 31 days", "Give a shorter duration")
        }
        if scenario.settleMicroseconds < 0 || scenario.settleMicroseconds >= max(duration, 1) {
            refuse(
                "settle", "The devices' first event would come after the run's end",
                "Give a longer duration, or less time to settle")
        }
        // Grants live for 180 days, and a clock before 2020 counts as not set.
        if scenario.startsAt.seconds < 1_577_836_800 || scenario.startsAt.seconds > 4_000_000_000 {
            refuse("starts_at", "The run begins outside the years 2020 to 2096", "Give a time between")
        }
    }

    private mutating func checkTopology() -> Bool {
        let before = problems.count
        if houses <= 0 { refuse("topology.houses", "There are no houses", "Give at least one") }
        if houses > Scenario.housesMax {
            refuse("topology.houses", "There are more than \(Scenario.housesMax) houses", "Give fewer")
        }
        for (key, metres) in scenario.topology.measures where !(metres > 0 && metres <= 100_000) {
            refuse("topology.\(key)", "A distance on the map is not above 0 m and within 100 km", "Give one that is")
        }
        switch scenario.topology {
        case .village(_, let lanes, _) where lanes < 1 || lanes > 64:
            refuse("topology.lanes", "A village has 1 to 64 lanes", "Give a number within that range")
        case .places(let places):
            for (number, place) in places.enumerated() where !place.isOnMap {
                refuse(
                    "topology.places[\(number)]", "House \(number) stands outside the map of 100 km by 100 km",
                    "Give metres between -100000 and 100000")
            }
        case .links(_, let links): checkLinks(links)
        default: break
        }
        return problems.count == before
    }

    private mutating func checkLinks(_ links: [RadioLink]) {
        if links.isEmpty {
            refuse("topology.links", "No house hears another", "List at least one link, such as `0-1 70 dB`")
        }
        var seen: [(pair: Int, number: Int)] = []
        for (number, link) in links.enumerated() {
            let part = "topology.links[\(number)]"
            if !(0..<houses).contains(link.first) || !(0..<houses).contains(link.second) {
                refuse(part, "There is no house \(max(link.first, link.second))", housesRemedy)
            } else if link.first == link.second {
                refuse(part, "House \(link.first) is linked to itself", "Take the line away")
            } else if houses <= Scenario.housesMax {
                seen.append((min(link.first, link.second) * houses + max(link.first, link.second), number))
            }
            if !(0...300).contains(link.lossDecibels) {
                refuse(part, "A path loses 0 to 300 dB", "Give a loss within that range, such as 70 dB")
            }
        }
        seen.sort { $0 < $1 }
        for (earlier, later) in zip(seen, seen.dropFirst()) where earlier.pair == later.pair {
            refuse(
                "topology.links[\(later.number)]",
                "Houses \(later.pair / houses) and \(later.pair % houses) are linked twice", "Take one of them away")
        }
    }

    private mutating func checkHost(_ plan: HostPlan, _ part: String) {
        if !(1...16).contains(plan.linksMax) {
            refuse("\(part).links_max", "A bridge holds 1 to 16 links", "Give a number within that range")
        }
        for minutes in plan.openMinutes
        where !(0..<1_440).contains(minutes.from) || !(0...1_440).contains(minutes.to) {
            refuse("\(part).open", "A window lies outside the day", "Give times from 00:00 to 24:00")
        }
    }

    var housesRemedy: String { houses == 1 ? "There is only house 0" : "Houses are numbered 0 to \(houses - 1)" }

    mutating func checkSelection(_ selection: HouseSelection, _ part: String) {
        switch selection {
        case .all: break
        case .houses(let numbers):
            if numbers.isEmpty { refuse(part, "No house is named", "Name one, or take the part away") }
            if let wrong = numbers.first(where: { !(0..<houses).contains($0) }) {
                refuse(part, "There is no house \(wrong)", housesRemedy)
            }
            let sorted = numbers.sorted()
            if let twice = zip(sorted, sorted.dropFirst()).first(where: { $0 == $1 }) {
                refuse(part, "House \(twice.0) is named twice", "Name it once")
            }
        case .some(let count):
            if count < 1 || count > houses {
                refuse(part, "\(count) of \(houses) houses cannot be drawn", "Give a number from 1 to \(houses)")
            }
        case .percent(let percent):
            if !(percent > 0 && percent <= 100) {
                refuse(part, "A part of the houses is not above 0 % and at most 100 %", "Give one that is")
            }
        }
    }

    private mutating func checkExpectations() {
        for (number, expectation) in scenario.expectations.enumerated() where !expectation.value.isFinite {
            refuse("expect[\(number)]", "The figure to reach is no number", "Give one")
        }
        if scenario.promises.isEmpty && scenario.expectations.isEmpty {
            refuse(
                "promises", "Nothing is promised, so nothing could be found out", "Name a promise, or expect a figure")
        }
    }
}

extension Place {
    var isOnMap: Bool { [east, north, height].allSatisfy { $0 >= -100_000 && $0 <= 100_000 } }
}

extension Topology {
    /// The distances it is made with, by their keys.
    var measures: [(key: String, metres: Double)] {
        switch self {
        case .line(_, let spacing), .ring(_, let spacing), .grid(_, _, let spacing), .village(_, _, let spacing):
            [("spacing", spacing)]
        case .terrace(_, let frontage, let street): [("frontage", frontage), ("street", street)]
        case .tower(_, _, let flat, let floor): [("flat", flat), ("floor", floor)]
        case .field(_, let width, let height): [("width", width), ("height", height)]
        case .places, .links: []
        }
    }
}
