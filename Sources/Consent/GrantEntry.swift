import Sealing
import Wire

/// What the filter asks of a grant for every packet. The table keeps these apart, so that a packet touches one cache line.
struct GrantState: Sendable {
    /// The home's member id.
    let home: UInt64
    /// The home's place among the members.
    let member: Int32
    /// Proven until then; 0 while no proof is known. The grant is live before that time, noes apart.
    var liveUntil: UInt32 = 0
    /// Until then another member's live grant for the same device suspends this one.
    var rivalUntil: UInt32 = 0
    /// Until then a newer live grant of the same member for the same device takes its place.
    var newerUntil: UInt32 = 0
    let ratePerMinute: UInt16
    let eventClass: EventClass
    let scope: ConsentBits
    /// Whether this bridge is the home.
    let isOwn: Bool
    var isHeld = true
    var isRevoked = false
    var isDeviceOptedOut = false

    init(_ record: GrantRecord, member: Int, isOwn: Bool) {
        home = record.home
        self.member = Int32(truncatingIfNeeded: member)
        ratePerMinute = record.ratePerMinute
        eventClass = record.eventClass
        scope = record.scope
        self.isOwn = isOwn
    }

    /// Why no packet passes under it at `now`, in the filter's order, or nil.
    func no(at now: WallTime) -> Reason? { isProven(at: now) ? optOut(at: now) : .staleGrant }

    /// Freshly proven, within its opt-in, and not replaced by a newer grant of its owner.
    @inline(__always)
    func isProven(at now: WallTime) -> Bool { now.seconds < liveUntil && now.seconds >= newerUntil }

    /// Step 5 of the filter: neither the grant nor the device stands among the noes.
    @inline(__always)
    func optOut(at now: WallTime) -> Reason? {
        if isRevoked { return .revoked }
        return isDeviceOptedOut || now.seconds < rivalUntil ? .deviceOptedOut : nil
    }
}

/// A grant as the registry holds it.
public struct GrantEntry {
    var state: GrantState
    /// The next grant for the same device, those proven longest first; -1 ends the list.
    var nextOfDevice: GrantIndex = -1
    /// Made when first needed; 909 bytes.
    var eventHash: KeyedHash?

    public let record: GrantRecord
    public let id: UInt64
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
        state = GrantState(record, member: member, isOwn: isOwn)
        proofValue = record.validityTarget
        let relayKey = record.relayKey.withUnsafeBytes { SecretBytes(copying: $0) }
        tokenKey = try Self.derive(relayKey, "token", record.home)
        tagKey = try Self.derive(relayKey, "relay tag", record.home)
        eventKey = try Self.derive(relayKey, "event id", record.home)
    }

    static func hash(_ key: Bytes16) -> KeyedHash? {
        try? KeyedHash(key: key.withUnsafeBytes { SecretBytes(copying: $0) })
    }

    /// The home is part of what is derived: a grant of another member with the same relay key, which every member can
    /// read, has other tokens and tags, and diverts nothing.
    private static func derive(
        _ relayKey: SecretBytes, _ label: StaticString, _ home: UInt64
    ) throws(SealingError) -> Bytes16 {
        let context = Swift.withUnsafeBytes(of: home.littleEndian) { Array($0) }
        let key = try KeyDerivation.derive(relayKey, label, context: context, Bytes16.count)
        guard let bytes = key.withUnsafeBytes({ Bytes16($0) }) else { throw .invalidKey }
        return bytes
    }
}

extension GrantEntry {
    public var eventClass: EventClass { state.eventClass }
    public var scope: ConsentBits { state.scope }
    public var ratePerMinute: UInt16 { state.ratePerMinute }
    public var isOwn: Bool { state.isOwn }
    public var isRevoked: Bool { state.isRevoked }
    public var isDeviceOptedOut: Bool { state.isDeviceOptedOut }
    public var liveUntil: UInt32 { state.liveUntil }
    public var rivalUntil: UInt32 { state.rivalUntil }
    public var newerUntil: UInt32 { state.newerUntil }
    var isHeld: Bool { state.isHeld }
    /// The home's place among the members.
    public var member: Int { Int(state.member) }

    /// Why no packet passes under it at `now`, in the filter's order, or nil.
    public func no(at now: WallTime) -> Reason? { state.no(at: now) }
}
