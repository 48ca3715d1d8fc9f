import Consent
import Relaying
import Wire

/// What a bridge holds in memory that is not its host's own: figures, for whoever asks.
public struct BridgeHoldings: Sendable {
    /// Packets in custody.
    public let packets: [HeldPacket]
    /// Homes of others to which routes are known.
    public let routes: Int
    /// Bridges heard, and members remembered as neighbours.
    public let neighbours: Int
    /// Events met, by a keyed hash with a secret seed; the host's own among them.
    public let seenEvents: Int
    /// Counters of events by grant and link in the last minute.
    public let rateCounters: Int
}

extension Bridge {
    public func holdings(now: Moment) -> BridgeHoldings {
        BridgeHoldings(
            packets: relay.heldOfOthers(now: now), routes: neighbours.routes?.homesKnownCount ?? 0,
            neighbours: neighbours.rememberedCount, seenEvents: seen.count, rateCounters: rates.count)
    }

    /// Of the records with `ids`, which are the host's own: its member record, its grants, their proofs, its noes.
    public func ownRecords(among ids: [UInt64]) -> Set<UInt64> {
        var own: Set<UInt64> = []
        for id in ids where isOwnRecord(id) { own.insert(id) }
        return own
    }
}
