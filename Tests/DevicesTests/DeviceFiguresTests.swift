import Devices
import SeededRandom
import Testing
import Wire

struct DeviceFiguresTests {
    private static let start: Int64 = 1_800_000_000

    private func frame(
        _ counter: UInt32, packetID: UInt8? = nil, second: Bool = false, triggered: Bool = false, at time: Int64 = start
    ) -> DeviceFigures.Frame {
        DeviceFigures.Frame(
            counter: counter, packetID: packetID, isSecondOfCounter: second, isTriggerBased: triggered,
            heard: WallTime(seconds: UInt32(clamping: time)))
    }

    /// Whatever is lost, and however the rest is shuffled within a short distance: what was received and what was missed
    /// make up all that was sent between the first and the last.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func receivedAndMissedAddUpToWhatWasSent(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var arriving: [(place: Int, counter: UInt32)] = []
        let first = UInt32.random(in: 0...1_000_000, using: &generator)
        for step in 1..<400 where Int.random(in: 0..<4, using: &generator) > 0 {
            arriving.append((step + Int.random(in: 0..<20, using: &generator), first + UInt32(step)))
        }
        arriving.sort { ($0.place, $0.counter) < ($1.place, $1.counter) }
        var figures = DeviceFigures()
        figures.note(frame(first))
        for (index, item) in arriving.enumerated() { figures.note(frame(item.counter, at: Self.start + Int64(index))) }
        let last = arriving.map(\.counter).max() ?? first
        #expect(figures.received == Int64(arriving.count) + 1)
        #expect(figures.missed == Int64(last - first) + 1 - figures.received)
    }

    @Test func repetitionsOfOnePacketIDAreOneEvent() {
        var figures = DeviceFigures()
        // Each event is sent four times, each time with a counter of its own; the second event is lost.
        for (counter, id) in [(10, 7), (11, 7), (13, 7), (18, 9), (19, 9)] as [(UInt32, UInt8)] {
            figures.note(frame(counter, packetID: id))
        }
        #expect(figures.received == 2)
        #expect(figures.missed == 1)
    }

    @Test func packetIDThatWrapsIsNoGap() {
        var figures = DeviceFigures()
        figures.note(frame(100, packetID: 255))
        figures.note(frame(101, packetID: 0))
        #expect(figures.missed == 0)
        #expect(figures.received == 2)
    }

    @Test func gapOfARestartIsNotMissed() {
        var figures = DeviceFigures()
        figures.note(frame(5))
        figures.note(frame(6 + DeviceFigures.gapMax + 1))
        #expect(figures.missed == 0)
        figures.note(frame(7 + DeviceFigures.gapMax * 2 + 1))
        #expect(figures.missed == Int64(DeviceFigures.gapMax))
    }

    @Test func counterThatWasResetHasNoGap() {
        var figures = DeviceFigures()
        figures.note(frame(500))
        figures.resetCounter()
        figures.note(frame(3))
        figures.note(frame(5))
        #expect(figures.missed == 1)
        #expect(figures.received == 3)
    }

    @Test(arguments: [Int64.min, -1, 0, 1 << 32, .max]) func boundedFiguresTakeFramesWhateverTheyWere(value: Int64) {
        for other in [Int64.min, -1, 0, 1 << 32, .max] {
            var figures = DeviceFigures()
            (figures.received, figures.missed) = (value, other)
            (figures.firstHeard, figures.lastHeard) = (value, other)
            (figures.longestPauseSeconds, figures.longestPauseBeforeSeconds) = (other, value)
            figures.pausesSince = other
            figures.counter = 1
            figures = figures.bounded
            for time in [0, Self.start, Int64(UInt32.max)] {
                figures.note(frame(UInt32(clamping: time) &- 1, packetID: 1, at: time))
                figures.note(frame(1, packetID: 3, at: time))
                #expect(!figures.isSilent(at: WallTime(seconds: UInt32(clamping: time))))
            }
            #expect((0...DeviceFigures.ceilingSeconds).contains(figures.silentAfterSeconds))
            #expect(figures.received >= 0 && figures.missed >= 0)
        }
    }

    @Test func deviceThatWasNeverHeardIsNotSilent() {
        #expect(!DeviceFigures().isSilent(at: WallTime(seconds: .max)))
    }

    @Test func thermometerIsSilentAfterItsFloorAndADoorAfterThreePauses() {
        var thermometer = DeviceFigures()
        var door = DeviceFigures()
        for step in 0..<200 as Range<Int64> {
            thermometer.note(frame(UInt32(step), at: Self.start + step * 600))
            if step % 36 == 0 { door.note(frame(UInt32(step), at: Self.start + step * 600)) }
        }
        #expect(thermometer.silentAfterSeconds == DeviceFigures.floorSeconds)
        #expect(door.silentAfterSeconds == 3 * 6 * 3600)
        let last = Self.start + 199 * 600
        #expect(!thermometer.isSilent(at: WallTime(seconds: UInt32(last + 7200))))
        #expect(thermometer.isSilent(at: WallTime(seconds: UInt32(last + 7201))))
        #expect(!door.isSilent(at: WallTime(seconds: UInt32(last + 7201))))
    }

    @Test func burstDoesNotShortenAHabit() {
        var figures = DeviceFigures()
        for day in 0..<4 as Range<Int64> { figures.note(frame(UInt32(day), at: Self.start + day * 86_400)) }
        for step in 0..<100 as Range<Int64> {
            figures.note(frame(UInt32(10 + step), at: Self.start + 4 * 86_400 + step))
        }
        #expect(figures.silentAfterSeconds == 3 * 86_400)
    }

    @Test func triggeredDeviceAndOneThatIsNewHaveThreeDays() {
        var button = DeviceFigures()
        for step in 0..<100 as Range<Int64> {
            button.note(frame(UInt32(step), triggered: true, at: Self.start + step * 3600))
        }
        #expect(button.silentAfterSeconds == DeviceFigures.floorSecondsTriggered)
        var new = DeviceFigures()
        new.note(frame(1))
        #expect(new.silentAfterSeconds == DeviceFigures.floorSecondsTriggered)
    }

    /// One long outage does not make the home patient, a slower habit is learnt, and an old one forgotten.
    @Test func outageCountsForNoMoreThanWhatWasSilence() {
        var figures = DeviceFigures()
        var time = Self.start
        var counter: UInt32 = 0
        func hear(after seconds: Int64) {
            time += seconds
            counter += 1
            figures.note(frame(counter, at: time))
        }
        for _ in 0..<200 { hear(after: 600) }
        hear(after: 10 * 86_400)
        #expect(figures.silentAfterSeconds == 3 * DeviceFigures.floorSeconds)
        for _ in 0..<3000 { hear(after: 600) }
        #expect(figures.silentAfterSeconds == DeviceFigures.floorSeconds)
        for _ in 0..<4 { hear(after: 12 * 3600) }
        #expect(figures.silentAfterSeconds == 36 * 3600)
        for _ in 0..<9 { hear(after: 400 * 86_400) }
        #expect(figures.silentAfterSeconds == DeviceFigures.ceilingSeconds)
    }

    /// Figures from a damaged disk, and clocks that jump: sums stay in bounds and nothing traps.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func figuresOfAnyContentStayInBounds(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var figures = DeviceFigures()
        figures.received = Int64.random(in: 0...(1 << 53), using: &generator)
        figures.missed = Int64.random(in: 0...(1 << 53), using: &generator)
        figures.firstHeard = Int64(UInt32.random(in: 0...UInt32.max, using: &generator))
        figures.lastHeard = Int64(UInt32.random(in: 0...UInt32.max, using: &generator))
        figures.longestPauseSeconds = Int64.random(in: 0...Int64(UInt32.max), using: &generator)
        for _ in 0..<500 {
            figures.note(
                frame(
                    UInt32.random(in: 0...UInt32.max, using: &generator),
                    packetID: Bool.random(using: &generator) ? UInt8.random(in: 0...255, using: &generator) : nil,
                    second: Bool.random(using: &generator),
                    at: Int64(UInt32.random(in: 0...UInt32.max, using: &generator))))
            #expect(figures.missed >= 0 && figures.received <= 1 << 53 && figures.missed <= 1 << 53)
            #expect((DeviceFigures.floorSeconds...DeviceFigures.ceilingSeconds).contains(figures.silentAfterSeconds))
        }
    }
}
