import Wire

extension Registry {
    /// The ids of what a neighbour is offered: members with inviters first, noes, grants, proofs. What is revoked is
    /// not offered. Appends to `ids`.
    /// - Parameter ownOnly: what a host who opted out offers: its own records, the chain to its own member record
    ///   among them, and all noes.
    public func list(ownOnly: Bool = false, into ids: inout [UInt64]) {
        let chain = ownOnly ? membership.chain(of: ownMember) : []
        // By places: a member in a variable of its own would be a copy, with all that it refers to counted.
        let members = membership.members.indices
        for place in members where !ownOnly || chain.contains(membership.members[place].recordID) {
            ids.append(membership.members[place].recordID)
        }
        for place in members where membership.members[place].departed != nil {
            ids.append(membership.members[place].departureID)
        }
        for revocation in revocations.values {
            if let revocation { ids.append(revocation.id) }
        }
        listOptOuts(noes: true, ownOnly: ownOnly, &ids)
        listOptOuts(noes: false, ownOnly: ownOnly, &ids)
        for entry in grants.entries where isOffered(entry, ownOnly) { ids.append(entry.id) }
        for entry in grants.entries where isOffered(entry, ownOnly) && entry.proofIndex > 0 {
            ids.append(entry.proofID)
        }
    }

    private func listOptOuts(noes: Bool, ownOnly: Bool, _ ids: inout [UInt64]) {
        for optOut in optOuts.values {
            guard let optOut, optOut.record.isNo == noes else { continue }
            if noes || !ownOnly || optOut.record.maker == ownMember { ids.append(optOut.id) }
        }
    }

    private func isOffered(_ entry: GrantEntry, _ ownOnly: Bool) -> Bool {
        entry.isHeld && !entry.isRevoked && (!ownOnly || entry.isOwn)
    }

    /// Whether the record may be sent to neighbours at all, and whether a host who opted out still may.
    public func isOffered(_ id: UInt64, ownOnly: Bool = false) -> Bool {
        switch places[id] {
        case nil: return false
        case .member: return !ownOnly || membership.chain(of: ownMember).contains(id)
        case .departure, .revocation: return true
        case .grant(let index), .proof(let index): return isOffered(grants[index], ownOnly)
        case .optOut(let place):
            guard let record = optOuts[place]?.record else { return false }
            return record.isNo || !ownOnly || record.maker == ownMember
        }
    }

    /// Looks at what a neighbour offers: appends to `requests`, in the order of the offer, what is not known here, and to
    /// `answers` the revocations of grants that are revoked.
    public func judge(
        offered: IdentifiersView, missing requests: inout [UInt64], refutations answers: inout [UInt64]
    ) {
        for index in 0..<offered.count {
            let id = offered[index]
            switch places[id] {
            case nil: requests.append(id)
            case .grant(let index) where grants[index].isRevoked: answers.append(grants[index].revocationID)
            default: break
            }
        }
    }

    public func holds(_ id: UInt64) -> Bool { places[id] != nil }

    /// The bytes of a record that is held, or nil.
    public func bytes(of id: UInt64) -> [UInt8]? {
        if case .member(let place) = places[id] { return membership.members[place].recordBytes }
        return record(of: id).flatMap { try? Self.bytes($0) }
    }

    /// A record that is held, or nil.
    public func record(of id: UInt64) -> RegistryRecord? {
        switch places[id] {
        case nil: nil
        case .member(let place): membership.members[place].record.map { .member($0) }
        case .departure(let place): membership.members[place].departure.map { .departure($0) }
        case .grant(let index): .grant(grants[index].record)
        case .proof(let index): .proof(proof(of: grants[index]))
        case .revocation(let place): revocations[place].map { .revocation($0.record) }
        case .optOut(let place): optOuts[place].map { .deviceOptOut($0.record) }
        }
    }

    private func proof(of entry: GrantEntry) -> ProofRecord {
        ProofRecord(grantID: entry.id, index: entry.proofIndex, value: entry.proofValue)
    }

    private static func bytes(_ record: RegistryRecord) throws(WireError) -> [UInt8] {
        switch record {
        case .member(let record): try record.array()
        case .departure(let record): try record.array()
        case .grant(let record): try record.array()
        case .proof(let record): try record.array()
        case .revocation(let record): try record.array()
        case .deviceOptOut(let record): try record.array()
        }
    }
}
