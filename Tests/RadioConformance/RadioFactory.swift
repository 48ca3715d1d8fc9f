import RadioInterface

/// Makes the radios that the checks are run on.
public protocol RadioFactory {
    associatedtype Subject: Radio

    var traits: RadioTraits { get }

    /// `count` radios of their own; `hears(listener, sender)` says by index who hears whom.
    mutating func makeRadios(
        _ count: Int, limits: RadioLimits, hears: (_ listener: Int, _ sender: Int) -> Bool
    ) throws -> [Subject]

    /// Does to `radio` what a stranger could: `count` connections that say nothing, garbage, or too much, and
    /// garbage advertisements. Returns at once, with what takes its connections back; nil if it cannot, which fails
    /// `garbageLeavesOtherChannelsAlone` unless `exemptions` names it.
    func disturb(_ radio: Subject, count: Int) -> (() -> Void)?

    /// Lets what `radio` stands on answer nothing any more, until what is returned is called; nil if it cannot, which
    /// fails `silenceBelowIsToldAndLeavesChannelsAlone` unless `exemptions` names it.
    func silence(_ radio: Subject) -> (() -> Void)?

    /// Takes back what it made; the radios have been stopped.
    mutating func discard()
}

extension RadioFactory {
    public func silence(_ radio: Subject) -> (() -> Void)? { nil }
}

/// What differs between radios that are all right.
public struct RadioTraits: Sendable {
    /// Longest time that a connect to a present peer takes.
    public var connectMilliseconds: Int
    /// Longest time until a present radio's advertisement is heard.
    public var hearMilliseconds: Int
    /// How often `manyConnectsLeakNothing` connects.
    public var connectsMany: Int
    /// How many messages `messagesKeepBoundariesAndOrder` sends.
    public var messagesMany: Int
    /// A channel survives a silence of this length, for sure.
    public var silenceMilliseconds: Int
    /// Bytes in the longest payload that is heard whole: a radio may put flags of 3 bytes before it.
    public var payloadBytesMax: Int
    /// The air is what it is: `hears` cannot be brought about.
    public var everyoneHears: Bool
    /// A channel may take a single message, until the peer's kernel gives credit for more.
    public var creditIsScarce: Bool
    /// Whoever calls has a channel, and is told of: the bridge judges what comes over it.
    public var tellsOfStrangers: Bool
    /// What this radio cannot do, and why. These checks are not run.
    public var exemptions: [RadioCheck: String]

    public init(
        connectMilliseconds: Int = 5_000, hearMilliseconds: Int = 5_000, connectsMany: Int = 2_000,
        messagesMany: Int = 2_000, silenceMilliseconds: Int = 1_500, payloadBytesMax: Int = 31,
        everyoneHears: Bool = false, creditIsScarce: Bool = false,
        tellsOfStrangers: Bool = false, exemptions: [RadioCheck: String] = [:]
    ) {
        self.connectMilliseconds = connectMilliseconds
        self.hearMilliseconds = hearMilliseconds
        self.connectsMany = connectsMany
        self.messagesMany = messagesMany
        self.silenceMilliseconds = silenceMilliseconds
        self.payloadBytesMax = payloadBytesMax
        self.everyoneHears = everyoneHears
        self.creditIsScarce = creditIsScarce
        self.tellsOfStrangers = tellsOfStrangers
        self.exemptions = exemptions
    }
}
