import RadioInterface
import Wire

/// How many channels may be taken from peers: so many a second on average, and so many at once after a quiet time.
public struct AcceptRate {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var refilled: Instant?

    public init(_ limits: RadioLimits) {
        perSecond = Double(limits.acceptsPerSecond)
        burst = Double(limits.acceptsBurst)
        tokens = burst
    }

    public var hasRoom: Bool { tokens >= 1 }

    public mutating func refill(now: Instant) {
        let elapsed = refilled.map { max(0, now.microseconds(since: $0)) } ?? 0
        refilled = now
        tokens = min(tokens + Double(elapsed) * perSecond / 1_000_000, burst)
    }

    public mutating func take() { tokens -= 1 }

    /// When there is room for one, if there is none now.
    public func resume(after now: Instant) -> Instant {
        now.advanced(microseconds: Int64(1_000_000 / perSecond) &+ 1)
    }
}
