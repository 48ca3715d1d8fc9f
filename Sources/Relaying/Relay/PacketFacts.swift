import Consent
import Wire

/// What the grant behind a packet says of it.
@frozen public struct PacketFacts: Sendable {
    public var grant: GrantIndex
    /// The home's member id: where the packet goes.
    public var home: UInt64
    public var eventClass: EventClass
    /// Whether both grant and packet allow it to be held until it expires.
    public var mayHold: Bool

    @inlinable public init(
        grant: GrantIndex, home: UInt64, eventClass: EventClass, mayHold: Bool
    ) {
        self.grant = grant
        self.home = home
        self.eventClass = eventClass
        self.mayHold = mayHold
    }
}

/// An event that reached its home, by a neighbour's word. The id alone is anybody's claim: it counts with its grant.
@frozen public struct ConfirmedEvent: Hashable, Sendable {
    public let eventID: UInt64
    public let grant: GrantIndex

    public init(eventID: UInt64, grant: GrantIndex) { (self.eventID, self.grant) = (eventID, grant) }
}

/// How custody of one packet ended.
@frozen public struct CustodyEnd: Hashable, Sendable {
    public let eventID: UInt64
    public let grant: GrantIndex
    public let expiryMinute: UInt32
    public let bytes: Int
    public let eventClass: EventClass
    /// Why it was dropped; nil if its event was confirmed.
    public let reason: Reason?
    /// Whether no other copy of the event is held.
    public let isLast: Bool
}
