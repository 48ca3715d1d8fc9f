import Consent
import SeededRandom
import Testing
import Wire

@testable import Relaying

@Suite struct SchedulerTests {
    static func moment(_ microseconds: Int64) -> Moment {
        let wall = WallTime(seconds: 1_700_000_000).advanced(seconds: microseconds / 1_000_000)
        return Moment(instant: Instant(microseconds: microseconds), wall: wall)
    }

    /// A scheduler with its first reservation stored.
    static func scheduler(_ limits: LendingLimits, seed: UInt64 = 1) -> Scheduler {
        var allowances = LentAllowances(limits, stored: [], now: moment(0))
        // As if something of each kind waited.
        _ = allowances.packets.month.standing(1, day: moment(0).wall.day)
        _ = allowances.registry.month.standing(1, day: moment(0).wall.day)
        Self.reserve(&allowances, now: moment(0))
        return Scheduler(allowances, seed: seed)
    }

    /// Whether anything was asked for.
    @discardableResult
    static func reserve(_ allowances: inout LentAllowances, now: Moment) -> Bool {
        var hasReserved = false
        while let reservation = allowances.reservation(day: now.wall.day) {
            allowances.reservationStored(reservation)
            hasReserved = true
        }
        return hasReserved
    }

    static func open(_ scheduler: inout Scheduler, _ links: Range<LinkNumber>) {
        for link in links {
            scheduler.setWritable(link, true)
            scheduler.setWindowOpen(link, true)
        }
    }

    static func message(_ handle: UInt64, bytes: Int32 = 200, to link: LinkNumber, isFirst: Bool = false, isLent: Bool)
        -> MessageQueue.Message
    {
        MessageQueue.Message(handle: handle, bytes: bytes, link: link, isFirst: isFirst, isLent: isLent)
    }

    /// Random traffic of every kind over four links, and what came of it.
    struct Traffic: ~Copyable {
        var random: SplitMix64
        var scheduler: Scheduler
        var now: Int64 = 0
        var free = (0..<512).map { Int16($0) }
        var queued: [Int16: Int] = [:]
        var lent: [AllowanceTests.Spending] = []
        var ownSent = 0
        var late = 0
        var wake = Instant.distantFuture

        init(_ limits: LendingLimits, seed: UInt64) {
            random = SplitMix64(seed: seed)
            scheduler = SchedulerTests.scheduler(limits, seed: random.next())
            SchedulerTests.open(&scheduler, 0..<4)
        }

        mutating func add(_ step: Int) {
            let link = LinkNumber(random.number(below: 4))
            let isOwn = random.chance(1, in: 4)
            let instant = Instant(microseconds: now)
            switch random.number(below: 6) {
            case 0, 1:
                guard let slot = free.popLast() else { return }
                let bytes = random.chance(1, in: 2) ? 123 : 228
                queued[slot] = bytes
                scheduler.append(
                    slot, bytes: bytes, expires: instant.advanced(seconds: Int64(random.number(below: 60))),
                    at: FairQueuesTests.place([.alarm, .event, .telemetry][step % 3], to: link))
            case 2:
                let answer = PacketAnswer(frameNumber: UInt16(truncatingIfNeeded: step), answer: .accepted)
                scheduler.answer(answer, of: nil, to: link, isOwn: isOwn, now: instant)
            case 3: scheduler.confirm(random.next(), to: link, isOwn: isOwn, now: instant)
            case 4:
                let bytes = Int32(random.number(in: 1...495))
                _ = scheduler.append(SchedulerTests.message(1, bytes: bytes, to: link, isLent: !isOwn))
            default: scheduler.setWritable(link, random.chance(3, in: 4))
            }
        }

        mutating func sendAll() {
            while true {
                switch scheduler.next(now: SchedulerTests.moment(now)) {
                case .packet(let slot, _):
                    let bytes = queued.removeValue(forKey: slot) ?? 0
                    free.append(slot)
                    count(AirtimeBytes.body(bytes), isOwn: false)
                case .reply(_, let bytes, let isOwn): count(AirtimeBytes.body(bytes - 1), isOwn: isOwn)
                case .message(let message): count(AirtimeBytes.body(Int(message.bytes)), isOwn: !message.isLent)
                case .late(let slot, _):
                    scheduler.remove(slot)
                    queued[slot] = nil
                    free.append(slot)
                    late += 1
                case .nothing(let until):
                    if SchedulerTests.reserve(&scheduler.allowances, now: SchedulerTests.moment(now)) { continue }
                    wake = until
                    return
                }
            }
        }

        private mutating func count(_ bytes: Int, isOwn: Bool) {
            if isOwn { ownSent += 1 } else { lent.append(.init(microseconds: now, bytes: bytes)) }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func schedulerNeverExceedsRateAndBurstInAnyWindow(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limits = LendingLimits(
            rateBits: Int64(random.number(in: 1_000...100_000)), burstBytes: Int64(random.number(in: 600...20_000)),
            monthBytes: 100_000_000)
        var traffic = Traffic(limits, seed: seed)
        for step in 0..<1_000 {
            traffic.now += Int64(random.number(below: random.chance(1, in: 50) ? 5_000_000 : 60_000))
            traffic.add(step)
            traffic.sendAll()
        }
        let lent = traffic.lent
        #expect(AllowanceTests.staysWithin(rateBits: limits.rateBits, burstBytes: limits.burstBytes, lent))
        #expect(lent.count > 10)
        #expect(traffic.ownSent > 10)
    }

    @Test(arguments: 0..<50 as Range<UInt64>) func schedulerSendsByTheTimeItNamed(seed: UInt64) {
        var traffic = Traffic(.standard, seed: seed)
        for step in 0..<300 {
            traffic.now += 5_000
            traffic.add(step)
            traffic.sendAll()
        }
        for link in 0..<4 { traffic.scheduler.setWritable(LinkNumber(link), true) }
        traffic.sendAll()
        var rounds = 0
        while traffic.wake < .distantFuture, rounds < 5_000 {
            let before = (traffic.lent.count, traffic.late)
            #expect(traffic.wake.microseconds > traffic.now)
            traffic.now = traffic.wake.microseconds
            traffic.sendAll()
            #expect(traffic.lent.count > before.0 || traffic.late > before.1 || traffic.wake.microseconds > traffic.now)
            rounds += 1
        }
        #expect(traffic.queued.isEmpty)
        #expect(rounds < 5_000)
    }

    @Test func monthEndsLendingButNotTheHostsOwn() {
        var traffic = Traffic(LendingLimits(rateBits: 1 << 24, burstBytes: 8_000, monthBytes: 20_000), seed: 3)
        for step in 0..<2_000 {
            traffic.now += 50_000
            traffic.add(step)
            traffic.sendAll()
        }
        let total = traffic.lent.reduce(0) { $0 + $1.bytes }
        #expect(total <= 20_000)
        #expect(total > 18_000)
        let ownSent = traffic.ownSent
        for step in 0..<100 {
            traffic.now += 50_000
            traffic.add(step)
            traffic.sendAll()
        }
        #expect(traffic.ownSent > ownSent)
    }

    @Test func nothingLeavesBeforeTheFirstReservationIsStored() {
        let day = Self.moment(0).wall.day
        var scheduler = Scheduler(LentAllowances(.standard, stored: [], now: Self.moment(0)), seed: 1)
        Self.open(&scheduler, 0..<2)
        let expires = Instant(seconds: 600)
        scheduler.append(1, bytes: 123, expires: expires, at: FairQueuesTests.place())
        guard case .nothing(.distantFuture) = scheduler.next(now: Self.moment(9_000_000)) else {
            Issue.record("sent without a reservation")
            return
        }
        let asked = scheduler.allowances.reservation(day: day)
        #expect(asked == .init(day: day, totalBytes: MonthAllowance.chunkBytesMin))
        #expect(scheduler.allowances.reservation(day: day) == nil)
        scheduler.allowances.reservationStored(asked ?? .init(day: 0, totalBytes: 0))
        guard case .packet(1, 1) = scheduler.next(now: Self.moment(9_000_000)) else {
            Issue.record("not sent")
            return
        }
    }

    @Test func packetThatWouldArriveAfterItsExpiryIsLate() {
        var scheduler = Self.scheduler(LendingLimits(rateBits: 800, burstBytes: 2_000, monthBytes: 1_000_000))
        Self.open(&scheduler, 0..<2)
        // 90 bytes a second: a packet of 156 on the air can go after 1.74 s.
        scheduler.append(1, bytes: 123, expires: Instant(seconds: 1), at: FairQueuesTests.place())
        guard case .late(1, .cap) = scheduler.next(now: Self.moment(0)) else {
            Issue.record("kept")
            return
        }
        guard case .late(1, .expired) = scheduler.next(now: Self.moment(1_000_000)) else {
            Issue.record("kept beyond its expiry")
            return
        }
    }

    @Test func ownTrafficGoesBeforeAllElseAndCostsNothing() {
        var scheduler = Self.scheduler(LendingLimits(rateBits: 0, burstBytes: 0, monthBytes: 0))
        Self.open(&scheduler, 0..<2)
        let expires = Instant(seconds: 600)
        scheduler.append(1, bytes: 123, expires: expires, at: FairQueuesTests.place())
        #expect(scheduler.append(Self.message(7, to: 1, isLent: false)) == true)
        let answer = PacketAnswer(frameNumber: 0x1234, answer: .confirmed)
        scheduler.answer(answer, of: nil, to: 1, isOwn: true, now: Instant(seconds: 0))
        guard case .reply(1, 4, true) = scheduler.next(now: Self.moment(0)) else {
            Issue.record("no reply")
            return
        }
        #expect(Array(scheduler.reply(4)) == [0x02, 0x34, 0x12, 0x01])
        guard case .message(let message) = scheduler.next(now: Self.moment(0)), message.handle == 7 else {
            Issue.record("no message")
            return
        }
        guard case .late(1, .cap) = scheduler.next(now: Self.moment(0)) else {
            Issue.record("lent where nothing is lent")
            return
        }
    }

    @Test func registryQueueGivesUpAnOrdinaryRecordForANoAndRefusesTheRest() {
        var queue = MessageQueue(capacity: Scheduler.registryMessagesMax)
        for handle in 0..<1_024 {
            #expect(queue.append(Self.message(UInt64(handle), to: LinkNumber(handle % 4), isLent: true)) == true)
        }
        #expect(queue.append(Self.message(5_000, to: 0, isLent: true)) == false)
        for handle in 0..<1_024 {
            #expect(queue.append(Self.message(10_000 + UInt64(handle), to: 9, isFirst: true, isLent: true)) == true)
        }
        #expect(queue.append(Self.message(5_001, to: 0, isFirst: true, isLent: true)) == false)
        #expect(queue.count == 1_024)
        for handle in 0..<1_024 {
            guard let index = queue.select(open: 0xffff) else { break }
            #expect(queue.message(index).handle == 10_000 + UInt64(handle))
            queue.remove(index)
        }
        #expect(queue.select(open: 0xffff) == nil)
    }

    @Test func noesGoBeforeOtherRecordsAndLinksTakeTurns() {
        var queue = MessageQueue(capacity: 16)
        for link in [1, 1, 1, 2] as [LinkNumber] {
            _ = queue.append(Self.message(UInt64(link), to: link, isLent: true))
            _ = queue.append(Self.message(10 + UInt64(link), to: link, isFirst: true, isLent: true))
        }
        var handles: [UInt64] = []
        while let index = queue.select(open: 0b110) {
            handles.append(queue.message(index).handle)
            queue.remove(index)
        }
        #expect(handles == [11, 12, 11, 11, 2, 1, 1, 1])
        #expect(queue.append(Self.message(3, to: 3, isLent: true)) == true)
        #expect(queue.select(open: 0b110) == nil)
        queue.removeAll(of: 3)
        #expect(queue.count == 0)
    }

    @Test func repliesAreGatheredIntoOneMessage() {
        var replies = Replies()
        for frame in 0..<64 {
            let answer = PacketAnswer(frameNumber: UInt16(frame), answer: .notNow)
            replies.add(answer, of: nil, to: 3, isOwn: false, now: Instant(milliseconds: Int64(frame)))
        }
        #expect(replies.next(isOwn: false, open: 0b111, now: Instant(seconds: 1)) == nil)
        let batch = replies.next(isOwn: false, open: 0b1000, now: Instant(seconds: 1))
        #expect(batch?.bytes == 192)
        if let batch { #expect(replies.take(batch) == 193) }
        #expect(replies.next(isOwn: false, open: 0b1000, now: Instant(seconds: 1)) == nil)
    }

    @Test func confirmationsGoThirtyTwoAtATimeAndTheOldestGivesWay() {
        var replies = Replies()
        for id in 0..<65 { replies.confirm(UInt64(id), to: 0, isOwn: false, now: Instant(seconds: 0)) }
        replies.confirm(64, to: 0, isOwn: false, now: Instant(seconds: 0))
        var ids: [UInt64] = []
        while let batch = replies.next(isOwn: false, open: 1, now: Instant(seconds: 1)) {
            let count = replies.take(batch)

            #expect(replies.message[0] == MessageType.confirm.rawValue)
            for index in 0..<(count - 1) / 8 {
                ids.append(replies.message.loadUnaligned(fromByteOffset: 1 + 8 * index, as: UInt64.self))
            }
        }
        #expect(ids == Array(1...64))
    }

    @Test func oldestOfSixtyFiveAnswersGivesWay() {
        var scheduler = Self.scheduler(.standard)
        Self.open(&scheduler, 0..<1)
        for frame in 0..<65 {
            let entry = PacketAnswer(frameNumber: UInt16(frame), answer: .notNow)
            scheduler.answer(entry, of: nil, to: 0, isOwn: true, now: Instant(seconds: 0))
        }
        guard case .reply(0, let bytes, true) = scheduler.next(now: Self.moment(0)) else {
            Issue.record("no reply")
            return
        }
        let frames = stride(from: 1, to: bytes, by: 3).map { scheduler.reply(bytes)[$0] }
        #expect(frames == Array(1...64))
    }

    @Test func withdrawnHostSaysNotNowInsteadOfAccepted() {
        var scheduler = Self.scheduler(.standard)
        Self.open(&scheduler, 0..<2)
        let now = Instant(seconds: 0)
        let answers: [Answer] = [.accepted, .confirmed, .refused]
        for (frame, answer) in answers.enumerated() {
            let entry = PacketAnswer(frameNumber: UInt16(frame), answer: answer)
            scheduler.answer(entry, of: nil, to: 0, isOwn: false, now: now)
        }
        scheduler.confirm(77, to: 0, isOwn: false, now: now)
        #expect(scheduler.append(Self.message(1, to: 0, isLent: true)) == true)
        #expect(scheduler.append(Self.message(2, to: 0, isFirst: true, isLent: true)) == true)
        scheduler.withdraw()
        var handles: [UInt64] = []
        var replies: [[UInt8]] = []
        for _ in 0..<5 {
            switch scheduler.next(now: Self.moment(30_000_000)) {
            case .message(let message): handles.append(message.handle)
            case .reply(0, let bytes, false): replies.append(Array(scheduler.reply(bytes)))
            default: break
            }
        }
        #expect(handles == [2])
        #expect(replies == [[0x02, 0, 0, 2, 1, 0, 1, 2, 0, 3]])
    }
}
