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

        func run() async throws {
            let scenario = try options.read()
            Interrupt.watch()
            let progress = ProgressLine(scenario.name)
            let houses = scenario.topology.houseCount
            var records: [RunRecord]
            do throws(ScenarioProblem) {
                let ours = try SimulationRun(scenario: scenario, seed: scenario.seed).run(
                    warned: Run.warn,
                    progress: {
                        progress.show(microseconds: $0, of: scenario.durationMicroseconds, houses: houses)
                    })
                let flooded = try ManagedFlooding.run(scenario, seed: scenario.seed) { Interrupt.isWanted }
                let contended = try ContentionFlooding.run(scenario, seed: scenario.seed) { Interrupt.isWanted }
                records = [ours, flooded, contended]
            } catch {
                progress.clear()
                throw CommandEnd(ExitMeaning.usage, "\(error.part): \(error.what)", remedy: error.remedy)
            }
            progress.clear()
            for index in records.indices { records[index].words = options.words }
            if let report { try OutputFile.write(HTMLReport.text(of: records), to: report) }
            Console.say(
                json
                    ? "[" + records.map(RunRecordJSON.text).joined(separator: ",\n") + "]"
                    : SimulationText.comparison(records))
            if records.contains(where: { !$0.broken.isEmpty }) { throw CommandEnd(ExitMeaning.no) }
            if Interrupt.isWanted { throw CommandEnd(130, "interrupted: this is what has run") }
            if let ours = records.first, !ours.isAsExpected { throw CommandEnd(ExitMeaning.no) }
        }
    }
}
