import Wire

/// What the route table wants done, in the order in which it is to be done. The caller empties and reuses it.
public struct RouteEffects: Sendable {
    public struct Announcement: Hashable, Sendable {
        public var link: LinkNumber
        public var entry: RouteEntry
    }

    public struct Request: Hashable, Sendable {
        public var link: LinkNumber
        public var request: RouteRequest

        public init(link: LinkNumber, request: RouteRequest) {
            (self.link, self.request) = (link, request)
        }
    }

    /// Grouped by link, so that up to 32 in a row fit one message.
    public var announcements: [Announcement] = []
    public var requests: [Request] = []
    /// Homes whose next hop changed, appeared or went, so that waiting packets are looked at again. May repeat.
    public var changedHomes: [UInt64] = []

    public init() {}

    public var isEmpty: Bool { announcements.isEmpty && requests.isEmpty && changedHomes.isEmpty }

    public mutating func removeAll() {
        announcements.removeAll(keepingCapacity: true)
        requests.removeAll(keepingCapacity: true)
        changedHomes.removeAll(keepingCapacity: true)
    }
}
