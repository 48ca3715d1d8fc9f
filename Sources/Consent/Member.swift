import Wire

/// A member of the network, as its accepted record says. A bridge has a thousand of them and looks at few: what is asked
/// for often stands here, the rest is read from the record's bytes.
public struct Member: Sendable {
    /// A departure that is held.
    final class Departure: Sendable {
        let record: DepartureRecord
        let id: UInt64

        init(_ record: DepartureRecord, id: UInt64) { (self.record, self.id) = (record, id) }
    }

    /// The member's record as it came.
    public let recordBytes: [UInt8]
    /// The member id, and the id of its record.
    public let id: UInt64
    public let recordID: UInt64
    var departed: Departure?
    /// The departure after which this member was invited by who had departed; 0 for none. It counts as departed.
    var invitedAfter: UInt64 = 0
    private let inviterPlace: UInt16
    private let depthInChain: UInt8
    /// Whether its device opt-outs and grants reach their bounds.
    var liveGrants: Int16 = 0
    var heldGrants: Int16 = 0
    var optOuts: Int16 = 0

    init(recordBytes: [UInt8], id: UInt64, recordID: UInt64, inviter: Int, depth: Int) {
        self.recordBytes = recordBytes
        (self.id, self.recordID) = (id, recordID)
        inviterPlace = UInt16(truncatingIfNeeded: inviter)
        depthInChain = UInt8(truncatingIfNeeded: depth)
    }

    /// Read anew each time. Nil never, since it was read when it was accepted.
    public var record: MemberRecord? { recordBytes.withUnsafeBytes { try? MemberRecord($0) } }
    /// The inviter's place among the members; the founder's own for the founder.
    public var inviter: Int { Int(inviterPlace) }
    /// Records in the chain up to the founder's: 1 for the founder.
    public var depth: Int { Int(depthInChain) }
    public var departure: DepartureRecord? { departed?.record }
    public var departureID: UInt64 { departed?.id ?? 0 }
    public var hasDeparted: Bool { departed != nil || invitedAfter != 0 }
    /// The departure record that says so.
    var departedBy: UInt64 { departed?.id ?? invitedAfter }
}
