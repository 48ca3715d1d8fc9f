import Consent
import SeededRandom
import Testing
import Wire

@testable import Relaying

/// Hundreds of seeded random schedules: whatever neighbours, links, routes, owners and hosts do, the laws hold.
@Suite struct RelayPropertyTests {
    /// A relay among neighbours that answer, confirm, lie, fall silent and come and go at random.
    struct World: ~Copyable {
        var random: SplitMix64
        var harness: RelayHarness
        let limits: LendingLimits
        var unanswered: [RelayHarness.Sent] = []
        var handed: [(link: LinkNumber, eventID: UInt64)] = []
        var up: Set<LinkNumber> = [0, 1, 2, 3, 4]
        var blocked: Set<LinkNumber> = []
        var offered = 0
        var taken = 0
        var sentWhileOptedOut = 0
        var sentOverClosedLink = 0
        var brokenSteps = 0

        init(seed: UInt64) {
            random = SplitMix64(seed: seed)
            limits =
                random.chance(1, in: 2)
                ? LendingLimits(rateBits: 16_000, burstBytes: 8_000, monthBytes: 300_000)
                : LendingLimits(rateBits: 200_000, burstBytes: 20_000, monthBytes: 100_000_000)
            harness = RelayHarness(limits, links: 0..<5, seed: random.next())
            harness.hops.order = [4, 3, 2]
        }

        mutating func step() {
            harness.now += Int64(random.number(below: random.chance(1, in: 30) ? 20_000_000 : 300_000))
            switch random.number(below: 20) {
            case 0...8: for _ in 0..<random.number(in: 1...20) { offer() }
            case 9...12: answer()
            case 13, 14: confirm()
            case 15: changeLink()
            case 16: block()
            case 17: changeRoutes()
            case 18: if random.chance(1, in: 4) { endGrant() }
            default: if random.chance(1, in: 3) { host() }
            }
            run()
        }

        mutating func run() {
            let wasHosting = harness.relay.isHosting
            for sent in harness.run() {
                if !wasHosting { sentWhileOptedOut += 1 }
                if !up.contains(sent.link) || blocked.contains(sent.link) { sentOverClosedLink += 1 }
                unanswered.append(sent)
                handed.append((sent.link, sent.eventID))
            }
            if !holds { brokenSteps += 1 }
        }

        /// The law: what was taken is confirmed, dropped for one counted reason, or held.
        var holds: Bool {
            let counts = harness.relay.counts
            return counts.taken == counts.confirmed + counts.dropped + UInt64(harness.relay.heldPackets)
                && counts.taken == UInt64(taken)
                && harness.ends.count == Int(counts.confirmed + counts.dropped)
                && harness.relay.heldPackets <= 512
        }

        private mutating func offer() {
            let id = UInt64(random.number(below: 900))
            let minutes = UInt32(harness.now / 60_000_000) + UInt32(random.number(in: 1...12))
            let packet = RelayHarness.packet(
                id, junk: UInt8(random.number(below: random.chance(1, in: 3) ? 5 : 1)), minutes: minutes / 4 * 4 + 4,
                count: random.chance(1, in: 3) ? 228 : 123)
            let facts = RelayHarness.facts(
                [.alarm, .event, .telemetry][random.number(below: 3)], grant: Int32(id % 40), home: 100 + id % 7,
                hold: id % 5 == 0)
            let before = harness.relay.counts
            offered += 1
            let link = random.chance(1, in: 6) ? LinkNumbers.ownRadio : LinkNumber(random.number(below: 5))
            let answer = harness.offer(packet, facts, hopLimit: UInt8(random.number(in: 0...7)), from: link)
            let after = harness.relay.counts
            taken += Int(after.taken - before.taken)
            if answer == .accepted, after.taken + after.repeated == before.taken + before.repeated { brokenSteps += 1 }
        }

        private mutating func answer() {
            for _ in 0..<random.number(in: 0...unanswered.count) {
                let sent = unanswered.remove(at: random.number(below: unanswered.count))
                let answer: [Answer] = [.accepted, .accepted, .accepted, .confirmed, .notNow, .refused]
                harness.answer(sent, answer[random.number(below: 6)])
            }
        }

        private mutating func confirm() {
            guard !handed.isEmpty else { return }
            for _ in 0..<random.number(below: 10) {
                let (link, eventID) = handed[random.number(below: handed.count)]
                let from = random.chance(1, in: 5) ? LinkNumber(random.number(below: 16)) : link
                harness.confirm(random.chance(1, in: 10) ? random.next() : eventID, from: from)
            }
        }

        private mutating func changeLink() {
            let link = LinkNumber(random.number(below: 5))
            blocked.remove(link)
            unanswered.removeAll { $0.link == link }
            if up.contains(link) {
                up.remove(link)
                harness.relay.linkEnded(link, now: harness.moment)
            } else {
                up.insert(link)
                harness.relay.linkStarted(link, now: harness.moment)
            }
        }

        private mutating func block() {
            let link = LinkNumber(random.number(below: 5))
            guard up.contains(link) else { return }
            if blocked.contains(link) { blocked.remove(link) } else { blocked.insert(link) }
            harness.relay.setWritable(link, !blocked.contains(link))
        }

        private mutating func changeRoutes() {
            harness.hops.order = (0..<random.number(below: 5)).map { _ in LinkNumber(random.number(below: 5)) }
            for home in 100..<107 {
                harness.relay.routeChanged(UInt64(home), routes: harness.hops, now: harness.moment)
            }
        }

        private mutating func endGrant() {
            harness.relay.grantEnded(Int32(random.number(below: 40)), reason: .revoked, now: harness.moment)
        }

        private mutating func host() {
            let isHosting = !harness.relay.isHosting || random.chance(2, in: 3)
            harness.relay.setHosting(isHosting, now: harness.moment)
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func everyPacketTakenEndsOnceOrIsHeld(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<250 { world.step() }
        #expect(world.brokenSteps == 0)
        #expect(world.sentWhileOptedOut == 0)
        #expect(world.sentOverClosedLink == 0)
        #expect(world.taken > 50)

        // All neighbours fall silent: whatever is held ends at its expiry at the latest, and time is asked for.
        for _ in 0..<200_000 {
            let next = min(world.harness.relay.nextDeadline, world.harness.wake)
            guard next < .distantFuture else { break }
            world.harness.now = max(next.microseconds, world.harness.now + 1)
            world.run()
            if world.harness.relay.heldPackets == 0 { break }
        }
        #expect(world.harness.relay.heldPackets == 0)
        #expect(world.harness.relay.heldBytes == 0)
        #expect(world.brokenSteps == 0)
        let counts = world.harness.relay.counts
        #expect(counts.taken == counts.confirmed + counts.dropped)
    }

    @Test(arguments: 300..<400 as Range<UInt64>) func relayKeepsItsCapInEveryWindowAndMonth(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<250 { world.step() }
        #expect(world.harness.relay.monthUsedBytes(now: world.harness.moment) <= world.limits.monthBytes)
        let lent = world.harness.lent
        let limits = world.limits
        #expect(AllowanceTests.staysWithin(rateBits: limits.rateBits, burstBytes: limits.burstBytes, lent))
        #expect(!lent.isEmpty)
        #expect(lent.reduce(0) { $0 + Int64($1.bytes) } <= limits.monthBytes)
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func ledgerTellsWhatWasLentToTheByte(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<250 { world.step() }
        var bytesOut: UInt64 = 0
        var drops: UInt64 = 0
        var confirmed: UInt64 = 0
        while let day = world.harness.relay.ledger.drain() {
            for lentClass in LentClass.allCases {
                bytesOut += day[lentClass].bytesOut
                confirmed += day[lentClass].confirmed
            }
            for reason in Reason.allCases { drops += day.drops(reason) }
        }
        let spent = world.harness.lent.reduce(0) { $0 + $1.bytes }
        #expect(bytesOut == UInt64(spent))
        #expect(confirmed == world.harness.relay.counts.confirmed)
        #expect(drops >= world.harness.relay.counts.dropped)
    }

    @Test func noneIsStarvedWhileOneLinkFloodsWith500Identities() {
        var harness = RelayHarness(LendingLimits(rateBits: 16_000, burstBytes: 2_000, monthBytes: 1 << 40))
        harness.hops.order = [3]
        var honestSent = 0
        var flood = 0
        for round in 0..<600 {
            // 500 identities over link 1, far more than the cap carries; one packet every 2 s over link 2.
            for _ in 0..<20 {
                flood += 1
                let facts = RelayHarness.facts(grant: Int32(flood % 500), home: UInt64(flood % 500))
                harness.offer(RelayHarness.packet(UInt64(10_000 + flood), minutes: 30), facts, from: 1)
            }
            if round % 20 == 0 {
                let facts = RelayHarness.facts(grant: 900, home: 900)
                harness.offer(RelayHarness.packet(UInt64(round), minutes: 30), facts, from: 2)
            }
            harness.pass(seconds: 0.1)
            for sent in harness.run() {
                if sent.eventID < 10_000 { honestSent += 1 }
                harness.answer(sent, .confirmed)
            }
        }
        #expect(honestSent == 30)
    }
}
