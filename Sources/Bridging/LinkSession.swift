import Relaying
import Sealing
import Wire

/// One channel and what has come of it: from the first hello to a link between members.
final class LinkSession {
    /// How far it has come. `docs/protocol.md`, section 4.
    enum Phase {
        /// This bridge asked for the channel, which is not up yet.
        case dialling
        /// Hello was sent, the reply is awaited.
        case calling(NoiseHandshake)
        /// The peer opened the channel, its hello is awaited.
        case called
        /// The reply was sent, the finish is awaited.
        case replied(NoiseHandshake)
        /// Messages are sealed.
        case running
        /// Nothing more is to be done with it.
        case over
    }

    /// Which keys it runs under.
    enum Kind: UInt8 {
        case network
        case join
    }

    static let helloWaitMilliseconds: Int64 = 2_000
    static let handshakeWaitMilliseconds: Int64 = 6_000
    static let membershipWaitMilliseconds: Int64 = 10_000
    static let keepaliveAfterMilliseconds: Int64 = 15_000
    /// Of the side that is not to ask next: it does where the other one has nothing to say any more.
    static let keepaliveInReserveMilliseconds: Int64 = 18_000
    static let silenceMaxMilliseconds: Int64 = 45_000

    let channel: LinkChannel
    let isCaller: Bool
    let address: RadioAddress
    /// The beacon value that the caller answers.
    var beacon: [UInt8]
    let hot: UnsafeMutablePointer<Hot>
    var peerStatic: Bytes32?
    /// The member id that the peer claims: that of the first member record it sends with its own static key.
    var claimed: UInt64?
    /// The peer's member id, once its record stands; then also `number`, its place among the links.
    var member: UInt64?
    /// What the peer said last of its lending; nil before.
    var lending: LendingNotice?
    /// What the peer was told last of this bridge's.
    var saidLending: LendingNotice?
    /// Whether the peer has been shown who this bridge is.
    var isIntroduced = false
    /// The called peer has made it a link.
    var isTaken = false
    /// The peer ended it for want of room.
    var isRefused = false
    /// The radio takes nothing more on it for now.
    var isBlocked = false
    var since: Instant
    var signalDBm: Int8
    var keepaliveNumber: UInt16 = 0
    var cost = LinkCost()
    var exchange = RecordExchange() { didSet { hot.pointee.hasRecordsToTell = !exchange.isIdle } }
    var earlyRoutes = EarlyRoutes()
    var nextExchange = Instant.distantFuture
    /// The handles of the messages about records that wait in the scheduler.
    var recordMessages: [UInt64] = []

    init(
        channel: LinkChannel, isCaller: Bool, kind: Kind, address: RadioAddress, beacon: [UInt8], phase: Phase,
        signalDBm: Int8, now: Instant
    ) {
        self.channel = channel
        self.isCaller = isCaller
        self.address = address
        self.beacon = beacon
        self.signalDBm = signalDBm
        since = now
        hot = .allocate(capacity: 1)
        let wait = isCaller ? Self.handshakeWaitMilliseconds : Self.helloWaitMilliseconds
        hot.initialize(
            to: Hot(
                channel: channel, kind: kind, phase: phase, lastReceived: now,
                deadline: now.advanced(milliseconds: wait), asksNext: isCaller))
    }

    deinit {
        hot.deinitialize(count: 1)
        hot.deallocate()
    }

    // MARK: What every message touches

    /// What a message on its way through needs of its session, without counting references: its address stays good for
    /// as long as the session is in the table. Behind a pointer also since a class's own variables cost an exclusivity
    /// check each time they are touched.
    struct Hot {
        let channel: LinkChannel
        var kind: Kind
        var phase: Phase
        var sealing: LinkCipher?
        var opening: LinkCipher?
        var number: LinkNumber?
        var lastReceived: Instant
        /// When the session ends unless it has come further by then.
        var deadline: Instant
        var keepaliveSentAt: Instant?
        /// The sides take turns to ask, so that both measure the round trip, and one exchange keeps both content.
        var asksNext: Bool
        var haveAsksCrossed = false
        /// Whether the neighbour is still to be told something of the registry.
        var hasRecordsToTell = false

        /// When `LinkUpkeep` has to look at this session next.
        @inline(__always)
        var nextDeadline: Instant {
            guard number != nil else { return deadline }
            guard keepaliveSentAt == nil else { return lastReceived.advanced(milliseconds: silenceMaxMilliseconds) }
            return lastReceived.advanced(
                milliseconds: asksNext ? keepaliveAfterMilliseconds : keepaliveInReserveMilliseconds)
        }

        /// The cipher of what comes in, for `_withUnsafeGuaranteedRef`; nil unless messages are sealed.
        @inline(__always)
        var openingUncounted: Unmanaged<LinkCipher>? {
            guard case .running = phase, let opening else { return nil }
            return .passUnretained(opening)
        }
        @inline(__always)
        var sealingUncounted: Unmanaged<LinkCipher>? { sealing.map { .passUnretained($0) } }
        /// The place among the links if this is one; nil for strangers and for joining.
        @inline(__always)
        var linkNumber: LinkNumber? { kind == .network ? number : nil }
    }

    var kind: Kind {
        get { hot.pointee.kind }
        set { hot.pointee.kind = newValue }
    }
    var phase: Phase {
        _read { yield hot.pointee.phase }
        set { hot.pointee.phase = newValue }
    }
    var sealing: LinkCipher? {
        _read { yield hot.pointee.sealing }
        set { hot.pointee.sealing = newValue }
    }
    var opening: LinkCipher? {
        _read { yield hot.pointee.opening }
        set { hot.pointee.opening = newValue }
    }
    var number: LinkNumber? {
        get { hot.pointee.number }
        set { hot.pointee.number = newValue }
    }
    var lastReceived: Instant {
        get { hot.pointee.lastReceived }
        set { hot.pointee.lastReceived = newValue }
    }

    var deadline: Instant {
        get { hot.pointee.deadline }
        set { hot.pointee.deadline = newValue }
    }
    var keepaliveSentAt: Instant? {
        get { hot.pointee.keepaliveSentAt }
        set { hot.pointee.keepaliveSentAt = newValue }
    }

    /// The peer's ask has been answered: this side is next. Where both had asked at once, the caller is.
    func noteAskAnswered() {
        hot.pointee.haveAsksCrossed = keepaliveSentAt != nil
        hot.pointee.asksNext = isCaller || keepaliveSentAt == nil
    }

    /// The own ask has been answered: the peer is next.
    func noteAnswer() {
        keepaliveSentAt = nil
        if !hot.pointee.haveAsksCrossed { hot.pointee.asksNext = false }
        hot.pointee.haveAsksCrossed = false
    }

    var isRunning: Bool { if case .running = phase { true } else { false } }
    /// Whether packets, routes and records may pass.
    var isLink: Bool { number != nil }

    var nextDeadline: Instant { hot.pointee.nextDeadline }
}
