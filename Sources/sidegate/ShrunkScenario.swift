import Glibc
import Scenarios
import Settings
import Simulation

/// The shortest scenario that breaks a promise again.
enum ShrunkScenario {
    /// Why it could not be written where it goes by default; nil: it could.
    static func troubleHere(_ scenario: Scenario) -> String? {
        do {
            _ = try OutputFile(ScenarioFileName.shrunk(scenario.name, seed: scenario.seed))
            return nil
        } catch {
            return (error as? CommandEnd)?.message ?? "\(error)"
        }
    }

    /// Looks for it, writes it as a file and says so on standard error, where what a run leaves does not go.
    /// - Parameter path: where it was wanted; nil: beside whatever a tester may have made of an earlier one.
    static func write(_ scenario: Scenario, _ record: RunRecord, broken: BrokenPromise, to path: String?) throws {
        let seed = record.seed
        if isatty(STDERR_FILENO) == 1 {
            Console.complainAsIs(
                "Looking for the shortest list of events that breaks it again. An interrupt ends this.")
        }
        var shrinker = Shrinker(scenario, seed: seed, broken: broken)
        shrinker.isInterrupted = { Interrupt.isWanted }
        guard let result = shrinker.shrink() else {
            let reason =
                Interrupt.isWanted
                ? "The search for a shorter list of events was interrupted before it had found one. To look again:"
                : "Its list of events, over \(Scenario.explicitEmissionsMax), is too long to look for a shorter one. To see it:"
            return Console.complainAsIs("\(reason)\n  \(record.command)")
        }
        let sample = text(of: result, scenario, seed: seed, broken: broken, at: path ?? "")
        if case .failed(let problems) = ScenarioReader.read(Array(sample.utf8), file: "shrunk.yaml") {
            return Console.complainAsIs(
                "What is left, \(result.left) of \(result.before) events and faults, is no scenario file"
                    + (problems.first.map { ": \($0.what). " } ?? ". ") + (result.isShortest ? "" : unfinished + " ")
                    + "To look again, or with a shorter --duration:\n  \(record.command)")
        }
        let told: String
        if let path {
            try OutputFile.write(text(of: result, scenario, seed: seed, broken: broken, at: path), to: path)
            told = path
        } else {
            told = try writeHere(scenario, seed: seed) {
                text(of: result, scenario, seed: seed, broken: broken, at: $0)
            }
        }
        Console.complainAsIs(
            "Shrunk to \(result.left) of \(result.before) events and faults: \(told)\n"
                + (result.isShortest ? "" : "  \(unfinished) It may not be the shortest list.\n")
                + "  \(SimulationText.line(result.broken))\n  To replay: \(replay(told))")
    }

    private static var unfinished: String {
        Interrupt.isWanted ? "The search was interrupted." : "The search ended before it was through."
    }

    private static func replay(_ path: String) -> String { "sidegate simulate " + ShellWord.quoted(path) }

    /// Takes the first name that is free, or whose file holds the very same. The path that it is at.
    private static func writeHere(_ scenario: Scenario, seed: UInt64, _ text: (String) -> String) throws -> String {
        for number in 1...filesMax {
            let path = ScenarioFileName.shrunk(scenario.name, seed: seed, number: number)
            let wanted = text(path)
            var status = stat()
            if lstat(path, &status) != 0 {
                if number > 1 {
                    let first = ScenarioFileName.shrunk(scenario.name, seed: seed)
                    Console.complainAsIs("\(first) is there already, with something else in it, and stays as it is.")
                }
                try OutputFile.write(wanted, to: path)
                return path
            }
            let there = try? RegularFile.read(path, atMost: wanted.utf8.count + 1)
            if there == Array(wanted.utf8) { return path }
        }
        throw CommandEnd(
            ExitMeaning.refused, "there are \(filesMax) shrunk scenarios of this seed here already",
            remedy: "Take some away, or name another file: --shrunk FILE")
    }

    private static let filesMax = 1_000

    private static func text(
        of result: Shrinker.Result, _ scenario: Scenario, seed: UInt64, broken: BrokenPromise, at path: String
    ) -> String {
        var shortest = result.scenario
        shortest.name = "\(scenario.name) shrunk"
        shortest.about = ""
        // What the run is held to is the promise alone.
        shortest.expectations = []
        return ScenarioWriter.text(
            of: shortest,
            comment: [
                "The shortest schedule found that breaks the promise \(broken.promise.rawValue):",
                SimulationText.line(result.broken),
                "\(result.left) of \(result.before) events and faults are left, after \(result.runs) runs"
                    + (result.isShortest ? "; each of them is needed." : "; the search ended before it was through."),
                "From the scenario \(scenario.name) with the seed \(seed). To replay: \(replay(path))",
            ])
    }
}
