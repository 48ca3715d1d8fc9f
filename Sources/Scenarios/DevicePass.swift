import Settings
import Simulation
import Wire

enum DevicePass {
    private static let scopes = [
        Word("relay", ConsentBits.relay), Word("hold", ConsentBits.hold), Word("uplink", ConsentBits.uplink),
    ]

    static func device(_ section: Section, _ plan: inout DevicePlan) {
        let absent = DevicePlan()
        section.item("name", .text(atMost: 64), &plan.name, absent: absent.name, "What the devices are called.")
        section.item("owners", .selection, &plan.owners, absent: absent.owners, "The houses that own such devices.")
        section.item("count", .integer(1...1_000), &plan.count, absent: absent.count, "How many each of them owns.")
        section.item("place", .placement, &plan.placement, absent: absent.placement, "Where they are.")
        section.item(
            "class", .choice(ScenarioPass.classes), &plan.eventClass, absent: absent.eventClass,
            "How urgent their events are to relays.")
        var scope = scopes.map(\.value).filter { plan.scope.contains($0) }
        section.item(
            "scope", .choices(scopes), &scope, absent: [.relay, .hold], "What their grants allow neighbours to do.")
        plan.scope = ConsentBits(scope)
        section.item(
            "rate", .measure(.frequency, 1...255), &plan.ratePerMinute, absent: absent.ratePerMinute,
            "Events a minute that their grants allow.")
        section.item(
            "bytes", .integer(13...24), &plan.serviceDataBytes, absent: absent.serviceDataBytes,
            "Service data of an advertisement, cipher and all.")
        section.item(
            "transmit_power", .measure(.power, -60...30), &plan.transmitPowerDBm, absent: absent.transmitPowerDBm,
            "What they transmit with.")
        section.item(
            "advertisements", .integer(1...1_000), &plan.advertisements, absent: absent.advertisements,
            "Each event is advertised so often.")
        section.item(
            "advertisement_interval", .time(20_000...10_240_000), &plan.advertisementIntervalMicroseconds,
            absent: absent.advertisementIntervalMicroseconds, "From one advertisement of an event to the next.")
        section.section("traffic", "When they emit events.") { traffic($0, &plan.traffic) }
    }

    enum Kind: String, CaseIterable, Sendable { case periodic, poisson, bursts, diurnal, together, at }

    struct Parts {
        var kind = Kind.poisson
        var (every, gap, spread, peak, peakHour) = (60.0, 1.0, 2.0, 4.0, 18.0)
        var events = 5
        var times: [Int64] = []

        init() {}

        init(_ traffic: Traffic) {
            switch traffic {
            case .periodic(let seconds): (kind, every) = (.periodic, seconds)
            case .poisson(let seconds): (kind, every) = (.poisson, seconds)
            case .bursts(let seconds, let events, let gap):
                (kind, every, self.events, self.gap) = (.bursts, seconds, events, gap)
            case .diurnal(let seconds, let peak, let hour):
                (kind, every, self.peak, peakHour) = (.diurnal, seconds, peak, hour)
            case .together(let seconds, let spread): (kind, every, self.spread) = (.together, seconds, spread)
            case .at(let times): (kind, self.times) = (.at, times)
            }
        }

        var traffic: Traffic {
            switch kind {
            case .periodic: .periodic(seconds: every)
            case .poisson: .poisson(meanSeconds: every)
            case .bursts: .bursts(meanSeconds: every, events: events, gapSeconds: gap)
            case .diurnal: .diurnal(meanSeconds: every, peakFactor: peak, peakHour: peakHour)
            case .together: .together(meanSeconds: every, spreadSeconds: spread)
            case .at: .at(times)
            }
        }
    }

    private static func traffic(_ section: Section, _ traffic: inout Traffic) {
        var parts = section.turn == .reading ? Parts() : Parts(traffic)
        let isClear = section.kind(
            "kind", Kind.allCases.map { Word($0.rawValue, $0) }, &parts.kind, absent: .poisson, "See below.")
        if isClear { figures(section, &parts) }
        traffic = parts.traffic
    }

    /// The keys of one kind.
    static func figures(_ section: Section, _ parts: inout Parts) {
        let absent = Parts()
        let span: ClosedRange<Int64> = 1_000...ScenarioPass.durationMax
        if parts.kind == .at {
            section.required(
                "at", .times, &parts.times, "When each of them emits an event, after the run's start.")
            return
        }
        let every = parts.kind == .periodic ? "From one event to the next." : "From one event to the next, on average."
        section.item(
            "every", .seconds(span), &parts.every, absent: absent.every,
            parts.kind == .together ? "From one time to the next, on average." : every)
        switch parts.kind {
        case .bursts:
            section.item("events", .integer(1...1_000), &parts.events, absent: absent.events, "Events of a burst.")
            section.item("gap", .seconds(span), &parts.gap, absent: absent.gap, "Between two events of a burst.")
        case .diurnal:
            section.item(
                "peak", .number(1...100), &parts.peak, absent: absent.peak,
                "So many times the mean at the busiest hour.")
            section.item(
                "peak_hour", .number(0...23.999), &parts.peakHour, absent: absent.peakHour,
                "The busiest hour of the day (UTC).")
        case .together:
            section.item(
                "spread", .seconds(0...86_400_000_000), &parts.spread, absent: absent.spread,
                "All devices of the sort emit within so long.")
        case .periodic, .poisson, .at: break
        }
    }
}

extension Form where Value == [Int64] {
    /// Times after the run's start, in microseconds.
    static var times: Self {
        let time = Form<Int64>.time(0...ScenarioPass.durationMax)
        return .lines(
            "a list of times such as `90 s`", atMost: 100_000,
            { try? time.read(DocumentNode(.scalar($0, quoted: false), SettingsPosition(line: 1, column: 1)), "") },
            time.write)
    }
}
