/// What relays schedule a device's events by. They cannot see what an event is.
@frozen public enum EventClass: UInt8, Hashable, Sendable, CaseIterable {
    case alarm = 1
    case event = 2
    case telemetry = 3
}
