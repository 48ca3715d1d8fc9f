/// The answer to `POST /v1/devices/{name}/test`: by which neighbours a marked event came home.
public struct DeviceTestReport: Codable, Sendable, Equatable {
    public var name: String
    /// Whether it came back by one neighbour at least.
    public var cameBack: Bool
    /// All that are linked, in the order of their names.
    public var neighbours: [Neighbour]

    public init(name: String, neighbours: [Neighbour]) {
        self.name = name
        self.neighbours = neighbours
        cameBack = neighbours.contains { $0.milliseconds != nil }
    }

    /// One neighbour that was asked to act as the bridge that heard the device.
    public struct Neighbour: Codable, Sendable, Equatable {
        public var name: String
        /// How long the event took from being asked for to being opened; nil: it did not come back in time.
        public var milliseconds: Int?
        /// The neighbour that handed it over.
        public var via: String?

        public init(name: String, milliseconds: Int? = nil, via: String? = nil) {
            self.name = name
            self.milliseconds = milliseconds
            self.via = via
        }
    }
}
