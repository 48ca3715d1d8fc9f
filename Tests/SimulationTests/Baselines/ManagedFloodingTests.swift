import Testing

@testable import Simulation

@Suite struct ManagedFloodingTests {
    private func run(
        _ street: FloodStreet, seed: UInt64 = 1, _ change: (inout ManagedFlooding.Settings) -> Void = { _ in }
    ) -> RunRecord {
        var settings = ManagedFlooding.Settings()
        change(&settings)
        return ManagedFlooding.run(Scenario(), street, seed: seed, settings: settings)
    }

    /// Mesh Profile 1.0.1: 11 bytes go unsegmented, then 12 a segment with the check of 4, 380 in all.
    @Test(arguments: [(1, 0), (11, 0), (12, 2), (20, 2), (21, 3), (50, 5), (380, 32)])
    func messagesAreCutToSegmentsOfTwelveBytes(accessBytes: Int, segments: Int) {
        #expect(MeshSegments.count(accessBytes: accessBytes) == segments)
    }

    @Test func longerMessagesThanThirtyTwoSegmentsAreRefused() { #expect(MeshSegments.count(accessBytes: 381) == nil) }

    @Test func advertisementsHaveTheSizesOfTheSpecification() {
        #expect(MeshSegments.bytesUnsegmented(accessBytes: 11) == 31)
        #expect(MeshSegments.bytes(segment: 0, accessBytes: 50) == 31)
        #expect(MeshSegments.bytes(segment: 4, accessBytes: 50) == 31 - 6)
        #expect(MeshSegments.bytesAcknowledgement == 26)
        let whole = (0..<5).reduce(0) { $0 + MeshSegments.bytes(segment: $1, accessBytes: 50) }
        #expect(whole == 5 * 19 + 54)
    }

    /// Every node but the destination sends an unsegmented message as often as it is set to, and no more: the cache.
    @Test(arguments: [1, 3]) func everyNodeRelaysAMessageOnce(times: Int) {
        for (street, senders) in [(FloodStreets.line(6), 5), (FloodStreets.grid(), 24), (FloodStreets.clique(9), 8)] {
            let last = street.relays.count - 1
            let record = run(street.with(owner: 0, beside: last, serviceDataBytes: 2, at: [1_000_000])) {
                ($0.ownTransmissions, $0.relayTransmissions, $0.relayDelayMaxMicroseconds) = (times, times, 900_000)
            }
            #expect(record.deliveries == 1)
            // Where many relay at once a node may miss them all, and has nothing to relay.
            let all = Int64(senders * times * 3 * 376)
            #expect(senders == 5 ? record.airtime == all : (all * 8 / 10...all).contains(record.airtime))
        }
    }

    @Test func segmentedMessageIsAcknowledgedAndThenOver() {
        let record = run(FloodStreets.line(4).with(owner: 0, beside: 3, at: [1_000_000])) {
            $0.relayDelayMaxMicroseconds = 0
        }
        #expect(record.deliveries == 1)
        #expect(record.drops.isEmpty)
        #expect(record.journeys[0].hops.map(\.to) == [2, 1, 0])
        #expect(record.value("hops") == 3)
    }

    /// A PDU sent with TTL n goes over n hops at most; with 0 or 1 it is not relayed.
    @Test(arguments: [0, 1, 2, 4]) func timeToLiveEndsTheFlood(limit: Int) {
        for hops in 1...6 {
            let street = FloodStreets.line(8).with(owner: 0, beside: hops, serviceDataBytes: 2, at: [1_000_000])
            let record = run(street) { $0.timeToLive = limit }
            #expect(record.deliveries == (hops <= max(limit, 1) ? 1 : 0), "\(hops) hops with TTL \(limit)")
        }
    }

    @Test func timeToLiveSufficesForTheMapUnlessItIsSet() {
        #expect(FloodStreets.line(30).hopsAcross() == 29)
        #expect(FloodStreets.grid().hopsAcross() == 4)
        let record = run(FloodStreets.line(30).with(owner: 0, beside: 29, at: [1_000_000]))
        #expect(record.deliveries == 1)
        let settings = ManagedFlooding.Settings()
        #expect(ManagedFlooding.timeToLive(settings, FloodStreets.grid()) == 7)
        #expect(ManagedFlooding.timeToLive(settings, FloodStreets.line(30)) == 32)
        #expect(ManagedFlooding.timeToLive(settings, FloodStreets.line(400)) == 127)
    }

    @Test func segmentsThatAreLostAreSentAgain() {
        var plan = FloodStreets.plan()
        plan.frameLoss = 0.5
        let times = (0..<40).map { Int64($0) * 10_000_000 + 1_000_000 }
        var street = FloodStreets.line(3, plan: plan).with(owner: 0, beside: 2, at: times)
        street.durationMicroseconds = 420_000_000
        let stubborn = run(street) {
            $0.relayTransmissions = 1
            $0.ownTransmissions = 1
        }
        let once = run(street) {
            ($0.relayTransmissions, $0.ownTransmissions, $0.segmentRetransmissions) = (1, 1, 0)
        }
        #expect(once.deliveries < 10)
        #expect(stubborn.deliveries > 12)
        #expect(stubborn.deliveries > 2 * once.deliveries)
        #expect(once.drops.contains { $0.name == "not acknowledged" && $0.count > 10 })
    }

    @Test func homeThatHearsItsDeviceFloodsNothing() {
        let record = run(FloodStreets.clique(5).with(owner: 2, beside: 2, at: [1_000_000]))
        #expect(record.deliveries == 1)
        #expect(record.airtime == 0)
        #expect(record.value("hops") == 0)
    }

    @Test func firstHouseThatHearsADeviceSendsAndAllDoIfTheyAreTo() {
        // A device that the houses 1 to 5 hear, and its home does not.
        var links: [RadioLink] = [RadioLink(0, 1, lossDecibels: 60)]
        for first in 1..<6 { for second in 1..<first { links.append(RadioLink(first, second, lossDecibels: 60)) } }
        var street = FloodStreets.street(6, links, FloodStreets.plan())
        street = street.with(owner: 0, beside: 3, serviceDataBytes: 2, at: [1_000_000])
        street.devices[0].transmitDBm = 0
        let (first, all) = (run(street), run(street) { $0.isSentByAll = true })
        #expect(first.journeys[0].heardBy.count == 1 || first.deliveries == 1)
        #expect(all.journeys[0].heardBy.sorted() == [1, 2, 3, 4, 5])
        #expect(all.deliveries == 1)
        #expect(first.airtime == 5 * 3 * 3 * 376)
        #expect(all.airtime > 3 * first.airtime)
    }

    @Test func hostsThatSayNoRelayNothing() {
        var street = FloodStreets.line(4).with(owner: 0, beside: 3, at: [1_000_000])
        street.relays[1] = false
        let record = run(street)
        #expect(record.deliveries == 0)
        #expect(record.houses[1].airtimePacketsMicroseconds == 0)
        #expect(record.houses[2].airtimePacketsMicroseconds > 0)
    }

    @Test func housesThatAreDownDeafOrPartedStopTheFloodUntilTheyAreBack() {
        for kind in [FloodStreet.Trouble.Kind.down, .deaf, .parted, .mute, .optedOut] {
            var street = FloodStreets.line(4).with(
                owner: 0, beside: 3, serviceDataBytes: 2, at: [1_000_000, 30_000_000])
            street.troubles = [.init(kind: kind, time: 500_000, forMicroseconds: 10_000_000, houses: [1])]
            let record = run(street)
            #expect(record.journeys.map { $0.deliveredMicroseconds != nil } == [false, true], "\(kind)")
        }
    }

    @Test func queuesKeepTheirLimits() {
        // A thousand messages within a second, at a bearer that takes seconds for ten.
        let times = (0..<1_000).map { Int64($0) * 1_000 + 1_000_000 }
        let record = run(FloodStreets.line(3).with(owner: 0, beside: 2, at: times))
        #expect(record.houses.allSatisfy { $0.heldMax <= FloodCore.framesMax })
        #expect(record.houses[2].heldMax > 0)
        #expect(record.drops.contains { $0.name == "too many messages" && $0.count > 100 })
        let plain = run(FloodStreets.line(3).with(owner: 0, beside: 2, serviceDataBytes: 2, at: times))
        #expect(plain.houses[2].heldMax == FloodCore.framesMax)
        #expect(plain.drops.contains { $0.name == "queue full" && $0.count > 100 })
    }

    @Test func sameSeedSameRunAndAnotherSeedAnother() {
        let street = FloodStreets.grid().with(owner: 0, beside: 24, at: [1_000_000, 2_000_000])
        #expect(run(street).fingerprint == run(street).fingerprint)
        #expect(run(street).fingerprint != run(street, seed: 2).fingerprint)
    }

    @Test func interruptedRunSaysHowFarItCame() {
        let times = (0..<1_000).map { Int64($0) * 1_000 + 1_000_000 }
        let street = FloodStreets.grid().with(owner: 0, beside: 24, at: times)
        let record = ManagedFlooding.run(Scenario(), street, seed: 1, isInterrupted: { true })
        #expect(record.ranMicroseconds < street.durationMicroseconds)
        #expect(record.policy == "managed flooding")
    }
}
