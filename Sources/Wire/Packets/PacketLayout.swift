/// Offsets and sizes of a packet, in bytes. Nowhere else is a packet's layout written down in code.
public enum PacketLayout {
    /// Version in the high nibble, kind in the low one.
    @inlinable public static var versionAndKind: UInt8 { 0x11 }

    @inlinable public static var offsetConsentBits: Int { 1 }
    @inlinable public static var offsetSlot: Int { 2 }
    @inlinable public static var offsetExpiryMinute: Int { 6 }
    @inlinable public static var offsetToken: Int { 10 }
    @inlinable public static var offsetEventID: Int { 18 }
    @inlinable public static var offsetHopLimit: Int { 26 }
    @inlinable public static var offsetRelayTag: Int { 27 }
    /// HPKE's encapsulated key, and behind it ciphertext and tag.
    @inlinable public static var offsetSealed: Int { 35 }
    @inlinable public static var offsetCiphertext: Int { 67 }

    /// The immutable header is what lies before the hop limit: what HPKE and relay tag authenticate.
    @inlinable public static var bytesImmutableHeader: Int { 26 }
    /// HPKE's tag, the last bytes of a packet.
    @inlinable public static var bytesTag: Int { 16 }

    @inlinable public static var bytesPlaintextSmall: Int { 40 }
    @inlinable public static var bytesPlaintextLarge: Int { 145 }
    @inlinable public static var bytesSmall: Int { 123 }
    @inlinable public static var bytesLarge: Int { 228 }

    @inlinable public static var hopLimitMax: UInt8 { 15 }

    /// Whether a packet can have so many bytes.
    @inlinable public static func isPacketSize(_ bytes: Int) -> Bool { bytes == bytesSmall || bytes == bytesLarge }

    /// The size of the packet around a padded plaintext of so many bytes, or nil if no plaintext has that size.
    @inlinable public static func bytesPacket(plaintextBytes: Int) -> Int? {
        guard plaintextBytes == bytesPlaintextSmall || plaintextBytes == bytesPlaintextLarge else { return nil }
        return offsetCiphertext &+ plaintextBytes &+ bytesTag
    }
}
