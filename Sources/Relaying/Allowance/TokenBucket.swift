import Wire

/// A hard cap: in any window of T seconds at most rate x T + burst bytes are taken. It starts empty.
///
/// The level is kept in bit-microseconds, so that refilling is exact for every rate and no rounding adds up.
public struct TokenBucket: Sendable {
    /// Bits a second.
    public private(set) var rateBits: Int64
    /// The most bytes that can be taken at one instant.
    public private(set) var burstBytes: Int64

    private var level: Int64 = 0
    private var refilledAt: Instant

    /// The highest rate and burst; higher ones count as these, so that no product overflows.
    public static let rateBitsMax: Int64 = 1 << 31
    public static let burstBytesMax: Int64 = 1 << 31
    @inline(__always) private static var unitsPerByte: Int64 { 8_000_000 }

    public init(rateBits: Int64, burstBytes: Int64, startingAt now: Instant) {
        self.rateBits = min(max(rateBits, 0), Self.rateBitsMax)
        self.burstBytes = min(max(burstBytes, 0), Self.burstBytesMax)
        refilledAt = now
    }

    /// Takes another rate and burst from now on; what has been saved up stays, as far as the new burst goes.
    public mutating func configure(rateBits: Int64, burstBytes: Int64, now: Instant) {
        refill(now)
        self.rateBits = min(max(rateBits, 0), Self.rateBitsMax)
        self.burstBytes = min(max(burstBytes, 0), Self.burstBytesMax)
        level = min(level, self.burstBytes &* Self.unitsPerByte)
    }

    /// Takes `bytes`, or nothing if there are not so many.
    public mutating func take(_ bytes: Int, now: Instant) -> Bool {
        refill(now)
        let cost = Int64(bytes) &* Self.unitsPerByte
        guard cost <= level else { return false }
        level &-= cost
        return true
    }

    /// Whether `bytes` could be taken now.
    @inline(__always)
    mutating func has(_ bytes: Int, now: Instant) -> Bool {
        refill(now)
        return Int64(bytes) &* Self.unitsPerByte <= level
    }

    /// Takes `bytes` of which `has` has just said that they are there.
    @inline(__always)
    mutating func takeChecked(_ bytes: Int) { level &-= Int64(bytes) &* Self.unitsPerByte }

    /// The first time at which `bytes` can be taken if nothing else is: `now` if at once, the distant future if never.
    public mutating func readyAt(_ bytes: Int, now: Instant) -> Instant {
        refill(now)
        let missing = Int64(bytes) &* Self.unitsPerByte &- level
        if missing <= 0 { return now }
        guard rateBits > 0, Int64(bytes) <= burstBytes else { return .never }
        return refilledAt.advanced(microseconds: (missing &+ rateBits &- 1) / rateBits)
    }

    @inline(__always)
    private mutating func refill(_ now: Instant) {
        if now > refilledAt { refillElapsed(now) }
    }

    private mutating func refillElapsed(_ now: Instant) {
        let elapsed = now.microseconds(since: refilledAt)
        refilledAt = now
        let full = burstBytes &* Self.unitsPerByte
        let (gain, overflow) = elapsed.multipliedReportingOverflow(by: rateBits)
        level = overflow || gain >= full &- level ? full : level &+ gain
    }
}
