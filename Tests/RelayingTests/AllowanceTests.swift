import SeededRandom
import Testing
import Wire

@testable import Relaying

@Suite struct AllowanceTests {
    /// One thing that was spent.
    struct Spending {
        var microseconds: Int64
        var bytes: Int
    }

    /// Whether in every window from one spending to a later one at most rate x T + burst was spent.
    static func staysWithin(rateBits: Int64, burstBytes: Int64, _ spent: [Spending]) -> Bool {
        // With s(t) spent up to t: s(b) - s(a) <= rate x (b - a) + burst for all a < b, in bit-microseconds.
        var before: Int64 = 0
        var lowest = Int64.max
        for spending in spent {
            let line = spending.microseconds * rateBits
            lowest = min(lowest, before * 8_000_000 - line)
            before += Int64(spending.bytes)
            if before * 8_000_000 - line - lowest > burstBytes * 8_000_000 { return false }
        }
        return true
    }

    @Test func airtimeCountsHeadersOfEveryDataUnit() {
        #expect(AirtimeBytes.message(245) == 261)
        #expect(AirtimeBytes.message(140) == 156)
        #expect(AirtimeBytes.message(246) == 272)
        #expect(AirtimeBytes.body(228) == AirtimeBytes.packetMax)
        #expect(AirtimeBytes.body(495) == 548)
    }

    @Test func bucketStartsEmpty() {
        var bucket = TokenBucket(rateBits: 8_000, burstBytes: 1_000, startingAt: Instant(seconds: 5))
        #expect(bucket.take(1, now: Instant(seconds: 5)) == false)
        #expect(bucket.readyAt(100, now: Instant(seconds: 5)) == Instant(milliseconds: 5_100))
        #expect(bucket.take(100, now: Instant(milliseconds: 5_100)) == true)
        #expect(bucket.take(1, now: Instant(milliseconds: 5_100)) == false)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func bucketNeverExceedsRateAndBurstInAnyWindow(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let rate = Int64(random.number(in: 1...200_000))
        let burst = Int64(random.number(in: 261...20_000))
        var now: Int64 = 0
        var bucket = TokenBucket(rateBits: rate, burstBytes: burst, startingAt: Instant(microseconds: 0))
        var spent: [Spending] = []
        for _ in 0..<400 {
            now += Int64(random.number(below: random.chance(1, in: 20) ? 10_000_000 : 40_000))
            let bytes = random.number(in: 1...300)
            if bucket.take(bytes, now: Instant(microseconds: now)) {
                spent.append(Spending(microseconds: now, bytes: bytes))
            }
        }
        #expect(Self.staysWithin(rateBits: rate, burstBytes: burst, spent))
        #expect(spent.count > 0 || rate < 1_000)
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func bucketGivesAllOfItsRateToWhoWaitsForIt(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let rate = Int64(random.number(in: 1_000...100_000))
        var bucket = TokenBucket(rateBits: rate, burstBytes: 600, startingAt: Instant(microseconds: 0))
        var now = Instant(microseconds: 0)
        var total: Int64 = 0
        for _ in 0..<500 {
            let bytes = random.number(in: 1...300)
            let ready = bucket.readyAt(bytes, now: now)
            if ready.microseconds > 0 {
                let early = bucket.take(bytes, now: Instant(microseconds: ready.microseconds - 1))
                #expect(!early || ready <= now)
            }
            now = ready
            #expect(bucket.take(bytes, now: now) == true)
            total += Int64(bytes)
        }
        // No drift: what was taken is what flowed in, to within the last byte and microsecond.
        #expect(total * 8_000_000 <= now.microseconds * rate)
        #expect(now.microseconds * rate - total * 8_000_000 <= rate + 8_000_000 * 600)
    }

    @Test func bucketTooSmallForAMessageSaysNever() {
        var bucket = TokenBucket(rateBits: 8_000, burstBytes: 100, startingAt: Instant(seconds: 0))
        #expect(bucket.readyAt(101, now: Instant(seconds: 100)) == .distantFuture)
        #expect(bucket.readyAt(100, now: Instant(seconds: 100)) == Instant(seconds: 100))
    }

    @Test func bucketGainsNothingWhenTheClockGoesBack() {
        var bucket = TokenBucket(rateBits: 8_000, burstBytes: 100, startingAt: Instant(seconds: 10))
        #expect(bucket.take(100, now: Instant(seconds: 20)) == true)
        #expect(bucket.take(1, now: Instant(seconds: 15)) == false)
        #expect(bucket.take(1, now: Instant(seconds: 20)) == false)
    }

    @Test func bucketHoldsAfterVeryLongIdling() {
        var bucket = TokenBucket(
            rateBits: TokenBucket.rateBitsMax, burstBytes: TokenBucket.burstBytesMax, startingAt: Instant(seconds: 0))
        #expect(bucket.take(Int(TokenBucket.burstBytesMax), now: .distantFuture) == true)
        #expect(bucket.take(1, now: .distantFuture) == false)
    }

    @Test func monthSpendsNothingBeforeTheReservationIsStored() throws {
        var month = MonthAllowance(monthBytes: 1_000_000, day: 100)
        #expect(month.spend(1, day: 100) == false)
        #expect(month.standing(1, day: 100) == .reserving)
        let asked = month.reservation(day: 100)
        let reservation = try #require(asked)
        #expect(reservation == .init(day: 100, totalBytes: MonthAllowance.chunkBytesMin))
        #expect(month.reservation(day: 100) == nil)
        #expect(month.spend(1, day: 100) == false)
        month.reservationStored(.init(day: 100, totalBytes: reservation.totalBytes + 1))
        #expect(month.spend(1, day: 100) == false)
        month.reservationStored(reservation)
        #expect(month.spend(2_048, day: 100) == true)
        #expect(month.spend(1, day: 100) == false)
    }

    /// Spends steadily, with a disk that stores at once, and returns the chunks that were asked for.
    private static func chunks(_ month: inout MonthAllowance, spending bytes: Int64, day: UInt32) -> [Int64] {
        var (chunks, spent, total): ([Int64], Int64, Int64) = ([], 0, month.reservedBytes(day: day))
        while spent < bytes {
            if month.spend(256, day: day) { spent += 256 }
            guard let reservation = month.reservation(day: day) else { continue }
            chunks.append(reservation.totalBytes - total)
            total = reservation.totalBytes
            month.reservationStored(reservation)
        }
        return chunks
    }

    @Test(
        arguments: [
            (16_000, 100_000_000, 65_536), (80_000_000, 1 << 50, 10_000_000), (80_000_000, 1_000_000_000, 1_000_000),
        ] as [(Int64, Int64, Int64)])
    func chunkGrowsToASecondsWorthButAtMostAThousandthOfTheMonth(rate: Int64, monthBytes: Int64, largest: Int64) {
        var month = MonthAllowance(
            monthBytes: monthBytes, chunkBytes: MonthAllowance.chunkBytes(rateBits: rate, monthBytes: monthBytes),
            day: 100)
        let chunks = Self.chunks(&month, spending: 3 * largest, day: 100)
        #expect(chunks.first == MonthAllowance.chunkBytesMin)
        #expect(zip(chunks, chunks.dropFirst()).allSatisfy { $1 == min(2 * $0, largest) })
        #expect(chunks.last == largest)
        #expect(Self.chunks(&month, spending: 256, day: 101).first == MonthAllowance.chunkBytesMin)
    }

    @Test func nothingIsReservedWhileNothingWaits() {
        let limits = LendingLimits.standard
        let now = Moment(instant: Instant(seconds: 0), wall: WallTime(seconds: 1_700_000_000))
        var allowances = LentAllowances(limits, stored: [], now: now)
        for hours in 0..<100 as Range<UInt32> {
            #expect(allowances.reservation(day: now.wall.day + hours / 24) == nil)
        }
        #expect(allowances.monthUsedBytes == 0)
        // Of the registry alone.
        #expect(allowances.registry.readyAt(100, now: now) == .distantFuture)
        #expect(allowances.reservation(day: now.wall.day)?.totalBytes == MonthAllowance.chunkBytesMin)
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func crashLosesAtMostTwiceWhatWasSpentAndAFewChunks(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var month = MonthAllowance(monthBytes: 1 << 40, chunkBytes: 1 << 20, day: 100)
        var spent: Int64 = 0
        var asked: MonthAllowance.Reservation?
        for _ in 0..<3_000 {
            let bytes = random.number(in: 1...548)
            if month.spend(bytes, day: 100) { spent += Int64(bytes) }
            asked = month.reservation(day: 100) ?? asked
            if let reservation = asked, random.chance(1, in: 3) { month.reservationStored(reservation) }
            let lost = (asked?.totalBytes ?? 0) - spent
            #expect(lost <= 2 * spent + 4 * MonthAllowance.chunkBytesMin)
        }
        #expect(spent > 100_000)
    }

    @Test func loweredMonthLendsNoMoreOfWhatWasReservedBefore() throws {
        var month = MonthAllowance(monthBytes: 1_000_000, chunkBytes: 65_536, day: 100)
        _ = Self.chunks(&month, spending: 60_000, day: 100)
        let used = month.usedBytes
        month.configure(monthBytes: used + 1_000, chunkBytes: 65_536)
        #expect(month.usedBytes == used)
        #expect(month.spend(1_001, day: 100) == false)
        #expect(month.spend(1_000, day: 100) == true)
        #expect(month.spend(1, day: 100) == false)
        month.configure(monthBytes: used - 1, chunkBytes: 65_536)
        #expect(month.spend(1, day: 100) == false)
        #expect(month.reservation(day: 100) == nil)
        // Raised again, the reservation that is on disk already counts.
        month.configure(monthBytes: 1_000_000, chunkBytes: 65_536)
        #expect(month.spend(1_000, day: 100) == true)
    }

    @Test func reservationAskedForBeforeTheMonthWasLoweredBringsNothing() throws {
        var month = MonthAllowance(monthBytes: 1_000_000, day: 100)
        #expect(month.spend(1, day: 100) == false)
        let asked = month.reservation(day: 100)
        month.configure(monthBytes: 500)
        month.reservationStored(try #require(asked))
        #expect(month.spend(501, day: 100) == false)
        #expect(month.spend(500, day: 100) == true)
    }

    @Test func noDayLeavesTheWindowWhileALeapIsNotBelieved() {
        var month = MonthAllowance(
            monthBytes: 32_000, day: 131, stored: (100...131).map { .init(day: $0, totalBytes: 1_000) })
        month.believe(upTo: 131)
        #expect(month.spend(1, day: 133) == false)
        #expect(month.reservation(day: 133) == nil)
        #expect(month.usedBytes == 32_000)
        month.believe(upTo: 133)
        #expect(month.spend(1, day: 133) == false)
        #expect(month.reservation(day: 133) == .init(day: 133, totalBytes: 2_000))
    }

    @Test func monthAsksAgainWhenStoringFailed() throws {
        var month = MonthAllowance(monthBytes: 1_000_000, day: 100)
        #expect(month.spend(1, day: 100) == false)
        let asked = month.reservation(day: 100)
        let reservation = try #require(asked)
        month.reservationFailed(reservation)
        #expect(month.reservation(day: 100) == reservation)
    }

    @Test func monthDoesNotComeBackWhenTheClockIsSetBack() throws {
        var month = MonthAllowance(monthBytes: 5_120, day: 100)
        _ = Self.chunks(&month, spending: 5_120, day: 100)
        #expect(month.standing(1, day: 60) == .exhausted(untilDay: 132))
        #expect(month.spend(1, day: 60) == false)
        #expect(month.reservation(day: 131) == nil)
        #expect(month.reservation(day: 132) != nil)
        #expect(month.standing(6_000, day: 132) == .never)
    }

    /// Spends, crashes and restarts at random over a year, with a disk that answers late, fails or loses the answer, and a
    /// host who lowers and raises the month.
    @Test(arguments: 0..<200 as Range<UInt64>) func monthHoldsInAnyWindowOf31DaysAcrossCrashes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var monthBytes = Int64(random.number(in: 3_000...200_000))
        var disk: [UInt32: Int64] = [:]
        var now: Int64 = 1_700_000_000
        func day() -> UInt32 { WallTime(seconds: UInt32(now)).day }
        var month = MonthAllowance(monthBytes: monthBytes, chunkBytes: 4_096, day: day())
        var spent: [(time: Int64, bytes: Int)] = []
        var asked: MonthAllowance.Reservation?
        var (sum, first): (Int64, Int) = (0, 0)
        for _ in 0..<3_000 {
            now += Int64(random.number(below: 20_000))
            if let reservation = month.reservation(day: day()) { asked = reservation }
            if let reservation = asked, random.chance(2, in: 3) {
                if random.chance(1, in: 10) {
                    month.reservationFailed(reservation)
                } else {
                    disk[reservation.day] = reservation.totalBytes
                    if !random.chance(1, in: 20) { month.reservationStored(reservation) }
                }
                asked = nil
            }
            let bytes = random.number(in: 1...548)
            if month.spend(bytes, day: day()) {
                spent.append((now, bytes))
                sum += Int64(bytes)
                while spent[first].time <= now - 31 * 86_400 {
                    sum -= Int64(spent[first].bytes)
                    first += 1
                }
                #expect(sum <= monthBytes)
            }
            if seed % 2 == 0, random.chance(1, in: 100) {
                monthBytes = Int64(random.number(in: 3_000...200_000))
                month.configure(monthBytes: monthBytes, chunkBytes: 4_096)
            }
            if random.chance(1, in: 200) {
                let stored = disk.keys.sorted().map { MonthAllowance.Reservation(day: $0, totalBytes: disk[$0] ?? 0) }
                month = MonthAllowance(monthBytes: monthBytes, chunkBytes: 4_096, day: day(), stored: stored)
                asked = nil
            }
        }
        #expect(spent.count > 0)
    }

    /// Packets and registry use the month up, with restarts that know only the sum of each day. Whatever each day's sum was,
    /// dividing it anew must not make room for a byte.
    @Test(arguments: 0..<100 as Range<UInt64>) func partsNeverReserveMoreThanTheMonthTogether(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limits = LendingLimits(
            rateBits: 1 << 31, burstBytes: 1 << 31, monthBytes: Int64(random.number(in: 10_000...200_000)))
        let start: UInt32 = 1_700_000_000
        var disk: [UInt32: Int64] = [:]
        var wall = start
        func moment() -> Moment {
            Moment(instant: Instant(seconds: Int64(wall - start)), wall: WallTime(seconds: wall))
        }
        var allowances = LentAllowances(limits, stored: [], now: moment())
        var most: Int64 = 0
        for _ in 0..<2_000 {
            wall += UInt32(random.number(below: 10_000))
            let (now, day) = (moment(), moment().wall.day)
            let bytes = random.number(in: 1...1_000)
            if random.chance(1, in: 3) {
                if allowances.registry.readyAt(bytes, now: now) <= now.instant {
                    _ = allowances.registry.month.spend(bytes, day: day)
                }
            } else if allowances.packets.readyAt(bytes, now: now) <= now.instant {
                _ = allowances.packets.month.spend(bytes, day: day)
            }
            if let reservation = allowances.reservation(day: day) {
                disk[reservation.day] = reservation.totalBytes
                allowances.reservationStored(reservation)
            }
            let reserved = disk.reduce(0) { $1.key + 32 > day ? $0 + $1.value : $0 }
            most = max(most, reserved)
            #expect(reserved <= limits.monthBytes)
            if random.chance(1, in: 50) {
                let stored = disk.map { MonthAllowance.Reservation(day: $0.key, totalBytes: $0.value) }
                allowances = LentAllowances(limits, stored: stored, now: now)
            }
        }
        #expect(most * 10 > limits.monthBytes * 9)
    }

    @Test(arguments: [0, 1, 500, 1_000, 8_000, 1_000_000] as [Int64]) func sharesAddUpToTheCap(burst: Int64) {
        let share = RegistryShare(LendingLimits(rateBits: 16_007, burstBytes: burst, monthBytes: 99_999_999))
        #expect(share.packetRateBits + share.registryRateBits == 16_007)
        #expect(share.packetBurstBytes + share.registryBurstBytes == burst)
        #expect(share.packetMonthBytes + share.registryMonthBytes == 99_999_999)
        #expect(share.registryRateBits == 1_600)
        #expect(share.registryBurstBytes <= share.packetBurstBytes)
    }
}
