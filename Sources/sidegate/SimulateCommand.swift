import ArgumentParser
import ControlAPI
import Glibc
import Scenarios
import Settings
import Simulation
import Synchronization

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract:
            "Runs a street, a village or a tower of bridges on virtual time, and checks the promises at every step.",
        discussion: """
            SCENARIO is a YAML file, or the name of a scenario of the library: 'sidegate simulate list'. It needs no \
            daemon and no radio. The same seed gives the same run, on every machine. docs/simulation.md tells how to \
            write scenarios.

            Examples: sidegate simulate first, sidegate simulate terrace --seeds 1..100 --report terrace.html
            """,
        subcommands: [Run.self, Compare.self, List.self, Soak.self],
        defaultSubcommand: Run.self)

    /// One after the other, whatever became of those before: a file that cannot be written hides no verdict. Ends as the
    /// last that failed; what the others failed of is told.
    static func doAll(_ steps: [() throws -> Void]) throws {
        var failure: (any Error)?
        for step in steps {
            do { try step() } catch {
                if let end = failure as? CommandEnd, let message = end.message {
                    Console.complain(message, remedy: end.remedy)
                }
                failure = error
            }
        }
        if let failure { throw failure }
    }

    static var noLibrary: CommandEnd {
        CommandEnd(
            ExitMeaning.refused, "there is no library of scenarios here",
            remedy: "It is in conf/scenarios of the source tree and in /usr/share/sidegate/scenarios.")
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the scenarios of the library.",
            discussion: "Example: sidegate simulate list")

        @Flag(help: "Print the list as JSON.")
        var json = false

        /// The JSON of one scenario.
        struct Entry: Encodable {
            var name: String
            var houses: Int
            var durationSeconds: Double
            var about: String
        }

        func run() async throws {
            let library = ScenarioLibrary()
            var entries: [Entry] = []
            for name in library.names() {
                switch library.read(name) {
                case .read(let scenario):
                    entries.append(
                        Entry(
                            name: name, houses: scenario.topology.houseCount,
                            durationSeconds: Double(scenario.durationMicroseconds) / 1_000_000, about: scenario.about))
                case .failed(let problems):
                    for problem in problems { Console.complainAsIs(problem.description) }
                }
            }
            guard !entries.isEmpty else { throw SimulateCommand.noLibrary }
            if json { return Console.say(String(decoding: try ControlJSON.encode(entries), as: UTF8.self)) }
            var table = Table(["SCENARIO", "HOUSES", "LASTS", "ABOUT"])
            for entry in entries {
                table.add([
                    entry.name, String(entry.houses), Words.duration(Int(entry.durationSeconds)), entry.about,
                ])
            }
            Console.say(table.text)
        }
    }
}

/// Which scenario is meant, and what is otherwise than in its file.
struct ScenarioOptions: ParsableArguments {
    @Argument(help: "A scenario's file, or the name of one of the library.")
    var scenario: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What all chances come from. Default: the scenario's.", valueName: "n"))
    var seed: UInt64?

    @Option(help: ArgumentHelp("How long the run lasts on its own clock, such as '10 min' or 2h.", valueName: "time"))
    var duration: String?

    @Option(
        help: ArgumentHelp(
            "Another value for a key of the scenario, such as topology.houses=9 or 'devices[0].traffic.every=30 s'. "
                + "May be given again.", valueName: "key=value"))
    var set: [String] = []

    @OptionGroup var cryptography: CryptographyOption

    func validate() throws {
        for (key, isGiven) in [("seed", seed != nil), ("duration", duration != nil)]
        where isGiven && isSet(key) {
            throw ValidationError("Either --\(key) or --set \(key)=, not both.")
        }
    }

    /// Whether `--set` gives a key of the scenario.
    func isSet(_ key: String) -> Bool {
        set.contains { $0.prefix { $0 != "=" }.split(separator: " ") == [key[...]] }
    }

    /// What has to be said to run this again, but for the seed and the cryptography.
    var words: [String] { [scenario] + set.flatMap { ["--set", $0] } + (duration.map { ["--duration", $0] } ?? []) }

    /// Reads the scenario, or says everything that is wrong with it.
    func read() throws -> Scenario {
        try cryptography.load()
        let settings = set + (duration.map { ["duration=\($0)"] } ?? [])
        let library = ScenarioLibrary()
        switch library.read(scenario, settings: settings, isShortened: duration != nil) {
        case .read(var found):
            if duration != nil, case .read(let whole) = library.read(scenario, settings: set),
                whole.faults.count > found.faults.count
            {
                let count = Words.count(whole.faults.count - found.faults.count, "fault")
                Console.complainAsIs("Left out, as they come after the end that --duration gives: \(count).")
            }
            if let seed { found.seed = seed }
            return found
        case .failed(let problems):
            for problem in problems { Console.complainAsIs(problem.description) }
            throw CommandEnd(ExitMeaning.usage)
        }
    }
}

/// Which cryptography bridges use.
struct CryptographyOption: ParsableArguments {
    enum Kind: String, ExpressibleByArgument, CaseIterable { case real, modelled }

    @Option(
        help: ArgumentHelp(
            "real, or modelled: curves that cost nothing, for big runs. Runs differ in bytes alone.", valueName: "kind")
    )
    var cryptography = Kind.real

    /// Where it is to be modelled, this process starts anew.
    func load() throws {
        if cryptography == .modelled { try ModelledCryptography.load() }
    }
}

/// Whether somebody wants the run to end. Set by the first interrupt; a second one ends the process.
enum Interrupt {
    /// Who signals a process and its group, as timeout(1) does, means one interrupt: the same signal within so long.
    private static let oneMilliseconds: Int64 = 500
    private static let flag = Atomic(false)
    private static let firstMilliseconds = Atomic(Int64(0))
    private static let firstSignal = Atomic(Int32(0))

    static var isWanted: Bool { flag.load(ordering: .relaxed) }

    static func watch() {
        // What nobody reads is no reason to end: the verdict is the exit code.
        signal(SIGPIPE, SIG_IGN)
        // Made before a handler needs it.
        flag.store(false, ordering: .relaxed)
        firstMilliseconds.store(0, ordering: .relaxed)
        PartFiles.prepare()
        LiveProcesses.prepare()
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { signalNumber in
            let now = Interrupt.milliseconds()
            guard Interrupt.flag.exchange(true, ordering: .relaxed) else {
                Interrupt.firstSignal.store(signalNumber, ordering: .relaxed)
                return Interrupt.firstMilliseconds.store(now, ordering: .relaxed)
            }
            let since = now &- Interrupt.firstMilliseconds.load(ordering: .relaxed)
            let isSame = signalNumber == Interrupt.firstSignal.load(ordering: .relaxed)
            guard !isSame || since >= Interrupt.oneMilliseconds else { return }
            PartFiles.unlinkAll()
            LiveProcesses.killAll()
            // As if nobody had caught it: whoever started this sees by what it ended.
            signal(signalNumber, SIG_DFL)
            raise(signalNumber)
        }
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }

    private static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}
