import CPrefetch
import Consent
import Wire

/// Custody, scheduler and ledger of one bridge: everything between "every yes was given" and "confirmed".
///
/// A packet is offered, kept, handed to the next hop and kept on until its event is confirmed from beyond, it expires, or
/// something says no (protocol, section 8). Every packet taken ends once: confirmed, or dropped for one counted reason.
///
///     offer ->  queued -> unanswered -> accepted -> confirmed
///                 ^  ^______|  not now, refused, 5 s, link ended: the next best neighbour
///                 |___________________|  no confirmation in time: again
///               waitingForRoute: nobody to hand it to      waitingForTurn: a variant behind the first copy
///
/// It has no clock and no randomness: time and a seed are handed in. What it keeps grows to its limits as it is needed,
/// and nothing of that is given back: once warm it allocates nothing.
/// What it decides is fetched: `next` for what is to be sent, `takeEnd` for what ended, `reservation` for the disk,
/// `ledger.drain`.
public struct Relay: ~Copyable {
    /// Ends that wait to be fetched; later ones are only counted. One call ends at most 512.
    public static let endsMax = 1_024

    /// How many packets were taken, and how they ended. `taken` is always `confirmed + dropped + heldPackets`.
    @frozen public struct Counts: Hashable, Sendable {
        public var taken: UInt64 = 0
        public var confirmed: UInt64 = 0
        public var dropped: UInt64 = 0
        /// Packets that came again while held.
        public var repeated: UInt64 = 0
    }

    var custody: Custody
    var scheduler: Scheduler
    /// The caller drains it.
    /// On the heap, like all that is large here: so that the relay is a few words where it is moved about.
    private let ledgerPointer: UnsafeMutablePointer<LendingLedger>
    public var ledger: LendingLedger {
        _read { yield ledgerPointer.pointee }
        nonmutating _modify { yield &ledgerPointer.pointee }
    }
    /// Whether the ledger has figures that were not drained.
    public var hasLedger: Bool { ledgerPointer.pointee.hasFigures }
    /// Drains the ledger for the bytes sent alone: what the laboratory asks after each input.
    package mutating func drainBytesLent() -> Int { ledgerPointer.pointee.drainBytesOut() }
    public internal(set) var counts = Counts()
    public internal(set) var isHosting: Bool

    /// Links that are up.
    var up: UInt16 = 0
    /// Since when each link takes no packet; the distant future while it does.
    let closedSince: UnsafeMutablePointer<Instant>
    /// Links with a time there.
    var closedNoted: UInt16 = 0
    private var jitter: UInt64
    private var replyBytes = 0
    private var ends: [CustodyEnd] = []

    /// Bytes of memory at most for others' packets and all that is kept of them.
    public static var memoryBytes: Int {
        Custody.memoryBytes + Scheduler.memoryBytes + endsMax * MemoryLayout<CustodyEnd>.stride
    }

    /// `reservations` are those stored before a restart; the month begins with `day`, if given, instead of the wall
    /// clock's, which may run ahead. `seed` is random: it spreads retries, and keeps anybody from
    /// choosing ids that collide in tables.
    public init(
        limits: LendingLimits, reservations: [MonthAllowance.Reservation], isHosting: Bool, seed: UInt64,
        day: UInt32? = nil, now: Moment
    ) {
        custody = Custody(seed: seed)
        scheduler = Scheduler(
            LentAllowances(limits, stored: reservations, day: day, now: now), seed: seed ^ 0x5555_5555_5555_5555)
        ledgerPointer = .allocate(capacity: 1)
        ledgerPointer.initialize(to: LendingLedger(day: now.wall.day))
        closedSince = .allocate(capacity: LinkNumbers.countMax)
        closedSince.initialize(repeating: .never, count: LinkNumbers.countMax)
        self.isHosting = isHosting
        jitter = seed
    }

    deinit {
        ledgerPointer.deinitialize(count: 1)
        ledgerPointer.deallocate()
        closedSince.deallocate()
    }

    /// Fetches what every turn looks at behind pointers: a hint, for whoever knows that this relay's turn comes.
    package func fetchAhead() {
        ends.withUnsafeBufferPointer { ends in cache_prefetch(UnsafeRawPointer(ends.baseAddress).map { $0 - 16 }) }
        cache_prefetch(ledgerPointer)
        scheduler.fetchAhead()
    }

    public var heldPackets: Int { custody.count }
    public var heldBytes: Int { custody.heldBytes }

    /// Whether nothing held can be handed on any further for now: all of it is kept by a neighbour, has no way, or waits behind
    /// another copy; and no reply or message of the host's own waits.
    public var isHandedOn: Bool {
        guard !scheduler.hasRepliesOrOwnMessages else { return false }
        for slot in custody.slots where custody.pool.isTaken(slot) {
            switch custody.copies[Int(slot)].state {
            case .queued, .unanswered, .adrift: return false
            case .accepted, .waitingForRoute, .refusedByHome, .waitingForTurn: break
            }
        }
        return true
    }

    /// The bytes of a packet that is held, valid until it ends; nil if it is not.
    public func packet(_ handle: PacketHandle) -> UnsafeRawBufferPointer? { custody.pool.packet(handle) }

    /// The class of a packet that is held; telemetry for one that is not.
    public func eventClass(_ handle: PacketHandle) -> EventClass {
        custody.pool.slot(handle).map { custody.copies[Int($0)].eventClass } ?? .telemetry
    }

    /// Type and body of the reply that `next` returned last.
    public var reply: UnsafeRawBufferPointer { scheduler.reply(replyBytes) }

    // MARK: What is lent

    /// Takes other limits from now on.
    public mutating func configure(_ limits: LendingLimits, now: Moment) {
        scheduler.allowances.configure(limits, now: now)
    }

    /// The month believes no day after `day` from now on: while the wall clock may have leapt ahead, none of it comes back.
    public mutating func believe(upTo day: UInt32) { scheduler.allowances.believe(upTo: day) }

    /// Bytes of the sliding month that are spent, or count as spent.
    public func monthUsedBytes(now: Moment) -> Int64 { scheduler.allowances.monthUsedBytes }

    /// The day's sum that is to be stored before more is lent, if any: told once, until one of the next two.
    public mutating func reservation(now: Moment) -> MonthAllowance.Reservation? {
        scheduler.allowances.reservation(day: now.wall.day, registryOnly: !isHosting)
    }

    public mutating func reservationStored(_ reservation: MonthAllowance.Reservation) {
        scheduler.allowances.reservationStored(reservation)
    }

    public mutating func reservationFailed(_ reservation: MonthAllowance.Reservation) {
        scheduler.allowances.reservationFailed(reservation)
    }

    // MARK: Sending

    /// What is to be sent now. It has been paid for: a packet whose `sent` is not told counts as unanswered.
    public mutating func next(now: Moment) -> Transmission {
        // Each late packet leaves custody, so this ends.
        for _ in 0...PacketPool.slotCount {
            switch scheduler.next(now: now) {
            case .packet(let slot, let link):
                handOver(slot, link, now: now)
                return .packet(custody.pool.handle(slot), link)
            case .reply(let link, let bytes, let isOwn):
                replyBytes = bytes
                if !isOwn { ledger.sent(.replies, bytes: AirtimeBytes.body(bytes &- 1), day: now.wall.day) }
                return .reply(link)
            case .message(let message):
                if message.isLent {
                    ledger.sent(.registry, bytes: AirtimeBytes.body(Int(message.bytes)), day: now.wall.day)
                }
                return .message(message.handle, message.link)
            case .late(let slot, let reason): drop(slot, reason, now: now)
            case .nothing(let until): return .nothing(until: until)
            }
        }
        return .nothing(until: now.instant)
    }

    /// The packet of the last `next` went in the frame with this number.
    public mutating func sent(_ handle: PacketHandle, frameNumber: UInt16, now: Moment) {
        guard let slot = custody.pool.slot(handle), custody.copies[Int(slot)].state == .unanswered else { return }
        let link = custody.copies[Int(slot)].link
        _ = custody.windows.add(frameNumber, handle, on: link, now: now.instant)
        guard custody.windows.isFull(link) else { return }
        scheduler.setWindowOpen(link, false)
        openWindow(link, now: now)
    }

    private mutating func handOver(_ slot: Int16, _ link: LinkNumber, now: Moment) {
        let index = Int(slot)
        custody.copies[index].state = .unanswered
        custody.copies[index].handedTo |= LinkNumbers.mask(link)
        setDue(slot, now.instant.advanced(seconds: CustodyTimes.answerSeconds))
        let bytes = AirtimeBytes.body(Int(custody.copies[index].byteCount))
        ledger.sent(LentClass(custody.copies[index].eventClass), bytes: bytes, day: now.wall.day)
        if custody.copies[index].ordinal == 0, custody.copies[index].nextVariant < 0 {
            custody.copies[index].firstSent = min(custody.copies[index].firstSent, now.instant)
        } else {
            startTurns(custody.copies[index].eventID, custody.copies[index].grant, now: now.instant)
        }
    }

    // MARK: Messages and replies of the caller's

    /// Queues an answer to a packet that came over `link`: outside the cap if the packet is for this very home.
    /// Where 64 wait already the oldest gives way: of them, the peer has waited longest.
    /// - Parameter event: of what was accepted: the answer waits for its confirmation a while.
    public mutating func answer(
        _ answer: Answer, of event: ConfirmedEvent? = nil, to frameNumber: UInt16, on link: LinkNumber, isOwn: Bool,
        now: Moment
    ) {
        let entry = PacketAnswer(frameNumber: frameNumber, answer: answer)
        scheduler.answer(entry, of: event, to: link, isOwn: isOwn, now: now.instant)
    }

    /// An event of this home's own could not be kept: answers that wait over `links` to say that it was accepted say
    /// "not now".
    public mutating func refuse(_ event: ConfirmedEvent, to links: UInt16, now: Moment) {
        scheduler.change(answersOf: event, for: links, to: .notNow, isOwn: true, now: now.instant)
    }

    /// Queues the confirmation of an event of this home's own for `link`, or lets the answer that waits say it.
    public mutating func confirm(_ eventID: UInt64, grant: GrantIndex?, to link: LinkNumber, now: Moment) {
        if let grant {
            let event = ConfirmedEvent(eventID: eventID, grant: grant)
            let links = LinkNumbers.mask(link)
            let told = scheduler.change(answersOf: event, for: links, to: .confirmed, isOwn: true, now: now.instant)
            if told != 0 { return }
        }
        scheduler.confirm(eventID, to: link, isOwn: true, now: now.instant)
    }

    /// Queues a message with a body of `bytes`, to be fetched by its handle when its turn comes. Noes are first. Lent ones
    /// (records of others) are within the cap. Returns false if there is no room, or if it is lent and nothing is.
    @discardableResult
    public mutating func queueMessage(
        _ handle: UInt64, bytes: Int, link: LinkNumber, isFirst: Bool, isLent: Bool
    ) -> Bool {
        guard up & LinkNumbers.mask(link) != 0, isHosting || isFirst || !isLent else { return false }
        return scheduler.append(
            MessageQueue.Message(
                handle: handle, bytes: Int32(clamping: bytes), link: link, isFirst: isFirst, isLent: isLent))
    }

    // MARK: Ends

    /// Whether `takeEnds` has anything to tell.
    public var hasEnds: Bool { !ends.isEmpty }

    /// Tells `body` how custody of each packet ended since the last call, oldest first.
    public mutating func takeEnds(_ body: (CustodyEnd) -> Void) {
        for end in ends { body(end) }
        ends.removeAll(keepingCapacity: true)
    }

    mutating func drop(_ slot: Int16, _ reason: Reason, now: Moment) { end(slot, reason, now: now) }

    /// Ends custody of a packet, once: confirmed if there is no reason.
    mutating func end(_ slot: Int16, _ reason: Reason?, now: Moment) {
        guard custody.pool.isTaken(slot) else { return }
        let record = custody.copies[Int(slot)]
        let upstream =
            reason == nil ? 0 : custody.links(first: custody.first(record.eventID, record.grant)).upstream
        scheduler.remove(slot)
        let (promoted, isLast) = custody.end(slot)
        if let reason {
            if isLast {
                // Whoever has not been told yet that it was accepted looks elsewhere at once.
                let event = ConfirmedEvent(eventID: record.eventID, grant: record.grant)
                scheduler.change(
                    answersOf: event, for: upstream, to: reason.answer, isOwn: false, now: now.instant)
            }
            counts.dropped &+= 1
            ledger.dropped(reason, day: now.wall.day)
        } else {
            counts.confirmed &+= 1
            ledger.confirmed(LentClass(record.eventClass), day: now.wall.day)
        }
        if ends.count < Self.endsMax {
            ends.append(
                CustodyEnd(
                    eventID: record.eventID, grant: record.grant, expiryMinute: record.expiryMinute,
                    bytes: Int(record.byteCount), eventClass: record.eventClass, reason: reason,
                    isLast: isLast))
        }
        // The first copy is gone before it was ever sent: the next takes its turn at once.
        guard let promoted, custody.copies[Int(promoted)].state == .waitingForTurn else { return }
        guard custody.copies[Int(promoted)].firstSent == .never else { return }
        custody.copies[Int(promoted)].state = .adrift
        setDue(promoted, now.instant)
    }

    // MARK: Time

    /// When `advance` has something to do, or a little earlier.
    public var nextDeadline: Instant {
        var deadline = custody.deadlines.nextAtEarliest
        var closed = up & ~(scheduler.writable & scheduler.windowOpen)
        while closed != 0 {
            let since = closedSince[closed.trailingZeroBitCount]
            if since < .never { deadline = min(deadline, since.advanced(seconds: CustodyTimes.closedSeconds)) }
            closed &= closed &- 1
        }
        return deadline
    }

    /// Sets when the packet is looked at again, at its expiry at the latest.
    @inline(__always)
    mutating func setDue(_ slot: Int16, _ due: Instant) {
        custody.deadlines.set(slot, due: min(due, custody.copies[Int(slot)].expires))
    }

    /// Up to an eighth of `seconds` more, so that retries of many bridges spread.
    mutating func spread(_ seconds: Int64) -> Int64 {
        jitter = jitter &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let microseconds = seconds &* 1_000_000
        return microseconds &+ Int64(jitter >> 33) % (microseconds / 8)
    }
}
