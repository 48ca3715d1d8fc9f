import Simulation
import Testing

/// The closed form, against advertisements and windows one by one.
@Suite struct DiscoveryLatencyTests {
    struct Case: CustomStringConvertible {
        var interval: Int64
        var scan: Int64
        var window: Int64
        var loss = 0.0
        var description: String { "every \(interval) us, \(window) of \(scan) us, loss \(loss)" }
    }

    static let cases = [
        Case(interval: 1_000_000, scan: 60_000, window: 30_000),
        Case(interval: 1_000_000, scan: 60_000, window: 30_000, loss: 0.3),
        Case(interval: 1_000_000, scan: 60_000, window: 30_000, loss: 0.9),
        Case(interval: 100_000, scan: 30_000, window: 30_000),
        Case(interval: 100_000, scan: 5_000, window: 5_000),
        Case(interval: 152_500, scan: 100_000, window: 11_250),
        Case(interval: 1_022_500, scan: 1_280_000, window: 11_250),
        Case(interval: 20_000, scan: 2_560_000, window: 160_000),
        Case(interval: 120_000, scan: 60_000, window: 7_500, loss: 0.5),
    ]

    /// By the same recursion over with loss in it, in another program.
    @Test func meanLatencyWithLossIsWhatItWasComputedToBeElsewhere() {
        let usual = latency(Self.cases[0])
        for (loss, mean) in [(0.3, 2_087_062.0), (0.6, 4_210_310), (0.9, 19_431_285)] {
            #expect((usual.meanMicroseconds(loss: loss) / mean - 1).magnitude < 0.005, "\(loss)")
        }
    }

    /// One advertiser and one scanner from random phases: microseconds to each event that is heard.
    private struct Walk {
        let plan: Case
        var random: RandomStream
        let packet = Airtime.advertisementMicroseconds(dataBytes: 28)
        var time: Int64 = 0

        mutating func start() -> Int64 {
            let moment = Int64(random.number(below: Int(3 * plan.scan)))
            // The event before the moment is somewhere within one period.
            let period = plan.interval + Int64(random.number(below: 10_001))
            time = moment + Int64(random.number(below: Int(period)))
            return moment
        }

        mutating func isHeard() -> Bool {
            let step = packet + Airtime.channelChangeMicroseconds
            for channel in 0..<3 as Range<Int64> {
                let begin = time + channel * step
                let into = begin % plan.scan
                if begin / plan.scan % 3 == channel, into + packet <= plan.window, !random.chance(plan.loss) {
                    return true
                }
            }
            return false
        }

        mutating func advance() { time += plan.interval + Int64(random.number(below: 10_001)) }
    }

    private func latency(_ plan: Case) -> DiscoveryLatency {
        DiscoveryLatency(
            intervalMicroseconds: plan.interval, dataBytes: 28, scanIntervalMicroseconds: plan.scan,
            scanWindowMicroseconds: plan.window)
    }

    @Test(arguments: cases) func probabilityOfOneEventIsTheClosedForm(plan: Case) {
        guard plan.loss == 0 else { return }
        var walk = Walk(plan: plan, random: RandomStream(seed: 11, purpose: 2))
        let rounds = 100_000
        var heard = 0
        for _ in 0..<rounds {
            _ = walk.start()
            if walk.isHeard() { heard += 1 }
        }
        let probability = latency(plan).probabilityPerEvent
        let deviation = (probability * (1 - probability) / Double(rounds)).squareRoot()
        #expect((Double(heard) / Double(rounds) - probability).magnitude < 4 * deviation + 0.0005)
    }

    @Test(arguments: cases) func meanLatencyIsTheClosedForm(plan: Case) {
        var walk = Walk(plan: plan, random: RandomStream(seed: 12, purpose: 2))
        let rounds = 4_000
        var (sum, squares) = (0.0, 0.0)
        for _ in 0..<rounds {
            let moment = walk.start()
            while !walk.isHeard() { walk.advance() }
            let wait = Double(walk.time - moment)
            sum += wait
            squares += wait * wait
        }
        let mean = sum / Double(rounds)
        let error = ((squares / Double(rounds) - mean * mean) / Double(rounds)).squareRoot()
        let expected = latency(plan).meanMicroseconds(loss: plan.loss)
        #expect((mean - expected).magnitude < 4 * error + 0.01 * expected, "\(mean) for \(expected)")
    }

    @Test(arguments: cases) func drawsFollowTheDistributionOfEventsOneByOne(plan: Case) {
        var walk = Walk(plan: plan, random: RandomStream(seed: 13, purpose: 2))
        var random = RandomStream(seed: 13, purpose: 3)
        let model = latency(plan)
        let rounds = 4_000
        var waits: [Double] = []
        var draws: [Double] = []
        for _ in 0..<rounds {
            let moment = walk.start()
            while !walk.isHeard() { walk.advance() }
            waits.append(Double(walk.time - moment))
            draws.append(Double(model.sampleMicroseconds(loss: plan.loss, random: &random) ?? 0))
        }
        // Kolmogorov and Smirnov's distance of two samples; 1 in 1000 exceed 1.95 times this root if they are alike.
        let limit = 1.95 * (2 / Double(rounds)).squareRoot() + 0.01
        #expect(Self.distance(waits.sorted(), draws.sorted()) < limit)
    }

    @Test(arguments: cases) func nextHeardEventComesAfterTheClosedForm(plan: Case) {
        guard plan.loss == 0 else { return }
        let model = latency(plan)
        var random = RandomStream(seed: 14, purpose: 3)
        let rounds = 20_000
        var (sum, squares) = (0.0, 0.0)
        for _ in 0..<rounds {
            let wait = Double(model.sampleAgainMicroseconds(loss: 0, random: &random) ?? 0)
            sum += wait
            squares += wait * wait
        }
        let mean = sum / Double(rounds)
        let error = ((squares / Double(rounds) - mean * mean) / Double(rounds)).squareRoot()
        let expected = model.meanEventMicroseconds / model.probabilityPerEvent
        #expect((mean - expected).magnitude < 4 * error + 0.02 * expected, "\(mean) for \(expected)")
    }

    @Test func nobodyIsDiscoveredWithoutAWindowOrWithAllPacketsLost() {
        var random = RandomStream(seed: 1, purpose: 1)
        let closed = latency(Case(interval: 1_000_000, scan: 60_000, window: 300))
        #expect(closed.probabilityPerEvent == 0)
        #expect(closed.sampleMicroseconds(loss: 0, random: &random) == nil)
        #expect(closed.meanMicroseconds(loss: 0) == .infinity)
        #expect(latency(Self.cases[0]).sampleMicroseconds(loss: 1, random: &random) == nil)
    }

    @Test func beaconsThatOverlapAreLostAsInUnslottedAloha() {
        var plan = RadioPlan()
        (plan.shadowingDecibels, plan.beaconIntervalMicroseconds) = (0, 20_000)
        // Eleven houses at equal distances from each other as far as power tells: lists know no geometry.
        var links: [RadioLink] = []
        for first in 0..<11 { for second in 0..<first { links.append(RadioLink(first, second, lossDecibels: 60)) } }
        let air = Propagation(plan: plan, houses: 11, links: links, seed: 1)
        let load = 9 * 352.0 / 25_000
        let expected = 1 - Mathematics.exponential(-2 * load)
        #expect((air.beaconLoss(dBm: -60, at: 0, dataBytes: 28) - expected).magnitude < 1e-6)
        #expect((air.beaconLoss(dBm: -60, at: 0, dataBytes: 28, advertisers: 0)).magnitude < 1e-6)
    }

    private static func distance(_ first: [Double], _ second: [Double]) -> Double {
        var (one, other, most) = (0, 0, 0.0)
        while one < first.count, other < second.count {
            if first[one] <= second[other] { one += 1 } else { other += 1 }
            most = max(most, (Double(one) / Double(first.count) - Double(other) / Double(second.count)).magnitude)
        }
        return most
    }
}
