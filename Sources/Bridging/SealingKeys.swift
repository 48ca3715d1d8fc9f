import Sealing
import Wire

/// The ephemeral keys that heard events are sealed with, each one event.
///
/// Making a key takes nearly half as long as all else of sealing. So one is made ahead, soon after the last was used:
/// while nothing is on its way that would have to wait for it.
struct SealingKeys {
    static let pauseMilliseconds: Int64 = 100

    private var next: AgreementKey?
    /// When the next one is to be made.
    private(set) var deadline = Instant.distantFuture

    /// A key that nothing was sealed with.
    /// - Throws: `RandomnessExhausted` or `SealingError`.
    mutating func take(now: Instant, random: inout RandomPool) throws -> AgreementKey {
        deadline = now.advanced(milliseconds: Self.pauseMilliseconds)
        if let key = next {
            next = nil
            return key
        }
        return try HPKE.deriveKey(random.drawSecret(32))
    }

    /// Makes the next one where it is due. Without randomness there is none, and `take` makes one itself.
    mutating func advance(now: Instant, random: inout RandomPool) {
        guard now >= deadline else { return }
        deadline = .distantFuture
        if next == nil { next = try? HPKE.deriveKey(random.drawSecret(32)) }
    }
}
