/// Why a channel, or an attempt at one, ended without having been closed from this side.
@frozen public enum ChannelEnd: UInt8, Sendable, CaseIterable {
    /// The peer closed it or its process died. What it had sent was delivered first.
    case closedByPeer
    /// Nothing came through for the supervision time, or a connect was not answered in its time.
    case timedOut
    /// The connection below broke off.
    case reset
    /// The peer has no room or does not listen.
    case refused
    /// The adapter was removed or switched off.
    case adapterGone
    /// The system would not let it go on: out of descriptors or memory.
    case failed
}

/// What became of a message handed to `Radio.send`.
@frozen public enum SendOutcome: UInt8, Sendable {
    /// Taken; it arrives in order unless the channel ends.
    case sent
    /// Not taken, for the peer is not keeping up: keep the message. Until `RadioEventSink.writable` nothing is taken,
    /// so that no message gets ahead of the one that was kept.
    case wouldBlock
    /// Not taken: longer than `messageBytesMax`. The channel is unharmed.
    case tooLong
    /// Not taken: there is no such channel, it is not connected yet, or it has ended.
    case closed
}
