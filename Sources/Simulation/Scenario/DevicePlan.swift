import Consent
import Wire

/// Devices of one sort.
public struct DevicePlan: Sendable, Equatable {
    public var name = "sensor"
    /// The houses of their owners: one device for each, times `count`.
    public var owners = HouseSelection.all
    public var count = 1
    public var placement = Placement.near(metres: 2)
    public var eventClass = EventClass.event
    public var scope: ConsentBits = [.relay, .hold]
    public var ratePerMinute: UInt16 = 60
    public var traffic = Traffic.poisson(meanSeconds: 60)
    /// Bytes of service data in an advertisement, cipher and all: 13 to 24 (legacy advertising).
    public var serviceDataBytes = 18
    public var transmitPowerDBm = 0.0
    /// Of one event: this many advertisements, so far apart. BTHome sensors as sold: `../notes`, 5 to 30 over seconds.
    public var advertisements = 10
    public var advertisementIntervalMicroseconds: Int64 = 100_000

    public init() {}

    /// Where a device is.
    public enum Placement: Sendable, Equatable {
        /// In some direction of its owner's house.
        case near(metres: Double)
        /// Beside another house, drawn at random: what this network is for.
        case away
        /// Beside the house that is farthest from its owner's.
        case farthest
        case beside(house: Int)
        case at(Place)
    }
}

/// When a device emits events.
public enum Traffic: Sendable, Equatable {
    /// At equal distances, from a random phase.
    case periodic(seconds: Double)
    case poisson(meanSeconds: Double)
    /// Poisson, each time several events so far apart.
    case bursts(meanSeconds: Double, events: Int, gapSeconds: Double)
    /// Poisson with a mean that swings over the day: `peakFactor` times the mean at its busiest hour.
    case diurnal(meanSeconds: Double, peakFactor: Double, peakHour: Double)
    /// All devices of the plan at once, within `spreadSeconds`: a power cut, a thunderclap.
    case together(meanSeconds: Double, spreadSeconds: Double)
    /// At these times after the run's start.
    case at([Int64])
}
