import Bridging
import Relaying
import Wire

/// What the air and the machines of a street are like.
struct StreetSettings {
    /// Between two advertisements of one bridge.
    var beaconMilliseconds: Int64 = 1_000
    /// How long a message is on its way.
    var latencyMilliseconds: ClosedRange<Int> = 5...30
    /// How often a message has to be sent again; each time costs `repeatMilliseconds`. Channels lose nothing.
    var lossPercent = 0
    var repeatMilliseconds: Int64 = 60
    /// Messages on their way on a channel in one direction; one more would block.
    var inFlightMax = 16
    /// How often the radio refuses a call at once.
    var refusalPercent = 0
    /// How often the disk takes seconds instead of milliseconds.
    var slowDiskPercent = 0
    /// Channels that a radio holds at once.
    var channelsMax = 16
    /// The time at which a street begins: noon of some day, 7 minutes into a slot.
    var startWallSeconds: Int64 = 1_800_000_420
    var builtWallSeconds: Int64 = 1_790_000_000

    /// Nothing comes through for so long: the channel is gone.
    static let supervisionMilliseconds: Int64 = 1_000
    static let connectTimeoutMilliseconds: Int64 = 2_000
    /// The daemon keeps so many messages of a channel that takes none.
    static let keptMax = 32
}

extension BridgeConfiguration {
    /// A host that lends to all classes.
    static func lending(_ limits: LendingLimits = .standard, linksMax: Int = 4) -> BridgeConfiguration {
        BridgeConfiguration(lending: limits, classesLent: EventClass.allCases, linksMax: linksMax, isOptedOut: false)
    }
}
