import Wire

/// What is to be sent now, and over which link.
@frozen public enum Transmission: Hashable, Sendable {
    /// A packet: its bytes are `Relay.packet(handle)`. The caller seals and sends it, then tells `Relay.sent` its frame
    /// number.
    case packet(PacketHandle, LinkNumber)
    /// Answers or confirmations: type and body are `Relay.reply`, valid until the next call.
    case reply(LinkNumber)
    /// The caller's message with this handle.
    case message(UInt64, LinkNumber)
    /// Nothing before this time, unless something changes first. The distant future if only a change can help.
    case nothing(until: Instant)
}
