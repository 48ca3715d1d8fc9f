/// What a bridge says of itself on a link, for the choice of links: `{bits 1}`. It says no more than the routes it announces:
/// not whether a host, a schedule or a cap keeps it from more. Bits that this version does not know are ignored.
@frozen public struct LendingNotice: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    /// Who lends to all lends to some.
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue & 7 | (rawValue & 2) >> 1 }

    /// It tells of ways for events of some class.
    @inlinable public static var some: LendingNotice { LendingNotice(rawValue: 1) }
    /// It tells of ways for events of all classes.
    @inlinable public static var all: LendingNotice { LendingNotice(rawValue: 2) }
    /// It is linked with another bridge that says `all` and leads on.
    @inlinable public static var otherWay: LendingNotice { LendingNotice(rawValue: 4) }
}
