/// An owner's consent for one device, signed by the home's bridge. Its record id is the grant's id.
///
/// Layout: first byte 1, home 8, issued 4, end 4, class 1, scope 1, rate 2, recognition value 16, sealing key 32,
/// relay key 16, validity target 20, revocation target 20, signature 64.
public struct GrantRecord: SignedRecord {
    public static var kind: RecordKind { .grant }
    public static var signatureLabel: StaticString { "sidegate 1 grant" }
    public static let byteCount = 189
    /// 180 days.
    public static let optInSecondsMax: UInt32 = 180 * 86_400

    /// The home's member id.
    public var home: UInt64
    public var issued: WallTime
    /// End of the owner's opt-in: at most 180 days after `issued`.
    public var end: WallTime
    public var eventClass: EventClass
    /// Known bits only.
    public var scope: ConsentBits
    /// Events a minute by incoming link, at least 1.
    public var ratePerMinute: UInt16
    public var recognitionValue: Bytes16
    public var sealingKey: Bytes32
    /// Known to all members, and to nobody else.
    public var relayKey: Bytes16
    public var validityTarget: Bytes20
    public var revocationTarget: Bytes20
    /// By the home's bridge.
    public var signature: Bytes64

    public init(
        home: UInt64, issued: WallTime, end: WallTime, eventClass: EventClass, scope: ConsentBits,
        ratePerMinute: UInt16, recognitionValue: Bytes16, sealingKey: Bytes32, relayKey: Bytes16,
        validityTarget: Bytes20, revocationTarget: Bytes20, signature: Bytes64 = Bytes64()
    ) {
        self.home = home
        self.issued = issued
        self.end = end
        self.eventClass = eventClass
        self.scope = scope
        self.ratePerMinute = ratePerMinute
        self.recognitionValue = recognitionValue
        self.sealingKey = sealingKey
        self.relayKey = relayKey
        self.validityTarget = validityTarget
        self.revocationTarget = revocationTarget
        self.signature = signature
    }

    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = try Self.reader(bytes)
        home = try reader.integer()
        issued = WallTime(seconds: try reader.integer())
        end = WallTime(seconds: try reader.integer())
        guard let eventClass = EventClass(rawValue: try reader.integer()) else { throw .valueOutOfRange }
        self.eventClass = eventClass
        scope = ConsentBits(rawValue: try reader.integer())
        ratePerMinute = try reader.integer()
        recognitionValue = try reader.fixed()
        sealingKey = try reader.fixed()
        relayKey = try reader.fixed()
        validityTarget = try reader.fixed()
        revocationTarget = try reader.fixed()
        signature = try reader.fixed()
        try reader.finish()
        guard isInRange else { throw .valueOutOfRange }
    }

    public var byteCount: Int { Self.byteCount }

    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        guard isInRange else { throw .valueOutOfRange }
        var writer = try writer(target)
        try writer.integer(home)
        try writer.integer(issued.seconds)
        try writer.integer(end.seconds)
        try writer.integer(eventClass.rawValue)
        try writer.integer(scope.rawValue)
        try writer.integer(ratePerMinute)
        try writer.fixed(recognitionValue)
        try writer.fixed(sealingKey)
        try writer.fixed(relayKey)
        try writer.fixed(validityTarget)
        try writer.fixed(revocationTarget)
        try writer.fixed(signature)
        return writer.count
    }

    private var isInRange: Bool {
        UInt64(end.seconds) <= UInt64(issued.seconds) + UInt64(Self.optInSecondsMax)
            && !scope.hasUnknown && ratePerMinute >= 1
    }
}
