import Wire

/// Step 4 of the filter: a live, freshly proven grant stands behind the packet's token for the slot named in its
/// header, and the relay tag verifies.
extension Registry {
    enum Found {
        case grant(GrantIndex)
        case no(Reason)
    }

    /// Tags tried on one token. Tokens of two grants meet by chance once in 2^64.
    static var candidatesMax: Int { 4 }

    /// - Parameter ownOnly: only a grant of this bridge's own home will do; the others' noes are `noGrant` then.
    /// - Parameter seen: where the event will be looked up, if the grant is found.
    mutating func find(
        _ packet: PacketView, host: HostConsent, clock: ClockState, now: Moment, ownOnly: Bool,
        seen: borrowing SeenTable
    ) -> Found {
        let isClockGood = clock == .good
        // Without `hold` nothing lives so long: no table is made for it.
        let isOlder = UInt64(packet.slot) &+ 1 < UInt64(now.wall.slot)
        if isClockGood && isOlder && !packet.consentBits.contains(.hold) { return .no(.expired) }
        let table: Int
        switch tokens.answer(slot: packet.slot, now: now, isClockGood: isClockGood, grants: grants) {
        case .table(let place): table = place
        case .outside: return .no(.expired)
        case .busy: return .no(.busy)
        }
        let found = find(packet, in: table, host, isClockGood, now, ownOnly, seen)
        guard case .no(.noGrant) = found, tokens.isIncomplete(table, grants: grants) else { return found }
        tokens.help(table, grants: grants)
        let again = find(packet, in: table, host, isClockGood, now, ownOnly, seen)
        guard case .no(.noGrant) = again, tokens.isIncomplete(table, grants: grants) else { return again }
        return .no(.busy)
    }

    private mutating func find(
        _ packet: PacketView, in table: Int, _ host: HostConsent, _ isClockGood: Bool, _ now: Moment, _ ownOnly: Bool,
        _ seen: borrowing SeenTable
    ) -> Found {
        var no = Reason.noGrant
        var search = tokens.tables.span[table].tokens.search(packet.token)
        for _ in 0..<Self.candidatesMax {
            // Through a span, since an array's subscript copies the table with its references.
            let index = tokens.tables.span[table].tokens.next(&search)
            guard index >= 0 else { break }
            // The tag takes as long to verify as the table of events to answer.
            seen.expect(packet.eventID, grant: index)
            let grant = grants.states[Int(index)]
            if ownOnly && !grant.isOwn { continue }
            if !grant.isOwn && !host.lends(grant.eventClass) {
                no = Self.further(no, .classNotLent)
            } else if (!grant.isOwn || isClockGood) && !grant.isProven(at: now.wall) {
                no = Self.further(no, .staleGrant)
            } else if verifiesTag(of: index, packet) {
                return .grant(index)
            } else {
                no = .badTag
            }
        }
        return .no(no)
    }

    /// Of the noes of several grants behind one token, the one that came furthest.
    private static func further(_ left: Reason, _ right: Reason) -> Reason {
        let order: (Reason) -> Int = { $0 == .noGrant ? 0 : $0 == .classNotLent ? 1 : $0 == .staleGrant ? 2 : 3 }
        return order(left) >= order(right) ? left : right
    }
}
