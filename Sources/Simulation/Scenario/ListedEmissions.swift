/// The events of one device at explicit times.
public struct ListedEmissions: Sendable, Equatable {
    /// Times that one entry may give.
    public static let timesMax = 100_000

    /// The device's number: 0 for the first house's first device of the first sort, and so on. Reports show it after the
    /// device's name.
    public var device: Int
    /// In microseconds after the run's start, ascending.
    public var microseconds: [Int64]

    public init(device: Int, microseconds: [Int64]) { (self.device, self.microseconds) = (device, microseconds) }
}
