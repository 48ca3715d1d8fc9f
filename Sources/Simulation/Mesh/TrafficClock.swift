import Wire

/// When a device speaks next. Draws from a stream of its own, so that other devices' traffic stays as it is when this one
/// is taken away.
struct TrafficClock {
    private let traffic: Traffic
    private let start: Int64
    /// The time of day at the run's start, in seconds.
    private let daySeconds: Int64
    private var random: RandomStream
    private var next = 0
    private var last: Int64
    /// Of a plan whose devices speak together: all draw the same occasions.
    private var together: RandomStream
    /// When it speaks at occasions that are drawn already, in order: a later occasion's turn can come before an earlier one's.
    private var drawn: [Int64] = []
    /// Occasions within which a device may not have had its turn at the first. A scenario's spread leaves far fewer: it is
    /// at most a hundred times what lies between two.
    private static let drawnMax = 1_024

    init(_ traffic: Traffic, seed: UInt64, device: Int, plan: Int, start: Int64, startsAt: WallTime) {
        self.traffic = traffic
        self.start = start
        daySeconds = Int64(startsAt.seconds) % 86_400
        last = start
        random = RandomStream(seed: seed, purpose: 0x1000_0000 + UInt64(device))
        together = RandomStream(seed: seed, purpose: 0x2000_0000 + UInt64(plan))
    }

    /// The time of the next event; nil if there is none.
    mutating func nextTime() -> Int64? {
        switch traffic {
        case .periodic(let seconds):
            let step = max(Int64(seconds * 1_000_000), 1_000)
            last = next == 0 ? start + Int64(random.number(below: Int(step))) : last + step
            next += 1
        case .poisson(let mean): last += wait(mean)
        case .bursts(let mean, let events, let gap):
            if next >= max(events, 1) || next == 0 {
                last += wait(mean)
                next = 1
            } else {
                last += max(Int64(gap * 1_000_000), 1_000)
                next += 1
            }
        case .diurnal(let mean, let peakFactor, let peakHour): return nextDiurnal(mean, peakFactor, peakHour)
        case .together(let mean, let spread): return nextTogether(mean, spread)
        case .at(let times):
            guard next < times.count else { return nil }
            defer { next += 1 }
            return times[next]
        }
        return last
    }

    private mutating func wait(_ meanSeconds: Double) -> Int64 {
        max(Int64(meanSeconds * 1_000_000 * random.exponential()), 1_000)
    }

    private mutating func nextTogether(_ mean: Double, _ spread: Double) -> Int64 {
        while drawn.count < Self.drawnMax, drawn.first.map({ last < $0 }) ?? true {
            last += max(Int64(mean * 1_000_000 * together.exponential()), 1_000)
            let time = last + Int64(random.fraction() * max(spread, 0) * 1_000_000)
            drawn.insert(time, at: drawn.firstIndex { $0 > time } ?? drawn.count)
        }
        return drawn.removeFirst()
    }

    /// Thinning: candidates at the busiest hour's pace, of which so many are taken as the hour is busy.
    private mutating func nextDiurnal(_ mean: Double, _ peakFactor: Double, _ peakHour: Double) -> Int64? {
        let peak = max(peakFactor, 1)
        // A triangle with the mean 1: `peak` at its busiest and down to `low` twelve hours off, or, above 2, to nothing
        // before.
        let low = max(2 - peak, 0)
        let reach = peak > 2 ? 24 / peak : 12
        for _ in 0..<100_000 {
            last += wait(mean / peak)
            let hour = Double((daySeconds + last / 1_000_000) % 86_400) / 3_600
            var distance = (hour - peakHour).magnitude.truncatingRemainder(dividingBy: 24)
            if distance > 12 { distance = 24 - distance }
            if peak > 2, distance >= reach {
                // Nobody speaks until the busy hours begin.
                let hours = (peakHour - reach - hour + 48).truncatingRemainder(dividingBy: 24)
                if hours < 24.01 - 2 * reach { last += Int64(hours * 3_600_000_000) }
                continue
            }
            let rate = peak - (peak - low) * distance / reach
            if random.chance(rate / peak) { return last }
        }
        return nil
    }
}

extension RandomStream {
    /// Exponential with mean 1, by von Neumann's comparison of uniforms: no logarithm, the same on every machine.
    mutating func exponential() -> Double {
        var whole = 0.0
        while whole < 64 {
            let first = fraction()
            var (last, count) = (first, 1)
            while true {
                let drawn = fraction()
                guard drawn < last else { break }
                last = drawn
                count += 1
            }
            if count % 2 == 1 { return whole + first }
            whole += 1
        }
        return whole
    }
}
