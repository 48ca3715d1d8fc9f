import Testing

@testable import Simulation

@Suite struct HappeningQueueTests {
    private struct Expected {
        var time: Int64
        var number: Int64
    }

    /// Times near and far, many at once, and some that have passed already.
    private func time(after now: Int64, _ random: inout RandomStream) -> Int64 {
        switch random.number(below: 8) {
        case 0: now
        case 1: now + Int64(random.number(below: 3))
        case 2: now + Int64(random.number(below: 10_000))
        case 3: now + 20_000_000
        case 4: now + Int64(random.number(below: 60_000_000))
        case 5: now + Int64(random.number(below: 4)) * 900_000_000
        case 6: max(now - Int64(random.number(below: 5_000)), 0)
        default: now + Int64(random.number(below: 2_000_000))
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func comesByTimeAndThenInTheOrderOfAdding(seed: UInt64) {
        var random = RandomStream(seed: seed, purpose: 1)
        var queue = HappeningQueue()
        var expected: [Expected] = []
        var (now, number) = (Int64(0), Int64(0))
        let most = 1 + random.number(below: 300)
        for _ in 0..<4_000 {
            if expected.count < most, random.chance(0.55) {
                let at = time(after: now, &random)
                queue.add(Happening(kind: .look, number: number), at: at)
                let place = expected.firstIndex { $0.time > at } ?? expected.count
                expected.insert(Expected(time: at, number: number), at: place)
                number += 1
            } else if !expected.isEmpty {
                let next = expected.removeFirst()
                #expect(queue.nextTime == next.time)
                let found = queue.removeFirst()
                #expect(found?.time == next.time && found?.happening.number == next.number)
                // What is in sight is what comes next.
                for others in 0..<min(expected.count, 8) {
                    guard let coming = queue.coming(after: others) else { break }
                    #expect(coming.number == expected[others].number)
                }
                now = max(now, next.time)
            }
            #expect(queue.count == expected.count)
        }
        while !expected.isEmpty { #expect(queue.removeFirst()?.happening.number == expected.removeFirst().number) }
        #expect(queue.nextTime == nil && queue.removeFirst() == nil)
    }

    /// A burst in one bucket: all of it has to be in sight, whatever is far off.
    @Test func whatIsNearIsInSight() {
        var queue = HappeningQueue()
        queue.add(Happening(kind: .look, number: -1), at: 3_600_000_000)
        for number in 0..<2_000 { queue.add(Happening(kind: .look, number: Int64(number)), at: 5_000) }
        for number in 0..<1_990 {
            #expect(queue.removeFirst()?.happening.number == Int64(number))
            for others in 0..<7 { #expect(queue.coming(after: others)?.number == Int64(number + 1 + others)) }
        }
        #expect(queue.count == 11)
    }
}
