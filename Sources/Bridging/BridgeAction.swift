import Consent
import Relaying
import Sealing
import Wire

/// Something the outside has to do.
public enum BridgeAction: Sendable {
    /// Be heard with these beacons (28 bytes each), connectably, from a new address; none: stop.
    case advertise([[UInt8]])
    /// Ask for a channel, and tell `dialled` of it.
    case connect(attempt: UInt32, address: RadioAddress)
    /// Close the channel once what was sent on it is on its way.
    case close(LinkChannel)
    /// Keep a record over restarts.
    case store(record: [UInt8], id: UInt64)
    /// A record is not needed any longer.
    case forget(recordID: UInt64)
    /// Commit, then tell `openingStored`.
    case open(OpenedEvent)
    /// Note on disk that this much of the day's allowance may be spent, then tell `reservationStored`.
    case reserveMonth(MonthAllowance.Reservation)
    /// This bridge has joined a network: keep its keys, then tell `joinStored`.
    case joined(JoinedNetwork)
    /// An attempt to join ended without success.
    case joinFailed(JoinFailure)
    /// A neighbour has joined with this bridge's invitation.
    case invitationUsed(memberName: String)
}

/// What a join session brings.
public struct JoinedNetwork: Sendable {
    public let networkKey: SecretBytes
    public let recognitionKey: SecretBytes
    public let founderSigningKey: Bytes32
    /// The member records from the founder to this bridge's own, in that order.
    public let members: [[UInt8]]
}

/// Why joining did not succeed.
public enum JoinFailure: Error, Hashable, Sendable {
    /// Nobody near advertises this code: mistyped, expired, used up, or too far away.
    case nobodyAnswers
    /// A bridge answered, but broke off.
    case brokenOff
    /// A bridge answered with records that do not lead to the founder.
    case untrustworthy
}

/// One thing that a watcher may see. Sizes and reasons; nothing that says whose.
public enum BridgeNote: Sendable {
    /// An event of a granted device was heard and sealed into a packet of so many bytes.
    case heard(bytes: Int, eventClass: EventClass)
    /// A packet was handed on.
    case relayed(bytes: Int, eventClass: EventClass)
    /// An event of an own device was opened.
    case opened(deviceName: String)
    /// A packet was refused, or one that was held was dropped.
    case dropped(reason: Reason, bytes: Int)
    case linkUp
    case linkDown
}
