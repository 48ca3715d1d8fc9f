import ArgumentParser
import ControlAPI

/// What a no or a yes is about, as it is typed.
enum TypedSubject: String, ExpressibleByArgument, CaseIterable {
    case hosting, requests, device, all

    /// Throws a usage error unless a device's name comes exactly with `device`.
    func subject(_ device: String?) throws -> ConsentSubject {
        switch (self, device) {
        case (.device, let name?):
            if let problem = NameRule.device.problem(with: name) { throw ValidationError("The name \(problem).") }
            return .device(name)
        case (.device, nil): throw ValidationError("Which device? Give its name: device NAME.")
        case (_, .some): throw ValidationError("A name goes only with 'device'.")
        case (.hosting, nil): return .hosting
        case (.requests, nil): return .requests
        case (.all, nil): return .all
        }
    }
}

struct OptOutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt-out",
        abstract: "Says no, from this moment and until you say otherwise.",
        discussion: """
            hosting      lend this bridge to nobody; your own devices go on working (this is the default)
            requests     show no requests for assistance
            device NAME  carry no events of this device of yours
            all          all of these

            Once this returns with 0 nothing of anybody else's leaves this bridge any more. It outlives restarts and \
            upgrades.

            With --until or --for a no to hosting ends by itself, and no other no with it: what you said without an \
            end, and what the settings say, stays. It never ends on the word of a clock that was set meanwhile: then \
            it lasts longer, until 'sidegate opt-in hosting'.

            Examples: sidegate opt-out hosting, sidegate opt-out hosting --until 18:00, sidegate opt-out --for 2h
            """)

    @Argument(help: "hosting, requests, device or all.")
    var what = TypedSubject.hosting

    @Argument(help: "With 'device': its name.")
    var name: String?

    @Option(
        help: ArgumentHelp("Of hosting: end this no at 18:00 or 2026-11-30T18:00, within a year.", valueName: "time"))
    var until: String?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Of hosting: end this no in 90m, 2h or 3d, within a year.", valueName: "time"))
    var duration: String?

    @OptionGroup var reading: ReadingOptions

    func validate() throws { _ = try subject(now: NoEnd.now) }

    private func subject(now: Int64) throws -> ConsentSubject {
        let subject = try what.subject(name)
        guard until != nil || duration != nil else { return subject }
        guard subject == .hosting else { throw ValidationError("--until and --for go only with 'hosting'.") }
        return .hostingUntil(try NoEnd.unixSeconds(until: until, duration: duration, now: now))
    }

    func run() async throws {
        let subject = try subject(now: NoEnd.now)
        let answer = try await reading.client.ask(.sayNo(subject))
        let report = try ControlClient.decode(ConsentReport.self, from: answer)
        Console.say(reading.json ? String(decoding: answer, as: UTF8.self) : ConsentText.text(report))
        if report.yes { throw CommandEnd(ExitMeaning.refused, "the daemon did not take the no") }
        if case .hostingUntil = subject, report.subject == .hosting {
            Console.complain("the clock cannot be relied on, so this no has no end: sidegate opt-in hosting lifts it")
        }
    }
}

struct OptInCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt-in",
        abstract: "Withdraws a no that was said with opt-out.",
        discussion: """
            hosting      lend this bridge to neighbours, within its caps
            requests     show requests for assistance
            device NAME  carry the events of this device of yours
            all          all of these

            Noes add up: if the settings say no as well, the answer stays no, and the exit code is 1.

            Example: sidegate opt-in hosting
            """)

    @Argument(help: "hosting, requests, device or all. There is no default: silence is no yes.")
    var what: TypedSubject

    @Argument(help: "With 'device': its name.")
    var name: String?

    @OptionGroup var reading: ReadingOptions

    func validate() throws { _ = try what.subject(name) }

    func run() async throws {
        let answer = try await reading.client.ask(.sayYes(what.subject(name)))
        let report = try ControlClient.decode(ConsentReport.self, from: answer)
        Console.say(reading.json ? String(decoding: answer, as: UTF8.self) : ConsentText.text(report))
        if !report.yes { throw CommandEnd(ExitMeaning.no) }
    }
}

/// The outcome of a no or a yes as people read it.
enum ConsentText {
    static func text(_ report: ConsentReport) -> String {
        let answer = report.yes ? Console.coloured("yes", .green) : Console.coloured("no", .red)
        var lines = ["\(name(report.subject)): \(answer)"]
        lines += report.noes.map { "  - " + NameRule.printable($0) }
        if report.droppedPackets > 0 {
            lines.append("\(Words.count(report.droppedPackets, "packet")) of others dropped")
        }
        return lines.joined(separator: "\n")
    }

    private static func name(_ subject: ConsentSubject) -> String {
        switch subject {
        case .hosting, .hostingUntil: "Lent to neighbours"
        case .requests: "Requests shown"
        case .device(let name): "Events of \(NameRule.printable(name)) carried"
        case .all: "Hosting, requests and own devices"
        }
    }
}
