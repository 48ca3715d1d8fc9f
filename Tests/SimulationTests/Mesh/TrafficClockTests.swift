import Testing
import Wire

@testable import Simulation

/// When devices speak.
struct TrafficClockTests {
    /// Days of one device's events, from a start at eight in the morning.
    private func times(peak: Double, days: Int64) -> [Int64] {
        var clock = TrafficClock(
            .diurnal(meanSeconds: 60, peakFactor: peak, peakHour: 18), seed: 3, device: 0, plan: 0, start: 0,
            startsAt: WallTime(seconds: 1_800_000_000 / 86_400 * 86_400 + 8 * 3_600))
        var times: [Int64] = []
        while let time = clock.nextTime(), time < days * 86_400_000_000 { times.append(time) }
        return times
    }

    @Test(arguments: [1.0, 1.5, 2, 4, 24, 100])
    func diurnalTrafficHasItsMeanAndItsPeakAtItsHour(peak: Double) {
        let days: Int64 = 20
        let times = times(peak: peak, days: days)
        let mean = Double(times.count) / Double(days * 1_440)
        #expect((0.97...1.03).contains(mean))
        guard peak > 1 else { return }
        // The middle of the times of day, noon to midnight and back around 18:00.
        let hours = times.map { (Double($0 / 1_000_000 % 86_400) / 3_600 + 8).truncatingRemainder(dividingBy: 24) }
        let offsets = hours.map { ($0 - 18 + 36).truncatingRemainder(dividingBy: 24) - 12 }
        #expect((offsets.reduce(0, +) / Double(offsets.count)).magnitude < 0.4)
        // At the peak's hour the pace is the one that is asked for.
        let width = 0.5 / peak
        let near = offsets.count { $0.magnitude < width }
        #expect((0.85...1.1).contains(Double(near) / (2 * width * 60 * Double(days)) / peak))
    }

    /// However long after an occasion a device may speak, its events come in order, and each occasion has one.
    @Test(arguments: [0.0, 1, 10, 60, 1_000])
    func togetherSpeaksOnceAnOccasionAndInOrder(spread: Double) {
        func times(_ spread: Double) -> [Int64] {
            var clock = TrafficClock(
                .together(meanSeconds: 10, spreadSeconds: spread), seed: 3, device: 0, plan: 0, start: 0,
                startsAt: WallTime(seconds: 1_800_000_000))
            return (0..<5_000).compactMap { _ in clock.nextTime() }
        }
        let (occasions, spoken) = (times(0), times(spread))
        #expect(spoken.count == 5_000 && spoken == spoken.sorted())
        #expect(zip(spoken, spoken.dropFirst()).count { $0 == $1 } < 5)
        // In order, each is at its own occasion or later, and by no more than the spread.
        for (occasion, time) in zip(occasions, spoken) {
            #expect((occasion...occasion + Int64(spread * 1_000_000)).contains(time))
        }
    }
}
