/// A link's place among the links of this bridge, 0 to 15; what the tables of custody and scheduler are indexed by.
/// A place is used again after its link has ended and `Relay.linkEnded` was told.
public typealias LinkNumber = UInt8

/// The limits of link numbers, and the one that is no link.
public enum LinkNumbers {
    /// Places for links; a set of them is a mask of 16 bits.
    @inlinable public static var countMax: Int { 16 }
    /// Stands for this bridge's own radio where a packet came from no link.
    @inlinable public static var ownRadio: LinkNumber { 0xff }
    /// Incoming links that are told apart: the 16 links and the own radio.
    @inlinable static var sourceCount: Int { 17 }

    /// The set that holds only `link`; empty for the own radio.
    @inline(__always) static func mask(_ link: LinkNumber) -> UInt16 { link < 16 ? 1 << UInt16(link) : 0 }
    /// Where `link` stands among the incoming links: 0 to 15, or 16 for the own radio.
    @inline(__always) static func source(_ link: LinkNumber) -> Int { link < 16 ? Int(link) : 16 }
}
