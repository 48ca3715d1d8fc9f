/// The bounds a radio keeps, whatever comes in.
public struct RadioLimits: Hashable, Sendable {
    /// Messages in one call of `Radio.sendMany`.
    public static let messagesAtOnceMax = 32

    /// Channels at once, incoming and outgoing, connected or not; 1 to 255.
    public var channelsMax: Int
    /// Incoming channels taken in a second, on average; the rest wait, then are refused by the peer's time-out.
    public var acceptsPerSecond: Int
    /// Incoming channels taken at once after a quiet time.
    public var acceptsBurst: Int
    /// Messages taken from one channel before the next one has its turn.
    public var messagesPerTurn: Int

    public init(
        channelsMax: Int = 16, acceptsPerSecond: Int = 20, acceptsBurst: Int = 16, messagesPerTurn: Int = 16
    ) {
        self.channelsMax = min(max(channelsMax, 1), 255)
        self.acceptsPerSecond = min(max(acceptsPerSecond, 1), 1_000_000)
        self.acceptsBurst = min(max(acceptsBurst, 1), 1_000_000)
        self.messagesPerTurn = max(messagesPerTurn, 1)
    }
}
