/// How long it takes until a scanner hears an advertiser that never ends, without simulating its advertisements.
///
/// Core Specification, volume 6, part B, 4.4: an advertising event comes every `intervalMicroseconds` and a delay of 0 to
/// 10 ms, drawn anew each time, and goes over three channels; a scanner listens on one of them for a window in each scan
/// interval, and on the next one in the next. A packet is heard if it lies wholly in a window on its channel. With the
/// scanner at a random phase, an event is heard with probability
///
///     P = (window - packet) / interval, less (step - packet - pause) / (3/2 interval) where positive,
///
/// since the first term counts twice an event that two windows hear, which happens where the pause between windows is
/// shorter than that between channels: at two of every three changes of channel. Successive events are not independent:
/// the phase of an event within the scan interval moves by the interval and the delay. `firstHit` and what comes after it
/// follow its distribution from event to event, exactly but for the bins' width, as Cho et al. (Sensors 15(1), 2015) and Hou and
/// Huang (Journal of Computer and Communications 8, 2020) did for single events. The mean number of events from hit to hit
/// is 1 / P whatever the phases (Kac's lemma).
public struct DiscoveryLatency: Sendable {
    /// Mean distance of advertising events: the interval and half of the greatest delay.
    public let meanEventMicroseconds: Double
    /// That an event is heard if no packet is lost.
    public let probabilityPerEvent: Double
    /// Mean number of events up to and with the first that is heard, from a random moment, if no packet is lost.
    public let meanEventsToFirst: Double

    /// Probabilities that none of the first 0, 1, 2... events is heard: from a random moment, after the first packets in a
    /// window, and after any of them in the long run.
    private let firstHit: [Double]
    private let laterHits: [[Double]]
    private let nextHit: [Double]
    private let laterMeans: [Double]

    /// Beyond so many events the chance of each further one is taken to be the mean of the last half.
    static let eventsMax = 256
    private static let binMicroseconds = 100.0
    private static let binsMax = 4_096
    /// Later packets in a window come as in the long run.
    private static let laterHitsCount = 6

    public init(
        intervalMicroseconds: Int64, dataBytes: Int, scanIntervalMicroseconds: Int64, scanWindowMicroseconds: Int64
    ) {
        let scan = Double(max(scanIntervalMicroseconds, 1))
        let window = Double(min(max(scanWindowMicroseconds, 0), scanIntervalMicroseconds))
        let packet = Double(Airtime.advertisementMicroseconds(dataBytes: dataBytes))
        let step = packet + Double(Airtime.channelChangeMicroseconds)
        let delay = Double(Airtime.advertisingDelayMaxMicroseconds)
        let interval = Double(max(intervalMicroseconds, 1))
        meanEventMicroseconds = interval + delay / 2
        let twice = max(0, step - packet - (scan - window)) * 2 / (3 * scan)
        probabilityPerEvent = max(0, (window - packet) / scan - twice)

        let count = min(Self.binsMax, max(3, Int((3 * scan / Self.binMicroseconds).rounded(.up))))
        let width = 3 * scan / Double(count)
        var heard = [Bool](repeating: false, count: count)
        for bin in 0..<count {
            for channel in 0..<3 {
                var begin = (Double(bin) + 0.5) * width + step * Double(channel)
                if begin >= 3 * scan { begin -= 3 * scan }
                let inWindow = begin - scan * Double(channel)
                if inWindow >= 0, inWindow + packet <= window { heard[bin] = true }
            }
        }
        let phases = Phases(heard: heard, width: width, interval: interval, delay: delay)
        var (survival, hits) = phases.follow(heard.map { _ in 1 / Double(count) })
        firstHit = survival
        var later: [[Double]] = []
        for _ in 0..<Self.laterHitsCount {
            (survival, hits) = phases.follow(phases.moved(hits))
            later.append(survival)
        }
        laterHits = later
        laterMeans = later.map { Self.mean($0) }
        let places = Double(max(heard.count { $0 }, 1))
        nextHit = phases.follow(phases.moved(heard.map { $0 ? 1 / places : 0 })).survival
        meanEventsToFirst = Self.mean(firstHit)
    }

    public init(_ plan: RadioPlan, dataBytes: Int) {
        self.init(
            intervalMicroseconds: plan.beaconIntervalMicroseconds, dataBytes: dataBytes,
            scanIntervalMicroseconds: plan.scanIntervalMicroseconds,
            scanWindowMicroseconds: plan.scanWindowMicroseconds)
    }

    /// Mean time from a random moment to the first event that is heard, where each packet is lost with this probability;
    /// infinity if none is ever heard.
    public func meanMicroseconds(loss: Double) -> Double {
        guard probabilityPerEvent > 0, loss < 1 else { return .infinity }
        let loss = max(loss, 0)
        var (events, lost) = (meanEventsToFirst - 0.5, loss)
        for mean in laterMeans {
            events += lost * mean
            lost *= loss
        }
        events += lost / (1 - loss) / probabilityPerEvent
        return events * meanEventMicroseconds
    }

    /// Draws the time from a random moment to the first event that is heard, where each packet is lost with this
    /// probability; nil if it is never.
    public func sampleMicroseconds(loss: Double, random: inout RandomStream) -> Int64? {
        guard probabilityPerEvent > 0, loss < 1 else { return nil }
        var events = Self.sample(firstHit, &random) - 1
        events += eventsLost(loss, &random)
        return micro((events + random.fraction()) * meanEventMicroseconds)
    }

    /// Draws the time from one event that is heard to the next one.
    public func sampleAgainMicroseconds(loss: Double, random: inout RandomStream) -> Int64? {
        guard probabilityPerEvent > 0, loss < 1 else { return nil }
        let events = Self.sample(nextHit, &random) + eventsLost(loss, &random)
        return micro(events * meanEventMicroseconds)
    }

    private func micro(_ value: Double) -> Int64? { value < 0x1p62 ? Int64(value) : nil }

    /// Events that pass for packets which came in a window and were lost: a geometric number of them.
    private func eventsLost(_ loss: Double, _ random: inout RandomStream) -> Double {
        guard loss > 0 else { return 0 }
        let logarithm = Mathematics.naturalLogarithm(loss)
        let lost = (Mathematics.naturalLogarithm(1 - random.fraction()) / logarithm).rounded(.down)
        var (events, number) = (0.0, 0)
        while Double(number) < lost, number < 64 {
            events += Self.sample(number < laterHits.count ? laterHits[number] : nextHit, &random)
            number += 1
        }
        return events + (lost - Double(number)) / probabilityPerEvent
    }

    /// - Parameter survival: the probabilities that none of the first 0, 1, 2... events has been heard.
    private static func sample(_ survival: [Double], _ random: inout RandomStream) -> Double {
        let drawn = 1 - random.fraction()
        let last = survival.count - 1
        if drawn <= survival[last] {
            let ratio = tailRatio(survival)
            guard ratio > 0, ratio < 1 else { return Double(last) + 1 }
            let beyond = Mathematics.naturalLogarithm(drawn / survival[last]) / Mathematics.naturalLogarithm(ratio)
            return Double(last) + 1 + beyond.rounded(.down)
        }
        var (low, high) = (1, last)
        while low < high {
            let middle = (low + high) / 2
            if survival[middle] < drawn { high = middle } else { low = middle + 1 }
        }
        return Double(low)
    }

    /// By which survival shrinks with each further event, over the second half of those computed: phases may come back
    /// only after many.
    private static func tailRatio(_ survival: [Double]) -> Double {
        let last = survival.count - 1
        let half = last / 2
        guard survival[last] > 0, last > half else { return 0 }
        return Mathematics.power(survival[last] / survival[half], 1 / Double(last - half))
    }

    private static func mean(_ survival: [Double]) -> Double {
        let last = survival.count - 1
        let ratio = tailRatio(survival)
        let tail = ratio < 1 ? survival[last] * ratio / (1 - ratio) : .infinity
        return survival.reduce(0, +) + tail
    }
}

/// The distribution of an event's phase over three scan intervals, while nothing has been heard.
private struct Phases {
    let heard: [Bool]
    let width: Double
    let interval: Double
    let delay: Double

    /// From events at these phases on: how likely none of the first 0, 1, 2... is heard, and the phases of those that are.
    func follow(_ start: [Double]) -> (survival: [Double], hits: [Double]) {
        var (density, survival) = (start, [1.0])
        var hits = [Double](repeating: 0, count: heard.count)
        while survival.count <= DiscoveryLatency.eventsMax, let last = survival.last, last > 1e-9 {
            var left = 0.0
            for bin in density.indices {
                if heard[bin] {
                    hits[bin] += density[bin]
                    density[bin] = 0
                } else {
                    left += density[bin]
                }
            }
            survival.append(left)
            density = moved(density)
        }
        let sum = hits.reduce(0, +)
        if sum > 0 { for bin in hits.indices { hits[bin] /= sum } }
        return (survival, hits)
    }

    /// To the next event: by the interval, and by a delay that is uniform from 0 to its greatest.
    func moved(_ density: [Double]) -> [Double] {
        let count = density.count
        let spread = min(max(1, Int((delay / width).rounded())), count)
        // Where the interval ends within a bin, and for half a bin that the spread begins early.
        let offset = (interval + delay / 2) / width - Double(spread - 1) / 2
        let whole = offset.rounded(.down)
        let part = offset - whole
        let shift = Int(whole.truncatingRemainder(dividingBy: Double(count)))
        var result = [Double](repeating: 0, count: count)
        var sum = 0.0
        for bin in 0..<spread { sum += density[count - 1 - bin] }
        for bin in 0..<count {
            sum += density[bin] - density[(bin + count - spread) % count]
            let share = sum / Double(spread)
            let target = (bin + shift) % count
            result[target] += share * (1 - part)
            result[(target + 1) % count] += share * part
        }
        return result
    }
}

extension Propagation {
    /// Probability that a beacon of a house that arrives with this power at another is lost there: to noise, or to a
    /// beacon of a third house that overlaps it and is not weaker by the capture margin. Beacons come at random to each
    /// other, so it is unslotted ALOHA: none begins within a packet's time before or after with exp(-2 G).
    ///
    /// - Parameter advertisers: how many of the houses advertise, from 0 to 1.
    public func beaconLoss(dBm: Double, at house: Int, dataBytes: Int, advertisers: Double = 1) -> Double {
        var rivals = 0
        for other in neighbours(of: house) where other.dBm > dBm - plan.captureDecibels { rivals += 1 }
        let packet = Double(Airtime.advertisementMicroseconds(dataBytes: dataBytes))
        let period = Double(plan.beaconIntervalMicroseconds + Airtime.advertisingDelayMaxMicroseconds / 2)
        // One of them is the house itself.
        let load = Double(max(rivals - 1, 0)) * advertisers * packet / max(period, 1)
        let through = Mathematics.exponential(-2 * load)
        return 1 - through * (1 - errors.loss(payloadBytes: 6 + dataBytes, powerDBm: dBm))
    }

    /// Part of the time in which a house's radio hears nothing because it advertises or serves its connections.
    public func busyPart(connectionIntervalsMicroseconds: [Int64], dataBytes: Int) -> Double {
        let period = Double(plan.beaconIntervalMicroseconds + Airtime.advertisingDelayMaxMicroseconds / 2)
        var busy = Double(Airtime.advertisingEventMicroseconds(dataBytes: dataBytes)) / max(period, 1)
        for interval in connectionIntervalsMicroseconds {
            busy += Double(Airtime.idleEventMicroseconds) / Double(max(interval, 1))
        }
        return min(busy, 1)
    }
}
