/// Why a scenario cannot be run: a contradiction in it, said before anything happens.
public struct ScenarioProblem: Error, Sendable, Equatable {
    /// The part that is wrong, by its key in a scenario's file: `topology.houses`, `faults[2].houses`.
    public var part: String
    /// What is wrong: a sentence without its full stop.
    public var what: String
    /// What to do about it: a sentence without its full stop.
    public var remedy: String

    public init(_ part: String, _ what: String, remedy: String) {
        (self.part, self.what, self.remedy) = (part, what, remedy)
    }
}
