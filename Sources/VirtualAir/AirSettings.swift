import RadioInterface

/// How a virtual radio behaves. The defaults are those of a small Bluetooth LE adapter.
public struct AirSettings: Sendable {
    public var limits: RadioLimits
    /// An advertisement is sent again after this and 0 to 10 ms more (Bluetooth Core 6.B.4.4.2.2.1).
    public var advertisingIntervalMilliseconds: Int
    /// The interval once nothing has changed for some advertisements; the shorter of the two counts for nothing.
    public var advertisingIntervalIdleMilliseconds = 0
    /// A channel over which nothing has come through for so long ends.
    public var supervisionMilliseconds: Int
    /// What a packet lost on a channel costs: it is sent again after so long.
    public var connectionIntervalMilliseconds: Int
    /// Seeds the radio's addresses and its luck. Two radios of one air want different seeds.
    public var seed: UInt64

    public init(
        limits: RadioLimits = RadioLimits(), advertisingIntervalMilliseconds: Int = 100,
        supervisionMilliseconds: Int = 1_000, connectionIntervalMilliseconds: Int = 15, seed: UInt64
    ) {
        self.limits = limits
        self.advertisingIntervalMilliseconds = min(max(advertisingIntervalMilliseconds, 1), 10_240)
        self.supervisionMilliseconds = min(max(supervisionMilliseconds, 1), 32_000)
        self.connectionIntervalMilliseconds = min(max(connectionIntervalMilliseconds, 1), 4_000)
        self.seed = seed
    }
}

/// What a virtual radio dropped, and had to put up with. They wrap.
public struct AirCounters: Hashable, Sendable {
    /// Datagrams that were no advertisement of this version.
    public var datagramsMalformed = 0
    /// Own advertisements, by hearer, that the street lost.
    public var advertisementsLost = 0
    /// Advertisements dropped because a hearer's queue was full, or too many were delayed at once.
    public var advertisementsCrowdedOut = 0
    /// Connections that sent something else than a greeting first.
    public var greetingsMalformed = 0
    /// Connections closed because they sent nothing, or too many others sent nothing too.
    public var greetingsMissed = 0
    /// Channels refused because the table was full.
    public var channelsRefused = 0
    /// Channels ended because the peer sent more than `messageBytesMax` at once.
    public var messagesTooLong = 0
    /// Times that taking connections paused because the rate was reached or descriptors ran out.
    public var acceptsPaused = 0
}
