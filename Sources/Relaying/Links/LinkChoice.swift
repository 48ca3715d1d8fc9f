/// What the link chooser wants done: first the drops, then the call. The caller empties and reuses it.
public struct LinkChoice: Equatable, Sendable {
    public struct Call: Hashable, Sendable {
        /// As it was handed in with the beacon.
        public var address: UInt64
        /// The first three bytes of the member id, little endian: names the call in `callFailed`.
        public var hint: UInt32
    }

    public var drops: [LinkNumber] = []
    /// At most one, and none while another is under way.
    public var calls: [Call] = []

    public init() {}

    public mutating func removeAll() {
        drops.removeAll(keepingCapacity: true)
        calls.removeAll(keepingCapacity: true)
    }
}

/// Whether a member that has a session gets a link.
public enum LinkAnswer: Hashable, Sendable {
    case accept
    /// Accept, and end this link, whose place is worth more to the new one.
    case acceptDropping(LinkNumber)
    /// End the new link with `bye` 1.
    case noRoom
}
