import Simulation
import Testing

@Suite struct ConnectionModelTests {
    private func connection(
        interval: Int64 = 50_000, units: Int = 6, latency: Int = 0, timeout: Int64 = 4_000_000, loss: Double = 0
    ) -> ConnectionModel {
        var model = ConnectionModel(
            ConnectionParameters(
                intervalMicroseconds: interval, anchorMicroseconds: 1_000, peripheralLatency: latency,
                supervisionTimeoutMicroseconds: timeout, unitsPerEventMax: units))
        model.setPower(atPeripheralDBm: -50, atCentralDBm: -50, errors: FrameErrors(RadioPlan()), frameLoss: loss)
        return model
    }

    @Test func parametersKeepTheirBounds() {
        var random = RandomStream(seed: 2, purpose: 1)
        for round in 0..<2_000 as Range<Int64> {
            let parameters = ConnectionParameters(RadioPlan(), requestedMicroseconds: round, random: &random)
            #expect((30_000...50_000).contains(parameters.intervalMicroseconds))
            #expect(parameters.intervalMicroseconds % 1_250 == 0)
            let wait = parameters.anchorMicroseconds - round - 1_250
            #expect(wait >= 0 && wait < parameters.intervalMicroseconds)
        }
    }

    @Test func messageOfTheCentralArrivesWithTheNextEventAndItsAirtime() throws {
        var (model, random) = (connection(), RandomStream(seed: 1, purpose: 1))
        let transfer = try #require(model.send(bytes: 245, from: .central, now: 20_000, random: &random))
        #expect(transfer.timeMicroseconds == 51_000 + 2_088)
        #expect(transfer.senderMicroseconds == 2_088)
        #expect(transfer.receiverMicroseconds == 80)
        #expect(transfer.units == 1 && transfer.arrives)
    }

    @Test func messageOfThePeripheralWaitsForItsPoll() throws {
        var (model, random) = (connection(), RandomStream(seed: 1, purpose: 1))
        let transfer = try #require(model.send(bytes: 50, from: .peripheral, now: 1_000, random: &random))
        #expect(transfer.timeMicroseconds == 1_000 + 80 + 150 + (10 + 56) * 8)
        #expect(transfer.receiverMicroseconds == 80)
    }

    /// 6 bytes of header on the first unit and 4 on the next: 245 and 247 bytes.
    @Test(arguments: [(0, 1), (1, 1), (245, 1), (246, 2), (492, 2), (493, 3), (512, 3)])
    func messagesAreCutToDataUnits(bytes: Int, units: Int) throws {
        var (model, random) = (connection(), RandomStream(seed: 1, purpose: 1))
        let transfer = try #require(model.send(bytes: bytes, from: .central, now: 0, random: &random))
        #expect(transfer.units == units && transfer.parts == units)
        #expect(transfer.senderMicroseconds == Int64((bytes + 2 + units * 14) * 8))
    }

    /// In each interval as many exchanges of a full unit, its acknowledgement and twice T_IFS as fit and as there are
    /// buffers for: the arithmetic, exactly.
    @Test(arguments: [7_500, 11_250, 30_000, 50_000, 100_000] as [Int64], [1, 6, 1_000])
    func throughputIsTheArithmeticOfConnectionIntervals(interval: Int64, units: Int) throws {
        for end in [ConnectionEnd.central, .peripheral] {
            var (model, random) = (connection(interval: interval, units: units), RandomStream(seed: 1, purpose: 1))
            model.inFlightMax = .max
            let perEvent = min(Int64(units), interval / (2_088 + 150 + 80 + 150))
            let events: Int64 = 40
            var last: Int64 = 0
            for _ in 0..<perEvent * events {
                last = try #require(model.send(bytes: 245, from: end, now: 0, random: &random)).timeMicroseconds
            }
            let lastEvent = 1_000 + (events - 1) * interval
            let lead: Int64 = end == .central ? 0 : 230
            #expect(last == lastEvent + (perEvent - 1) * 2_468 + lead + 2_088)
            let bytesPerSecond = Double(perEvent * 245) * 1e6 / Double(interval)
            let measured = Double(perEvent * events * 245) * 1e6 / Double(lastEvent + interval - 1_000)
            #expect((measured - bytesPerSecond).magnitude < 1e-6 * bytesPerSecond)
        }
    }

    /// With loss p of data and q of empty units, a unit of the central takes 1 / ((1-p)(1-q)) attempts on average.
    @Test(arguments: [0.05, 0.1, 0.3]) func lossCostsTheRepetitionsThatProbabilitySays(loss: Double) throws {
        for end in [ConnectionEnd.central, .peripheral] {
            var (model, random) = (connection(timeout: 32_000_000, loss: loss), RandomStream(seed: 5, purpose: 1))
            var (units, now) = (0, Int64(0))
            let messages = 20_000
            for _ in 0..<messages {
                let transfer = try #require(model.send(bytes: 100, from: end, now: now, random: &random))
                #expect(transfer.arrives)
                units += transfer.units
                model.arrived(from: end)
                now = transfer.timeMicroseconds + 500_000
            }
            let expected = 1 / ((1 - loss) * (1 - loss))
            #expect((Double(units) / Double(messages) - expected).magnitude < 0.03 * expected)
        }
    }

    @Test func messagesArriveInOrderAndNeverBeforeTheyAreSent() throws {
        for seed in 0..<20 as Range<UInt64> {
            var (model, random) = (connection(loss: 0.2), RandomStream(seed: seed, purpose: 1))
            model.missedPart = 0.05
            var (now, last) = (Int64(0), (Int64(0), Int64(0)))
            for _ in 0..<500 {
                now += Int64(random.number(below: 60_000))
                let end: ConnectionEnd = random.chance(0.5) ? .central : .peripheral
                let bytes = random.number(below: 513)
                guard let transfer = model.send(bytes: bytes, from: end, now: now, random: &random),
                    transfer.arrives
                else { break }
                model.arrived(from: end)
                #expect(transfer.timeMicroseconds > now)
                #expect(transfer.timeMicroseconds > (end == .central ? last.0 : last.1))
                if end == .central { last.0 = transfer.timeMicroseconds } else { last.1 = transfer.timeMicroseconds }
            }
        }
    }

    @Test func sideThatHasTooMuchOnTheWayIsBlockedUntilSomethingArrives() {
        var (model, random) = (connection(), RandomStream(seed: 1, purpose: 1))
        model.inFlightMax = 3
        for _ in 0..<3 { #expect(model.send(bytes: 10, from: .central, now: 0, random: &random) != nil) }
        #expect(model.isBlocked(from: .central))
        #expect(model.send(bytes: 10, from: .central, now: 0, random: &random) == nil)
        #expect(!model.isBlocked(from: .peripheral))
        model.arrived(from: .central)
        #expect(!model.isBlocked(from: .central))
    }

    @Test func connectionEndsWithTheSupervisionTimeoutWhenNothingComesThrough() throws {
        var (model, random) = (connection(loss: 0), RandomStream(seed: 1, purpose: 1))
        model.setPower(
            atPeripheralDBm: -.infinity, atCentralDBm: -.infinity, errors: FrameErrors(RadioPlan()), frameLoss: 0)
        let transfer = try #require(model.send(bytes: 10, from: .central, now: 10_000_000, random: &random))
        #expect(!transfer.arrives)
        // The last event before the message is the last sign of life that counts here.
        #expect(transfer.timeMicroseconds == 9_951_000 + 4_000_000)
        #expect(transfer.units <= 81)
        let end = try #require(model.nextLoss(after: 0, random: &random))
        #expect(end == 4_000_000)
    }

    @Test func sleepingPeripheralIsReachedWhenItWakesAndSpeaksAtAnyEvent() throws {
        var (model, random) = (connection(latency: 3), RandomStream(seed: 1, purpose: 1))
        let first = try #require(model.send(bytes: 10, from: .peripheral, now: 1_000, random: &random))
        #expect(first.timeMicroseconds < 2_000)
        let second = try #require(model.send(bytes: 10, from: .central, now: 40_000, random: &random))
        #expect(second.timeMicroseconds == 1_000 + 4 * 50_000 + (10 + 16) * 8)
        let third = try #require(model.send(bytes: 10, from: .peripheral, now: 210_000, random: &random))
        #expect(third.timeMicroseconds == 1_000 + 5 * 50_000 + 230 + (10 + 16) * 8)
    }

    @Test func upkeepCountsEventsWithoutData() throws {
        var (model, random) = (connection(), RandomStream(seed: 1, purpose: 1))
        var upkeep = model.takeUpkeep(until: 1_001_000)
        #expect(upkeep.centralMicroseconds == 20 * 80 && upkeep.peripheralMicroseconds == 20 * 80)
        _ = try #require(model.send(bytes: 10, from: .central, now: 1_001_000, random: &random))
        upkeep = model.takeUpkeep(until: 2_001_000)
        #expect(upkeep.centralMicroseconds == 19 * 80)
        upkeep = model.takeUpkeep(until: 2_001_000)
        #expect(upkeep.centralMicroseconds == 0)
        var sleepy = connection(latency: 3)
        upkeep = sleepy.takeUpkeep(until: 1_001_000)
        #expect(upkeep.centralMicroseconds == 20 * 80 && upkeep.peripheralMicroseconds == 5 * 80)
    }

    /// Against events one by one: mean time to the first run of failures.
    @Test(arguments: [0.3, 0.5, 0.6]) func supervisionEndsConnectionsAfterTheClosedForm(loss: Double) throws {
        let model = connection(interval: 50_000, timeout: 400_000, loss: loss)
        var random = RandomStream(seed: 7, purpose: 1)
        let failure = 1 - (1 - loss) * (1 - loss)
        let rounds = 4_000
        var (counted, drawn) = (0.0, 0.0)
        for _ in 0..<rounds {
            var (run, events) = (0, 0)
            while run < 8 {
                events += 1
                run = random.chance(failure) ? run + 1 : 0
            }
            counted += Double(events) * 50_000
            drawn += Double(try #require(model.nextLoss(after: 0, random: &random)))
        }
        let mean = model.meanLifetimeMicroseconds
        #expect((counted / Double(rounds) - mean).magnitude < 0.07 * mean)
        #expect((drawn / Double(rounds) - mean).magnitude < 0.07 * mean)
    }

    @Test func otherConnectionsTakeTheirPartOfEvents() {
        #expect(ConnectionParameters.missedPart(otherIntervalsMicroseconds: []) == 0)
        let three = ConnectionParameters.missedPart(otherIntervalsMicroseconds: [31_000, 31_000, 31_000])
        #expect((three - (1 - 0.99 * 0.99 * 0.99)).magnitude < 1e-12)
    }
}
