/// What a link costs in routes: 96 plus a quarter of its smoothed round trip in milliseconds, at most 1,024.
public struct LinkCost: Sendable {
    public static let least: UInt16 = 96
    public static let most: UInt16 = 1024

    /// Eighths of a millisecond; nil before the first measurement.
    private var smoothedEighths: Int64?

    public init() {}

    /// Takes the round trip of one keepalive, smoothed by an eighth (RFC 6298).
    public mutating func measure(roundTripMilliseconds: Int64) {
        let measured = min(max(roundTripMilliseconds, 0), 60_000)
        guard let held = smoothedEighths else {
            smoothedEighths = measured * 8
            return
        }
        smoothedEighths = held - held / 8 + measured
    }

    public var cost: UInt16 {
        let quarter = (smoothedEighths ?? 0) / 32
        return UInt16(clamping: min(Int64(Self.least) + quarter, Int64(Self.most)))
    }
}
