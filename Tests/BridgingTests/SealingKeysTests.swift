import SeededRandom
import Testing
import Wire

@testable import Bridging

struct SealingKeysTests {
    private func full(seed: UInt64) -> RandomPool {
        var pool = RandomPool()
        pool.fill { $0.copyBytes(from: SplitMix64.bytes(seed: seed, count: $0.count)) }
        return pool
    }

    @Test func keyIsMadeAheadAndNeverGivenTwice() throws {
        var random = full(seed: 71)
        var keys = SealingKeys()
        var given: Set<Bytes32> = []
        var now = Instant(microseconds: 1_000_000)
        for round in 0..<12 {
            let before = random.available
            #expect(given.insert(try keys.take(now: now, random: &random).publicKey).inserted)
            let isMadeAhead = round > 0 && round % 3 != 1
            #expect(random.available == (isMadeAhead ? before : before - 32), "round \(round)")
            // Every third comes so soon after the last that none is made for it.
            if round % 3 == 0 { continue }
            #expect(keys.deadline > now)
            now = keys.deadline
            keys.advance(now: now, random: &random)
            #expect(keys.deadline == .distantFuture)
        }
    }

    @Test func bridgeWithoutRandomnessHasNoKeyAndTakesOneLater() throws {
        var random = full(seed: 72)
        var keys = SealingKeys()
        let now = Instant(microseconds: 1_000_000)
        _ = try keys.take(now: now, random: &random)
        _ = try random.draw(random.available)
        keys.advance(now: keys.deadline, random: &random)
        #expect(keys.deadline == .distantFuture, "it does not come back in vain")
        #expect(throws: RandomnessExhausted.self) { try keys.take(now: now, random: &random) }
        random.fill { $0.copyBytes(from: SplitMix64.bytes(seed: 73, count: $0.count)) }
        _ = try keys.take(now: now, random: &random)
    }
}
