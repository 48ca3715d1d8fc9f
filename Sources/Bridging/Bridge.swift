import Consent
import Devices
import Relaying
import Sealing
import Wire

/// One bridge: everything between its radio, its disk and its broker, and nothing of any of them.
///
/// What happens is told by `heard`, `received` and the like, with the time; what must happen comes out in `Effects`.
/// `EventPath.swift` is the way of an event through it. One thread drives it: after each input, or several, it calls
/// `advance`, carries out the effects, tops up `random`, and comes back at `nextDeadline` at the latest.
public struct Bridge: ~Copyable {
    /// Channels that it can have use for at once: links, strangers, and attempts of its own.
    public static var channelCountMax: Int { SessionTable.countMax }

    public let identity: BridgeIdentity
    /// To be topped up before each input.
    public var random = RandomPool()
    var configuration: BridgeConfiguration
    var network: NetworkState?
    var host: HostConsent
    var clock: ClockKeeper
    var sessions = SessionTable()
    var beacons = BeaconKeeper()
    var beaconsChanged = true
    var invitation: OpenInvitation?
    var joining: JoinAttempt?
    var relay: Relay
    var home: HomeDevices
    var seen: SeenTable
    var rates: RateTable
    var neighbours = Neighbours()
    /// Channels that the radio was asked for and has not answered yet.
    var dialling: [Dialling] = []
    var attempts: UInt32 = 0
    /// What the radio was last told to advertise.
    var advertised: [[UInt8]] = []
    /// Records on disk that the registry will never take.
    var unwanted: [UInt64] = []
    /// Records on disk that are still to be taken up, the next at the end.
    var backlog: [[UInt8]] = []
    /// Messages about records that wait in the scheduler, by their handle.
    var recordMessages: [UInt64: RecordMessage] = [:]
    var recordMessageHandle: UInt64 = 0
    /// The last test of an own device's way, and how often neighbours have had this bridge take one up.
    var test: DeviceTest?
    var testQuota = TestQuota()
    /// Reused in each turn.
    var ends: [CustodyEnd] = []
    var sealingKeys = SealingKeys()
    var counters = BridgeCounters()
    /// Packets are opened, sealed and read here; nothing is kept in it between inputs.
    let scratch: Scratch
    /// When a stop that was asked for is over at the latest.
    var stopsBy: Instant?
    var timers: BridgeTimers

    /// - Parameters:
    ///   - stored: what the disk holds.
    ///   - seed: 32 random bytes; `random` is filled from elsewhere before the first input.
    public init(
        identity: BridgeIdentity, configuration: BridgeConfiguration, stored: StoredState, built: WallTime,
        seed: SecretBytes, now: Moment
    ) throws(BridgeError) {
        self.identity = identity
        self.configuration = configuration
        let seeds = seed.withUnsafeBytes { bytes in
            (0..<4).map { index in
                bytes.count >= 32 ? bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) : UInt64(index)
            }
        }
        host = HostConsent(
            optedOut: configuration.isOptedOut, scheduleClosed: configuration.isScheduleClosed,
            classesLent: configuration.classesLent)
        clock = ClockKeeper(built: built, stored: stored.clock)
        var judged = clock
        judged.judge(now)
        relay = Relay(
            limits: configuration.lending, reservations: stored.reservations, isHosting: !host.isNo,
            seed: seeds[0], day: judged.believedDay(now), now: now)
        seen = SeenTable(seed: seeds[1])
        rates = RateTable(seed: seeds[2])
        home = HomeDevices(stored.devices)
        scratch = Scratch()
        timers = BridgeTimers(now: now)
        if let keys = stored.network {
            let network = try NetworkState(keys, ownMember: identity.memberID, tableSeed: seeds[3])
            network.ownGrants = stored.grants
            self.network = network
            neighbours.enter(
                identity.memberID, sequenceNumber: UInt16(truncatingIfNeeded: seeds[3]),
                isOptedOut: takesNothing, isReluctant: host.isPartial, linksMax: configuration.linksMax,
                seed: seeds[2])
        }
        restore(stored.records, now: now)
    }
}
