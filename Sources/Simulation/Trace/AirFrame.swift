import Wire

/// Something that was sent over the air, as a run hands it to its `tap`: what a sniffer beside the street would see.
///
/// A frame stands for all that carries it: an advertisement for its three PDUs, a message for its L2CAP frames, their
/// data PDUs and acknowledgements. `PacketTrace` takes it apart. Idle connection events and a beacon's repetitions
/// are arithmetic to the engine, and are no frames.
public struct AirFrame: Sendable, Equatable {
    /// When its first bit is sent, or for a message when it is given to the connection, after the run's start. Frames come in order of this, or nearly so.
    public var timeMicroseconds: Int64
    public var content: Content

    public init(_ timeMicroseconds: Int64, _ content: Content) {
        (self.timeMicroseconds, self.content) = (timeMicroseconds, content)
    }

    public enum Content: Sendable, Equatable {
        /// One advertising event: the same PDU on channels 37, 38 and 39. `data` is the whole advertising data, at most 31
        /// bytes; what is longer is cut.
        case advertisement(from: RadioAddress, isConnectable: Bool, data: [UInt8])
        /// CONNECT_IND, and the opening of the channel over L2CAP. `number` is the connection's own, never used again.
        case connection(number: Int, central: RadioAddress, peripheral: RadioAddress, ConnectionTerms)
        /// One message of the channel: one L2CAP SDU. It was sent `retransmissions` times in vain before.
        case message(number: Int, isFromCentral: Bool, bytes: [UInt8], retransmissions: Int)
        /// One end ends the connection. A connection that was lost ends without.
        case disconnection(number: Int, isFromCentral: Bool)
    }
}

/// What CONNECT_IND settles (Core Specification 5.4, Vol 6 Part B, 2.3.3.1).
public struct ConnectionTerms: Sendable, Equatable {
    public var intervalMicroseconds: Int64
    public var peripheralLatency: Int
    public var supervisionTimeoutMicroseconds: Int64
    /// When the first connection event begins, after the run's start; if nil, as soon as it may.
    public var anchorMicroseconds: Int64?

    public init(
        intervalMicroseconds: Int64, peripheralLatency: Int = 0, supervisionTimeoutMicroseconds: Int64,
        anchorMicroseconds: Int64? = nil
    ) {
        self.anchorMicroseconds = anchorMicroseconds
        self.intervalMicroseconds = intervalMicroseconds
        self.peripheralLatency = peripheralLatency
        self.supervisionTimeoutMicroseconds = supervisionTimeoutMicroseconds
    }
}
