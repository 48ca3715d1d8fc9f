/// What a beacon invites to: the low nibble of its first byte. The high nibble is the version, 1.
@frozen public enum BeaconKind: UInt8, Hashable, Sendable, CaseIterable {
    /// A link between members.
    case network = 1
    /// A join session with the holder of a code.
    case join = 2
}
