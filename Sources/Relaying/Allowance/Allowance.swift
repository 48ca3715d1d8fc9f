import Wire

/// What may be spent on the air for one purpose: a rate with a burst, and a month. Both are hard.
public struct Allowance: Sendable {
    public var bucket: TokenBucket
    public var month: MonthAllowance

    public init(bucket: TokenBucket, month: MonthAllowance) {
        self.bucket = bucket
        self.month = month
    }

    /// Spends `bytes` of both, or of neither.
    public mutating func spend(_ bytes: Int, now: Moment) -> Bool {
        guard has(bytes, now: now) else { return false }
        bucket.takeChecked(bytes)
        month.spendChecked(bytes)
        return true
    }

    @inline(__always)
    private mutating func has(_ bytes: Int, now: Moment) -> Bool {
        bucket.has(bytes, now: now.instant) && month.has(bytes, day: now.wall.day)
    }

    /// The first time at which `bytes` could be spent if nothing else is. The distant future if that waits for a
    /// reservation, or is never.
    public mutating func readyAt(_ bytes: Int, now: Moment) -> Instant {
        switch month.standing(bytes, day: now.wall.day) {
        case .ready: bucket.readyAt(bytes, now: now.instant)
        case .reserving, .never: .never
        case .exhausted(let day): max(Self.start(of: day, now: now), bucket.readyAt(bytes, now: now.instant))
        }
    }

    /// Whether `bytes` can be spent before `deadline`, taking it that a reservation will be stored.
    public mutating func canSpend(_ bytes: Int, before deadline: Instant, now: Moment) -> Bool {
        if has(bytes, now: now) { return now.instant < deadline }
        return switch month.standing(bytes, day: now.wall.day) {
        case .ready, .reserving: bucket.readyAt(bytes, now: now.instant) < deadline
        case .exhausted, .never: readyAt(bytes, now: now) < deadline
        }
    }

    private static func start(of day: UInt32, now: Moment) -> Instant {
        let seconds = Int64(day) &* 86_400 &- Int64(now.wall.seconds)
        return now.instant.advanced(seconds: max(seconds, 1))
    }
}
