import Wire

/// A member of the network, as its accepted record says.
public struct Member: Sendable {
    public let record: MemberRecord
    /// The member id, and the id of its record.
    public let id: UInt64
    public let recordID: UInt64
    /// The inviter's place among the members; the founder's own for the founder.
    public let inviter: Int
    /// Records in the chain up to the founder's: 1 for the founder.
    public let depth: Int
    public internal(set) var departure: DepartureRecord?
    public internal(set) var departureID: UInt64 = 0
    /// The departure after which this member was invited by who had departed; 0 for none. It counts as departed.
    var invitedAfter: UInt64 = 0
    /// Whether its device opt-outs and grants reach their bounds.
    var liveGrants = 0
    var heldGrants = 0
    var optOuts = 0

    public var hasDeparted: Bool { departure != nil || invitedAfter != 0 }
    /// The departure record that says so.
    var departedBy: UInt64 { departure != nil ? departureID : invitedAfter }
}

/// The members, each with a chain of signatures to the founder.
///
/// A member record does not show that the new member holds its keys, so of two records that share a key the one known
/// first stays: nobody can rename, move or take over a member that is known.
public struct Membership: Sendable {
    public static let depthMax = 16
    public static let membersMax = 1_024

    public let founder: Bytes32
    /// In the order in which they became known: an inviter stands before whom it invited.
    public private(set) var members: [Member] = []
    private var placeByID: [UInt64: Int] = [:]
    private var placeByStaticKey: [Bytes32: Int] = [:]
    private var placeBySigningKey: [Bytes32: Int] = [:]

    /// `founder` is the founder's public signing key.
    public init(founder: Bytes32) { self.founder = founder }

    public func place(id: UInt64) -> Int? { placeByID[id] }
    public func place(staticKey: Bytes32) -> Int? { placeByStaticKey[staticKey] }
    public func place(signingKey: Bytes32) -> Int? { placeBySigningKey[signingKey] }

    public func member(id: UInt64) -> Member? { place(id: id).map { members[$0] } }
    public func member(staticKey: Bytes32) -> Member? { place(staticKey: staticKey).map { members[$0] } }

    /// The ids of the member records of a chain, founder first; empty for an unknown member.
    public func chain(of id: UInt64) -> [UInt64] {
        guard var place = place(id: id) else { return [] }
        var chain = [members[place].recordID]
        while members[place].inviter != place {
            place = members[place].inviter
            chain.append(members[place].recordID)
        }
        return chain.reversed()
    }

    /// The place of the new member, once everything about its record has been verified.
    mutating func add(_ record: MemberRecord, recordID: UInt64) throws(RecordRefusal) -> Int {
        let id = Names.memberID(staticKey: record.staticKey)
        if let held = placeByID[id] ?? placeBySigningKey[record.signingKey] {
            throw .superseded(by: members[held].recordID)
        }
        let isFounder = record.signingKey == founder
        guard isFounder == (record.inviterSigningKey == record.signingKey) else { throw .rejected(.unknownSigner) }
        let inviter = isFounder ? members.count : placeBySigningKey[record.inviterSigningKey]
        guard let inviter else { throw .rejected(.unknownSigner) }
        let departed = isFounder ? 0 : departureBefore(record, by: inviter)
        guard departed == 0 else { throw .superseded(by: departed) }
        let depth = isFounder ? 1 : members[inviter].depth + 1
        guard depth <= Self.depthMax else { throw .rejected(.chainTooLong) }
        guard members.count < Self.membersMax else { throw .rejected(.limitReached) }
        guard record.isSigned(by: record.inviterSigningKey) else { throw .rejected(.badSignature) }
        let place = members.count
        members.append(Member(record: record, id: id, recordID: recordID, inviter: inviter, depth: depth))
        placeByID[id] = place
        placeByStaticKey[record.staticKey] = place
        placeBySigningKey[record.signingKey] = place
        return place
    }

    /// The place of the member that departed. The first departure that is known stays.
    mutating func add(_ record: DepartureRecord, recordID: UInt64) throws(RecordRefusal) -> Int {
        guard let place = placeByID[record.member] else { throw .rejected(.unknownSigner) }
        let member = members[place]
        if let held = member.departure, !Self.replaces(record, recordID, held, member.departureID) {
            throw .superseded(by: member.departureID)
        }
        guard record.isSigned(by: member.record.signingKey) else { throw .rejected(.badSignature) }
        members[place].departure = record
        members[place].departureID = recordID
        return place
    }

    /// The departure that keeps `inviter` from having issued `record`, or 0. Nobody invites after leaving, nor does
    /// whoever was invited so.
    private func departureBefore(_ record: MemberRecord, by inviter: Int) -> UInt64 {
        let member = members[inviter]
        if member.invitedAfter != 0 { return member.invitedAfter }
        return member.departure.map { record.issued > $0.time } ?? false ? member.departureID : 0
    }

    /// After a departure: finds whom it was who had departed that invited, down the chains. Returns the places of those
    /// that count as departed from now on.
    mutating func departInvitedAfter() -> [Int] {
        var places: [Int] = []
        // An inviter stands before whom it invited.
        for place in members.indices where members[place].inviter != place {
            let hadDeparted = members[place].hasDeparted
            members[place].invitedAfter = departureBefore(members[place].record, by: members[place].inviter)
            if !hadDeparted && members[place].hasDeparted { places.append(place) }
        }
        return places
    }

    /// Of two departures the earlier stands, so that all bridges come to hold the same.
    private static func replaces(
        _ record: DepartureRecord, _ id: UInt64, _ held: DepartureRecord, _ heldID: UInt64
    ) -> Bool {
        record.time != held.time ? record.time < held.time : id < heldID
    }

    mutating func update(_ place: Int, _ change: (inout Member) -> Void) { change(&members[place]) }
}

/// Why a record was not taken, inside the module.
enum RecordRefusal: Error {
    case superseded(by: UInt64)
    case rejected(RecordRejection)

    var outcome: RecordOutcome {
        switch self {
        case .superseded(let id): .superseded(by: id)
        case .rejected(let rejection): .rejected(rejection)
        }
    }
}
