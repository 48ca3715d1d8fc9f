/// The immutable header of a packet: bytes 0 to 25, authenticated by HPKE and by the relay tag.
@frozen public struct PacketHeader: Hashable, Sendable {
    public var consentBits: ConsentBits
    /// The 15-minute slot in which the event was heard.
    public var slot: UInt32
    /// Minutes since 1970.
    public var expiryMinute: UInt32
    public var token: UInt64
    public var eventID: UInt64

    @inlinable public init(
        consentBits: ConsentBits, slot: UInt32, expiryMinute: UInt32, token: UInt64, eventID: UInt64
    ) {
        self.consentBits = consentBits
        self.slot = slot
        self.expiryMinute = expiryMinute
        self.token = token
        self.eventID = eventID
    }

    @inlinable public init(_ packet: PacketView) {
        self.init(
            consentBits: packet.consentBits, slot: packet.slot, expiryMinute: packet.expiryMinute,
            token: packet.token, eventID: packet.eventID)
    }

    /// Writes the 26 bytes to the start of `target`. Throws `noRoom`.
    @inlinable public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) {
        var writer = ByteWriter(target)
        try writer.integer(PacketLayout.versionAndKind)
        try writer.integer(consentBits.rawValue)
        try writer.integer(slot)
        try writer.integer(expiryMinute)
        try writer.integer(token)
        try writer.integer(eventID)
    }
}
