/// The figures of a run in their order, while they are put together.
struct FigureList {
    private(set) var figures: [Figure] = []

    mutating func single(_ name: String, _ unit: String, _ count: UInt64, _ value: Double) {
        figures.append(
            Figure(
                name: name, unit: unit, count: Int(clamping: count), mean: value, median: value,
                percentile99: value, maximum: value))
    }

    /// None of a histogram that counted nothing.
    mutating func distribution(_ name: String, _ unit: String, _ histogram: Histogram, _ divisor: Double) {
        if let figure = histogram.figure(name, unit: unit, dividedBy: divisor) { figures.append(figure) }
    }
}
