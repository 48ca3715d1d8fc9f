/// The sliding month: in any 31 days at most `monthBytes` are spent, across crashes and restarts too.
///
/// Bytes are reserved on disk in chunks before they are spent, so that a crash can only lose allowance. The first chunk of a
/// start, or of a day, is small and asked for only when something waits for it; each further one is twice the last. So a
/// crash or restart loses no more than a few times what was spent before it, and nothing if nothing was. Sums are kept by
/// day, and the last 32 days together stay within the month: any window of 31 x 24 hours touches at most 32 days.
public struct MonthAllowance: Sendable {
    /// What must be on disk before it may be spent: all that is reserved for `day`.
    @frozen public struct Reservation: Hashable, Sendable {
        public var day: UInt32
        public var totalBytes: Int64

        @inlinable public init(day: UInt32, totalBytes: Int64) {
            self.day = day
            self.totalBytes = totalBytes
        }
    }

    /// Whether so many bytes can be spent.
    @frozen public enum Standing: Hashable, Sendable {
        case ready
        /// Once a reservation has been stored.
        case reserving
        /// Not before this day.
        case exhausted(untilDay: UInt32)
        /// They are more than a month's.
        case never
    }

    public static let dayCount = 32
    public static let chunkBytesDefault: Int64 = 64 * 1024
    /// The first chunk: twice the dearest message, so that half a chunk always carries one.
    public static let chunkBytesMin: Int64 = 2_048

    public private(set) var monthBytes: Int64
    public private(set) var latestDay: UInt32
    /// The largest chunk.
    private var chunkBytes: Int64
    /// The chunk that is being spent; 0 before the first of a start or a day.
    private var currentChunkBytes: Int64 = 0
    /// Whether something could not be spent for want of a reservation.
    private var isWanted = false
    /// No later day is believed.
    private var dayMax = UInt32.max
    /// Bytes reserved for each of the last 32 days, at `day % 32`.
    private var reservedByDay = InlineArray<32, Int64>(repeating: 0)
    private var reservedInWindow: Int64 = 0
    private var reservedToday: Int64 = 0
    /// Of it what may be spent: less where the month has been lowered since.
    private var spendableToday: Int64 = 0
    private var spentToday: Int64 = 0
    /// The total asked for on `latestDay` and not yet known to be stored; 0 if none.
    private var pendingTotal: Int64 = 0

    /// `stored` is what was reserved before a restart, in any order; all of it counts as spent.
    public init(
        monthBytes: Int64, chunkBytes: Int64 = MonthAllowance.chunkBytesDefault, day: UInt32, stored: [Reservation] = []
    ) {
        self.monthBytes = max(monthBytes, 0)
        self.chunkBytes = max(chunkBytes, Self.chunkBytesMin)
        latestDay = stored.reduce(day) { max($0, $1.day) }
        for reservation in stored where latestDay - reservation.day < UInt32(Self.dayCount) {
            let index = Int(reservation.day % UInt32(Self.dayCount))
            reservedByDay[index] = max(reservedByDay[index], max(reservation.totalBytes, 0))
        }
        sumUp()
        spentToday = reservedToday
    }

    /// Takes another month, in chunks of up to another size, from now on. What has been reserved may still be spent as far as
    /// it lies within the new month.
    public mutating func configure(monthBytes: Int64, chunkBytes: Int64 = MonthAllowance.chunkBytesDefault) {
        self.monthBytes = max(monthBytes, 0)
        self.chunkBytes = max(chunkBytes, Self.chunkBytesMin)
        sumUp()
    }

    /// Believes no day after `day` from now on: while the wall clock may have leapt ahead, no day leaves the window.
    public mutating func believe(upTo day: UInt32) { dayMax = day }

    /// The largest chunk that suits a rate: what can be spent in a second, so that whoever lends much does not wait for the
    /// disk; at most a thousandth of the month, which a crash can lose; at least the default, if that is more.
    static func chunkBytes(rateBits: Int64, monthBytes: Int64) -> Int64 {
        max(chunkBytesDefault, min(rateBits / 8, monthBytes / 1_000))
    }

    /// Bytes spent, or counted as spent, in the 32 days up to the latest.
    public var usedBytes: Int64 { reservedInWindow &- (reservedToday &- spentToday) }

    /// Bytes known to be reserved for `day`; 0 for a day that is none of the last 32.
    public func reservedBytes(day: UInt32) -> Int64 {
        day <= latestDay && latestDay &- day < UInt32(Self.dayCount) ? reservedByDay[index(day)] : 0
    }

    /// Bytes known to be reserved for the 32 days up to `day`.
    public mutating func reservedBytesInWindow(day: UInt32) -> Int64 {
        roll(day)
        return reservedInWindow
    }

    /// Spends `bytes`, or nothing if not so many are confirmed as reserved.
    public mutating func spend(_ bytes: Int, day: UInt32) -> Bool {
        guard has(bytes, day: day) else { return false }
        spentToday &+= Int64(bytes)
        return true
    }

    /// Whether `bytes` could be spent now.
    @inline(__always)
    mutating func has(_ bytes: Int, day: UInt32) -> Bool {
        roll(day)
        if Int64(bytes) <= available { return true }
        isWanted = true
        return false
    }

    /// Spends `bytes` of which `has` has just said that they are there.
    @inline(__always)
    mutating func spendChecked(_ bytes: Int) { spentToday &+= Int64(bytes) }

    public mutating func standing(_ bytes: Int, day: UInt32) -> Standing {
        roll(day)
        if Int64(bytes) <= available { return .ready }
        if Int64(bytes) <= max(available, 0) &+ max(unreserved, 0) {
            isWanted = true
            return .reserving
        }
        var freed: Int64 = 0
        for age in stride(from: UInt32(Self.dayCount - 1), through: 0, by: -1) where age <= latestDay {
            freed &+= reservedByDay[Int((latestDay &- age) % UInt32(Self.dayCount))]
            // What is left of today's reservation is lost at midnight, so it does not help.
            if Int64(bytes) <= freed &+ unreserved {
                return .exhausted(untilDay: latestDay &- age &+ UInt32(Self.dayCount))
            }
        }
        return .never
    }

    /// The reservation that should be stored now, if any; it is asked for once until `reservationStored` or
    /// `reservationFailed`. The first waits for something that would be spent, the others come before the last one is used
    /// up, so that nothing waits for the disk. It adds no more than `room`.
    public mutating func reservation(day: UInt32, atMost room: Int64 = .max) -> Reservation? {
        roll(day)
        let added = min(nextChunkBytes, unreserved, room)
        guard pendingTotal == 0, added > 0, isWanted || available < currentChunkBytes / 2 else { return nil }
        pendingTotal = reservedToday &+ added
        return Reservation(day: latestDay, totalBytes: pendingTotal)
    }

    /// Whether `reservation` may have something to ask for, as far as that shows without a look at the month.
    @inline(__always)
    mutating func mayReserve(day: UInt32) -> Bool {
        roll(day)
        return pendingTotal == 0 && (isWanted || available < currentChunkBytes / 2)
    }

    /// The reservation is on disk. One that was not asked for, or is of an earlier day, changes nothing.
    public mutating func reservationStored(_ reservation: Reservation) {
        guard pendingTotal > 0, reservation.day == latestDay, reservation.totalBytes == pendingTotal else { return }
        reservedByDay[index(latestDay)] = pendingTotal
        pendingTotal = 0
        currentChunkBytes = nextChunkBytes
        isWanted = false
        sumUp()
    }

    /// The reservation could not be stored; it is asked for again.
    public mutating func reservationFailed(_ reservation: Reservation) {
        if reservation.day == latestDay, reservation.totalBytes == pendingTotal { pendingTotal = 0 }
    }

    /// Below 0 where a lowered month is overspent.
    private var available: Int64 { spendableToday &- spentToday }
    private var nextChunkBytes: Int64 { min(max(2 &* currentChunkBytes, Self.chunkBytesMin), chunkBytes) }
    private var unreserved: Int64 { monthBytes &- reservedInWindow }

    private func index(_ day: UInt32) -> Int { Int(day % UInt32(Self.dayCount)) }

    /// A day before the latest counts as the latest: a clock set back must not bring allowance back.
    @inline(__always)
    private mutating func roll(_ day: UInt32) {
        if day > latestDay { turn(to: day) }
    }

    private mutating func turn(to wanted: UInt32) {
        let day = min(wanted, dayMax)
        guard day > latestDay else { return }
        // It may be on disk, whatever becomes of the answer.
        if pendingTotal > 0 { reservedByDay[index(latestDay)] = pendingTotal }
        pendingTotal = 0
        spentToday = 0
        currentChunkBytes = 0
        if day &- latestDay >= UInt32(Self.dayCount) {
            reservedByDay = InlineArray(repeating: 0)
        } else {
            for passed in (latestDay &+ 1)...day { reservedByDay[index(passed)] = 0 }
        }
        latestDay = day
        sumUp()
    }

    private mutating func sumUp() {
        var sum: Int64 = 0
        for index in 0..<Self.dayCount {
            let (next, overflow) = sum.addingReportingOverflow(reservedByDay[index])
            sum = overflow ? .max : next
        }
        reservedInWindow = sum
        reservedToday = reservedByDay[index(latestDay)]
        spendableToday = reservedToday &- max(reservedInWindow &- monthBytes, 0)
    }
}
