import Simulation

/// What is said of a sweep as a whole.
public enum SweepWords {
    /// `4 runs, seeds 5 to 8`, or that an interrupt left some out.
    public static func runs(_ count: Int, of range: ClosedRange<UInt64>) -> String {
        let wanted = (range.upperBound - range.lowerBound).addingReportingOverflow(1).partialValue
        let seeds = "seeds \(range.lowerBound) to \(range.upperBound)"
        if UInt64(count) < wanted { return "\(count) of \(wanted) runs, \(seeds) (interrupted)" }
        return count == 1 ? "1 run, \(seeds)" : "\(count) runs, \(seeds)"
    }

    /// Of runs under several policies: that an interrupt cut them at different times; nil where each is whole.
    public static func unequalStretches(_ records: [RunRecord], notRun: [String] = []) -> String? {
        let cut = records.filter { !$0.isWhole }.map(\.policy)
        let parts = [("not whole", cut), ("not run", notRun)].filter { !$0.1.isEmpty }
        guard !parts.isEmpty else { return nil }
        let told = parts.map { "\($0.0): \($0.1.joined(separator: ", "))" }.joined(separator: "; ")
        return "\(told). The runs are of different lengths, so that their figures "
            + "cannot be compared"
    }

    /// With how many seeds somebody was out of reach, and what was said with the first of them.
    public static func warnings(_ records: [RunRecord]) -> [String] {
        let warned = records.filter { !$0.warnings.isEmpty }
        guard let first = warned.first else { return [] }
        return first.warnings.map { "with \(warned.count) of \(records.count) seeds; with seed \(first.seed): \($0)" }
    }
}
