import Consent
import SeededRandom
import Testing
import Wire

@testable import Relaying

/// Tables begin small and grow to their limits: what stands in them stays.
@Suite struct GrowthTests {
    @Test func packetsStayWhereTheyAreWhileThePoolGrowsToItsLimit() {
        var pool = PacketPool()
        #expect(pool.capacity == 0)
        var places: [UnsafeMutableRawBufferPointer] = []
        for number in 0..<PacketPool.slotCount {
            let slot = PacketPoolTests.packet(UInt8(truncatingIfNeeded: number)).withUnsafeBytes { pool.take($0) }
            // In the order of their numbers, as if all had been there from the start.
            #expect(slot.map { Int($0) } == number)
            places.append(pool.packet(Int16(number)))
        }
        for number in 0..<PacketPool.slotCount {
            #expect(pool.packet(Int16(number)).baseAddress == places[number].baseAddress)
            #expect(places[number].allSatisfy { $0 == UInt8(truncatingIfNeeded: number) })
        }
        #expect(pool.capacity == PacketPool.slotCount)
    }

    @Test func poolThatWasFilledOnceGrowsNoFurther() {
        var pool = PacketPool()
        for round in 0..<50 {
            var slots: [Int16] = []
            for _ in 0..<20 {
                if let slot = PacketPoolTests.packet(1).withUnsafeBytes({ pool.take($0) }) { slots.append(slot) }
            }
            for slot in slots { pool.free(slot) }
            #expect(pool.capacity == 32, "round \(round)")
        }
    }

    @Test func eventsOfOneIdStandLatestFirstHoweverTheTableGrows() {
        var table = EventTable(seed: 77)
        var random = SplitMix64(seed: 5)
        // Each id under three grants, one after the other, with others between.
        let ids = (0..<160).map { _ in random.next() }
        var slot: Int16 = 0
        for grant in 0..<GrantIndex(3) {
            for id in ids {
                table.grow(to: max(16, (Int(slot) + 1).nextPowerOfTwo))
                table.insert(id, grant, slot)
                slot += 1
            }
        }
        for (place, id) in ids.enumerated() {
            var found: [Int16] = []
            var next = table.firstOfAnyGrant(id)
            while next >= 0 {
                found.append(next)
                next = table.firstOfNextGrant(id, after: next)
            }
            #expect(found == [320, 160, 0].map { Int16($0 + place) })
            for grant in 0..<GrantIndex(3) { #expect(table.first(id, grant) == Int16(Int(grant) * 160 + place)) }
        }
    }

    @Test func messageQueueRefusesAtItsLimitThoughItsRoomIsAPowerOfTwo() {
        var queue = MessageQueue(capacity: 20)
        var taken = 0
        for handle in 0..<21 where queue.append(.init(handle: UInt64(handle), bytes: 10, link: 1)) { taken += 1 }
        #expect(taken == 20)
        #expect(queue.count == 20)
        for handle in 0..<20 {
            let index = queue.select(open: 2)
            #expect(index.map { queue.message($0).handle } == UInt64(handle))
            if let index { queue.remove(index) }
        }
        #expect(queue.count == 0)
    }

    @Test func routesOfTheFirstLinksOutlastTheComingOfTheSixteenth() {
        var table = RouteTable(ownHome: 1, sequenceNumber: 1, isOptedOut: false, hashSeed: 5)
        var effects = RouteEffects()
        let now = Instant(seconds: 100)
        for link in 0..<LinkNumber(LinkNumbers.countMax) {
            table.linkStarted(link, cost: 96, now: now, into: &effects)
            // A home that all announce, and one that only this one does.
            for home in [UInt64(7), 100 + UInt64(link)] {
                let entry = RouteEntry(home: home, sequenceNumber: 1, metric: 200)
                table.receive(entry, from: link, now: now, into: &effects)
            }
        }
        for link in 0..<LinkNumber(LinkNumbers.countMax) {
            #expect(table.nextHop(for: 7, excluding: ~LinkNumbers.mask(link)) == link)
            #expect(table.nextHop(for: 100 + UInt64(link)) == link)
            #expect(!table.isAnnounced(100 + UInt64(link), excluding: LinkNumbers.mask(link)))
        }
    }
}

extension Int {
    fileprivate var nextPowerOfTwo: Int {
        var power = 1
        while power < self { power *= 2 }
        return power
    }
}
