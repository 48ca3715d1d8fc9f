import Wire

/// A radio: hears advertisements, is heard, and carries messages over reliable channels to one peer each
/// (LE L2CAP connection-oriented channels, or what behaves like them).
///
/// One thread polls it: it has no thread, no timer and no callback of its own. The caller waits until
/// `fileDescriptor` is readable or `nextDeadline` has come, then calls `poll`. Every other call can move
/// `nextDeadline`, so it is read anew before each wait.
///
/// Everything in it is bounded by its `RadioLimits`. The suite in `RadioConformance` says what is expected of a radio
/// beyond the words here.
public protocol Radio: AnyObject {
    /// Readable (level-triggered) while `poll` has something to tell; never read or written by the caller.
    var fileDescriptor: Int32 { get }

    /// When to call `poll` even if nothing became readable; nil if never. A past time means at once.
    var nextDeadline: Instant? { get }

    /// Bytes in the longest message, 512 unless the radio says otherwise.
    var messageBytesMax: Int { get }

    var limits: RadioLimits { get }

    /// What it is and how it works at present, for a status page: one line.
    var summary: String { get }

    /// How it hears and is heard, one line: it changes with what the radio has stepped down from, and not with the moment.
    var means: String { get }

    /// What it has had to put up with since it began, in a fixed order of kinds.
    var troubles: [RadioTrouble] { get }

    /// Whether the system lets it do its work; nil where that has not shown, or no leave is needed.
    var isPermitted: Bool? { get }

    /// The address it goes by now; another one whenever the advertised payloads change, unless an adapter's own address is
    /// all there is.
    var address: RadioAddress { get }

    /// Does what is due at `now` and tells `sink` of at most `limit` events.
    /// If more are waiting, `fileDescriptor` stays readable or `nextDeadline` is not later than `now`.
    func poll<Sink: RadioEventSink>(now: Instant, limit: Int, into sink: inout Sink)

    /// Is heard, connectably, with each of `payloads` in turn: at most 2, of at most 31 bytes each.
    /// None at all stops it. If they are others than before, the address is drawn anew where that is possible; channels
    /// stay. A payload of over 28 bytes may not be heard: a radio may have to put flags before it.
    /// - Throws: `payloadsTooMany` or `payloadTooLong`, and then goes on as before.
    func advertise(_ payloads: [[UInt8]]) throws(RadioError)

    /// Asks for a channel to whoever goes by `address`. Ends in `connected` or in `ended`: `timedOut` if nobody
    /// by that address is heard within the time, `refused` if it has no room.
    /// - Throws: `channelsExhausted`, `down` or `system`.
    func connect(to address: RadioAddress, timeoutMilliseconds: Int, now: Instant) throws(RadioError) -> ChannelID

    /// Sends one message. Its boundaries are kept; an empty one is `sent` and goes nowhere.
    func send(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) -> SendOutcome

    /// Sends messages that stand one after another in `bytes` and have these lengths, none of them 0, and at most
    /// `RadioLimits.messagesAtOnceMax`. Returns how many were sent: of the next one `send` says what became of it.
    func sendMany(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>) -> Int

    /// Ends a channel, or an attempt at one. What was `sent` still arrives while the radios hear each other.
    /// Nothing more is told of it. Without effect if it has ended already.
    func close(_ channel: ChannelID)

    /// Ends everything at once and gives back all descriptors: peers see their channels end. Nothing is told.
    /// Later calls are without effect; `connect` throws `down`.
    func stop()
}

extension Radio {
    public var means: String { summary }
    public var troubles: [RadioTrouble] { [] }
    public var isPermitted: Bool? { nil }
}
