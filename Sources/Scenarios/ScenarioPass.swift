import Relaying
import Settings
import Simulation
import Wire

/// The keys of a scenario's file, in their order: read, written and described by this one pass.
enum ScenarioPass {
    static let durationMax: Int64 = Scenario.durationSecondsMax * 1_000_000
    static let promises = PromiseName.allCases.map { Word($0.rawValue, $0) }
    static let classes = [
        Word("alarm", EventClass.alarm), Word("event", EventClass.event), Word("telemetry", EventClass.telemetry),
    ]

    static func scenario(_ section: Section, _ scenario: inout Scenario, name: String) {
        let absent = Scenario()
        head(section, &scenario, name: name, absent: absent)
        street(section, &scenario, absent: absent)
        judgement(section, &scenario, absent: absent)
    }

    /// What it is, and when it begins and ends.
    private static func head(_ section: Section, _ scenario: inout Scenario, name: String, absent: Scenario) {
        section.item(
            "name", .text(atMost: 64), &scenario.name, absent: name, "What the scenario is called.",
            absence: "the file's name without `.yaml`")
        section.item(
            "about", .text(atMost: 500), &scenario.about, absent: "", "One or two sentences for whoever looks for one.",
            absence: "nothing")
        section.item(
            "seed", .integer(0...UInt64.max), &scenario.seed, absent: absent.seed, "What all chances come from.")
        section.item(
            "duration", .time(1...durationMax), &scenario.durationMicroseconds, absent: absent.durationMicroseconds,
            "How long the run lasts, on its own clock.")
        section.item(
            "settle", .time(0...durationMax), &scenario.settleMicroseconds, absent: absent.settleMicroseconds,
            "Devices are silent for so long, while links and routes come to be.")
        section.item(
            "time_home", .time(0...Scenario.settlingMicrosecondsMax), &scenario.settlingMicroseconds,
            absent: absent.settlingMicroseconds,
            "Events have so long to come home: younger ones at the run's end do not count, unless that were more than "
                + "half of them.")
        section.item(
            "starts_at", .moment, &scenario.startsAt, absent: absent.startsAt,
            "What the clocks show at the start, in the years 2020 to 2096.")
        section.item(
            "beginning", .choice(Scenario.Beginning.allCases.map { Word($0.rawValue, $0) }), &scenario.beginning,
            absent: absent.beginning,
            "`members`: every house is a member and holds every grant; `joining`: house 0 founds the network, and neighbours "
                + "invite one another.")
    }

    /// Who is there, what they say and by what radio, and what goes wrong.
    private static func street(_ section: Section, _ scenario: inout Scenario, absent: Scenario) {
        section.section("topology", "Where the houses stand, or who hears whom.") {
            TopologyPass.topology($0, &scenario.topology, absent: absent.topology)
        }
        section.section("hosts", "What every host lends.") { host($0, &scenario.hosts, absent: HostPlan()) }
        let hosts = scenario.hosts
        section.sections(
            "other_hosts", &scenario.otherHosts, new: HostException(houses: .all, plan: hosts), atMost: 1_000,
            "Hosts that are otherwise: `houses` (must be given), and keys of `hosts`. Later entries win."
        ) { section, other in
            section.required("houses", .selection, &other.houses, "Which ones.")
            host(section, &other.plan, absent: hosts)
        }
        section.sections(
            "devices", &scenario.devices, new: DevicePlan(), atMost: 1_000, "The sensors, sort by sort.",
            DevicePass.device)
        emissions(section, &scenario)
        section.section("radio", "The air and the adapters.") { RadioPass.radio($0, &scenario.radio) }
        section.sections(
            "faults", &scenario.faults, new: FaultPlan(.revoke, when: .at(microseconds: 0)), atMost: Scenario.faultsMax,
            "What goes wrong, and when.", FaultPass.fault)
    }

    /// What the run is held to.
    private static func judgement(_ section: Section, _ scenario: inout Scenario, absent: Scenario) {
        section.item(
            "promises", .choices(promises), &scenario.promises, absent: PromiseName.allCases,
            "The promises that are checked at every step.")
        section.item(
            "hold_liars", .boolean, &scenario.holdsLiars, absent: absent.holdsLiars,
            "Holds bridges that lie to the promises too: to see one break.")
        section.sections(
            "expect", &scenario.expectations, new: Expectation("delivery_ratio", .atLeast, 0), atMost: 100,
            "Figures that the run is held to.", expectation)
    }

    /// Traffic that is listed event by event. That it is listed is said apart: the list may be empty.
    private static func emissions(_ section: Section, _ scenario: inout Scenario) {
        var isListed = scenario.emissions != nil
        var listed = scenario.emissions ?? []
        section.item(
            "listed", .boolean, &isListed, absent: false,
            "Devices emit the events of `emissions` and no others, whatever their `traffic` says. So shrinking leaves it."
        )
        section.sections(
            "emissions", &listed, new: ListedEmissions(device: 0, microseconds: []), atMost: Scenario.devicesMax,
            "The events, device by device.", emission)
        if !isListed, !listed.isEmpty { section.refuse("emissions", "stands without `listed: true`", "Add that") }
        // All of them silent is a schedule too, but has to be said.
        if isListed, listed.isEmpty { section.emptyList("emissions") }
        if section.turn == .reading, isListed, !section.gives("emissions") {
            section.refuse(
                "listed", "stands without `emissions`", "List them; `emissions: []` keeps every device silent")
        }
        scenario.emissions = isListed ? listed : nil
    }

    static func emission(_ section: Section, _ listed: inout ListedEmissions) {
        section.required(
            "device", .integer(0...Scenario.devicesMax - 1), &listed.device,
            "The device's number, as reports show it after its name: from 0 on, sort by sort and house by house.")
        section.required("at", .times, &listed.microseconds, "When it emits an event, after the run's start.")
    }

    static func host(_ section: Section, _ plan: inout HostPlan, absent: HostPlan) {
        var (rate, burst, month) = (plan.lending.rateBits, plan.lending.burstBytes, plan.lending.monthBytes)
        section.item(
            "rate", .measure(.rate, 0...1_000_000_000), &rate, absent: absent.lending.rateBits,
            "The most lent to neighbours on average.")
        section.item(
            "burst", .measure(.size, 512...1_000_000_000), &burst, absent: absent.lending.burstBytes,
            "The most lent at once on top of the rate.")
        section.item(
            "month", .measure(.size, 0...1_000_000_000_000_000), &month, absent: absent.lending.monthBytes,
            "The most lent in any 31 days.")
        plan.lending = LendingLimits(rateBits: rate, burstBytes: burst, monthBytes: month)
        section.item(
            "classes", .choices(classes), &plan.classesLent, absent: absent.classesLent,
            "The classes carried for neighbours.")
        section.item(
            "links_max", .integer(1...16), &plan.linksMax, absent: absent.linksMax, "The most links held at once.")
        section.item("opt_out", .boolean, &plan.isOptedOut, absent: absent.isOptedOut, "Lends nothing at all.")
        section.item(
            "open",
            .lines(
                "a list of windows such as `\"22:00-07:00\"`", atMost: 32, { MinuteRange(text: $0) },
                { $0.text }),
            &plan.openMinutes, absent: absent.openMinutes,
            "Lends within these windows only (UTC); the end before the beginning means over midnight.",
            absence: "at any time")
    }

    private static let measures = Expectation.Measure.allCases.map { Word($0.rawValue, $0) }

    static func expectation(_ section: Section, _ expectation: inout Expectation) {
        let isClear = section.required(
            "figure", .figure, &expectation.figure, "Which of the run's figures; see the list of figures.")
        // Nobody knows what its value is to be counted in.
        if isClear { limit(section, &expectation) } else { section.leaveOthers(of: "figure") }
        section.item(
            "measure", .choice(measures), &expectation.measure, absent: .median,
            "Which of the figure's numbers is meant.")
    }

    /// What the figure is held to.
    private static func limit(_ section: Section, _ expectation: inout Expectation) {
        let unit = FigureUnit.of(expectation.figure)
        let isLeast = section.turn == .reading ? section.gives("at_least") : expectation.relation == .atLeast
        expectation.relation = isLeast ? .atLeast : .atMost
        if isLeast, section.gives("at_most") {
            section.refuse(
                "at_most", "stands beside `at_least`",
                "Take one of the two away; a range is two entries of `expect` for the same figure")
        }
        let summary = "a percentage, a time or a number, by the figure's unit"
        if isLeast || section.turn == .describing {
            section.required(
                "at_least", unit.form, &expectation.value, "The run is held to this or more. Not beside `at_most`.",
                summary: summary, absence: "`at_most` is given")
        }
        if !isLeast || section.turn == .describing {
            section.required(
                "at_most", unit.form, &expectation.value, "The run is held to this or less. Not beside `at_least`.",
                summary: summary, absence: "`at_least` is given")
        }
    }
}
