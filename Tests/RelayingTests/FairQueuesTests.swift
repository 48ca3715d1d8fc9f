import SeededRandom
import Testing
import Wire

@testable import Relaying

@Suite struct FairQueuesTests {
    static let cost = AirtimeBytes.packetMax
    static let allLinks: UInt16 = 0xffff

    static func place(
        _ eventClass: EventClass = .event, from source: LinkNumber = 0, to link: LinkNumber = 1, member: UInt64 = 1,
        grant: Int32 = 1
    ) -> FairQueues.Place {
        FairQueues.Place(eventClass: eventClass, source: source, link: link, member: member, grant: grant)
    }

    static func takeNext(_ queues: inout FairQueues, open: UInt16 = allLinks) -> Int16? {
        guard let slot = queues.select(open: open) else { return nil }
        queues.sent(slot)
        return slot
    }

    @Test func classesShareSixteenToFourToOne() {
        var queues = FairQueues(seed: 1)
        let classes: [EventClass] = [.alarm, .event, .telemetry]
        for slot in 0..<510 {
            queues.append(Int16(slot), cost: Self.cost, at: Self.place(classes[slot % 3]))
        }
        var sent = [0, 0, 0]
        for _ in 0..<168 {
            guard let slot = Self.takeNext(&queues) else { break }
            sent[Int(slot) % 3] += 1
        }
        #expect(sent == [128, 32, 8])
    }

    @Test func noClassWaitsLongerThanOneRound() {
        var queues = FairQueues(seed: 1)
        for slot in 0..<400 { queues.append(Int16(slot), cost: Self.cost, at: Self.place(.alarm)) }
        queues.append(500, cost: Self.cost, at: Self.place(.telemetry))
        var waited = 0
        while let slot = Self.takeNext(&queues), slot != 500 { waited += 1 }
        #expect(waited <= 20)
    }

    @Test func incomingLinkGetsItsTurnHoweverManyIdentitiesAnotherClaims() {
        var queues = FairQueues(seed: 1)
        for slot in 0..<500 {
            let place = Self.place(from: 2, member: UInt64(slot), grant: Int32(slot))
            queues.append(Int16(slot), cost: Self.cost, at: place)
        }
        for slot in 500..<510 { queues.append(Int16(slot), cost: Self.cost, at: Self.place(from: 3, member: 9_999)) }
        var order: [Int16] = []
        for _ in 0..<20 { if let slot = Self.takeNext(&queues) { order.append(slot) } }
        #expect(order.filter { $0 >= 500 }.count == 10)
    }

    @Test func memberGetsItsTurnHoweverManyGrantsAnotherMints() {
        var queues = FairQueues(seed: 1)
        for slot in 0..<100 {
            queues.append(Int16(slot), cost: Self.cost, at: Self.place(member: 1, grant: Int32(slot)))
        }
        for slot in 100..<110 { queues.append(Int16(slot), cost: Self.cost, at: Self.place(member: 2, grant: 500)) }
        var fromSecond = 0
        for _ in 0..<20 { if let slot = Self.takeNext(&queues), slot >= 100 { fromSecond += 1 } }
        #expect(fromSecond == 10)
    }

    @Test func grantsOfOneMemberTakeTurns() {
        var queues = FairQueues(seed: 1)
        for slot in 0..<100 { queues.append(Int16(slot), cost: Self.cost, at: Self.place(grant: 1)) }
        for slot in 100..<110 { queues.append(Int16(slot), cost: Self.cost, at: Self.place(grant: 2)) }
        var fromSecond = 0
        for _ in 0..<20 { if let slot = Self.takeNext(&queues), slot >= 100 { fromSecond += 1 } }
        #expect(fromSecond == 10)
    }

    @Test func smallAndLargePacketsShareBytesNotPackets() {
        var queues = FairQueues(seed: 1)
        for slot in 0..<200 { queues.append(Int16(slot), cost: 261, at: Self.place(from: 1)) }
        for slot in 200..<500 { queues.append(Int16(slot), cost: 156, at: Self.place(from: 2)) }
        var bytes = [0, 0]
        for _ in 0..<250 {
            guard let slot = Self.takeNext(&queues) else { break }
            bytes[slot < 200 ? 0 : 1] += slot < 200 ? 261 : 156
        }
        #expect(abs(bytes[0] - bytes[1]) <= 2 * 261)
    }

    /// Random appends, removals, closures and sends against a plain list of what is queued.
    @Test(arguments: 0..<200 as Range<UInt64>) func everyPacketLeavesOnceAndOnlyOverAnOpenLink(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queues = FairQueues(seed: random.next())
        var places: [Int16: FairQueues.Place] = [:]
        var order: [Int16] = []
        var open = Self.allLinks
        for _ in 0..<3_000 {
            switch random.number(below: 10) {
            case 0...4:
                let slot = Int16(random.number(below: 512))
                guard places[slot] == nil else { continue }
                let place = FairQueues.Place(
                    eventClass: [.alarm, .event, .telemetry][random.number(below: 3)],
                    source: random.chance(1, in: 4) ? LinkNumbers.ownRadio : LinkNumber(random.number(below: 16)),
                    link: LinkNumber(random.number(below: 16)), member: UInt64(random.number(below: 5)),
                    grant: Int32(random.number(below: 5)))
                places[slot] = place
                order.append(slot)
                queues.append(slot, cost: random.chance(1, in: 2) ? 156 : 261, at: place)
            case 5:
                let slot = Int16(random.number(below: 512))
                queues.remove(slot)
                places[slot] = nil
                order.removeAll { $0 == slot }
            case 6: open = UInt16(truncatingIfNeeded: random.next())
            default:
                let expected = places.values.contains { open >> UInt16($0.link) & 1 == 1 }
                guard let slot = queues.select(open: open) else {
                    #expect(!expected)
                    continue
                }
                #expect(queues.select(open: open) == slot)
                guard let place = places[slot] else {
                    Issue.record("sent what is not queued")
                    return
                }
                #expect(open >> UInt16(place.link) & 1 == 1)
                let older = order.first {
                    guard let other = places[$0] else { return false }
                    return other.link == place.link && other.source == place.source && other.member == place.member
                        && other.grant == place.grant && other.eventClass == place.eventClass
                }
                #expect(older == slot)
                queues.sent(slot)
                places[slot] = nil
                order.removeAll { $0 == slot }
            }
        }
        while Self.takeNext(&queues) != nil {}
        #expect(queues.select(open: .max) == nil)
    }

    @Test func fiveHundredAndTwelvePacketsOfAsManyMembersAndGrantsFit() {
        var queues = FairQueues(seed: 1)
        for slot in 0..<512 {
            let place = Self.place(member: UInt64(slot) << 40, grant: Int32(slot))
            queues.append(Int16(slot), cost: Self.cost, at: place)
        }
        var count = 0
        while Self.takeNext(&queues) != nil { count += 1 }
        #expect(count == 512)
    }
}
