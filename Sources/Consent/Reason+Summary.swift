extension Reason {
    /// The reason of that `name`, if there is one.
    public init?(name: String) {
        guard let reason = Reason.allCases.first(where: { $0.name == name }) else { return nil }
        self = reason
    }

    /// In a few words, as a list shows it.
    public var summary: String {
        switch self {
        case .optedOut: "this host had opted out"
        case .schedule: "outside this host's hours"
        case .classNotLent: "of a class that this host does not lend to"
        case .clock: "the clock was not set, or ran behind"
        case .malformed: "not of this protocol's version"
        case .unknownConsent: "no known consent in it"
        case .tooLong: "advertisement too long"
        case .notEncrypted: "not encrypted by its device"
        case .noGrant: "no grant for it"
        case .busy: "busy just then"
        case .staleGrant: "grant not proven in time, or its opt-in ended"
        case .badTag: "changed on the way, or made without the grant's key"
        case .revoked: "grant revoked by its owner"
        case .deviceOptedOut: "device opted out by a member"
        case .scope: "step not allowed by its grant"
        case .rate: "more a minute than its grant allows"
        case .expired: "too old"
        case .seen: "another copy came first"
        case .hopLimit: "its home is too many bridges away"
        case .noRoute: "no way to its home in time"
        case .cap: "no room left under this host's cap"
        case .room: "memory for others' events full"
        case .variants: "too many differing packets of one event"
        case .notOpened: "could not be opened at its home"
        case .replayed: "counter passed already"
        case .notDelivered: "not taken by the broker in time"
        }
    }
}
