extension Reason {
    /// What it means and what can be done, in a sentence for the owner or host who asks.
    public var remedy: String {
        switch self {
        case .optedOut: "This host lends nothing now; `sidegate opt-in hosting` changes that."
        case .schedule: "Outside the hours in which this host lends; it will pass within them."
        case .classNotLent: "This host does not lend to this class of event; see `hosting.classes`."
        case .clock: "The bridge's clock is not set, or runs behind; let it synchronise."
        case .malformed: "Not a packet of this protocol's version; the sender should be updated."
        case .unknownConsent: "The packet says nothing, or something unknown, about consent; that is a no."
        case .tooLong: "The advertisement is longer than a packet can hold."
        case .notEncrypted: "A plain BTHome frame can be forged and read; set a bind key on the device."
        case .noGrant: "No owner in this network has a grant for it; enrol the device with `sidegate device add`."
        case .busy:
            "The tokens of that slot are still being worked out, or the bridge is about to stop; it passes when tried again."
        case .staleGrant: "The grant was not proven within 48 hours, or its opt-in ended; see to the home's bridge."
        case .badTag: "The packet was changed on the way, or made without the grant's key."
        case .revoked: "The owner revoked the grant; enrol the device again if that was not meant."
        case .deviceOptedOut:
            "A member opted this device out, or two members claim it; `sidegate device list` shows who."
        case .scope: "The grant does not allow this step; enrol the device with a wider `--scope` if it should."
        case .rate: "More events a minute than the grant allows; enrol the device with a higher `--rate`."
        case .expired: "The event is older than its life allows."
        case .seen: "Another copy came first; nothing is missing."
        case .hopLimit: "The home is too many bridges away."
        case .noRoute: "No way to the home was found in time; `--scope hold` lets events wait."
        case .cap: "The host's cap left no room before the event's expiry."
        case .room: "The bridge's memory for others' events was full; the oldest of the lowest class went first."
        case .variants: "More than three different packets claim to be this event."
        case .notOpened: "The home could not open it; it was not sealed for this device, or the bind key is wrong."
        case .replayed: "The device's counter had passed this frame already."
        case .notDelivered: "The broker did not take the event in time."
        }
    }
}
