import ArgumentParser
import Simulation

extension SimulateCommand {
    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Runs a scenario with Sidegate, and with managed flooding and contention flooding on the same radio.",
            discussion: """
                The baselines are re-implementations of what Bluetooth Mesh specifies and Meshtastic publishes; \
                docs/simulation.md says of what, and what they are given.

                Example: sidegate simulate compare grid-25 --report compare.html
                """)

        @OptionGroup var options: ScenarioOptions

        @Option(help: ArgumentHelp("Write a report to look at in a browser.", valueName: "file.html"))
        var report: String?

        @Flag(help: "Print the runs' records as a list in JSON.")
        var json = false

        func validate() throws { try OutputFile.refuseDash([("--report", report)]) }

        func run() async throws {
            Interrupt.watch()
            let scenario = try options.read()
            let progress = ProgressLine(scenario.name)
            let houses = scenario.topology.houseCount
            var records: [RunRecord]
            do throws(ScenarioProblem) {
                let ours = try SimulationRun(scenario: scenario, seed: scenario.seed).run(
                    warned: Run.warn,
                    progress: {
                        progress.show(microseconds: $0, of: scenario.durationMicroseconds, houses: houses)
                    })
                records = [ours]
                if !Interrupt.isWanted {
                    records.append(try ManagedFlooding.run(scenario, seed: scenario.seed) { Interrupt.isWanted })
                }
                if !Interrupt.isWanted {
                    records.append(try ContentionFlooding.run(scenario, seed: scenario.seed) { Interrupt.isWanted })
                }
            } catch {
                progress.clear()
                throw CommandEnd(ExitMeaning.usage, "\(error.part): \(error.what)", remedy: error.remedy)
            }
            progress.clear()
            for index in records.indices { records[index].words = options.words }
            let notRun = Array(Self.policies.dropFirst(records.count))
            try SimulateCommand.doAll([
                {
                    guard let report else { return }
                    let wanted = UInt64(Self.policies.count)
                    try OutputFile.write(HTMLReport.text(of: records, wanted: wanted), to: report)
                },
                {
                    try Console.tell(
                        json
                            ? "[" + records.map(RunRecordJSON.text).joined(separator: ",\n") + "]"
                            : SimulationText.comparison(records, notRun: notRun))
                },
                { try Self.end(records) },
            ])
        }

        private static func end(_ records: [RunRecord]) throws {
            if let broken = records.first(where: { !$0.broken.isEmpty }) {
                tellWhatShrinks(broken)
                throw CommandEnd(ExitMeaning.no)
            }
            if let ours = records.first, ours.hasMissed { throw CommandEnd(ExitMeaning.no) }
            if Interrupt.isWanted { throw CommandEnd(130, "interrupted: this is what has run") }
        }

        /// In the order in which they run.
        private static let policies = ["sidegate", "managed flooding", "contention flooding"]

        private static func tellWhatShrinks(_ record: RunRecord) {
            let file = ShrunkScenario.troubleHere(record.scenario) == nil ? "" : " --shrunk FILE"
            Console.complainAsIs(
                "To look for the shortest list of events that breaks it again:\n  \(record.command)\(file)")
        }
    }
}
