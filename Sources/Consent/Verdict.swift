/// What the consent filter says of a packet.
@frozen public enum Verdict: Hashable, Sendable {
    /// It may be carried on, with this hop limit (1 to 14).
    case relay(grant: GrantIndex, hopLimit: UInt8)
    /// An event of this id is held already: the same bytes are answered "accepted", other bytes are a variant, which
    /// may be carried on only if `hopLimit` is not 0.
    case copy(grant: GrantIndex, hopLimit: UInt8)
    /// This bridge is its home.
    case home(grant: GrantIndex)
    /// The seen table says what became of the event under this grant; counted as `seen`.
    case seen(grant: GrantIndex)
    case no(Reason)
}

/// What the consent filter says of an advertisement.
@frozen public enum HeardVerdict: Hashable, Sendable {
    /// It may be sealed and carried.
    case seal(grant: GrantIndex, eventID: UInt64)
    /// This bridge is its home.
    case home(grant: GrantIndex, eventID: UInt64)
    case no(Reason)
}
