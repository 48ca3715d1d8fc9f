import Bridging
import Consent
import ControlAPI
import Devices
import Storage
import Wire

/// All that this bridge knows of the way of one own device's events.
struct TraceFacts: Sendable {
    var now: WallTime
    var name: String
    // Stored.
    var isMoved = false
    var isRevoked = false
    var isOptedOut = false
    var optInEnds: Int64 = 0
    var scope: ConsentBits = []
    var ratePerMinute = 0
    var figures = DeviceFigures()
    // The bridge's.
    var clockProblem: String?
    var isInNetwork = false
    var isRadioUp = true
    var radioDetail: String?
    /// The names of linked neighbours.
    var links: [String] = []
    var otherMembers = 0
    /// Nil: this bridge does not hold the grant.
    var standing: GrantStanding?
    /// Since the bridge started.
    var way = DeviceFacts()
    // The broker's.
    var broker = StatusReport.Broker(state: .off)
    var waiting = 0
    /// What is wrong with the disk.
    var diskProblem: String?
    var deliver: [String] = []
    var delivery: DeliveryFact?
}

/// What became of the event of a device that was opened last.
struct DeliveryFact: Sendable, Equatable {
    static let namesMax = 16

    var opened: WallTime
    /// Readings that went to the outbox.
    var readings: Int
    /// The sorts of readings that the owner does not have delivered.
    var withheld: [String]
}
