import Testing
import Wire

@testable import Relaying

/// A network of a thousand homes has more routes than a channel takes at once, and a daemon ends one that is given more
/// than it can keep: found by the laboratory on a street of 1,000 bridges.
struct RouteRoomTests {
    private let now = Instant(seconds: 100)

    /// Knows `count` homes over link 0; link 1 has just come up.
    private func table(homes count: Int) -> (RouteTable, RouteEffects) {
        var table = RouteTable(ownHome: 1, sequenceNumber: 1, isOptedOut: false, hashSeed: 5)
        var effects = RouteEffects()
        table.linkStarted(0, cost: 96, now: now, into: &effects)
        for home in 0..<count {
            let entry = RouteEntry(home: UInt64(home + 10), sequenceNumber: 1, metric: 100)
            table.receive(entry, from: 0, now: now, into: &effects)
        }
        for _ in 0..<20 { table.tick(now: now.advanced(seconds: 1), into: &effects) }
        effects.removeAll()
        table.linkStarted(1, cost: 96, now: now.advanced(seconds: 2), into: &effects)
        return (table, effects)
    }

    @Test func newLinkIsToldAThousandRoutesAFewMessagesATurn() {
        var (table, effects) = table(homes: 1_000)
        var told: [UInt64] = []
        for _ in 0..<10 {
            effects.removeAll()
            table.tick(now: now.advanced(seconds: 3), into: &effects)
            #expect(effects.announcements.count <= RouteLimits.announcedAtOnceMax)
            told += effects.announcements.filter { $0.link == 1 }.map(\.entry.home)
        }
        #expect(Set(told).count == 1_001)
        #expect(told.count == 1_001)
        #expect(table.deadline > now.advanced(seconds: 3))
    }

    @Test func blockedLinkIsToldNothingUntilItTakesMessagesAndThenAll() {
        var (table, effects) = table(homes: 40)
        table.setWritable(1, false, now: now.advanced(seconds: 2))
        table.tick(now: now.advanced(seconds: 3), into: &effects)
        #expect(!effects.announcements.contains { $0.link == 1 })
        table.setWritable(1, true, now: now.advanced(seconds: 4))
        #expect(table.deadline <= now.advanced(seconds: 4))
        table.tick(now: now.advanced(seconds: 4), into: &effects)
        #expect(effects.announcements.count { $0.link == 1 } == 41)
    }
}
