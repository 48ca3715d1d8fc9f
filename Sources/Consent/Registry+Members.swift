import Wire

extension Registry {
    mutating func add(
        _ record: MemberRecord, _ id: UInt64, _ effects: inout [RegistryEffect]
    ) throws(RecordRefusal) {
        let place = try membership.add(record, recordID: id)
        keep(id, .member(place), &effects)
        effects.append(.memberJoined(id: membership.members[place].id))
    }

    /// A departure is final: the member's grants are dead, what it invited and its noes stay.
    mutating func add(
        _ record: DepartureRecord, _ id: UInt64, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) throws(RecordRefusal) {
        let before = membership.member(id: record.member)
        let place = try membership.add(record, recordID: id)
        keep(id, .departure(place), &effects)
        if let before, before.hasDeparted {
            forget(before.departureID, &effects)
            return
        }
        effects.append(.memberDeparted(id: record.member))
        for index in grants.entries.indices {
            let index = GrantIndex(truncatingIfNeeded: index)
            if grants[index].isHeld && grants[index].member == place { remove(index, .noGrant, now, &effects) }
        }
    }
}
