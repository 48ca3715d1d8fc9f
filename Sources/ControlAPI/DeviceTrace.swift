/// The answer to `GET /v1/devices/{name}/trace`: why nothing arrived, step by step along an event's way.
public struct DeviceTrace: Codable, Sendable, Equatable {
    public var name: String
    /// Whether no step is a no.
    public var isClear: Bool
    /// In the order of the way; a step can stand more than once.
    public var steps: [Step]

    public init(name: String, steps: [Step]) {
        self.name = name
        self.steps = steps
        isClear = !steps.contains { $0.state == .no }
    }

    /// What is known of one step.
    public struct Step: Codable, Sendable, Equatable {
        public var step: Name
        public var state: State
        /// One sentence.
        public var detail: String
        /// What to do about it; nil: nothing is to be done.
        public var remedy: String?
        /// When this was seen last; nil: it is no matter of a moment, or was not seen.
        public var lastUnixSeconds: Int64?

        public init(
            _ step: Name, _ state: State, _ detail: String, remedy: String? = nil, lastUnixSeconds: Int64? = nil
        ) {
            self.step = step
            self.state = state
            self.detail = detail
            self.remedy = remedy
            self.lastUnixSeconds = lastUnixSeconds
        }
    }

    /// The steps of the way.
    public enum Name: String, Codable, Sendable, CaseIterable {
        case hear, consent, seal, schedule, carry, open, deliver
    }

    public enum State: String, Codable, Sendable, CaseIterable {
        /// Nothing stands in the way.
        case ok
        /// This keeps events from arriving.
        case no
        /// It cannot be seen from here, or nothing has shown it yet.
        case unknown
    }
}
