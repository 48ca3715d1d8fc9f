import Relaying
import Wire

/// All that a run is made of but its chances: those come from the seed alone.
///
/// Houses and devices are numbered from 0 in the order in which the topology and the device plans make them. Times count
/// in microseconds from the run's start on virtual time.
public struct Scenario: Sendable, Equatable {
    /// The most that a scenario may ask for.
    public static let housesMax = 10_000
    public static let devicesMax = 20_000
    public static let durationSecondsMax: Int64 = 31 * 86_400
    public static let faultsMax = 10_000
    /// For so long at least every event is followed.
    public static let settlingMicrosecondsMax: Int64 = 600_000_000

    /// What it is called: its file's name without the ending, unless it says otherwise.
    public var name = "unnamed"
    /// One or two sentences for whoever looks for a scenario.
    public var about = ""
    public var seed: UInt64 = 1
    public var durationMicroseconds: Int64 = 600_000_000
    /// Devices begin to speak after this; links and routes may come to be before.
    public var settleMicroseconds: Int64 = 60_000_000
    /// Events younger than this at the run's end are not in the delivery ratio; never more than half the run.
    public var settlingMicroseconds: Int64 = 60_000_000
    /// The wall clock at the start, UTC.
    public var startsAt = WallTime(seconds: 1_800_000_420)
    public var topology = Topology.line(houses: 5, spacingMetres: 12)
    public var beginning = Beginning.members
    public var hosts = HostPlan()
    /// Later ones win.
    public var otherHosts: [HostException] = []
    public var devices: [DevicePlan] = []
    /// When devices speak instead of what their traffic says: all that is not listed is silent. Nil: as they would.
    public var emissions: [ListedEmissions]?
    public var radio = RadioPlan()
    public var faults: [FaultPlan] = []
    /// The promises that are checked; all of them unless the scenario is about breaking one.
    public var promises: [PromiseName] = PromiseName.allCases
    public var expectations: [Expectation] = []
    /// Holds bridges that lie to the promises too: so that a tester sees one break.
    public var holdsLiars = false

    public init() {}

    /// Events that were emitted before this, in a run that came so far, should have come home: what devices said in the
    /// last minute has time, or in the second half of theirs where that is shorter.
    func settledBefore(_ ranMicroseconds: Int64) -> Int64 {
        let spoken = max(ranMicroseconds - settleMicroseconds, 0)
        return ranMicroseconds - min(max(settlingMicroseconds, 0), Self.settlingMicrosecondsMax, spoken / 2)
    }

    /// For a run that is shorter than the scenario was written for: faults and events at times after its end are none.
    public mutating func leaveOutWhatComesAfterItsEnd() {
        let end = durationMicroseconds
        faults.removeAll { if case .at(let time) = $0.when { time > end } else { false } }
        for index in devices.indices {
            guard case .at(let times) = devices[index].traffic else { continue }
            devices[index].traffic = .at(times.filter { $0 <= end })
        }
    }

    /// How the network comes to be.
    public enum Beginning: String, Sendable, CaseIterable {
        /// Every house is a member and holds every grant when the run begins, as on a street that has run for days.
        case members
        /// House 0 founds, and neighbours invite one another by code; grants spread by links.
        case joining
    }
}

/// What a host lends: see `BridgeConfiguration`.
public struct HostPlan: Sendable, Equatable {
    public var lending = LendingLimits.standard
    public var classesLent: [EventClass] = EventClass.allCases
    public var linksMax = 4
    public var isOptedOut = false
    /// Closed outside of these, in minutes of the day (UTC), from < to or over midnight; none: always open.
    public var openMinutes: [MinuteRange] = []

    public init() {}
}

/// From a minute of the day until before another; over midnight if `to <= from`.
public struct MinuteRange: Sendable, Equatable {
    public var from: Int
    public var to: Int
    public init(from: Int, to: Int) { (self.from, self.to) = (from, to) }
}

/// Hosts that are otherwise.
public struct HostException: Sendable, Equatable {
    public var houses: HouseSelection
    public var plan: HostPlan
    public init(houses: HouseSelection, plan: HostPlan) { (self.houses, self.plan) = (houses, plan) }
}

/// Which houses are meant. Chances are drawn once, when the run begins.
public enum HouseSelection: Sendable, Equatable {
    case all
    case houses([Int])
    /// So many, drawn at random.
    case some(Int)
    /// So many in a hundred, drawn at random; at least one where it is above 0.
    case percent(Double)
}
