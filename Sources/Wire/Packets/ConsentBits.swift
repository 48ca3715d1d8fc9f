/// What an owner allows to be done with a device's events: the scope of a grant, and the consent bits of a packet.
/// An absent bit is a no. So is an unknown one: it makes the whole set a no.
@frozen public struct ConsentBits: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Bridges may carry the event over links.
    @inlinable public static var relay: ConsentBits { ConsentBits(rawValue: 1) }
    /// Bridges may keep the event for up to a day while there is no route.
    @inlinable public static var hold: ConsentBits { ConsentBits(rawValue: 2) }
    /// Bridges may hand the event to the uplink.
    @inlinable public static var uplink: ConsentBits { ConsentBits(rawValue: 4) }

    /// All bits that version 1 defines.
    @inlinable public static var known: ConsentBits { ConsentBits(rawValue: 7) }

    /// Whether a bit is set that version 1 does not define.
    @inlinable public var hasUnknown: Bool { rawValue & ~Self.known.rawValue != 0 }
}
