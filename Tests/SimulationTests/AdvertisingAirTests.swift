import Simulation
import Testing

@Suite struct AdvertisingAirTests {
    private func plan(interval: Int64 = 60_000, window: Int64 = 60_000) -> RadioPlan {
        var plan = RadioPlan()
        (plan.scanIntervalMicroseconds, plan.scanWindowMicroseconds) = (interval, window)
        return plan
    }

    private let near = [Neighbour(house: 0, dBm: -50)]

    /// Many senders of equal power, who begin as a Poisson process, and one scanner that always listens on one of three
    /// channels: of G packets in a packet's time it hears G exp(-2 G).
    @Test(arguments: [0.05, 0.1, 0.25, 0.5, 1.0]) func throughputIsThatOfUnslottedAloha(load: Double) {
        var air = AdvertisingAir(plan(interval: 10_000_000, window: 10_000_000), seed: 3)
        var random = RandomStream(seed: 6, purpose: 1)
        let senders = (0..<64).map { _ in air.addSender(house: nil, neighbours: near) }
        let packet = Double(Airtime.advertisementMicroseconds(dataBytes: 31))
        var (clock, sent, heard) = (0.0, 0, 0)
        var waiting: [AdvertisingEvent] = []
        var first = 0
        while sent < 150_000 {
            clock += random.exponential(mean: packet / load)
            while first < waiting.count, waiting[first].endMicroseconds <= Int64(clock) {
                if air.hear(waiting[first], by: 0, dBm: -50, disturbance: 0, random: &random) != nil { heard += 1 }
                first += 1
            }
            waiting.append(air.begin(senders[sent % 64], at: Int64(clock), dataBytes: 31))
            sent += 1
        }
        let throughput = Double(heard) / Double(first) * load
        let expected = load * Mathematics.exponential(-2 * load)
        #expect((throughput / expected - 1).magnitude < 0.02, "\(throughput) for \(expected)")
    }

    @Test(
        arguments: [(1_000_000, 60_000, 30_000), (100_000, 30_000, 30_000), (152_500, 100_000, 11_250)]
            as [(Int64, Int64, Int64)])
    func discoveryTakesAsLongAsTheClosedFormSays(interval: Int64, scan: Int64, window: Int64) throws {
        let closed = DiscoveryLatency(
            intervalMicroseconds: interval, dataBytes: 28, scanIntervalMicroseconds: scan,
            scanWindowMicroseconds: window)
        var random = RandomStream(seed: 9, purpose: 1)
        let rounds = 6_000
        var (sum, squares) = (0.0, 0.0)
        for round in 0..<rounds {
            var air = AdvertisingAir(plan(interval: scan, window: window), seed: UInt64(round))
            let sender = air.addSender(house: nil, neighbours: near)
            let begin = Int64(random.fraction() * closed.meanEventMicroseconds)
            var time = begin
            while true {
                let event = air.begin(sender, at: time, dataBytes: 28)
                if air.hear(event, by: 0, dBm: -50, disturbance: 0, random: &random) != nil { break }
                time += interval + Int64(random.number(below: 10_001))
            }
            sum += Double(time)
            squares += Double(time) * Double(time)
        }
        let mean = sum / Double(rounds)
        let error = ((squares / Double(rounds) - mean * mean) / Double(rounds)).squareRoot()
        let expected = closed.meanMicroseconds(loss: 0)
        #expect((mean - expected).magnitude < 4 * error + 0.01 * expected, "\(mean) for \(expected)")
    }

    /// Two packets at once: heard is the one that is stronger by the margin, and none if neither is.
    @Test(arguments: [-30.0, -9, -8, -7, 0, 7, 8, 9, 30]) func strongerPacketSurvivesByTheCaptureMargin(more: Double) {
        var air = AdvertisingAir(plan(), seed: 1)
        var random = RandomStream(seed: 1, purpose: 1)
        let first = air.addSender(house: nil, neighbours: [Neighbour(house: 0, dBm: -60)])
        let second = air.addSender(house: nil, neighbours: [Neighbour(house: 0, dBm: -60 + more)])
        let one = air.begin(first, at: 10_000, dataBytes: 31)
        let other = air.begin(second, at: 10_300, dataBytes: 31)
        #expect((air.hear(one, by: 0, dBm: -60, disturbance: 0, random: &random) != nil) == (more <= -8))
        #expect((air.hear(other, by: 0, dBm: -60 + more, disturbance: 0, random: &random) != nil) == (more >= 8))
    }

    @Test func packetsThatDoNotOverlapOrAreHeardElsewhereDisturbNobody() {
        var air = AdvertisingAir(plan(), seed: 1)
        var random = RandomStream(seed: 1, purpose: 1)
        let first = air.addSender(house: nil, neighbours: near)
        let second = air.addSender(house: nil, neighbours: near)
        let far = air.addSender(house: nil, neighbours: [Neighbour(house: 1, dBm: -30)])
        let one = air.begin(first, at: 10_000, dataBytes: 31)
        _ = air.begin(far, at: 10_010, dataBytes: 31)
        let other = air.begin(second, at: 10_376, dataBytes: 31)
        #expect(air.hear(one, by: 0, dBm: -50, disturbance: 0, random: &random) != nil)
        #expect(air.hear(other, by: 0, dBm: -50, disturbance: 0, random: &random) != nil)
    }

    @Test func radioThatSendsHearsNothing() {
        var air = AdvertisingAir(plan(), seed: 1)
        var random = RandomStream(seed: 1, purpose: 1)
        let device = air.addSender(house: nil, neighbours: near)
        let house = air.addSender(house: 0, neighbours: [Neighbour(house: 1, dBm: -50)])
        let one = air.begin(device, at: 10_000, dataBytes: 31)
        let own = air.begin(house, at: 10_500, dataBytes: 31)
        let later = air.begin(device, at: own.endMicroseconds, dataBytes: 31)
        // The scanner is on one of the three channels: the first packet may have ended before its own event began.
        let heard = air.hear(one, by: 0, dBm: -50, disturbance: 0, random: &random)
        #expect(heard == nil || heard == 10_376)
        #expect(air.hear(own, by: 0, dBm: -50, disturbance: 0, random: &random) == nil)
        #expect(air.hear(later, by: 0, dBm: -50, disturbance: 0, random: &random) != nil)
    }

    @Test func scannersHearInTheirWindowsOnly() {
        let air = plan(interval: 60_000, window: 15_000)
        var random = RandomStream(seed: 1, purpose: 1)
        var (heard, all) = (0, 0)
        for seed in 0..<20_000 as Range<UInt64> {
            var air = AdvertisingAir(air, seed: seed)
            let sender = air.addSender(house: nil, neighbours: near)
            let event = air.begin(sender, at: 1_000_000, dataBytes: 31)
            all += 1
            if air.hear(event, by: 0, dBm: -50, disturbance: 0, random: &random) != nil { heard += 1 }
        }
        #expect((Double(heard) / Double(all) - 14_624.0 / 60_000).magnitude < 0.012)
        var always = AdvertisingAir(air, isAlwaysListening: true, seed: 5)
        let sender = always.addSender(house: nil, neighbours: near)
        for round in 0..<100 as Range<Int64> {
            let event = always.begin(sender, at: round * 7_777 + 20_000, dataBytes: 4)
            _ = event
        }
        let event = always.begin(sender, at: 5_000_000, dataBytes: 31)
        #expect(always.hear(event, by: 0, dBm: -50, disturbance: 0, random: &random) != nil)
    }

    @Test func disturbanceTakesItsPart() {
        var air = AdvertisingAir(plan(interval: 10_000_000, window: 10_000_000), seed: 1)
        var random = RandomStream(seed: 1, purpose: 1)
        let sender = air.addSender(house: nil, neighbours: near)
        var heard = 0
        for round in 0..<20_000 as Range<Int64> {
            let event = air.begin(sender, at: round * 100_000, dataBytes: 31)
            if air.hear(event, by: 0, dBm: -50, disturbance: 0.3, random: &random) != nil { heard += 1 }
        }
        #expect((Double(heard) / 20_000 - 0.7).magnitude < 0.02)
    }

    @Test func extendedAdvertisementsTakeThePointersAndOnePacketOfData() {
        var air = AdvertisingAir(plan(), isAlwaysListening: true, seed: 1)
        var random = RandomStream(seed: 1, purpose: 1)
        let sender = air.addSender(house: nil, neighbours: near)
        let event = air.beginExtended(sender, at: 10_000, dataBytes: 60, random: &random)
        #expect(event.airtimeMicroseconds == 3 * 136 + (10 + 70) * 8)
        #expect(event.endMicroseconds == 10_000 + 3 * 136 + 800 + 300 + 640)
        #expect(air.hear(event, by: 0, dBm: -50, disturbance: 0, random: &random) == event.endMicroseconds)
    }

    /// Pointers that overlap are lost as any packet; data on other channels do not meet.
    @Test func dataOfExtendedAdvertisementsMeetOnOneOfThirtySevenChannels() {
        var air = AdvertisingAir(plan(), isAlwaysListening: true, seed: 1)
        var random = RandomStream(seed: 1, purpose: 1)
        let first = air.addSender(house: nil, neighbours: near)
        let second = air.addSender(house: nil, neighbours: near)
        var (lost, all) = (0, 0)
        for round in 0..<20_000 as Range<Int64> {
            let one = air.beginExtended(first, at: round * 100_000, dataBytes: 245, random: &random)
            _ = air.beginExtended(second, at: round * 100_000 + 200, dataBytes: 245, random: &random)
            all += 1
            if air.hear(one, by: 0, dBm: -50, disturbance: 0, random: &random) == nil { lost += 1 }
        }
        #expect((Double(lost) / Double(all) - 1.0 / 37).magnitude < 0.005)
    }
}
