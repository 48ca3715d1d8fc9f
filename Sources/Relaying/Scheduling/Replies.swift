import Wire

/// The answers and confirmations that wait for all links: the host's own, which are outside the cap, apart from others'.
struct Replies: ~Copyable {
    /// One message that could be sent: the replies of one kind for one link.
    struct Batch {
        /// own x 32 + confirmations x 16 + link
        fileprivate var number: Int
        var due: Instant
        /// Bytes of its body.
        var bytes: Int
        var link: LinkNumber { LinkNumber(number % LinkNumbers.countMax) }
        var isOwn: Bool { number >= 32 }
        fileprivate var isConfirm: Bool { number & 16 != 0 }
        fileprivate var queue: Int { Int(link) &+ (isOwn ? 16 : 0) }
    }

    /// Others' at 0 to 15, own ones at 16 to 31, by link; nil where none ever waited.
    private let queues: UnsafeMutablePointer<UnsafeMutablePointer<ReplyQueue>?>
    /// The batches that are not empty, and since when, by number.
    private var waiting: UInt64 = 0
    private let dues: UnsafeMutablePointer<Instant>
    private var cursor = 0
    /// The message taken last: type and body.
    let message: UnsafeMutableRawBufferPointer

    private static let messageBytesMax = 1 + FrameLayout.confirmMax * FrameLayout.bytesIdentifier

    static var memoryBytes: Int { 2 * LinkNumbers.countMax * (8 + MemoryLayout<ReplyQueue>.stride) + messageBytesMax }

    init() {
        queues = .allocate(capacity: 2 * LinkNumbers.countMax)
        queues.initialize(repeating: nil, count: 2 * LinkNumbers.countMax)
        dues = .allocate(capacity: 64)
        dues.initialize(repeating: .never, count: 64)
        message = .allocate(byteCount: Self.messageBytesMax, alignment: 8)
        message.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        for queue in 0..<2 * LinkNumbers.countMax { queues[queue]?.deallocate() }
        queues.deallocate()
        dues.deallocate()
        message.deallocate()
    }

    var isEmpty: Bool { waiting == 0 }

    /// Where 64 answers wait for `link` already, the oldest gives way.
    mutating func add(
        _ answer: PacketAnswer, of event: ConfirmedEvent?, to link: LinkNumber, isOwn: Bool, now: Instant
    ) {
        guard link < 16 else { return }
        let queue = Int(link) &+ (isOwn ? 16 : 0)
        made(queue).pointee.add(answer, of: event, now: now)
        update(queue)
    }

    /// Makes another answer of the one that waits to say to `link` that `event` was accepted, if there is one.
    mutating func change(
        answersOf event: ConfirmedEvent, for link: LinkNumber, to answer: Answer, isOwn: Bool, now: Instant
    ) -> Bool {
        guard link < 16 else { return false }
        let queue = Int(link) &+ (isOwn ? 16 : 0)
        guard let waiting = queues[queue], waiting.pointee.change(answersOf: event, to: answer, now: now) else {
            return false
        }
        update(queue)
        return true
    }

    mutating func confirm(_ eventID: UInt64, to link: LinkNumber, isOwn: Bool, now: Instant) {
        guard link < 16 else { return }
        let queue = Int(link) &+ (isOwn ? 16 : 0)
        made(queue).pointee.confirm(eventID, now: now)
        update(queue)
    }

    /// The batch that is to go first to one of the links in `open`: of those due by `now` in turn, else the one that will
    /// be due next. Nil if nothing waits.
    @inline(__always)
    func next(isOwn: Bool, open: UInt16, now: Instant) -> Batch? {
        waiting == 0 ? nil : nextWaiting(isOwn: isOwn, open: open, now: now)
    }

    private func nextWaiting(isOwn: Bool, open: UInt16, now: Instant) -> Batch? {
        var candidates = UInt32(truncatingIfNeeded: isOwn ? waiting >> 32 : waiting)
        candidates &= UInt32(open) | UInt32(open) << 16
        guard candidates != 0 else { return nil }
        let start = cursor &+ 1
        var rotated = candidates >> UInt32(start & 31) | candidates << UInt32((32 &- start) & 31)
        var best: Int?
        while rotated != 0 {
            let number = (rotated.trailingZeroBitCount &+ start) & 31 &+ (isOwn ? 32 : 0)
            rotated &= rotated &- 1
            if dues[number] <= now { return batch(number) }
            if best.map({ dues[number] < dues[$0] }) ?? true { best = number }
        }
        return best.map { batch($0) }
    }

    /// Moves a batch into `message`. Returns the bytes of it that count: type and body.
    mutating func take(_ batch: Batch) -> Int {
        cursor = batch.number % 32
        let bytes =
            batch.isConfirm
            ? try? queues[batch.queue]?.pointee.takeConfirms(into: message)
            : try? queues[batch.queue]?.pointee.takeAnswers(into: message)
        update(batch.queue)
        return bytes ?? 0
    }

    /// The host lends nothing any more.
    mutating func withdraw() {
        for queue in 0..<LinkNumbers.countMax {
            queues[queue]?.pointee.withdraw()
            update(queue)
        }
    }

    mutating func linkEnded(_ link: LinkNumber) {
        guard link < 16 else { return }
        for isOwn in 0..<2 {
            let queue = Int(link) &+ isOwn &* 16
            queues[queue]?.pointee.removeAll()
            update(queue)
        }
    }

    /// The most that wait for one link, others' or the host's own.
    var fullest: (answers: Int, confirms: Int) {
        var most = (answers: 0, confirms: 0)
        guard waiting != 0 else { return most }
        for place in 0..<2 * LinkNumbers.countMax {
            guard let queue = queues[place] else { continue }
            most = (max(most.answers, queue.pointee.answerCount), max(most.confirms, queue.pointee.confirmCount))
        }
        return most
    }

    private func batch(_ number: Int) -> Batch {
        var batch = Batch(number: number, due: dues[number], bytes: 0)
        guard let queue = queues[batch.queue] else { return batch }
        batch.bytes = batch.isConfirm ? queue.pointee.confirmsBody : queue.pointee.answersBody
        return batch
    }

    private mutating func update(_ queue: Int) {
        let isOwn = queue >= 16
        let answers = queue & 15 &+ (isOwn ? 32 : 0)
        update(answers, due: queues[queue]?.pointee.answersDue(isOwn: isOwn) ?? .never)
        update(answers &+ 16, due: queues[queue]?.pointee.confirmsDue(isOwn: isOwn) ?? .never)
    }

    @inline(__always)
    private func made(_ queue: Int) -> UnsafeMutablePointer<ReplyQueue> { queues[queue] ?? make(queue) }

    private func make(_ queue: Int) -> UnsafeMutablePointer<ReplyQueue> {
        let made = UnsafeMutablePointer<ReplyQueue>.allocate(capacity: 1)
        made.initialize(to: ReplyQueue())
        queues[queue] = made
        return made
    }

    private mutating func update(_ number: Int, due: Instant) {
        dues[number] = due
        if due < .never { waiting |= 1 << UInt64(number) } else { waiting &= ~(1 << UInt64(number)) }
    }
}
