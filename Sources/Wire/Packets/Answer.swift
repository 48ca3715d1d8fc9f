/// What a bridge answers to a packet handed to it.
@frozen public enum Answer: UInt8, Hashable, Sendable, CaseIterable {
    /// It keeps the packet until the event is confirmed or the packet expires.
    case accepted = 0
    /// The event has been opened, or a confirmation from beyond is known.
    case confirmed = 1
    /// What opt-out, schedule, cap, class and clock all say, so that nobody is told why.
    case notNow = 2
    case refused = 3

    /// Reads an answer's byte. An unknown answer is a refusal.
    @inlinable public init(byte: UInt8) { self = Answer(rawValue: byte) ?? .refused }
}
