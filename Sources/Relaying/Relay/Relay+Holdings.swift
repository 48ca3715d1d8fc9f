import Consent
import Wire

/// One packet of others in memory, as its host may know it.
public struct HeldPacket: Hashable, Sendable {
    public let eventClass: EventClass
    public let byteCount: Int
    /// Seconds until it is gone at the latest, if nothing ends it before.
    public let secondsLeft: Int64
}

extension Relay {
    /// All packets in memory that are not the host's own, in the order of their places.
    public func heldOfOthers(now: Moment) -> [HeldPacket] {
        custody.slots.compactMap { slot in
            guard custody.pool.isTaken(slot) else { return nil }
            let copy = custody.copies[Int(slot)]
            let left = copy.expires.microseconds(since: now.instant)
            return HeldPacket(
                eventClass: copy.eventClass, byteCount: Int(copy.byteCount), secondsLeft: max(0, left / 1_000_000))
        }
    }

    /// All packets in custody, to be read or, by the laboratory's liars, altered.
    package func eachPacket(_ body: (UnsafeMutableRawBufferPointer, GrantIndex) -> Void) {
        for slot in custody.slots where custody.pool.isTaken(slot) {
            body(custody.pool.packet(slot), custody.copies[Int(slot)].grant)
        }
    }
}
