/// A point on the monotonic clock, in microseconds since a start that only its process knows.
@frozen public struct Instant: Comparable, Hashable, Sendable {
    public var microseconds: Int64

    @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }
    @inlinable public init(milliseconds: Int64) { self.microseconds = milliseconds &* 1000 }
    @inlinable public init(seconds: Int64) { self.microseconds = seconds &* 1_000_000 }

    @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

    /// This point moved by `microseconds`, held at the ends of the range instead of wrapping.
    @inlinable public func advanced(microseconds: Int64) -> Instant {
        let (sum, overflow) = self.microseconds.addingReportingOverflow(microseconds)
        return Instant(microseconds: overflow ? (microseconds < 0 ? .min : .max) : sum)
    }
    @inlinable public func advanced(milliseconds: Int64) -> Instant { advanced(microseconds: milliseconds &* 1000) }
    @inlinable public func advanced(seconds: Int64) -> Instant { advanced(microseconds: seconds &* 1_000_000) }

    /// Microseconds from `earlier` to this point; negative if `earlier` is later.
    @inlinable public func microseconds(since earlier: Instant) -> Int64 { microseconds &- earlier.microseconds }

    @inlinable public static var distantFuture: Instant { Instant(microseconds: .max) }
}

/// Seconds since 1970-01-01 00:00 UTC, as records and packets carry them.
@frozen public struct WallTime: Comparable, Hashable, Sendable {
    public var seconds: UInt32

    @inlinable public init(seconds: UInt32) { self.seconds = seconds }
    @inlinable public static func < (left: WallTime, right: WallTime) -> Bool { left.seconds < right.seconds }

    /// This time moved by `seconds`, held at the ends of the range instead of wrapping.
    @inlinable public func advanced(seconds: Int64) -> WallTime {
        let (sum, overflow) = Int64(self.seconds).addingReportingOverflow(seconds)
        guard !overflow else { return WallTime(seconds: seconds < 0 ? 0 : .max) }
        return WallTime(seconds: UInt32(clamping: sum))
    }

    /// The 15-minute slot that holds this time: tokens and beacons roll with it.
    @inlinable public var slot: UInt32 { seconds / 900 }
    /// Whole minutes since 1970: what packets carry as their expiry.
    @inlinable public var minute: UInt32 { seconds / 60 }
    /// Whole days since 1970: what the ledger and the sliding month count by.
    @inlinable public var day: UInt32 { seconds / 86_400 }
}

/// Both clocks at one moment, as every input to the core carries them.
@frozen public struct Moment: Sendable {
    public var instant: Instant
    public var wall: WallTime

    @inlinable public init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }
}
