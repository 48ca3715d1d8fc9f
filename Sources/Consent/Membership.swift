import Wire

/// The members, each with a chain of signatures to the founder.
///
/// A member record does not show that the new member holds its keys. But a member's id is a hash of both, and
/// everything names members by their ids: a record that joins somebody's key to another makes another member, which can do
/// nothing in the first one's name. Of two records of one id the one known first stays: nobody can rename or move a member that is known.
public struct Membership: Sendable {
    public static let depthMax = 16
    public static let membersMax = 1_024

    public let founder: Bytes32
    /// In the order in which they became known: an inviter stands before whom it invited.
    public private(set) var members: [Member] = []
    private var placeByID: [UInt64: UInt16] = [:]
    /// While records are taken up that had been verified before a restart.
    var areSignaturesKnown = false

    /// `founder` is the founder's public signing key.
    public init(founder: Bytes32) { self.founder = founder }

    public func place(id: UInt64) -> Int? { placeByID[id].map { Int($0) } }
    public func member(id: UInt64) -> Member? { place(id: id).map { members[$0] } }

    /// What the founder calls the network; empty while its record is not known.
    public var networkName: MemberName { members.first?.record?.networkName ?? MemberName() }

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

    /// Whether the record is signed by the holder of the key, or was found to be before a restart.
    func isSigned(_ record: some SignedRecord, by signingKey: Bytes32) -> Bool {
        areSignaturesKnown || record.isSigned(by: signingKey)
    }

    /// The same for the member at `place`.
    func isSigned(_ record: some SignedRecord, byMember place: Int) -> Bool {
        if areSignaturesKnown { return true }
        guard let signer = members[place].record else { return false }
        return record.isSigned(by: signer.signingKey)
    }

    /// The place of the new member, once everything about its record has been verified.
    mutating func add(_ record: MemberRecord, _ bytes: [UInt8], recordID: UInt64) throws(RecordRefusal) -> Int {
        let id = Names.memberID(staticKey: record.staticKey, signingKey: record.signingKey)
        if let held = place(id: id) { throw .superseded(by: members[held].recordID) }
        let isFounder = record.inviter == id
        guard !isFounder || record.signingKey == founder else { throw .rejected(.unknownSigner) }
        guard isFounder || record.networkName.byteCount == 0 else { throw .rejected(.malformed) }
        // Everybody else hangs on the founder. One that would be founder twice, with two static keys, is so once.
        if isFounder, let held = members.first { throw .superseded(by: held.recordID) }
        let inviter = isFounder ? members.count : place(id: record.inviter)
        guard let inviter else { throw .rejected(.unknownSigner) }
        let departed = isFounder ? 0 : departureBefore(record, by: inviter)
        guard departed == 0 else { throw .superseded(by: departed) }
        let depth = isFounder ? 1 : members[inviter].depth + 1
        guard depth <= Self.depthMax else { throw .rejected(.chainTooLong) }
        guard members.count < Self.membersMax else { throw .rejected(.limitReached) }
        let isSigned = isFounder ? isSigned(record, by: founder) : isSigned(record, byMember: inviter)
        guard isSigned else { throw .rejected(.badSignature) }
        let place = members.count
        members.append(Member(recordBytes: bytes, id: id, recordID: recordID, inviter: inviter, depth: depth))
        placeByID[id] = UInt16(truncatingIfNeeded: place)
        return place
    }

    /// The place of the member that departed. The first departure that is known stays.
    mutating func add(_ record: DepartureRecord, recordID: UInt64) throws(RecordRefusal) -> Int {
        guard let place = place(id: record.member) else { throw .rejected(.unknownSigner) }
        let member = members[place]
        if let held = member.departed, !Self.replaces(record, recordID, held.record, held.id) {
            throw .superseded(by: held.id)
        }
        guard isSigned(record, byMember: place) else { throw .rejected(.badSignature) }
        members[place].departed = Member.Departure(record, id: recordID)
        return place
    }

    /// The departure that keeps `inviter` from having issued `record`, or 0. Nobody invites after leaving, nor does
    /// whoever was invited so.
    private func departureBefore(_ record: MemberRecord, by inviter: Int) -> UInt64 {
        let member = members[inviter]
        if member.invitedAfter != 0 { return member.invitedAfter }
        return member.departed.map { record.issued > $0.record.time } ?? false ? member.departureID : 0
    }

    /// After a departure: finds whom it was who had departed that invited, down the chains. Returns the places of those
    /// that count as departed from now on.
    mutating func departInvitedAfter() -> [Int] {
        var places: [Int] = []
        // An inviter stands before whom it invited.
        for place in members.indices where members[place].inviter != place {
            let inviter = members[members[place].inviter]
            guard inviter.hasDeparted || members[place].invitedAfter != 0, let record = members[place].record else {
                continue
            }
            let hadDeparted = members[place].hasDeparted
            members[place].invitedAfter = departureBefore(record, by: members[place].inviter)
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
