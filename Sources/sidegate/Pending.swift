import Simulation

struct Shrinker {
    struct Result {
        var scenario: Scenario
        var broken: BrokenPromise
        var left = 0
        var before = 0
        var runs = 0
    }
    var isInterrupted: (() -> Bool)?
    init(_ scenario: Scenario, seed: UInt64, promise: PromiseName) {}
    func shrink() -> Result? { nil }
}
