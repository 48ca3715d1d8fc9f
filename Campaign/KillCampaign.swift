import Foundation

/// Streets upon streets until so many daemons were killed. While one street waits for its radios, others use the machine.
///
/// Unchecked, for everything that changes is behind the lock.
final class KillCampaign: @unchecked Sendable {
    private let wanted: Int
    private let perStreet: Int
    private let lock = NSLock()
    private var seed: UInt64
    /// What streets have done, and what those under way are yet to do.
    private var planned = 0
    private var total = Tally()
    private var failureCount = 0

    init(wanted: Int, perStreet: Int, seed: UInt64) {
        self.wanted = wanted
        self.perStreet = perStreet
        self.seed = seed
    }

    /// Returns the exit code.
    func run(streetsAtOnce: Int) -> Int32 {
        let start = Date()
        let ended = DispatchSemaphore(value: 0)
        for _ in 0..<streetsAtOnce {
            Thread { [self] in
                while let (seed, kills) = take() { live(seed, kills: kills) }
                ended.signal()
            }.start()
        }
        for _ in 0..<streetsAtOnce { ended.wait() }
        let minutes = Date().timeIntervalSince(start) / 60
        say(total.text)
        say(String(format: "%d kills in %.1f minutes, %d failures", total.kills, minutes, failureCount))
        return failureCount == 0 ? 0 : 1
    }

    /// The next street's seed and kills.
    private func take() -> (UInt64, Int)? {
        lock.withLock {
            let kills = min(perStreet, wanted - planned)
            guard kills > 0 else { return nil }
            planned += kills
            seed += 1
            return (seed - 1, kills)
        }
    }

    private func live(_ seed: UInt64, kills: Int) {
        let street = StreetCampaign(seed: seed, kills: kills)
        let found = street.run()
        lock.withLock {
            planned += street.tally.kills - kills
            total.add(street.tally)
            failureCount += found.count
            for failure in found { say("seed \(seed): FAILED: \(failure)") }
            say("seed \(seed): \(street.tally.kills) kills, \(total.kills) of \(wanted); \(failureCount) failures")
        }
    }
}
