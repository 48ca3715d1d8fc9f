/// The index of a grant in the registry's flat array. It is not reused within a day of the grant's removal, so that
/// packets on their way never come to stand for another's grant.
public typealias GrantIndex = Int32

/// Where a packet came from.
@frozen public struct Incoming: Hashable, Sendable {
    public let rawValue: UInt8

    /// Over the link with this index, 0 to 254.
    @inlinable public static func link(_ index: UInt8) -> Incoming { Incoming(rawValue: index) }
    /// Heard by this bridge's own radio.
    @inlinable public static var ownRadio: Incoming { Incoming(rawValue: .max) }

    @usableFromInline init(rawValue: UInt8) { self.rawValue = rawValue }
}
