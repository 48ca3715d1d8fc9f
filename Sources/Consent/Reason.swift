import Wire

/// Why a packet or an advertisement goes no further: the protocol's closed list. Noes are counted by these words,
/// never by device or person.
///
/// The raw values number counters within one process; what leaves it is `name`.
@frozen public enum Reason: UInt8, CaseIterable, Hashable, Sendable {
    // The consent filter's, in its order.
    case optedOut
    case schedule
    case classNotLent
    case clock
    case malformed
    case unknownConsent
    case tooLong
    case notEncrypted
    case noGrant
    case busy
    case staleGrant
    case badTag
    case revoked
    case deviceOptedOut
    case scope
    case rate
    case expired
    case seen
    case hopLimit

    // For packets that were accepted and ended later.
    case noRoute
    case cap
    case room
    case variants

    // The home's.
    case notOpened
    case replayed
    case notDelivered

    /// What a neighbour is answered.
    @frozen public enum Kind: UInt8, Hashable, Sendable {
        /// It may be otherwise later, or by another way; nobody is told why.
        case notNow
        case refused
        /// The seen table says what became of the event.
        case fromSeenTable
    }

    public var kind: Kind {
        switch self {
        case .optedOut, .schedule, .classNotLent, .clock, .busy, .rate, .noRoute, .cap, .room, .notDelivered: .notNow
        case .malformed, .unknownConsent, .tooLong, .notEncrypted, .noGrant, .staleGrant, .badTag, .revoked,
            .deviceOptedOut, .scope, .expired, .hopLimit, .variants, .notOpened, .replayed:
            .refused
        case .seen: .fromSeenTable
        }
    }

    /// The answer for a packet that ended so: a copy of what this bridge itself answers from its seen table is refused.
    public var answer: Answer { kind == .notNow ? .notNow : .refused }

    /// The protocol's word.
    public var name: String {
        switch self {
        case .optedOut: "opted_out"
        case .schedule: "schedule"
        case .classNotLent: "class_not_lent"
        case .clock: "clock"
        case .malformed: "malformed"
        case .unknownConsent: "unknown_consent"
        case .tooLong: "too_long"
        case .notEncrypted: "not_encrypted"
        case .noGrant: "no_grant"
        case .busy: "busy"
        case .staleGrant: "stale_grant"
        case .badTag: "bad_tag"
        case .revoked: "revoked"
        case .deviceOptedOut: "device_opted_out"
        case .scope: "scope"
        case .rate: "rate"
        case .expired: "expired"
        case .seen: "seen"
        case .hopLimit: "hop_limit"
        case .noRoute: "no_route"
        case .cap: "cap"
        case .room: "room"
        case .variants: "variants"
        case .notOpened: "not_opened"
        case .replayed: "replayed"
        case .notDelivered: "not_delivered"
        }
    }
}
