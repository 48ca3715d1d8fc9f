/// Managed flooding as Bluetooth Mesh specifies it, re-implemented to compare with (Mesh Profile 1.0.1, 3.4 and 3.5; the
/// same in Mesh Protocol 1.1): every node relays a network PDU that it has not seen, with its TTL less one, if that was 2
/// or more, unless the PDU was for itself; long messages go in segments of 12 bytes that the destination acknowledges.
///
/// It gets the best of what it leaves open: nodes listen without a pause, the TTL suffices for the map, and of all
/// houses that hear a device only the first one sends its event.
public enum ManagedFlooding {
    public static let policy = "managed flooding"

    /// What the specification leaves to configuration. Defaults are those of the Zephyr Project's stack.
    public struct Settings: Sendable, Equatable {
        /// Network Transmit: times that a node sends its own network PDU.
        public var ownTransmissions = 3
        /// Relay Retransmit: times that a node sends a network PDU of others.
        public var relayTransmissions = 3
        /// Between two of them, before advertising's random delay.
        public var intervalMicroseconds: Int64 = 20_000
        /// A relay waits a random time up to this: BlueZ's `DEFAULT_MAX_DELAY`.
        public var relayDelayMaxMicroseconds: Int64 = 25_000
        public var cacheEntries = 70
        /// Nil: what the map needs across, and three more; at least 7, at most 127.
        public var timeToLive: Int?
        /// Times that segments are sent again which nobody acknowledged.
        public var segmentRetransmissions = 4
        /// Every house that hears a device sends its event, as houses would that know nothing of each other.
        public var isSentByAll = false

        public init() {}

        /// One transmission of everything, as bluetooth-meshd sends unless told otherwise.
        public static var sparing: Settings {
            var settings = Settings()
            (settings.ownTransmissions, settings.relayTransmissions) = (1, 1)
            return settings
        }
    }

    static func timeToLive(_ settings: Settings, _ street: FloodStreet) -> Int {
        min(max(settings.timeToLive ?? max(street.hopsAcross() + 3, 7), 0), 127)
    }

    static func run(
        _ scenario: Scenario, _ street: FloodStreet, seed: UInt64, settings: Settings = Settings(),
        isInterrupted: () -> Bool = { false }
    ) -> RunRecord {
        let run = ManagedFloodingRun(scenario, street, seed: seed, settings: settings)
        return run.run(isInterrupted: isInterrupted)
    }
}
