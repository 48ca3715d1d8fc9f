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
    package var grantsHeld: Int { grants.heldCount }
    /// Places for grants, those of removed ones that rest included.
    package var grantPlaces: Int { grants.entries.count }
    package static var grantPlacesMax: Int { 2 * GrantTable.heldMax }
    /// Revocations whose grant is not known; nothing while a start takes records up, which lifts the limit.
    package var revocationsWaiting: Int { isRestoring ? 0 : waiting.count }
}
