import Devices
import SeededRandom
import Testing

/// The rules in the plainest form, with unbounded memory.
private struct PlainWindow {
    var seen: [UInt32: [UInt64]] = [:]
    var highest: UInt32?

    mutating func admit(_ counter: UInt32, _ frame: UInt64) -> CounterWindow.Admission {
        if let highest, UInt64(counter) + 1024 <= UInt64(highest) { return .tooOld }
        let frames = seen[counter] ?? []
        if frames.contains(frame) { return .replayed }
        if frames.count == 2 { return .thirdFrame }
        seen[counter] = frames + [frame]
        highest = max(highest ?? 0, counter)
        return .new
    }
}

struct CounterWindowTests {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func windowDecidesAsThePlainRulesDo(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var window = CounterWindow()
        var plain = PlainWindow()
        var centre = UInt32.random(in: 0...UInt32.max, using: &generator)
        let reach: ClosedRange<Int64> = seed.isMultiple(of: 2) ? -1400...40 : -12...3
        for _ in 0..<3000 {
            if Int.random(in: 0..<200, using: &generator) == 0 {
                centre = UInt32(clamping: Int64(centre) + Int64.random(in: 0...3000, using: &generator))
            }
            let counter = UInt32(clamping: Int64(centre) + Int64.random(in: reach, using: &generator))
            centre = max(centre, counter)
            let frame = UInt64.random(in: 0...3, using: &generator)
            #expect(window.admit(counter: counter, frame: frame) == plain.admit(counter, frame))
            if Int.random(in: 0..<100, using: &generator) == 0 {
                window = CounterWindow(rows: window.rows.shuffled(using: &generator))
            }
        }
        #expect(window.highest == plain.highest)
    }

    @Test(arguments: [0, 1, 1023, 1024, 5000, .max - 1, .max] as [UInt32])
    func firstCounterIsLetInWhateverItIs(counter: UInt32) {
        var window = CounterWindow()
        #expect(window.admit(counter: counter, frame: 0) == .new)
        #expect(window.admit(counter: counter, frame: 0) == .replayed)
        #expect(window.admit(counter: counter, frame: 1) == .new)
        #expect(window.admit(counter: counter, frame: 2) == .thirdFrame)
    }

    @Test func counterBelowTheWindowIsTooOldAndItsLowestIsNot() {
        var window = CounterWindow()
        _ = window.admit(counter: 5000, frame: 1)
        #expect(window.admit(counter: 3976, frame: 1) == .tooOld)
        #expect(window.admit(counter: 3977, frame: 1) == .new)
        #expect(window.lowestAdmitted == 3977)
    }

    @Test func deviceThatStartsAnewIsLetInOnlyAfterReset() {
        var window = CounterWindow()
        _ = window.admit(counter: 1_122_867, frame: 1)
        #expect(window.admit(counter: 0, frame: 2) == .tooOld)
        window.reset()
        #expect(window.admit(counter: 0, frame: 2) == .new)
    }

    @Test func rowsStayWithinTheirLimit() {
        var window = CounterWindow()
        for counter in 0..<5000 as Range<UInt32> {
            for frame in 0..<3 as Range<UInt64> { _ = window.admit(counter: counter, frame: frame) }
        }
        #expect(window.rows.count == CounterWindow.rowsMax)
        #expect(window.rows.first?.counter == window.lowestAdmitted)
    }

    @Test func rowsOfAnyContentMakeAWindow() {
        var generator = SplitMix64(seed: 9)
        let rows = (0..<10_000).map { _ in
            CounterWindow.Row(
                counter: Bool.random(using: &generator) ? .random(in: 0...2000, using: &generator) : .max,
                frame: .random(in: 0...5, using: &generator))
        }
        let window = CounterWindow(rows: rows)
        #expect(window.highest == .max)
        #expect(window.rows.count == 2)
        #expect(CounterWindow(rows: []).rows.isEmpty)
    }
}
