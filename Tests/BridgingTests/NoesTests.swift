import Relaying
import Testing
import Wire

@testable import Bridging

/// What a no does on a street: an owner's, and a host's.
struct NoesTests {
    /// 0 - 1 - 3 and 0 - 2 - 3.
    static func diamond(seed: UInt64) throws -> VirtualStreet {
        let street = VirtualStreet(seed: seed)
        for _ in 0..<4 { try street.addNode() }
        for edge in [(0, 1), (0, 2), (1, 3), (2, 3)] { street.connect(edge.0, edge.1) }
        try street.foundAndInviteAll()
        return street
    }

    // MARK: An owner's no

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func revocationReachesEveryConnectedBridgeAndNothingIsRelayedUnderItAfterwards(seed: UInt64) throws {
        let street = try VirtualStreet.chain(Int(seed % 3) + 3, seed: seed)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 90) { street.isOpen(sensor) })
        let last = street.nodes.count - 1
        // One bridge is away when it happens, and comes back.
        if seed % 2 == 0 { street.cut(last, last - 1) }
        for _ in 0..<4 {
            street.emit(sensor, near: [last, 1])
            street.run(until: street.time + 40_000)
        }
        try street.revoke(sensor)
        for _ in 0..<4 {
            street.emit(sensor, near: [last, 1])
            street.run(until: street.time + 400_000)
        }
        if seed % 2 == 0 { street.connect(last, last - 1) }
        #expect(street.run(atMost: 120) { street.nodes.allSatisfy { street.knowsRevoked($0, sensor) } })
        let relayed = street.nodes.map(\.log.relayed)
        street.emit(sensor, near: [last])
        street.run(seconds: 30)
        #expect(street.nodes.map(\.log.relayed) == relayed)
        #expect(street.heldPackets == 0)
        #expect(street.failures == [])
    }

    @Test func deviceOptOutStopsItsEventsEverywhereAndItsWithdrawalLetsThemPass() throws {
        let street = try VirtualStreet.chain(3, seed: 11)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        try street.setDeviceNo(true, sensor)
        street.run(seconds: 5)
        street.emit(sensor, near: [2])
        street.run(seconds: 30)
        #expect(street.nodes.allSatisfy { $0.log.relayed == 0 && $0.disk.openings.isEmpty })
        #expect(street.nodes[2].log.drops("device_opted_out") == 1)
        try street.setDeviceNo(false, sensor)
        street.run(seconds: 5)
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 1) })
        #expect(street.failures == [])
    }

    // MARK: A host's no

    @Test func optOutOfTheOnlyBridgeBetweenStopsDeliveryAndItsEndLetsHeldEventsPass() throws {
        let street = try VirtualStreet.chain(3, seed: 12)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.setOptedOut(true, 1)
        street.run(seconds: 2)
        street.emit(sensor, near: [2])
        street.run(seconds: 120)
        #expect(!street.isDelivered(sensor, 0))
        #expect(street.links(1) == 2, "an opt-out ends transit, not links")
        #expect(street.heldPackets(2) == 1)
        street.setOptedOut(false, 1)
        #expect(street.run(atMost: 240) { street.isDelivered(sensor, 0) && street.heldPackets == 0 })
        #expect(street.failures == [])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func optOutInTheMiddleOfATransferDropsWhatIsHeldAndLetsNothingLeave(seed: UInt64) throws {
        let street = try VirtualStreet.chain(3, seed: 20 + seed)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        for _ in 0..<6 { street.emit(sensor, near: [2]) }
        street.run(until: street.time + Int64(seed) * 25_000)
        street.setOptedOut(true, 1)
        #expect(street.heldPackets(1) == 0)
        street.run(seconds: 30)
        #expect(street.failures == [])
    }

    @Test func eventDroppedForAnOptOutIsTakenAgainFromWhoeverStillHoldsItOnceTheHostConsents() throws {
        let street = try VirtualStreet.chain(3, seed: 15)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.cut(0, 1)
        street.emit(sensor, near: [2])
        street.run(seconds: 10)
        #expect(street.heldPackets(1) == 1 && street.heldPackets(2) == 1)
        street.setOptedOut(true, 1)
        #expect(street.heldPackets(1) == 0)
        street.run(seconds: 10)
        street.setOptedOut(false, 1)
        street.connect(0, 1)
        #expect(street.run(atMost: 300) { street.isDelivered(sensor, 0) })
        #expect(street.failures == [])
    }

    @Test func ownDeviceOfAHostWhoOptedOutStillReachesThatHost() throws {
        let street = try VirtualStreet.chain(3, seed: 13)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.setOptedOut(true, 0)
        street.run(seconds: 5)
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
        #expect(street.failures == [])
    }

    /// A host who lends nothing has no allowance to answer with; a neighbour may have 64 packets without an answer.
    @Test func homeWhoseHostOptedOutAnswersCopiesThatComeAfterItsEventsWereOpened() throws {
        let street = VirtualStreet(seed: 71)
        for _ in 0..<3 { try street.addNode() }
        street.connect(0, 1)
        street.connect(0, 2)
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        street.setOptedOut(true, 0)
        for number in 0..<70 {
            street.emit(sensor, near: [1])
            #expect(street.run(atMost: 30) { street.isDelivered(sensor, number) })
            street.repeatLast(sensor, near: [2])
            street.run(seconds: 2)
        }
        #expect(street.run(atMost: 60) { street.heldPackets == 0 })
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 70) })
        #expect(street.failures == [])
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func neighboursRouteAroundAHostWhoOptedOutWhereThereIsAnotherWay(seed: UInt64) throws {
        let street = try Self.diamond(seed: 30 + seed)
        let sensor = try street.adoptSensor(home: 0, scope: [.relay])
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        for (place, middle) in [1, 2].enumerated() {
            street.setOptedOut(true, middle)
            // No moment is given for the routes to change: custody has to find the other way.
            street.emit(sensor, near: [3])
            #expect(street.run(atMost: 60) { street.isDelivered(sensor, place) })
            street.setOptedOut(false, middle)
            street.run(seconds: 20)
        }
        #expect(street.failures == [])
    }

    @Test func neighboursHearAtOnceThatAHostLendsToOtherClassesOrToNone() throws {
        let street = VirtualStreet(seed: 77)
        for _ in 0..<3 { try street.addNode() }
        street.connect(0, 1)
        street.connect(1, 2)
        try street.foundAndInviteAll()
        /// How far the first house is for the third, in links, 0 without a way.
        func distance(lending classes: [EventClass]) throws -> Int {
            var configuration = BridgeConfiguration.lending()
            configuration.classesLent = classes
            street.drive(1) { bridge, now, effects in
                bridge.configure(configuration, now: now, into: &effects)
            }
            street.run(seconds: 10)
            let home = try #require(street.nodes[0].running).bridge.identity.memberID
            return try #require(street.nodes[2].running).bridge.neighbours.hops(to: home)
        }
        #expect(try distance(lending: EventClass.allCases) == 2)
        #expect(try distance(lending: [.alarm]) == 6)
        #expect(try distance(lending: []) == 0)
        #expect(try distance(lending: [.alarm, .event]) == 6)
        #expect(try distance(lending: EventClass.allCases) == 2)
        #expect(street.failures == [])
    }

    // MARK: A host's cap

    private func streetThatLends(_ limits: LendingLimits, seed: UInt64) throws -> (street: VirtualStreet, sensor: Int) {
        let street = VirtualStreet(seed: seed)
        for _ in 0..<3 { try street.addNode(.lending(limits)) }
        street.connect(0, 1)
        street.connect(1, 2)
        try street.foundAndInviteAll()
        let sensor = try street.adoptSensor(home: 0, ratePerMinute: 1_000)
        #expect(street.run(atMost: 240) { street.isOpen(sensor) })
        street.run(seconds: 60)
        return (street, sensor)
    }

    /// Far more is heard than may be lent at once: it leaves as the cap allows, also over a restart.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func burstOfEventsIsSpreadSoThatTheCapHoldsInEveryWindow(seed: UInt64) throws {
        let limits = LendingLimits(rateBits: 1_200, burstBytes: 1_500, monthBytes: 1_000_000)
        let (street, sensor) = try streetThatLends(limits, seed: 90 + seed)
        for _ in 0..<40 { street.emit(sensor, near: [2]) }
        street.run(seconds: 20)
        #expect((12...24).contains(street.nodes[2].log.relayed), "the burst and the rate, no more")
        street.crash(1)
        street.run(seconds: 3)
        try street.start(1)
        #expect(street.run(atMost: 600) { street.nodes[0].disk.openings.count == 40 && street.heldPackets == 0 })
        #expect(street.failures == [])
    }

    @Test func nothingIsLentBeyondTheMonth() throws {
        let limits = LendingLimits(rateBits: 16_000, burstBytes: 8_000, monthBytes: 20_000)
        let (street, sensor) = try streetThatLends(limits, seed: 94)
        for _ in 0..<10 {
            for _ in 0..<20 { street.emit(sensor, near: [2]) }
            street.run(seconds: 60)
        }
        #expect((80...127).contains(street.nodes[2].log.relayed), "18,000 bytes are 114 packets")
        #expect(street.failures == [])
    }

    @Test func optOutOutlivesARestart() throws {
        let street = try VirtualStreet.chain(3, seed: 14)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.setOptedOut(true, 1)
        street.crash(1)
        street.run(seconds: 5)
        try street.start(1)
        street.run(seconds: 30)
        street.emit(sensor, near: [1, 2])
        street.run(seconds: 60)
        #expect(!street.isDelivered(sensor, 0))
        #expect(street.nodes[1].log.relayed == 0)
        #expect(street.failures == [])
    }
}
