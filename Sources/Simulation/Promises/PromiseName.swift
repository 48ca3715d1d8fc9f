/// What must hold at every step, whatever happens, at every bridge that does not lie.
public enum PromiseName: String, Sendable, CaseIterable {
    /// Nothing is relayed without a live grant.
    case grant
    /// Nothing is relayed by a host that has opted out, from the moment it said so.
    case optOut = "opt_out"
    /// Nothing is relayed under a revoked grant by a bridge that has the revocation.
    case revocation
    /// In any window of T seconds at most rate x T + burst.
    case cap
    /// No event is opened twice.
    case once
    /// Every event that was heard ends delivered or as one counted drop.
    case accounted
    /// None is lost while a custodian on a path stayed up, consented and had room.
    case custody
    /// Every queue, table and cache is within its limit.
    case bounds
    /// No bridge but the home can open an event.
    case sealed
}

/// A figure that the scenario holds the run to.
public struct Expectation: Sendable, Equatable {
    public var figure: String
    public var relation: Relation
    public var value: Double
    public var measure: Measure

    /// Which of a figure's numbers is held.
    public enum Measure: String, Sendable, CaseIterable {
        case median, mean
        case percentile99 = "percentile_99"
        case maximum
    }

    public enum Relation: String, Sendable {
        case atLeast = "at_least"
        case atMost = "at_most"
    }

    public init(_ figure: String, _ relation: Relation, _ value: Double, of measure: Measure = .median) {
        (self.figure, self.relation, self.value, self.measure) = (figure, relation, value, measure)
    }

    /// Which of the figure's numbers is held to the value.
    public func found(in figure: Figure) -> Double {
        switch measure {
        case .median: figure.median
        case .mean: figure.mean
        case .percentile99: figure.percentile99
        case .maximum: figure.maximum
        }
    }

    /// Whether the figure is where it is expected.
    public func isMet(by figure: Figure) -> Bool {
        switch relation {
        case .atLeast: found(in: figure) >= value
        case .atMost: found(in: figure) <= value
        }
    }

    /// What the figure counts in, though it was not measured: as `RunRecord.figures` has it.
    public var unit: String {
        switch figure {
        case "delivery_ratio", "pending_ratio", "heard_ratio", "undelivered_by_owner", "upkeep_airtime", "fairness":
            "ratio"
        case "airtime_per_event", "airtime_by_event": "us"
        case "hops": "hops"
        case "revocations_unreached": "revocations"
        case "routes_unconverged": "cuts"
        case "opt_outs_unspread": "links"
        case "route_convergence", "opt_out_spread", "revocation_spread", "revocation_reach", "links_connected_after":
            "s"
        default: figure.hasPrefix("latency") ? "ms" : ""
        }
    }

    /// The figure's name; with the measure, where it is not the median.
    public var words: String { measure == .median ? figure : figure + " (" + measure.rawValue + ")" }
}

/// A promise that was not kept.
public struct BrokenPromise: Sendable, Equatable {
    public var promise: PromiseName
    public var timeMicroseconds: Int64
    public var house: Int?
    /// What happened, in a sentence.
    public var what: String
    /// Which check found it: the same one may find it with other devices and figures in its sentence.
    public var check: String

    public init(
        _ promise: PromiseName, at timeMicroseconds: Int64, house: Int?, _ what: String, check: String = ""
    ) {
        (self.promise, self.timeMicroseconds, self.house, self.what) = (promise, timeMicroseconds, house, what)
        self.check = check
    }

    /// Whether it is the same promise, broken by the same house and found by the same check, at whatever time.
    public func isLike(_ other: BrokenPromise) -> Bool {
        promise == other.promise && house == other.house && check == other.check
    }
}
