/// How a radio is. The words are for a log or a status page: what is wrong, and what to do.
public enum RadioState: Hashable, Sendable {
    case up
    /// It works, but not as it should.
    case degraded(String)
    /// It neither hears nor is heard. Channels have ended; advertising resumes by itself when it is up again.
    case down(String)
}

/// What a radio refuses to do.
public enum RadioError: Error, Hashable, Sendable {
    /// The channel table is full.
    case channelsExhausted
    /// The radio is down or stopped.
    case down
    /// More than two payloads to advertise.
    case payloadsTooMany
    /// A payload to advertise is longer than 31 bytes.
    case payloadTooLong
    /// The system is out of descriptors or memory, or refuses for another reason: the value of errno.
    case system(Int32)
}
