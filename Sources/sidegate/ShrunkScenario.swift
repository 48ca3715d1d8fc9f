import Glibc
import Scenarios
import Simulation

/// The shortest scenario that breaks a promise again.
enum ShrunkScenario {
    /// Looks for it, writes it as a file and says so on standard error, where what a run leaves does not go.
    static func write(_ scenario: Scenario, seed: UInt64, broken: BrokenPromise, to path: String) throws {
        if isatty(STDERR_FILENO) == 1 {
            Console.complainAsIs(
                "Looking for the shortest list of events that breaks it again. An interrupt ends this.")
        }
        var shrinker = Shrinker(scenario, seed: seed, broken: broken)
        shrinker.isInterrupted = { Interrupt.isWanted }
        guard let result = shrinker.shrink() else {
            Console.complainAsIs(
                "The list of its events is too long, or the search was interrupted. To see it as it was: --seed \(seed)"
            )
            return
        }
        var shortest = result.scenario
        shortest.name = "\(scenario.name) shrunk"
        shortest.about = ""
        // What the run is held to is the promise alone.
        shortest.expectations = []
        let text = ScenarioWriter.text(
            of: shortest,
            comment: [
                "The shortest schedule found that breaks the promise \(broken.promise.rawValue):",
                SimulationText.line(result.broken),
                "\(result.left) of \(result.before) events and faults are left, after \(result.runs) runs"
                    + (result.isShortest ? "; each of them is needed." : "; the search ended before it was through."),
                "From the scenario \(scenario.name) with the seed \(seed). To replay: sidegate simulate \(path)",
            ])
        try OutputFile.write(text, to: path)
        Console.complainAsIs(
            "Shrunk to \(result.left) of \(result.before) events and faults: \(path)\n"
                + "  \(SimulationText.line(result.broken))\n  To replay: sidegate simulate \(path)")
    }
}
