import Wire

extension Registry {
    mutating func add(
        _ record: MemberRecord, _ bytes: [UInt8], _ id: UInt64, _ effects: inout [RegistryEffect]
    ) throws(RecordRefusal) {
        let place = try membership.add(record, bytes, recordID: id)
        keep(id, .member(place), &effects)
        effects.append(.memberJoined(id: membership.members[place].id))
    }

    /// A departure is final: the member's grants are dead; whom it had invited until then and its noes stay.
    mutating func add(
        _ record: DepartureRecord, _ id: UInt64, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) throws(RecordRefusal) {
        let before = membership.member(id: record.member)
        let place = try membership.add(record, recordID: id)
        keep(id, .departure(place), &effects)
        if let before, before.departed != nil { forget(before.departureID, &effects) }
        if let before, !before.hasDeparted { end(place, now, &effects) }
        for invited in membership.departInvitedAfter() { end(invited, now, &effects) }
    }

    /// Removes the grants of a member that is none any more.
    private mutating func end(_ member: Int, _ now: WallTime, _ effects: inout [RegistryEffect]) {
        effects.append(.memberDeparted(id: membership.members[member].id))
        for place in grants.entries.indices {
            let index = GrantIndex(truncatingIfNeeded: place)
            if grants[index].isHeld && grants[index].member == member { remove(index, .noGrant, now, &effects) }
        }
    }
}
