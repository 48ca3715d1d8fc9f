/// What the air and the adapters are like. docs/simulation.md gives formulas and sources.
public struct RadioPlan: Sendable, Equatable {
    // MARK: Propagation
    public var transmitPowerDBm = 0.0
    /// Loss at one metre, in decibels: 40.2 at 2.44 GHz in free space.
    public var lossAtOneMetreDecibels = 40.2
    public var pathLossExponent = 3.0
    public var wallsPerHouseDecibels = 6.0
    public var floorDecibels = 13.0
    public var shadowingDecibels = 4.0
    public var shadowingMetres = 10.0
    /// Power at which one in ten PDUs of 37 bytes is lost.
    public var sensitivityDBm = -92.0
    public var noiseDBm = -100.0
    /// A frame survives another one that is weaker by this.
    public var captureDecibels = 8.0
    /// Part of the time during which somebody else's transmission spoils a frame: 0 to under 1.
    public var interference = 0.0
    /// Of the data PDUs, at random, beside all else: 0 to under 1.
    public var frameLoss = 0.0

    // MARK: Advertising and scanning
    public var beaconIntervalMicroseconds: Int64 = 1_000_000
    public var scanIntervalMicroseconds: Int64 = 60_000
    public var scanWindowMicroseconds: Int64 = 30_000

    // MARK: Connections
    /// Each connection draws its interval between these, in steps of 1,250 us.
    public var connectionIntervalMinMicroseconds: Int64 = 30_000
    public var connectionIntervalMaxMicroseconds: Int64 = 50_000
    /// Connection events that the peripheral may sleep through while it has nothing to say.
    public var peripheralLatency = 0
    public var supervisionTimeoutMicroseconds: Int64 = 4_000_000
    public var connectionsMax = 6
    /// Data PDUs that an adapter has buffers for, over all its connections.
    public var dataUnitsPerEventMax = 6

    public init() {}
}
