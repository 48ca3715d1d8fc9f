import RadioInterface

/// How a radio over BlueZ's kernel side is to be.
public struct BlueZSettings: Sendable {
    /// As many as the settings' file takes.
    public static let adaptersMax = 4
    /// For a program that opens its management sockets itself.
    public static let permissionRemedyByHand = "start it as root, or with CAP_NET_ADMIN"

    /// The adapters to use, at most 4; none: the first that is switched on, or else the first.
    public var adapters: [AdapterName]
    public var limits: RadioLimits
    /// Switches on an adapter that is off. Otherwise it waits until somebody does.
    public var powersOn: Bool
    public var renewal: BeaconRenewal
    /// The best ways that may be used; those below them are otherwise left to adapters that know no better.
    public var hearingBest = HearingTier.mesh
    public var beaconBest = BeaconTier.extended
    /// What whoever runs this does where the kernel lets no adapter be set up.
    public var permissionRemedy: String
    /// Any number that strangers do not know.
    public var seed: UInt64

    public init(
        adapters: [AdapterName] = [], limits: RadioLimits = RadioLimits(), powersOn: Bool = false,
        renewal: BeaconRenewal = BeaconRenewal(), permissionRemedy: String = Self.permissionRemedyByHand, seed: UInt64
    ) {
        self.adapters = Array(adapters.prefix(Self.adaptersMax))
        self.limits = limits
        self.powersOn = powersOn
        self.renewal = renewal
        self.permissionRemedy = permissionRemedy
        self.seed = seed
    }
}

/// What a radio heard and dropped, and had to put up with. They wrap.
public struct BlueZCounters: Hashable, Sendable {
    /// Advertisements that are neither BTHome nor a beacon.
    public var advertisementsForeign = 0
    /// Advertisements told a moment before.
    public var advertisementsRepeated = 0
    public var advertisementsTold = 0
    /// Advertisements heard by adapters that are not used, or sent by own ones.
    public var advertisementsElsewhere = 0
    /// Packets from the management socket that were none, or cut.
    public var packetsMalformed = 0
    /// Events that there is no use for.
    public var packetsIgnored = 0
    /// Commands that the kernel did not answer in time.
    public var commandsSilent = 0
    /// Times that the management socket was given up.
    public var managementLost = 0
    /// Times that adapters which are not there any more were switched off and on.
    public var controllersRevived = 0
    /// Channels refused: no room in the table, or a second one between the same two.
    public var channelsRefused = 0
    /// Channels that came to nothing while they were taken: the peer had gone, or takes only shorter messages.
    public var channelsUnusable = 0
    /// Channels ended because the peer sent more than `messageBytesMax` at once.
    public var messagesTooLong = 0
    /// Times that taking channels paused because the rate was reached or descriptors ran out.
    public var acceptsPaused = 0
    /// Adapters beyond the 32nd.
    public var adaptersIgnored = 0
}
