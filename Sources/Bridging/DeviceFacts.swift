import Consent
import Devices
import Wire

/// When each step of the way was last taken for one own device since the bridge started, and how it went: for the owner
/// who asks why nothing arrived. One fact a step, each in the place of the one before.
public struct DeviceFacts: Sendable {
    /// What became of a frame that this bridge's own radio heard.
    public enum Hearing: Hashable, Sendable {
        case taken
        /// Nobody can open it: a plain frame above all.
        case unusable(BTHomeError)
        case refused(Reason)
    }

    /// When the own radio last heard it, and what became of that.
    public internal(set) var heardAt: WallTime?
    public internal(set) var hearing: Hearing?
    /// When a packet of it last came over a link, and the hop limit that it came with.
    public internal(set) var packetAt: WallTime?
    public internal(set) var packetHopLimit: UInt8 = 0
    /// When one was last opened, and when one last was not, and why.
    public internal(set) var openedAt: WallTime?
    public internal(set) var failedAt: WallTime?
    public internal(set) var failure: OpeningFailure?
    /// When what was opened was last on disk, and when the disk last would not take it.
    public internal(set) var storedAt: WallTime?
    public internal(set) var storeFailedAt: WallTime?

    /// When it was last tested, how many neighbours were asked then, and by how many of them it came back.
    public internal(set) var testedAt: WallTime?
    public internal(set) var testAsked = 0
    public internal(set) var testCameBack = 0

    public init() {}

    /// The bridge that hears a device draws the first hop limit from these: every event may go over eight links, and
    /// nobody can tell exactly over how many it came.
    package static let firstHopLimits = 8...10
    /// Beyond so many links to the home each raises the first hop limit by one, up to the highest there is.
    static let nearHops = 6

    /// - Parameters:
    ///   - drawn: of `firstHopLimits`.
    ///   - hops: about how many links the way to the home has; 0 where none is known.
    static func firstHopLimit(drawn: Int, hops: Int) -> UInt8 {
        UInt8(clamping: min(drawn + max(0, hops - nearHops), Int(PacketLayout.hopLimitMax)))
    }

    /// How many bridges the last packet passed, the one that heard the device included.
    public var bridgesPassed: ClosedRange<Int> {
        let limit = Int(packetHopLimit)
        let least = max(1, Self.firstHopLimits.lowerBound + 1 - limit)
        // As low as this it may have come from afar, with a higher limit.
        let isFar = limit <= Self.firstHopLimits.upperBound - Self.nearHops + 1
        let first = isFar ? Int(PacketLayout.hopLimitMax) : Self.firstHopLimits.upperBound
        return least...max(least, first + 1 - limit)
    }

    mutating func heard(_ hearing: Hearing, at time: WallTime) {
        self.hearing = hearing
        heardAt = time
    }

    mutating func failed(_ failure: OpeningFailure, at time: WallTime) {
        self.failure = failure
        failedAt = time
    }
}
