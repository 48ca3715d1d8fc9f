import Testing

@testable import Simulation

@Suite struct ContentionFloodingTests {
    private func run(
        _ street: FloodStreet, seed: UInt64 = 1, _ change: (inout ContentionFlooding.Settings) -> Void = { _ in }
    ) -> RunRecord {
        var settings = ContentionFlooding.Settings()
        change(&settings)
        return ContentionFlooding.run(Scenario(), street, seed: seed, settings: settings)
    }

    @Test func windowGrowsWithTheSignal() {
        let settings = ContentionFlooding.Settings()
        var last = 0
        for above in -10...40 {
            let window = ContentionFlooding.window(dBm: -92 + Double(above), sensitivityDBm: -92, settings)
            #expect(window >= last)
            #expect((3...8).contains(window))
            last = window
        }
        #expect(ContentionFlooding.window(dBm: -92, sensitivityDBm: -92, settings) == 3)
        #expect(ContentionFlooding.window(dBm: -77, sensitivityDBm: -92, settings) == 5)
        #expect(ContentionFlooding.window(dBm: -62, sensitivityDBm: -92, settings) == 8)
    }

    @Test func relaysWaitWithinTheirWindowAfterRouters() {
        let settings = ContentionFlooding.Settings()
        var random = RandomStream(seed: 1, purpose: 1)
        for dBm in [-92.0, -77, -62] {
            let slots = 1 << ContentionFlooding.window(dBm: dBm, sensitivityDBm: -92, settings)
            var seen: Set<Int64> = []
            for _ in 0..<5_000 {
                let wait = ContentionFlooding.relayDelayMicroseconds(
                    dBm: dBm, sensitivityDBm: -92, settings, random: &random)
                #expect(wait % 7_600 == 0)
                seen.insert(wait / 7_600)
            }
            #expect(seen.min() == 16)
            #expect(seen.max() == Int64(15 + slots))
        }
    }

    /// 2 x airtime, 8 + 16 + 32 slots and 4.5 s.
    @Test func senderWaitsBeforeItSendsAgain() {
        let wait = ContentionFlooding.retransmissionMicroseconds(
            airtimeMicroseconds: 500, ContentionFlooding.Settings())
        #expect(wait == 1_000 + 56 * 7_600 + 4_500_000)
    }

    /// A limit of n lets n relays pass it on: n + 1 hops.
    @Test func hopLimitIsThreeUnlessTheMapIsWider() {
        let settings = ContentionFlooding.Settings()
        #expect(ContentionFlooding.hopLimit(settings, FloodStreets.clique(5)) == 3)
        #expect(ContentionFlooding.hopLimit(settings, FloodStreets.grid()) == 6)
        #expect(ContentionFlooding.hopLimit(settings, FloodStreets.line(30)) == 7)
    }

    @Test(arguments: [0, 1, 3, 7, 9]) func hopLimitEndsTheFlood(limit: Int) {
        for hops in 1...9 {
            let street = FloodStreets.line(11).with(owner: 0, beside: hops, at: [1_000_000])
            let record = run(street) { $0.hopLimit = limit }
            #expect(record.deliveries == (hops <= min(limit, 7) + 1 ? 1 : 0), "\(hops) hops with limit \(limit)")
        }
    }

    /// Where everybody hears everybody, the first relay silences most others.
    @Test func relaysThatHearAnotherOneKeepSilent() {
        // House 0 is beyond house 1, the others hear each other.
        var links = [RadioLink(0, 1, lossDecibels: 60)]
        for first in 1..<16 { for second in 1..<first { links.append(RadioLink(first, second, lossDecibels: 60)) } }
        let street = FloodStreets.street(16, links, FloodStreets.plan()).with(
            owner: 0, beside: 15, at: (1...20).map { Int64($0) * 20_000_000 })
        var long = street
        long.durationMicroseconds = 440_000_000
        let record = run(long) { $0.hopLimit = 3 }
        // Sent by the source, by a relay or two and, if house 1 was silenced, again; the answer likewise.
        let frame = 3 * 136 + Airtime.auxiliaryMicroseconds(dataBytes: 44)
        #expect(record.airtime / frame / 20 < 8)
        let managed = ManagedFlooding.run(Scenario(), long, seed: 1)
        #expect(managed.airtime > 5 * record.airtime)
    }

    @Test func farNodesRelayFirst() {
        // House 1 hears the source well and house 2 hardly; both hear each other, and the home.
        let links = [
            RadioLink(3, 1, lossDecibels: 55), RadioLink(3, 2, lossDecibels: 88), RadioLink(1, 2, lossDecibels: 60),
            RadioLink(1, 0, lossDecibels: 60), RadioLink(2, 0, lossDecibels: 60),
        ]
        var street = FloodStreets.street(4, links, FloodStreets.plan()).with(
            owner: 0, beside: 3, at: (1...100).map { Int64($0) * 20_000_000 })
        street.durationMicroseconds = 2_100_000_000
        let record = run(street)
        let last = record.journeys.compactMap { $0.hops.first { $0.to == 0 }?.from }
        #expect(last.count { $0 == 2 } > 9 * last.count { $0 == 1 })
        #expect(record.deliveries >= 95)
    }

    @Test func senderSendsAgainWhenNobodyRelays() {
        var street = FloodStreets.line(3).with(owner: 0, beside: 2, at: [1_000_000])
        street.troubles = [.init(kind: .deaf, time: 0, forMicroseconds: 3_000_000, houses: [1])]
        let record = run(street)
        #expect(record.deliveries == 1)
        #expect((record.value("latency") ?? 0) > 4_500)
        street.troubles = [.init(kind: .deaf, time: 0, forMicroseconds: 50_000_000, houses: [1])]
        let silent = run(street)
        #expect(silent.deliveries == 0)
        #expect(silent.airtime == 3 * (3 * 136 + Airtime.auxiliaryMicroseconds(dataBytes: 44)))
        #expect(silent.drops == [Count("not acknowledged", 1)])
    }

    @Test func queuesKeepTheirLimits() {
        let times = (0..<600).map { Int64($0) * 1_000 + 1_000_000 }
        let record = run(FloodStreets.line(4).with(owner: 0, beside: 3, at: times))
        #expect(record.houses.allSatisfy { $0.heldMax <= FloodCore.framesMax })
        #expect(record.drops.contains { $0.name == "queue full" && $0.count > 50 })
    }

    @Test func sameSeedSameRunAndAnotherSeedAnother() {
        let street = FloodStreets.grid().with(owner: 0, beside: 24, at: [1_000_000, 2_000_000])
        #expect(run(street).fingerprint == run(street).fingerprint)
        #expect(run(street).fingerprint != run(street, seed: 2).fingerprint)
        #expect(run(street).policy == "contention flooding")
    }
}
