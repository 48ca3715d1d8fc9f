import Testing

@testable import Simulation

/// That figures are what they say: against exact values, arithmetic, and runs that keep everything.
struct FigureTests {
    // MARK: Arithmetic

    @Test func jainsIndexIsOneOfEqualPartsAndOneInSoManyWhereOneHasAll() throws {
        #expect(Fairness.jainIndex([0.7, 0.7, 0.7, 0.7]).map { abs($0 - 1) < 1e-12 } == true)
        #expect(Fairness.jainIndex([1, 0, 0, 0]) == 0.25)
        #expect(Fairness.jainIndex([0.5, 1]) == 0.9)
        #expect(Fairness.jainIndex([]) == nil)
        #expect(Fairness.jainIndex([0, 0]) == nil)
    }

    @Test(arguments: [20.0, 5_000, 3_000_000])
    func quantilesOfAHistogramAreNearTheExactOnes(mean: Double) {
        var random = RandomStream(seed: 9, purpose: 1)
        let values = (0..<20_000).map { _ in Int64(random.exponential() * mean) }
        var histogram = Histogram()
        for value in values { histogram.add(value) }
        let sorted = values.sorted()
        for part in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = Double(sorted[Int((Double(sorted.count) * part).rounded(.up)) - 1])
            let told = histogram.quantile(part)
            #expect(abs(told - exact) <= exact * 0.008, "\(part): \(told) for \(exact)")
            if exact < 128 { #expect(told == exact) }
        }
        let figure = histogram.figure("x", unit: "ms", dividedBy: 1)
        #expect(figure?.count == values.count && figure?.maximum == sorted.last.map { Double($0) })
        let sum = values.reduce(0.0) { $0 + Double($1) }
        #expect(figure.map { abs($0.mean - sum / Double(values.count)) < 1e-6 * sum } == true)
        #expect(figure?.bins.reduce(0, +) == UInt64(values.count))
    }

    // MARK: Small meshes

    /// Two houses; the device of the first is beside the second, which alone hears it.
    private func pair() -> Scenario {
        var scenario = Scenario()
        scenario.topology = .links(houses: 2, [RadioLink(0, 1, lossDecibels: 60)])
        scenario.durationMicroseconds = 600_000_000
        scenario.radio.connectionIntervalMinMicroseconds = 50_000
        scenario.radio.connectionIntervalMaxMicroseconds = 50_000
        var device = DevicePlan()
        device.owners = .houses([0])
        device.placement = .beside(house: 1)
        device.transmitPowerDBm = -30
        device.traffic = .periodic(seconds: 20)
        scenario.devices = [device]
        return scenario
    }

    @Test func airtimeOfAnEventOverOneLinkIsItsPacketAndAnAcknowledgement() throws {
        let mesh = try Mesh(pair(), seed: 4)
        var packetBytes = 0
        mesh.tap = { frame in
            // Nothing else that two houses say once they know each other is so long.
            guard case .message(_, _, let bytes, _) = frame.content, frame.timeMicroseconds > 60_000_000 else { return }
            packetBytes = max(packetBytes, bytes.count)
        }
        mesh.runToEnd()
        let record = mesh.record
        #expect((100...245).contains(packetBytes))
        // Preamble, access address, header and CRC; L2CAP's length, channel and message length; an empty PDU in return.
        let expected = Double((1 + 4 + 2 + 6 + packetBytes + 3) * 8 + 80)
        let figure = try #require(record.figure("airtime_by_event"))
        #expect(figure.count > 20 && figure.mean == expected && figure.maximum == expected)
        #expect(abs(figure.median - expected) < expected * 0.008)
        let perEvent = try #require(record.figure("airtime_per_event"))
        let sum = record.houses.reduce(0.0) { $0 + Double($1.airtimePacketsMicroseconds) }
        #expect(perEvent.bins.isEmpty && perEvent.count == record.figure("latency")?.count)
        #expect(abs(perEvent.mean * Double(perEvent.count) - sum) < 1e-6 * sum)
        // The reply is another message, and nothing else is counted.
        #expect((expected * 1.1...expected * 2).contains(perEvent.mean))
    }

    @Test func upkeepOfAnIdleLinkIsAnEmptyPDUEachInterval() throws {
        var scenario = pair()
        scenario.devices = []
        let mesh = try Mesh(scenario, seed: 4)
        mesh.run(untilMicroseconds: 200_000_000)
        let before = mesh.record.houses.map(\.airtimeUpkeepMicroseconds)
        mesh.run(untilMicroseconds: 500_000_000)
        let record = mesh.record
        let after = record.houses.map(\.airtimeUpkeepMicroseconds)
        // 300 s at one event of 80 us in 50 ms, and a few keepalives.
        for (before, after) in zip(before, after) { #expect((478_000...510_000).contains(after - before)) }
        let figure = try #require(record.figure("upkeep_airtime"))
        let mean = after.reduce(0.0) { $0 + Double($1) } / 2 / 500_000_000
        #expect(figure.count == 2 && abs(figure.mean - mean) < 1e-8 && !figure.bins.isEmpty)
    }

    private func line() -> Scenario {
        var scenario = Scenario()
        scenario.topology = .links(houses: 4, (1..<4).map { RadioLink($0 - 1, $0, lossDecibels: 76) })
        scenario.durationMicroseconds = 600_000_000
        var device = DevicePlan()
        device.owners = .houses([0, 3])
        device.placement = .beside(house: 2)
        device.transmitPowerDBm = -30
        device.traffic = .periodic(seconds: 5)
        scenario.devices = [device]
        return scenario
    }

    @Test func ownerWhoseEventsDoNotComeHomeShowsInTheDistributionByOwner() throws {
        var scenario = line()
        scenario.faults = [
            FaultPlan(
                .crash(downMicroseconds: 1_000_000_000, unwrittenMicroseconds: 0), houses: .houses([1]),
                when: .at(microseconds: 200_000_000))
        ]
        let mesh = try Mesh(scenario, seed: 3)
        mesh.runToEnd()
        let figure = try #require(mesh.record.figure("undelivered_by_owner"))
        // Owner 3 has all of its own, owner 0 those of the first third.
        #expect(figure.count == 2 && figure.median == 0)
        #expect((0.5...0.85).contains(figure.maximum))
        let ratio = try #require(mesh.record.figure("delivery_ratio"))
        #expect(abs(1 - ratio.mean - figure.mean) < 0.02)
    }

    // MARK: Samples

    @Test func figuresCountAllEventsThoughTheRecordKeepsTheWaysOfFew() throws {
        func run(keeping most: Int?) throws -> (mesh: Mesh, record: RunRecord) {
            let mesh = try Mesh(line(), seed: 3)
            if let most { mesh.journeysKeptMax = most }
            mesh.runToEnd()
            return (mesh, mesh.record)
        }
        let (whole, sampled) = (try run(keeping: nil).record, try run(keeping: 20))
        let record = sampled.record
        for name in ["hops", "latency_per_hop", "latency"] {
            let (all, some) = (try #require(whole.figure(name)), try #require(record.figure(name)))
            #expect(all.count > 150 && all.count == some.count && all.mean == some.mean && all.bins == some.bins)
        }
        #expect(record.fingerprint == whole.fingerprint && record.broken == [])
        // Every so many events, from the first to the last.
        #expect((10...20).contains(record.journeys.count))
        #expect(record.journeys.count + record.journeysLeftOut == whole.journeys.count)
        let step = Int(sampled.mesh.journeyStride)
        for (place, journey) in record.journeys.enumerated() {
            let same = whole.journeys[place * step]
            #expect(journey.emittedMicroseconds == same.emittedMicroseconds && journey.device == same.device)
            #expect(journey.deliveredMicroseconds == same.deliveredMicroseconds && journey.fate == same.fate)
        }
        #expect((record.journeys.count - 1) * step > whole.journeys.count - 2 * step)
        // What came home is not followed any longer.
        let awaited = sampled.mesh.emissions.all.count { $0.openedAt < 0 }
        #expect(sampled.mesh.passing.count <= awaited)
    }

    @Test func baselinesKeepWaysFromAllOverTheRun() throws {
        let scenario = line()
        let street = try FloodStreet(scenario, seed: 1)
        var ledger = FloodLedger(scenario, seed: 1, policy: "x", street: street)
        let events = 3 * RunRecord.journeysMax
        for number in 0..<events { _ = ledger.emit(device: 0, at: Int64(number)) }
        let record = ledger.finished(at: Int64(events))
        #expect(record.journeys.count > RunRecord.journeysMax / 2 && record.journeys.count <= RunRecord.journeysMax)
        #expect(record.journeys.count + record.journeysLeftOut == events)
        let times = record.journeys.map(\.emittedMicroseconds)
        #expect(times == times.indices.map { Int64($0) * (times[1] - times[0]) })
        #expect(times[times.count - 1] > Int64(events) * 99 / 100)
    }
}
