import Simulation
import Testing

@Suite struct RandomStreamTests {
    @Test func streamsOfOnePurposeAndSeedAreTheSame() {
        var (first, second) = (RandomStream(seed: 7, purpose: 1), RandomStream(seed: 7, purpose: 1))
        #expect((0..<100).allSatisfy { _ in first.next() == second.next() })
    }

    @Test func streamsOfOtherPurposesDiffer() {
        var (first, second) = (RandomStream(seed: 7, purpose: 1), RandomStream(seed: 7, purpose: 2))
        #expect((0..<100).contains { _ in first.next() != second.next() })
    }
}
