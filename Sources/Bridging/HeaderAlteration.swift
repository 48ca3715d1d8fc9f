import Consent
import Wire

/// One way in which a liar alters what a packet says in the clear. As a member it can make the relay tag fit again, which
/// it does wherever that gets it further.
package enum HeaderAlteration: UInt8, CaseIterable, Sendable {
    /// A version that nobody knows.
    case version
    /// A consent bit that nobody knows.
    case unknownConsent
    /// A life of two days more.
    case expiry
    /// Another slot than its token's.
    case slot
    /// A token that no grant has.
    case token
    /// A tag that does not fit.
    case tag
    /// The hop limit used up.
    case hopLimit
    /// Another event's id.
    case eventID
    /// A yes less.
    case scope
    /// Other sealed bytes.
    case sealed

    /// Why an honest bridge refuses it: a neighbour, or, where neighbours cannot tell, the home.
    package var reason: Reason {
        switch self {
        case .version: .malformed
        case .unknownConsent: .unknownConsent
        case .expiry: .expired
        case .slot, .token: .noGrant
        case .tag: .badTag
        case .hopLimit: .hopLimit
        case .eventID, .scope, .sealed: .notOpened
        }
    }

    /// Whether the liar puts a tag that fits.
    var fitsTag: Bool {
        switch self {
        case .version, .token, .tag: false
        default: true
        }
    }

    func alter(_ bytes: UnsafeMutableRawBufferPointer) {
        func add(_ amount: UInt32, at offset: Int) {
            let value = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            bytes.storeBytes(of: (value &+ amount).littleEndian, toByteOffset: offset, as: UInt32.self)
        }
        switch self {
        case .version: bytes[0] = 0x21
        case .unknownConsent: bytes[PacketLayout.offsetConsentBits] |= 0x40
        case .expiry: add(2 * 1_440, at: PacketLayout.offsetExpiryMinute)
        case .slot: add(1, at: PacketLayout.offsetSlot)
        case .token: bytes[PacketLayout.offsetToken] ^= 0xff
        case .tag: bytes[PacketLayout.offsetRelayTag] ^= 0x01
        case .hopLimit: bytes[PacketLayout.offsetHopLimit] = 0
        case .eventID: bytes[PacketLayout.offsetEventID] ^= 0x01
        case .scope: bytes[PacketLayout.offsetConsentBits] ^= ConsentBits.uplink.rawValue
        case .sealed: bytes[bytes.count - 1] ^= 0x01
        }
    }
}
