import CPrefetch
import Consent
import Wire

/// Decides what is sent next. What is the host's own (records, upkeep, replies about its own events) goes first and counts
/// for nothing; all else is within hard caps: answers and confirmations, then packets in fair order, from the packets'
/// part of the cap; registry messages from their own part, and from the packets' when no packet wants it.
public struct Scheduler: ~Copyable {
    public static let ownMessagesMax = 256
    public static let registryMessagesMax = 1_024

    /// What `next` decided.
    enum Step {
        case packet(Int16, LinkNumber)
        case reply(LinkNumber, bytes: Int, isOwn: Bool)
        case message(MessageQueue.Message)
        /// The packet in this slot would arrive too late: it is to be dropped, and `next` asked again.
        case late(Int16, Reason)
        case nothing(until: Instant)
    }

    struct Entry {
        var expires = Instant.never
        var cost: Int16 = 0
        var link: LinkNumber = 0
    }

    /// On the heap, so that the scheduler is a few words where it is moved about.
    private let allowancesPointer: UnsafeMutablePointer<LentAllowances>
    var allowances: LentAllowances {
        _read { yield allowancesPointer.pointee }
        nonmutating _modify { yield &allowancesPointer.pointee }
    }

    /// By slot.
    private var entries = GrowingBlock(Entry())
    private var fair: FairQueues
    private var ownMessages = MessageQueue(capacity: Scheduler.ownMessagesMax)
    private var registryMessages = MessageQueue(capacity: Scheduler.registryMessagesMax)
    private var replies = Replies()

    /// Links that take a message.
    private(set) var writable: UInt16 = 0
    /// Whether packets of others wait, whatever the cap.
    var arePacketsPaused = false
    /// Links with fewer than 64 unanswered packets.
    private(set) var windowOpen: UInt16 = 0

    static var memoryBytes: Int {
        FairQueues.memoryBytes + PacketPool.slotCount * MemoryLayout<Entry>.stride
            + MessageQueue.memoryBytes(capacity: ownMessagesMax)
            + MessageQueue.memoryBytes(capacity: registryMessagesMax)
            + Replies.memoryBytes
    }

    init(_ allowances: LentAllowances, seed: UInt64) {
        allowancesPointer = .allocate(capacity: 1)
        allowancesPointer.initialize(to: allowances)
        fair = FairQueues(seed: seed)
    }

    deinit {
        allowancesPointer.deinitialize(count: 1)
        allowancesPointer.deallocate()
    }

    func fetchAhead() {
        let start = UnsafeRawPointer(allowancesPointer)
        for offset in stride(from: 0, to: MemoryLayout<LentAllowances>.size, by: 64) { cache_prefetch(start + offset) }
    }

    /// What waits, for whoever holds it against its limits.
    var waiting: (ownMessages: Int, registryMessages: Int, answers: Int, confirms: Int) {
        let replies = replies.fullest
        return (ownMessages.count, registryMessages.count, replies.answers, replies.confirms)
    }

    // MARK: Links

    mutating func setWritable(_ link: LinkNumber, _ isWritable: Bool) {
        if isWritable { writable |= LinkNumbers.mask(link) } else { writable &= ~LinkNumbers.mask(link) }
    }

    mutating func setWindowOpen(_ link: LinkNumber, _ isOpen: Bool) {
        if isOpen { windowOpen |= LinkNumbers.mask(link) } else { windowOpen &= ~LinkNumbers.mask(link) }
    }

    /// Forgets replies and messages for a link that has ended. Its packets are custody's to move.
    mutating func linkEnded(_ link: LinkNumber) {
        guard link < 16 else { return }
        setWritable(link, false)
        setWindowOpen(link, false)
        ownMessages.removeAll(of: link)
        registryMessages.removeAll(of: link)
        replies.linkEnded(link)
    }

    // MARK: Queueing

    /// Queues the packet in `slot`, which is not queued.
    mutating func append(_ slot: Int16, bytes: Int, expires: Instant, at place: FairQueues.Place) {
        let cost = AirtimeBytes.body(bytes)
        entries.reserve(Int(slot) &+ 1)
        entries[Int(slot)] = Entry(expires: expires, cost: Int16(clamping: cost), link: place.link)
        fair.append(slot, cost: cost, at: place)
    }

    /// Takes the packet in `slot` out, if it is queued.
    mutating func remove(_ slot: Int16) { fair.remove(slot) }

    /// Where 64 answers wait for `link` already, the oldest gives way.
    mutating func answer(
        _ answer: PacketAnswer, of event: ConfirmedEvent?, to link: LinkNumber, isOwn: Bool, now: Instant
    ) {
        replies.add(answer, of: event, to: link, isOwn: isOwn, now: now)
    }

    /// Makes another answer of those that wait to say that `event` was accepted. Returns the links of `links` that need no
    /// other word.
    @discardableResult
    mutating func change(
        answersOf event: ConfirmedEvent, for links: UInt16, to answer: Answer, isOwn: Bool, now: Instant
    ) -> UInt16 {
        var (left, done) = (links, UInt16(0))
        while left != 0 {
            let link = LinkNumber(left.trailingZeroBitCount)
            left &= left &- 1
            if replies.change(answersOf: event, for: link, to: answer, isOwn: isOwn, now: now) {
                done |= LinkNumbers.mask(link)
            }
        }
        return done
    }

    mutating func confirm(_ eventID: UInt64, to link: LinkNumber, isOwn: Bool, now: Instant) {
        replies.confirm(eventID, to: link, isOwn: isOwn, now: now)
    }

    var hasRepliesOrOwnMessages: Bool { !replies.isEmpty || ownMessages.count > 0 }

    /// The reply that `next` returned last: `bytes` of it.
    func reply(_ bytes: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: replies.message.baseAddress, count: min(bytes, replies.message.count))
    }

    /// Returns false if the queue is full.
    mutating func append(_ message: MessageQueue.Message) -> Bool {
        message.isLent ? registryMessages.append(message) : ownMessages.append(message)
    }

    /// The host lends nothing any more. Packets are custody's to drop.
    mutating func withdraw() {
        registryMessages.removeOthers()
        replies.withdraw()
    }

    // MARK: Sending

    /// What goes next. Whatever is returned has been paid for and has left its queue, but for a late packet.
    mutating func next(now: Moment) -> Step {
        var wake = Instant.never
        if let step = nextOwn(now, wake: &wake) { return step }
        // Registry messages before packets costs the packets nothing: their part of the cap is another one.
        if let index = registryMessages.select(open: writable) {
            let cost = AirtimeBytes.body(Int(registryMessages.message(index).bytes))
            if allowances.registry.spend(cost, now: now) { return take(registryMessage: index) }
            wake = min(wake, allowances.registry.readyAt(cost, now: now))
        }
        if let step = nextReply(now, wake: &wake) { return step }
        if !arePacketsPaused, let step = nextPacket(now, wake: &wake) { return step }
        if let step = nextLeftover(now, wake: &wake) { return step }
        return .nothing(until: wake)
    }

    private mutating func nextOwn(_ now: Moment, wake: inout Instant) -> Step? {
        if let batch = replies.next(isOwn: true, open: writable, now: now.instant) {
            if batch.due <= now.instant { return take(batch) }
            wake = batch.due
        }
        guard let index = ownMessages.select(open: writable) else { return nil }
        let message = ownMessages.message(index)
        ownMessages.remove(index)
        return .message(message)
    }

    /// Nil if no reply is due. A reply that waits for its bytes holds up the packets, or they would never leave any.
    private mutating func nextReply(_ now: Moment, wake: inout Instant) -> Step? {
        guard let batch = replies.next(isOwn: false, open: writable, now: now.instant) else { return nil }
        guard batch.due <= now.instant else {
            wake = min(wake, batch.due)
            return nil
        }
        let cost = AirtimeBytes.body(batch.bytes)
        if allowances.packets.spend(cost, now: now) { return take(batch) }
        return .nothing(until: min(wake, allowances.packets.readyAt(cost, now: now)))
    }

    private mutating func nextPacket(_ now: Moment, wake: inout Instant) -> Step? {
        guard let slot = fair.select(open: writable & windowOpen) else { return nil }
        let entry = entries[Int(slot)]
        if entry.expires <= now.instant { return .late(slot, .expired) }
        if allowances.packets.spend(Int(entry.cost), now: now) {
            fair.sent(slot)
            return .packet(slot, entry.link)
        }
        guard allowances.packets.canSpend(Int(entry.cost), before: entry.expires, now: now) else {
            return .late(slot, .cap)
        }
        return .nothing(until: min(wake, allowances.packets.readyAt(Int(entry.cost), now: now)))
    }

    /// What the packets leave of their part is the registry's, so that a new neighbour learns fast where little is lent.
    private mutating func nextLeftover(_ now: Moment, wake: inout Instant) -> Step? {
        guard let index = registryMessages.select(open: writable) else { return nil }
        let cost = AirtimeBytes.body(Int(registryMessages.message(index).bytes))
        if allowances.packets.spend(cost, now: now) { return take(registryMessage: index) }
        wake = min(wake, allowances.packets.readyAt(cost, now: now))
        return nil
    }

    private mutating func take(registryMessage index: Int16) -> Step {
        let message = registryMessages.message(index)
        registryMessages.remove(index)
        return .message(message)
    }

    private mutating func take(_ batch: Replies.Batch) -> Step {
        .reply(batch.link, bytes: replies.take(batch), isOwn: batch.isOwn)
    }
}
