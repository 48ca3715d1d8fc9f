/// A packet in borrowed bytes. Length, version and kind are checked once, when the view is made;
/// the accessors then read in place. The view must not outlive the bytes.
@frozen public struct PacketView {
    /// The whole packet.
    public let bytes: UnsafeRawBufferPointer

    /// Throws `wrongLength`, `unknownVersion` or `unknownKind`, and `valueOutOfRange` for a hop limit above 15.
    @inlinable public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard PacketLayout.isPacketSize(bytes.count) else { throw .wrongLength }
        let first = bytes[0]
        guard first >> 4 == PacketLayout.versionAndKind >> 4 else { throw .unknownVersion }
        guard first == PacketLayout.versionAndKind else { throw .unknownKind }
        guard bytes[PacketLayout.offsetHopLimit] <= PacketLayout.hopLimitMax else { throw .valueOutOfRange }
        self.bytes = bytes
    }

    @inlinable init(checked bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inlinable func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: Value.Type) -> Value {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    @inlinable func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    @inlinable public var count: Int { bytes.count }
    /// As they stand: unknown bits are the consent filter's to refuse.
    @inlinable public var consentBits: ConsentBits { ConsentBits(rawValue: bytes[PacketLayout.offsetConsentBits]) }
    /// The 15-minute slot in which the event was heard.
    @inlinable public var slot: UInt32 { load(PacketLayout.offsetSlot, UInt32.self) }
    /// Minutes since 1970.
    @inlinable public var expiryMinute: UInt32 { load(PacketLayout.offsetExpiryMinute, UInt32.self) }
    /// The rolling token of the grant, its 8 bytes read little endian.
    @inlinable public var token: UInt64 { load(PacketLayout.offsetToken, UInt64.self) }
    /// The event's id, its 8 bytes read little endian.
    @inlinable public var eventID: UInt64 { load(PacketLayout.offsetEventID, UInt64.self) }
    /// 0 to 15; 0 is used up.
    @inlinable public var hopLimit: UInt8 { bytes[PacketLayout.offsetHopLimit] }
    /// The tag that every member can check, its 8 bytes read little endian.
    @inlinable public var relayTag: UInt64 { load(PacketLayout.offsetRelayTag, UInt64.self) }

    /// Bytes 0 to 25.
    @inlinable public var immutableHeader: UnsafeRawBufferPointer { slice(0..<PacketLayout.bytesImmutableHeader) }
    /// Bytes 35 to the end: encapsulated key, ciphertext and tag.
    @inlinable public var sealed: UnsafeRawBufferPointer { slice(PacketLayout.offsetSealed..<bytes.count) }
}
