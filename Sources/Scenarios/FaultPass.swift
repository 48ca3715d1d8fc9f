import Settings
import Simulation

enum FaultPass {
    enum Kind: String, CaseIterable, Sendable {
        case crash
        case clockWrong = "clock_wrong"
        case drift, partition, deaf, mute, altered, duplicated, delayed, forged
        case diskFull = "disk_full"
        case optOut = "opt_out"
        case revoke, liar
    }

    struct Parts {
        var kind = Kind.revoke
        var span: Int64 = 60_000_000
        var unwritten: Int64 = 0
        var offBy: Int64 = 3_600_000_000
        var drift = 40.0
        var share = 0.1
        var delay: Int64 = 1_000_000
        var rate = 60.0
        var lie = Lie.ignoresOptOuts

        init(_ kind: Kind = .revoke) {
            self.kind = kind
            if kind == .optOut { span = 0 }
        }

        init(_ fault: Fault) {
            switch fault {
            case .crash(let down, let unwritten): (kind, span, self.unwritten) = (.crash, down, unwritten)
            case .clockWrong(let seconds, let span):
                (kind, offBy, self.span) = (
                    .clockWrong, seconds.multipliedReportingOverflow(by: 1_000_000).partialValue, span
                )
            case .drift(let partsPerMillion): (kind, drift) = (.drift, partsPerMillion)
            case .partition(let span): (kind, self.span) = (.partition, span)
            case .deaf(let span): (kind, self.span) = (.deaf, span)
            case .mute(let span): (kind, self.span) = (.mute, span)
            case .altered(let permille, let span): (kind, share, self.span) = (.altered, Double(permille) / 1_000, span)
            case .duplicated(let permille, let span):
                (kind, share, self.span) = (.duplicated, Double(permille) / 1_000, span)
            case .delayed(let delay, let permille, let span):
                (kind, self.delay, share, self.span) = (.delayed, delay, Double(permille) / 1_000, span)
            case .forged(let rate, let span): (kind, self.rate, self.span) = (.forged, rate, span)
            case .diskFull(let span): (kind, self.span) = (.diskFull, span)
            case .optOut(let span): (kind, self.span) = (.optOut, span)
            case .revoke: kind = .revoke
            case .liar(let lie): (kind, self.lie) = (.liar, lie)
            }
        }

        var fault: Fault {
            let permille = Int((share * 1_000).rounded())
            return switch kind {
            case .crash: .crash(downMicroseconds: span, unwrittenMicroseconds: unwritten)
            case .clockWrong: .clockWrong(seconds: offBy / 1_000_000, forMicroseconds: span)
            case .drift: .drift(partsPerMillion: drift)
            case .partition: .partition(forMicroseconds: span)
            case .deaf: .deaf(forMicroseconds: span)
            case .mute: .mute(forMicroseconds: span)
            case .altered: .altered(permille: permille, forMicroseconds: span)
            case .duplicated: .duplicated(permille: permille, forMicroseconds: span)
            case .delayed: .delayed(byMicroseconds: delay, permille: permille, forMicroseconds: span)
            case .forged: .forged(perMinute: rate, forMicroseconds: span)
            case .diskFull: .diskFull(forMicroseconds: span)
            case .optOut: .optOut(forMicroseconds: span)
            case .revoke: .revoke
            case .liar: .liar(lie)
            }
        }
    }

    static func fault(_ section: Section, _ plan: inout FaultPlan) {
        var parts = section.turn == .reading ? Parts() : Parts(plan.fault)
        let isClear = section.kind(
            "fault", Kind.allCases.map { Word($0.rawValue, $0) }, &parts.kind, "What goes wrong; see below.")
        section.item(
            "houses", .selection, &plan.houses, absent: .all,
            "With `at` each of these; with `every` one of them, drawn anew each time.")
        when(section, &plan.when)
        if section.turn == .reading { parts = Parts(parts.kind) }
        if section.turn != .describing, isClear { figures(section, &parts) }
        plan.fault = parts.fault
    }

    private static func when(_ section: Section, _ when: inout FaultPlan.When) {
        var (time, mean) = (Int64(0), 600.0)
        switch when {
        case .at(let microseconds): time = microseconds
        case .again(let seconds): mean = seconds
        }
        let isAgain: Bool
        if section.turn == .reading {
            isAgain = section.gives("every")
            if isAgain, section.gives("at") {
                section.refuse("at", "stands beside `every`", "Take one of the two away")
            }
        } else {
            isAgain = if case .again = when { true } else { false }
        }
        if !isAgain || section.turn == .describing || section.gives("at") {
            section.item(
                "at", .time(0...ScenarioPass.durationMax), &time, absent: 0, "When, after the run's start.",
                absence: "`0 s`")
        }
        if isAgain || section.turn == .describing {
            section.item(
                "every", .seconds(1_000...ScenarioPass.durationMax), &mean, absent: -1,
                "Again and again, at random times, so far apart on average.", absence: "once")
        }
        when = isAgain ? .again(meanSeconds: mean) : .at(microseconds: time)
    }

    /// The keys of one kind.
    static func figures(_ section: Section, _ parts: inout Parts) {
        let absent = Parts(parts.kind)
        let span = Form<Int64>.time(0...ScenarioPass.durationMax)
        switch parts.kind {
        case .drift:
            section.item(
                "drift", .measure(.drift, -100_000...100_000), &parts.drift, absent: absent.drift,
                "How fast the clock runs from now on; below 0 it is slow.")
        case .revoke: break
        case .liar:
            section.item(
                "lie", .choice(Lie.allCases.map { Word($0.rawValue, $0) }), &parts.lie, absent: absent.lie,
                "What the bridge does from now on.")
        default:
            let explanation = parts.kind == .optOut ? "The no stands for so long; 0 s: for good." : "It lasts so long."
            section.item("for", span, &parts.span, absent: absent.span, explanation)
        }
        switch parts.kind {
        case .crash:
            section.item(
                "unwritten", span, &parts.unwritten, absent: absent.unwritten,
                "What was written in so long before without waiting for the disk, records and how l"
                    + "ate it is, is lost as well.")
        case .clockWrong:
            section.item(
                "off_by", .time(-4_000_000_000_000_000...4_000_000_000_000_000), &parts.offBy, absent: absent.offBy,
                "The clock shows so much more; below 0, less.")
        case .altered, .duplicated, .delayed:
            section.item(
                "share", .measure(.share, 0.001...1), &parts.share, absent: absent.share, "Of the messages so many.")
            if parts.kind == .delayed {
                section.item("by", span, &parts.delay, absent: absent.delay, "They come so much later.")
            }
        case .forged:
            section.item(
                "rate", .measure(.frequency, 0.001...60_000), &parts.rate, absent: absent.rate,
                "Made-up advertisements and messages of a stranger.")
        default: break
        }
    }
}
