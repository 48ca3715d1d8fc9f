/// One thing that happened, for `GET /v1/watch`. Sizes and reasons; nothing that says whose.
public struct WatchEvent: Codable, Sendable, Equatable {
    public var kind: Kind
    /// Milliseconds since 1970, UTC.
    public var unixMilliseconds: Int64
    /// Size of the packet.
    public var bytes: Int?
    public var trafficClass: TrafficClass?
    /// Of a drop: the reason's name.
    public var reason: String?
    /// Of an opened event: the own device's name.
    public var device: String?
    /// Of `missed`: how many events this watcher was too slow for.
    public var count: Int?

    public enum Kind: String, Codable, Sendable, CaseIterable {
        case heard, relayed, opened, dropped, missed
        case linkUp = "link_up"
        case linkDown = "link_down"
    }

    public init(
        _ kind: Kind, unixMilliseconds: Int64, bytes: Int? = nil, trafficClass: TrafficClass? = nil,
        reason: String? = nil, device: String? = nil, count: Int? = nil
    ) {
        self.kind = kind
        self.unixMilliseconds = unixMilliseconds
        self.bytes = bytes
        self.trafficClass = trafficClass
        self.reason = reason
        self.device = device
        self.count = count
    }

    private enum CodingKeys: String, CodingKey {
        case kind, unixMilliseconds, bytes
        case trafficClass = "class"
        case reason, device, count
    }
}
