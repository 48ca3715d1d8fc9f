/// What a link costs in routes: 96, plus a quarter of the milliseconds by which its smoothed round trip is longer than a sound
/// link's, at most 1,024. As in RFC 9616, section 4, differences below that count nothing: they come and go with what else is
/// sent, and each would make routes that were feasible unfeasible somewhere far away.
public struct LinkCost: Sendable {
    public static let least: UInt16 = 96
    public static let most: UInt16 = 1024
    /// A few connection intervals, and the messages of others before the keepalive's.
    public static let soundMilliseconds: Int64 = 128

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
        let quarter = max((smoothedEighths ?? 0) / 8 - Self.soundMilliseconds, 0) / 4
        return UInt16(clamping: min(Int64(Self.least) + quarter, Int64(Self.most)))
    }
}
