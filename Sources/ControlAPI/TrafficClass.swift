/// What relays schedule by, from the first served to the last, under the names the API uses.
public enum TrafficClass: String, Codable, Sendable, CaseIterable {
    case alarm, event, telemetry, registry
}
