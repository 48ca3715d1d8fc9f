import Consent
import Wire

/// What is known of one packet in custody, beside its bytes.
struct CopyRecord {
    enum State: UInt8 {
        /// Waits in the scheduler for `link`.
        case queued
        /// Sent over `link`; the answer is due within 5 s.
        case unanswered
        /// The neighbour at `link` keeps it; a confirmation is due before the next retry.
        case accepted
        /// There is no neighbour to hand it to.
        case waitingForRoute
        /// Its home, the neighbour at `link`, has refused it: it is offered there again, and to nobody else.
        case refusedByHome
        /// A variant that waits for its turn behind the first copy.
        case waitingForTurn
        /// To be placed at once: its link has ended, or its turn has come.
        case adrift
    }

    var eventID: UInt64 = 0
    var home: UInt64 = 0
    /// When the packet expires, and thereby custody of it.
    var expires = Instant.never
    /// In the first copy of an event: when one of its copies was first sent. The distant future before that.
    var firstSent = Instant.never
    /// Counts packets taken: what is older.
    var order: UInt64 = 0
    var expiryMinute: UInt32 = 0
    var grant: GrantIndex = 0
    /// Links over which it came: they are told when its event is confirmed.
    var upstream: UInt16 = 0
    /// Links over which it was sent: whose confirmation is believed.
    var handedTo: UInt16 = 0
    /// Links that have been tried since it last had no other way.
    var tried: UInt16 = 0
    /// The next copy of the same event, with other bytes, or -1.
    var nextVariant: Int16 = -1
    var byteCount: Int16 = 0
    var state = State.adrift
    var eventClass = EventClass.telemetry
    var source: LinkNumber = 0
    /// Where it is queued or was sent.
    var link: LinkNumber = 0
    /// 0 for the first copy of an event, 1 and 2 for its variants in the order of their coming.
    var ordinal: UInt8 = 0
    /// Times it was accepted without a confirmation in time, or refused by everybody.
    var retries: UInt8 = 0
    var mayHold = false
    /// Whether it may go back where it came from: only where it is held and there is no other way.
    var mayReturn = false
}

/// The times of custody (protocol, section 8).
public enum CustodyTimes {
    /// Without an answer for so long, another neighbour is tried.
    public static let answerSeconds: Int64 = 5
    /// What has no answer after so long keeps no packet back any more.
    public static let answerGivenUpSeconds: Int64 = 30
    /// Accepted without a confirmation, it is handed on again after so long, then twice as long, up to the longest.
    public static let retrySecondsFirst: Int64 = 15
    public static let retrySecondsMax: Int64 = 120
    /// So long a packet without `hold` waits for a route.
    public static let routeSeconds: Int64 = 10
    /// Refused by everybody, a packet that may be held is offered again after 10 s, then twice as long, up to the longest.
    public static let refusedSecondsMax: Int64 = 60
    /// A variant follows the first copy so long after it, the second one twice as long.
    public static let variantSeconds: Int64 = 3
    /// A link that takes nothing for so long loses its packets to the next best neighbour.
    public static let closedSeconds: Int64 = 5

    /// How long to wait for a confirmation the next time, before jitter.
    static func retrySeconds(_ retries: UInt8) -> Int64 {
        min(retrySecondsFirst << Int64(min(retries, 4)), retrySecondsMax)
    }
}
