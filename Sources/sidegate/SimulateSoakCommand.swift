import ArgumentParser
import ControlAPI
import Glibc
import Scenarios
import Simulation

extension SimulateCommand {
    struct Soak: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Runs scenarios of the library with random faults over all cores, and names those that break a promise.",
            discussion: """
                Each schedule has a number that makes the same one again: 'sidegate simulate soak --first N --schedules 1'. \
                The exit code is 1 where a promise broke; the scenario is then written to soak-N.yaml. It is 1 as well where \
                50 schedules or more did not check one of the promises at all.

                Example: sidegate simulate soak --minutes 30
                """)

        @Option(parsing: .unconditional, help: ArgumentHelp("How long to go on.", valueName: "n"))
        var minutes: Double?

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("How many schedules to run. Default: 100 where --minutes is not given.", valueName: "n"))
        var schedules: Int?

        @Option(parsing: .unconditional, help: ArgumentHelp("The first schedule's number.", valueName: "n"))
        var first: UInt64 = 1

        @Option(help: ArgumentHelp("Where broken schedules are written.", valueName: "directory"))
        var output = "."

        @Flag(help: "Print what came of it as JSON.")
        var json = false

        @OptionGroup var cryptography: CryptographyOption

        func validate() throws {
            if let minutes, !(minutes > 0 && minutes <= 100_000) {
                throw ValidationError("--minutes must be above 0, and at most 100000.")
            }
            if let schedules, !(1...10_000_000).contains(schedules) {
                throw ValidationError("--schedules must be 1 to 10000000.")
            }
            if first > UInt64.max / 2 { throw ValidationError("--first is too large.") }
        }

        func run() async throws {
            Interrupt.watch()
            try cryptography.load()
            guard access(output, W_OK | X_OK) == 0 else {
                throw CommandEnd(
                    ExitMeaning.refused, "nothing can be written into \(output): \(String(cString: strerror(errno)))",
                    remedy: "Name a directory that is there: --output DIRECTORY")
            }
            let library = ScenarioLibrary()
            let scenarios = library.names().compactMap { name -> Scenario? in
                if case .read(let scenario) = library.read(name) { scenario } else { nil }
            }
            guard !scenarios.isEmpty else { throw SimulateCommand.noLibrary }
            let limit = schedules ?? (minutes == nil ? 100 : Int.max / 2)
            let end = minutes.map { Self.seconds() + max(1, Int($0 * 60)) } ?? .max
            let tally = try await runAll(of: scenarios, limit: limit, until: end)
            try SimulateCommand.doAll([{ try say(tally) }, { try Self.end(tally) }])
        }

        private static func end(_ tally: Tally) throws {
            if !tally.broken.isEmpty { throw CommandEnd(ExitMeaning.no) }
            let untried = tally.checks.filter { $0.count == 0 }.map(\.name)
            if tally.runs >= runsForEveryPromise, !untried.isEmpty {
                throw CommandEnd(ExitMeaning.no, "never checked: " + untried.joined(separator: ", "))
            }
            if Interrupt.isWanted { throw CommandEnd(130, "interrupted") }
        }

        private func say(_ tally: Tally) throws {
            if json {
                return try Console.tell(String(decoding: try ControlJSON.encode(Report(tally, first)), as: UTF8.self))
            }
            let numbers = tally.broken.map(\.number).sorted().map(String.init).joined(separator: ", ")
            try Console.tell(
                "\(Words.count(tally.runs, "schedule")) from number \(first) on, "
                    + "\(Words.duration(tally.nodeSeconds)) of bridges' time, \(Words.count(tally.faults, "fault")): "
                    + (tally.broken.isEmpty ? "every promise kept" : "broken by the numbers " + numbers) + "\n"
                    + SimulationText.checks(tally.checks))
        }

        /// The JSON of a soak.
        private struct Report: Encodable {
            var first: UInt64
            var schedules: Int
            var nodeSeconds: Int
            var faults: Int
            var isInterrupted: Bool
            var broken: [Broken]
            /// How often each promise was checked.
            var checks: [String: UInt64]

            init(_ tally: Tally, _ first: UInt64) {
                (self.first, schedules, nodeSeconds, faults) = (first, tally.runs, tally.nodeSeconds, tally.faults)
                isInterrupted = Interrupt.isWanted
                broken = tally.broken.sorted { $0.number < $1.number }
                checks = Dictionary(uniqueKeysWithValues: tally.checks.map { ($0.name, $0.count) })
            }
        }

        /// A schedule that broke a promise: the first that it broke.
        private struct Broken: Encodable {
            var number: UInt64
            var scenario: String
            var promise: String
            var timeMicroseconds: Int64
            var house: Int?
            var what: String
            /// Where its scenario was written, if it could be.
            var file: String?
        }

        private struct Tally {
            var runs = 0
            var nodeSeconds = 0
            var faults = 0
            var broken: [Broken] = []
            var checks = PromiseName.allCases.map { Count($0.rawValue, 0) }
        }

        /// A soak of so many schedules that has not checked a promise once does not prove it.
        private static let runsForEveryPromise = 50

        private struct Outcome: Sendable {
            let scenario: Scenario
            let record: RunRecord
        }

        private func runAll(of scenarios: [Scenario], limit: Int, until end: Int) async throws -> Tally {
            var tally = Tally()
            let progress = ProgressLine("soak")
            var next = 0
            try await withThrowingTaskGroup(of: Outcome.self) { group in
                func start() {
                    guard next < limit, Self.seconds() < end, !Interrupt.isWanted else { return }
                    let number = first + UInt64(next)
                    next += 1
                    group.addTask {
                        let scenario = RandomSchedule.scenario(number, of: scenarios)
                        let record = try SimulationRun(scenario: scenario, seed: scenario.seed).run()
                        return Outcome(scenario: scenario, record: record)
                    }
                }
                for _ in 0..<SimulationSweep.cores { start() }
                while let outcome = try await group.next() {
                    note(outcome, &tally, progress)
                    start()
                }
            }
            progress.clear()
            return tally
        }

        private func note(_ outcome: Outcome, _ tally: inout Tally, _ progress: ProgressLine) {
            let record = outcome.record
            tally.runs += 1
            tally.nodeSeconds += Int(record.ranMicroseconds / 1_000_000) * record.houses.count
            tally.faults += record.faults.count
            for place in tally.checks.indices {
                let own = record.checks.first { $0.name == tally.checks[place].name }
                tally.checks[place].count &+= own?.count ?? 0
            }
            progress.show(done: Int64(tally.runs), of: Int64(schedules ?? tally.runs), what: "schedules")
            guard let broken = record.broken.first else { return }
            progress.clear()
            let file = write(outcome, broken)
            tally.broken.append(
                Broken(
                    number: record.seed, scenario: outcome.scenario.name, promise: broken.promise.rawValue,
                    timeMicroseconds: broken.timeMicroseconds, house: broken.house, what: broken.what, file: file))
            let seen = file.map { "; see \($0)" } ?? ""
            let line = "\(record.seed), \(outcome.scenario.name): \(SimulationText.line(broken))\(seen)"
            // That it cannot be written is told with the tally, which names the number again.
            if json { Console.complainAsIs(line) } else { try? Console.tell(line) }
        }

        /// Its path; nil where it cannot be written, which is told and ends nothing: the number makes the schedule again.
        private func write(_ outcome: Outcome, _ broken: BrokenPromise) -> String? {
            let path = "\(output)/soak-\(outcome.record.seed).yaml"
            let text = ScenarioWriter.text(
                of: outcome.scenario,
                comment: ["Schedule \(outcome.record.seed) broke a promise: " + SimulationText.line(broken)])
            do {
                try OutputFile.write(text, to: path)
                return path
            } catch {
                Console.complain((error as? CommandEnd)?.message ?? "\(error)")
                return nil
            }
        }

        private static func seconds() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return time.tv_sec
        }
    }
}
