/// The faults of a run, and which of them are under way.
struct FaultBook {
    let timed: [ResolvedScenario.TimedFault]
    init(_ timed: [ResolvedScenario.TimedFault]) { self.timed = timed }
}
