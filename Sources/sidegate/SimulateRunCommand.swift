import ArgumentParser
import ControlAPI
import Glibc
import Scenarios
import Settings
import Simulation

extension SimulateCommand {
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs a scenario, once or with many seeds. What 'sidegate simulate SCENARIO' means.",
            discussion: """
                The exit code is 1 where a promise broke or a figure is not as the scenario expects. Then the shortest \
                list of events that breaks the promise again is looked for and written as a scenario that replays it. \
                An interrupt ends the run and reports what has run; the exit code is then 130, if nothing broke and no \
                finished seed missed an expectation.

                Example: sidegate simulate run tower --seed 7 --report tower.html --trace tower.pcapng
                """)

        @OptionGroup var options: ScenarioOptions

        @Option(help: ArgumentHelp("Run with each of these seeds, over all cores.", valueName: "A..B"))
        var seeds: String?

        @Option(help: ArgumentHelp("Write a report to look at in a browser.", valueName: "file.html"))
        var report: String?

        @Option(help: ArgumentHelp("Write what was sent over the air, for Wireshark.", valueName: "file.pcapng"))
        var trace: String?

        @Option(
            help: ArgumentHelp(
                "Where the shortest scenario goes that breaks a promise again. Default: NAME-seed-N-shrunk.yaml here, or "
                    + "with a number at its end where that file is there already.",
                valueName: "file.yaml"))
        var shrunk: String?

        @Flag(
            help:
                "Start real daemons on a virtual air instead, at most 50, and judge what can be seen of them. In real time."
        )
        var live = false

        @Flag(help: "With --live: leave the daemons' files and logs in /tmp.")
        var keepFiles = false

        @Flag(help: "Do not look for the shortest list of events where a promise broke.")
        var noShrinking = false

        @Flag(help: "Print what the run has left as JSON; a list of it with --seeds.")
        var json = false

        func validate() throws {
            if seeds != nil, options.seed != nil { throw ValidationError("Either --seed or --seeds, not both.") }
            if seeds != nil, options.isSet("seed") { throw ValidationError("Either --seeds or --set seed=, not both.") }
            if seeds != nil, trace != nil { throw ValidationError("--trace is of one run: give --seed, not --seeds.") }
            if live, seeds != nil || trace != nil || shrunk != nil || options.cryptography.cryptography == .modelled {
                throw ValidationError("--live goes without --seeds, --trace, --shrunk and --cryptography modelled.")
            }
            if shrunk != nil, noShrinking { throw ValidationError("Either --shrunk or --no-shrinking, not both.") }
            try OutputFile.refuseDash([("--report", report), ("--trace", trace), ("--shrunk", shrunk)])
            let files = [options.scenario, report, trace, shrunk].compactMap { $0 }.map(FileIdentity.init)
            if Set(files).count < files.count {
                throw ValidationError("The scenario, --report, --trace and --shrunk have to be different files.")
            }
            if keepFiles, !live { throw ValidationError("--keep-files goes with --live.") }
            if let seeds, SeedRange(seeds) == nil {
                throw ValidationError("--seeds is a range such as 1..100, of at most a million seeds.")
            }
        }

        func run() async throws {
            Interrupt.watch()
            let scenario = try options.read()
            // Before hours of running, not after.
            if let report { _ = try OutputFile(report) }
            if let shrunk { _ = try OutputFile(shrunk) }
            if live { return try await runLive(scenario) }
            if shrunk == nil, !noShrinking, let trouble = ShrunkScenario.troubleHere(scenario) {
                Console.complainAsIs(
                    "Where a promise breaks, the shortest scenario that breaks it again will not be looked for: "
                        + "\(trouble). To have it: --shrunk FILE")
            }
            if let range = seeds.flatMap({ SeedRange($0)?.range }) {
                try await sweep(scenario, range)
            } else {
                try once(scenario)
            }
        }

        private func once(_ scenario: Scenario) throws {
            let progress = ProgressLine(scenario.name)
            let run = SimulationRun(scenario: scenario, seed: scenario.seed, words: options.words)
            let houses = scenario.topology.houseCount
            let file = try trace.map { try TraceFile($0, of: scenario) }
            let record: RunRecord
            do throws(ScenarioProblem) {
                record = try run.run(tap: file.map { file in { file.add($0) } }, warned: Self.warn) {
                    progress.show(microseconds: $0, of: scenario.durationMicroseconds, houses: houses)
                }
            } catch {
                progress.clear()
                throw CommandEnd(ExitMeaning.usage, "\(error.part): \(error.what)", remedy: error.remedy)
            }
            progress.clear()
            try SimulateCommand.doAll([
                { try file?.finish() },
                { if let report { try OutputFile.write(HTMLReport.text(of: [record]), to: report) } },
                { try Console.tell(json ? RunRecordJSON.text(of: record) : SimulationText.text(record)) },
                { try finish(scenario, [record]) },
            ])
        }

        /// Not an error: parting houses may be what the tester wants.
        static func warn(_ warning: String) { Console.complainAsIs("Out of reach: \(NameRule.printable(warning))") }

        private func runLive(_ scenario: Scenario) async throws {
            guard scenario.topology.houseCount <= LiveStreet.housesMax else {
                throw CommandEnd(
                    ExitMeaning.usage, "live mode runs at most \(LiveStreet.housesMax) bridges",
                    remedy: "Take a smaller topology: --set topology.houses=20")
            }
            let leftOut = LiveRun.leftOut(scenario)
            if !leftOut.isEmpty {
                Console.complainAsIs("Live mode leaves out: \(leftOut.joined(separator: "; "))")
            }
            let progress = ProgressLine(scenario.name)
            let live = try LiveRun(scenario, seed: scenario.seed, progress: progress)
            var (record, trouble) = try await live.run(keepsFiles: keepFiles)
            record.words = options.words + ["--live"]
            progress.clear()
            try SimulateCommand.doAll([
                { if let report { try OutputFile.write(HTMLReport.text(of: [record]), to: report) } },
                { try Console.tell(json ? RunRecordJSON.text(of: record) : SimulationText.text(record)) },
                { if let trouble { throw trouble } },
                { if !record.broken.isEmpty { throw CommandEnd(ExitMeaning.no) } else { try end([record]) } },
            ])
        }

        private func sweep(_ scenario: Scenario, _ range: ClosedRange<UInt64>) async throws {
            let progress = ProgressLine(scenario.name)
            let records: [RunRecord]
            do {
                records = try await SimulationSweep.records(
                    of: scenario, seeds: range, words: options.words, progress: progress)
            } catch let problem as ScenarioProblem {
                throw CommandEnd(ExitMeaning.usage, "\(problem.part): \(problem.what)", remedy: problem.remedy)
            }
            // The text says it itself.
            if json { SweepWords.warnings(records).forEach(Self.warn) }
            try SimulateCommand.doAll([
                {
                    guard let report else { return }
                    let wanted = (range.upperBound - range.lowerBound).addingReportingOverflow(1).partialValue
                    try OutputFile.write(HTMLReport.text(of: records, wanted: wanted), to: report)
                },
                {
                    if json, Interrupt.isWanted { Console.complainAsIs(SweepWords.runs(records.count, of: range)) }
                    try Console.tell(
                        json
                            ? "[" + records.map(RunRecordJSON.text).joined(separator: ",\n") + "]"
                            : SimulationText.sweep(records, of: range))
                },
                { try finish(scenario, records) },
            ])
        }

        /// Shrinks what broke a promise, and ends with the exit code that says how it was.
        private func finish(_ scenario: Scenario, _ records: [RunRecord]) throws {
            if let broken = records.first(where: { !$0.broken.isEmpty }), let first = broken.broken.first {
                try SimulateCommand.doAll([
                    { if !noShrinking { try shrink(scenario, broken, first) } }, { throw CommandEnd(ExitMeaning.no) },
                ])
            }
            try end(records)
        }

        /// Ends with the exit code of runs that broke no promise.
        private func end(_ records: [RunRecord]) throws {
            // An interrupt changes nothing about runs that were through.
            if records.contains(where: \.hasMissed) { throw CommandEnd(ExitMeaning.no) }
            if Interrupt.isWanted { throw CommandEnd(130, "interrupted: this is what has run") }
        }

        private func shrink(_ scenario: Scenario, _ record: RunRecord, _ broken: BrokenPromise) throws {
            if Interrupt.isWanted {
                return Console.complainAsIs(
                    "Interrupted: the shortest list of events that breaks it again was not looked for. To look for it:\n"
                        + "  " + record.command)
            }
            if shrunk == nil, ShrunkScenario.troubleHere(scenario) != nil {
                return Console.complainAsIs(
                    "To look for the shortest list of events that breaks it again:\n  \(record.command) --shrunk FILE")
            }
            try ShrunkScenario.write(scenario, record, broken: broken, to: shrunk)
        }
    }
}

/// `A..B`: both ends are run.
struct SeedRange {
    let range: ClosedRange<UInt64>

    init?(_ text: String) {
        let ends = text.split(separator: ".", omittingEmptySubsequences: false)
        guard ends.count == 3, ends[1].isEmpty, let first = UInt64(ends[0]), let last = UInt64(ends[2]), first <= last,
            last - first < 1_000_000
        else { return nil }
        range = first...last
    }
}

/// What is sent over the air, written while the run goes on.
final class TraceFile {
    private let file: OutputFile
    private var trace: PacketTrace

    init(_ path: String, of scenario: Scenario) throws {
        let file = try OutputFile(path)
        self.file = file
        trace = PacketTrace(of: scenario.name, startsAt: scenario.startsAt) { file.write($0) }
    }

    func add(_ frame: AirFrame) { trace.add(frame) }

    func finish() throws {
        trace.finish()
        try file.finish()
    }
}
