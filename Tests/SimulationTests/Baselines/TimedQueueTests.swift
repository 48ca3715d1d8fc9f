import Testing

@testable import Simulation

@Suite struct TimedQueueTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func queueGivesTimesInOrderAndEqualOnesAsTheyCame(seed: UInt64) {
        var random = RandomStream(seed: seed, purpose: 1)
        var queue = TimedQueue<Int>()
        var expected: [(time: Int64, number: Int)] = []
        var taken: [(time: Int64, number: Int)] = []
        for number in 0..<500 {
            let time = Int64(random.number(below: 60))
            queue.add(number, at: time)
            expected.append((time, number))
        }
        while let (time, number) = queue.next(before: 50) { taken.append((time, number)) }
        expected = expected.filter { $0.time < 50 }.sorted { ($0.time, $0.number) < ($1.time, $1.number) }
        #expect(taken.map(\.number) == expected.map(\.number))
    }
}
