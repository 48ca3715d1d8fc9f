/// What a run has left: what the summary, the report and `--json` are made of. Bounded: long runs are sampled.
public struct RunRecord: Sendable {
    /// At most so many journeys, spread evenly over the run, and the first so many links' lives are kept; the figures
    /// count all.
    public static let journeysMax = 20_000
    public static let linkLivesMax = 50_000
    /// Of changes of houses' states the first so many.
    public static let statesMax = 50_000
    /// Of each promise at most so many breaks are kept.
    public static let brokenMax = 20

    public var scenario: Scenario
    /// `sidegate`, or the name of a baseline.
    public var policy = "sidegate"
    public var usesModelledCryptography = false
    public var seed: UInt64
    /// How far the run came; shorter than the scenario's if it was interrupted.
    public var ranMicroseconds: Int64 = 0
    public var houses: [HouseRecord] = []
    public var devices: [DeviceRecord] = []
    public var links: [LinkLife] = []
    public var journeys: [Journey] = []
    public var journeysLeftOut = 0
    public var faults: [FaultLine] = []
    /// In order of time. A house of which nothing is told yet is in no state.
    public var states: [HouseStateChange] = []
    public var drops: [Count] = []
    public var broken: [BrokenPromise] = []
    /// How often each promise was checked.
    public var checks: [Count] = []
    public var figures: [Figure] = []
    /// Things that happened: the measure of a run's size.
    public var steps: UInt64 = 0
    /// Over everything that was sent: the same for the same scenario and seed, on every machine.
    public var fingerprint: UInt64 = 0

    /// The words of the command line that this is a run of, but for the seed and the cryptography; none: by a library.
    public var words: [String] = []
    /// What was to be seen before it began and is likely not meant: who is out of everybody's reach. Sentences.
    public var warnings: [String] = []

    public init(scenario: Scenario, seed: UInt64) { (self.scenario, self.seed) = (scenario, seed) }

    /// Whether it came to the scenario's end. Of one that an interrupt cut no expectation is met or missed.
    public var isWhole: Bool { ranMicroseconds >= scenario.durationMicroseconds }

    public func figure(_ name: String) -> Figure? { figures.first { $0.name == name } }

    /// Nil where nothing can be said: of a run that was cut short, and of a baseline that knows no such figure.
    public func verdict(_ expectation: Expectation) -> Bool? {
        guard isWhole, policy == "sidegate" || figure(expectation.figure) != nil else { return nil }
        return isMet(expectation)
    }

    /// Whether a figure is as the scenario expects it. One that was not measured is not.
    private func isMet(_ expectation: Expectation) -> Bool {
        guard let figure = figure(expectation.figure), figure.count > 0 else { return false }
        return expectation.isMet(by: figure)
    }
}

public struct Count: Sendable, Equatable {
    public var name: String
    public var count: UInt64
    public init(_ name: String, _ count: UInt64) { (self.name, self.count) = (name, count) }
}

public struct HouseRecord: Sendable {
    public var place: Place
    /// Time on the air by what it was for.
    public var airtimeBeaconsMicroseconds: Int64 = 0
    public var airtimeUpkeepMicroseconds: Int64 = 0
    public var airtimePacketsMicroseconds: Int64 = 0
    /// Bytes lent, by tenths of the run, and what the cap would have allowed in each.
    public var lentBytes: [UInt64] = []
    public var capBytes: UInt64 = 0
    public var isOptedOut = false
    public var isLiar = false
    public var heldMax = 0
    public init(place: Place) { self.place = place }
}

public struct DeviceRecord: Sendable {
    public var name: String
    public var home: Int
    public var place: Place
    public init(name: String, home: Int, place: Place) { (self.name, self.home, self.place) = (name, home, place) }
}

/// A link from its handshake's end to its loss.
public struct LinkLife: Sendable {
    public var first: Int
    public var second: Int
    public var fromMicroseconds: Int64
    public var toMicroseconds: Int64?
    public init(_ first: Int, _ second: Int, fromMicroseconds: Int64) {
        (self.first, self.second, self.fromMicroseconds) = (first, second, fromMicroseconds)
    }
}

/// One event's way.
public struct Journey: Sendable {
    public var device: Int
    public var emittedMicroseconds: Int64
    /// Houses that heard it and made a packet of it.
    public var heardBy: [Int] = []
    /// When each of those did.
    var heardMicroseconds: [Int64] = []
    public var hops: [Hop] = []
    public var deliveredMicroseconds: Int64?
    /// Why it was not delivered, if it was not: a reason of the closed list, `not heard`, or `on its way`.
    public var fate: String?
    public init(device: Int, emittedMicroseconds: Int64) {
        (self.device, self.emittedMicroseconds) = (device, emittedMicroseconds)
    }

    public struct Hop: Sendable {
        public var from: Int
        public var to: Int
        public var timeMicroseconds: Int64
        public init(from: Int, to: Int, timeMicroseconds: Int64) {
            (self.from, self.to, self.timeMicroseconds) = (from, to, timeMicroseconds)
        }
    }
}

/// A figure with its distribution, or a single value. `docs/simulation.md` has the names.
public struct Figure: Sendable {
    public var name: String
    /// Of the values: `ms`, `us`, `s`, `ratio`, `events`, `bytes`.
    public var unit: String
    public var count: Int
    public var mean: Double
    public var median: Double
    public var percentile99: Double
    public var maximum: Double
    /// Counts in `bins.count` equal steps from 0 to `maximum`; empty for a single value.
    public var bins: [UInt64]

    public init(
        name: String, unit: String, count: Int, mean: Double, median: Double, percentile99: Double, maximum: Double,
        bins: [UInt64] = []
    ) {
        (self.name, self.unit, self.count, self.mean) = (name, unit, count, mean)
        (self.median, self.percentile99, self.maximum, self.bins) = (median, percentile99, maximum, bins)
    }
}
