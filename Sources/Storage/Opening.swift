/// All that changes when one event is opened. It is stored whole or not at all.
public struct Opening: Sendable, Equatable {
    /// The device's id in the store.
    public var device: Int64
    /// The frame that was opened.
    public var frame: OpenedFrame
    /// The lowest counter that the device's window still admits: what lies below is pruned, some at a time.
    public var lowestCounter: UInt32
    /// What it puts into the outbox, at most 64 messages.
    public var messages: [OutboxMessage]
    /// When it was heard, in wall seconds.
    public var heard: Int64
    /// Percent; nil: the event does not tell.
    public var battery: UInt8?
    /// The device's new state; nil: as it was.
    public var state: String?
    /// The device's new figures; nil: as they were.
    public var figures: StoredFigures?

    public init(
        device: Int64, frame: OpenedFrame, lowestCounter: UInt32, messages: [OutboxMessage], heard: Int64,
        battery: UInt8? = nil, state: String? = nil, figures: StoredFigures? = nil
    ) {
        self.device = device
        self.frame = frame
        self.lowestCounter = lowestCounter
        self.messages = messages
        self.heard = heard
        self.battery = battery
        self.state = state
        self.figures = figures
    }
}

/// What a commit of openings came to.
public struct OpeningOutcome: Sendable, Equatable {
    /// Openings of frames that were opened before: nothing of them was stored.
    public var repeated = 0
    /// Openings of devices that are no longer there: nothing of them was stored.
    public var withoutDevice = 0
    /// Old messages dropped to keep the outbox within its limit.
    public var messagesDropped = 0
    /// What the outbox holds of it now, in the order of ids; none if old ones were dropped.
    public var rows: [OutboxRow] = []
}
