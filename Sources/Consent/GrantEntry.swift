import Sealing
import Wire

/// A grant as the registry holds it, with what the filter asks of it first in memory.
public struct GrantEntry {
    /// Proven until then; 0 while no proof is known. The grant is live before that time, noes apart.
    public internal(set) var liveUntil: UInt32 = 0
    /// Until then another member's live grant for the same device suspends this one.
    public internal(set) var rivalUntil: UInt32 = 0
    /// Until then a newer live grant of the same member for the same device takes its place.
    public internal(set) var newerUntil: UInt32 = 0
    /// The next grant for the same device, those proven longest first; -1 ends the list.
    var nextOfDevice: GrantIndex = -1
    public internal(set) var isHeld = true
    public internal(set) var isRevoked = false
    public internal(set) var isDeviceOptedOut = false
    /// Whether this bridge is the home.
    public let isOwn: Bool
    public let eventClass: EventClass
    public let scope: ConsentBits
    public let ratePerMinute: UInt16
    /// Made when first needed; 909 bytes each.
    var tagHash: KeyedHash?
    var eventHash: KeyedHash?

    public let record: GrantRecord
    public let id: UInt64
    /// The home's place among the members.
    public let member: Int
    /// The proof with the highest index that is known; index 0 and the validity target before the first.
    public internal(set) var proofIndex: UInt16 = 0
    public internal(set) var proofValue: Bytes20
    public internal(set) var proofID: UInt64 = 0
    public internal(set) var revocationID: UInt64 = 0
    /// The last that `RegistryEffect` told: the reason why it is not live, or nil if it is.
    var announced: Reason? = .staleGrant
    // The relay key stands in the record, known to every member: what is derived from it needs no better keeping.
    var tokenKey: Bytes16
    let tagKey: Bytes16
    let eventKey: Bytes16

    init(record: GrantRecord, id: UInt64, member: Int, isOwn: Bool) throws(SealingError) {
        self.record = record
        self.id = id
        self.member = member
        self.isOwn = isOwn
        eventClass = record.eventClass
        scope = record.scope
        ratePerMinute = record.ratePerMinute
        proofValue = record.validityTarget
        let relayKey = record.relayKey.withUnsafeBytes { SecretBytes(copying: $0) }
        tokenKey = try Self.derive(relayKey, "token")
        tagKey = try Self.derive(relayKey, "relay tag")
        eventKey = try Self.derive(relayKey, "event id")
    }

    /// Why no packet passes under it at `now`, in the filter's order, or nil.
    public func no(at now: WallTime) -> Reason? {
        if !isProven(at: now) { return .staleGrant }
        if isRevoked { return .revoked }
        if isDeviceOptedOut || now.seconds < rivalUntil { return .deviceOptedOut }
        return nil
    }

    /// Freshly proven, within its opt-in, and not replaced by a newer grant of its owner.
    @inline(__always)
    func isProven(at now: WallTime) -> Bool { now.seconds < liveUntil && now.seconds >= newerUntil }

    @inline(__always)
    var facts: GrantFacts {
        GrantFacts(home: record.home, member: member, eventClass: eventClass, scope: scope)
    }

    /// The token of `slot`, with a context made for it alone: a grant needs few tokens, and contexts are large.
    func token(slot: UInt32) -> UInt64 {
        guard let hash = Self.hash(tokenKey) else { return 0 }
        return withUnsafeBytes(of: slot.littleEndian) { hash.tag8(over: $0) }
    }

    static func hash(_ key: Bytes16) -> KeyedHash? {
        try? KeyedHash(key: key.withUnsafeBytes { SecretBytes(copying: $0) })
    }

    private static func derive(_ relayKey: SecretBytes, _ label: StaticString) throws(SealingError) -> Bytes16 {
        let key = try KeyDerivation.derive(relayKey, label, Bytes16.count)
        guard let bytes = key.withUnsafeBytes({ Bytes16($0) }) else { throw .invalidKey }
        return bytes
    }
}
