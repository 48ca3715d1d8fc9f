import Consent
import Relaying
import Wire

// What the laboratory sees of a bridge's custody and routes: whether it keeps what it could bring home.
extension Bridge {
    /// The channel over which a packet for `home` would be handed on first. Nil without a way, and for the own home.
    package func routeChannel(to home: UInt64) -> LinkChannel? {
        neighbours.nextHop(for: home, excluding: 0).flatMap { sessions.link($0)?.channel }
    }

    /// Whether the way to any home leads over this channel, that of the member at its other end apart.
    package func hasRoutes(over channel: LinkChannel, beyond member: UInt64) -> Bool {
        guard let link = sessions.session(channel)?.number, let routes = neighbours.routes else { return false }
        return routes.reachableHomes.contains { $0 != member && routes.nextHop(for: $0) == link }
    }

    /// With how many links a copy of this event that is held is handed on; the highest of several. Nil if none is.
    package func hopLimit(of eventID: UInt64) -> Int? {
        var limit: Int?
        relay.eachPacket { bytes, _ in
            guard let packet = try? PacketView(UnsafeRawBufferPointer(bytes)), packet.eventID == eventID else { return }
            limit = max(limit ?? 0, Int(packet.hopLimit))
        }
        return limit
    }

    /// Lets all that is held go for a reason: a defect that the laboratory must find.
    package mutating func letGoHeld(as reason: Reason, now: Moment) {
        guard let network else { return }
        var grants: [GrantIndex] = []
        network.registry.grantIndices(into: &grants)
        for grant in grants { relay.grantEnded(grant, reason: reason, now: now) }
    }
}
