import Sealing
import Wire

/// Two grants of one home with one relay key could not be told apart by their packets.
struct RelayKeyOfHome: Hashable {
    let home: UInt64
    let relayKey: Bytes16

    init(_ grant: GrantRecord) {
        home = grant.home
        relayKey = grant.relayKey
    }
}

extension Registry {
    /// Live grants of a member; of more the newest stay.
    public static var grantsOfMemberMax: Int { 64 }
    /// All grants of a member that are held, revoked ones among them: those stay until their opt-in ends, so that their
    /// revocation keeps its object.
    public static var heldOfMemberMax: Int { 256 }
    public static var grantsMax: Int { GrantTable.heldMax }
    static var daySeconds: Int64 { 86_400 }
    static var freshSeconds: Int64 { 172_800 }

    mutating func add(
        _ record: GrantRecord, _ id: UInt64, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) throws(RecordRefusal) {
        guard let home = membership.place(id: record.home) else { throw .rejected(.unknownSigner) }
        let member = membership.members[home]
        guard !member.hasDeparted else { throw .superseded(by: member.departedBy) }
        guard record.issued <= now.advanced(seconds: Int64(ClockState.toleranceSeconds)) else {
            throw .rejected(.tooEarly)
        }
        guard record.end > now, record.end > record.issued else { throw .rejected(.expired) }
        guard grantByRelayKey[RelayKeyOfHome(record)] == nil else { throw .rejected(.relayKeyTaken) }
        let isOwn = record.home == ownMember
        guard member.heldGrants < Self.heldOfMemberMax, isOwn || grants.heldCount < Self.grantsMax else {
            throw .rejected(.limitReached)
        }
        let revocation = revocationByTarget[record.revocationTarget]
        var oldest: GrantIndex?
        if revocation == nil && member.liveGrants >= Self.grantsOfMemberMax {
            oldest = oldestGrant(of: home)
            if let oldest, !Self.isNewer(record, id, than: grants[oldest]) { throw .rejected(.limitReached) }
        }
        guard membership.isSigned(record, byMember: home),
            let entry = try? GrantEntry(record: record, id: id, member: home, isOwn: isOwn)
        else { throw .rejected(.badSignature) }
        if let oldest { remove(oldest, .room, now, &effects) }
        insert(entry, now, &effects)
        if let revocation { revoke(record, by: revocation, now, &effects) }
    }

    private mutating func insert(_ entry: GrantEntry, _ now: WallTime, _ effects: inout [RegistryEffect]) {
        let index = grants.insert(entry, now: now)
        keep(entry.id, .grant(index), &effects)
        grantByRelayKey[RelayKeyOfHome(entry.record)] = index
        membership.update(entry.member) {
            $0.heldGrants += 1
            $0.liveGrants += 1
        }
        grants[index].state.isDeviceOptedOut = noes[entry.record.recognitionValue] != nil
        grants.join(index)
        grants.relate(entry.record.recognitionValue)
        tokens.added(index, grants)
    }

    /// The grant itself names the revocation's target, so that one revocation may end several of a home's grants.
    private mutating func revoke(
        _ record: GrantRecord, by revocation: Int, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) {
        guard let index = grantByRelayKey[RelayKeyOfHome(record)] else { return }
        markRevoked(index, by: revocation, now, &effects)
    }

    mutating func markRevoked(
        _ index: GrantIndex, by place: Int, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) {
        guard !grants[index].isRevoked, let revocation = revocations[place] else { return }
        let device = grants[index].record.recognitionValue
        grants[index].state.isRevoked = true
        grants[index].state.rivalUntil = 0
        grants[index].state.newerUntil = 0
        grants[index].revocationID = revocation.id
        membership.update(grants[index].member) { $0.liveGrants -= 1 }
        revocations[place]?.grants += 1
        waiting.removeAll { $0 == place }
        dropProof(index, &effects)
        grants.leave(index)
        grants.relate(device)
        announce(index, now, &effects)
        announceGroup(device, now, &effects)
    }

    mutating func add(
        _ record: ProofRecord, _ id: UInt64, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) throws(RecordRefusal) {
        guard case .grant(let index)? = places[record.grantID] else { throw .rejected(.unknownGrant) }
        let entry = grants[index]
        if entry.isRevoked { throw .superseded(by: entry.revocationID) }
        guard record.index > entry.proofIndex else { throw .superseded(by: entry.proofID) }
        let published = entry.record.issued.advanced(seconds: Int64(record.index - 1) * Self.daySeconds)
        guard published <= now.advanced(seconds: Int64(ClockState.toleranceSeconds)) else {
            throw .rejected(.tooEarly)
        }
        guard
            HashChain.verify(
                record.value, day: Int(record.index), after: entry.proofValue, verifiedDay: Int(entry.proofIndex))
        else { throw .rejected(.badProof) }
        dropProof(index, &effects)
        grants[index].proofIndex = record.index
        grants[index].proofValue = record.value
        grants[index].proofID = id
        grants[index].state.liveUntil = min(published.advanced(seconds: Self.freshSeconds), entry.record.end).seconds
        keep(id, .proof(index), &effects)
        grants.relate(entry.record.recognitionValue)
        announceGroup(entry.record.recognitionValue, now, &effects)
    }

    private mutating func dropProof(_ index: GrantIndex, _ effects: inout [RegistryEffect]) {
        if grants[index].proofIndex > 0 { forget(grants[index].proofID, &effects) }
    }

    /// Holds the grant no longer; its packets end with `reason`.
    mutating func remove(
        _ index: GrantIndex, _ reason: Reason, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) {
        let entry = grants[index]
        let device = entry.record.recognitionValue
        dropProof(index, &effects)
        forget(entry.id, &effects)
        grantByRelayKey[RelayKeyOfHome(entry.record)] = nil
        membership.update(entry.member) {
            $0.heldGrants -= 1
            if !entry.isRevoked { $0.liveGrants -= 1 }
        }
        if !entry.isRevoked { grants.leave(index) }
        grants.remove(index, now: now)
        tokens.removed(index)
        if entry.announced == nil { effects.append(.grantEnded(index, reason)) }
        effects.append(.grantForgotten(index))
        grants.relate(device)
        announceGroup(device, now, &effects)
        if entry.isRevoked { release(entry.record.revocationTarget, &effects) }
    }

    private func oldestGrant(of member: Int) -> GrantIndex? {
        var oldest: GrantIndex?
        for place in grants.entries.indices {
            let index = GrantIndex(truncatingIfNeeded: place)
            let entry = grants.entries[place]
            guard entry.isHeld, !entry.isRevoked, entry.member == member else { continue }
            if let held = oldest, GrantTable.isNewer(entry, grants[held]) { continue }
            oldest = index
        }
        return oldest
    }

    private static func isNewer(_ record: GrantRecord, _ id: UInt64, than entry: GrantEntry) -> Bool {
        record.issued != entry.record.issued ? record.issued > entry.record.issued : id < entry.id
    }

    /// Tells whether the grant is live, if that is not what was told last.
    mutating func announce(_ index: GrantIndex, _ now: WallTime, _ effects: inout [RegistryEffect]) {
        let no: Reason? = grants[index].isRevoked ? .revoked : grants[index].no(at: now)
        let told = grants[index].announced
        guard no != told else { return }
        grants[index].announced = no
        if let no {
            if told == nil { effects.append(.grantEnded(index, no)) }
        } else {
            effects.append(.grantLive(index))
        }
    }

    mutating func announceGroup(_ device: Bytes16, _ now: WallTime, _ effects: inout [RegistryEffect]) {
        for index in grants.group(device) { announce(index, now, &effects) }
    }
}
