// How full tables are: for the laboratory, which holds each count against its limit.

extension SeenTable {
    /// Never fewer than the events known, and counted without a walk over them.
    package var places: Int { room }
}

extension RateTable {
    /// Never fewer than the counters in use.
    package var places: Int { room }
}

extension Registry {
    /// Those that only the laboratory looks at.
    package enum Table: CaseIterable {
        case members
        case grants
        /// Those of removed grants that rest included.
        case grantPlaces
        /// Revocations whose grant is not known; nothing while a start takes records up, which lifts the limit.
        case revocationsWaiting
    }

    /// Tells `body` of each table how much is in it and how much may be. Mutating, so that the registry is looked at in
    /// its place: a copy would count a reference to each of its parts.
    package mutating func eachTable(_ body: (Table, _ count: Int, _ limit: Int) -> Void) {
        body(.members, membership.members.count, Membership.membersMax)
        // The host's own come in though all places are taken.
        body(.grants, grants.heldCount, Self.grantsMax + Self.heldOfMemberMax)
        body(.grantPlaces, grants.entries.count, 2 * GrantTable.heldMax)
        body(.revocationsWaiting, isRestoring ? 0 : waiting.count, Self.waitingRevocationsMax)
    }
}
