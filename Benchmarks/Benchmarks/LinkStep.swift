import Bridging
import CBaseline
import Relaying
import SeededRandom
import Wire

/// Link ciphertext in to link ciphertext out, through a real bridge among others; against opening, tagging and
/// sealing as many messages of the same size from C, over as many links and under as many tag keys, in the same order.
struct LinkStep {
    static let links = 8
    static let batch = 48 * links
    static let batches = 60
    /// Messages that a busy bridge is given before it sends.
    static let turn = 64
    /// Batches at the start that do not count, while buffers and what is reserved of the month reach their size.
    static let warmUps = 15

    private let street: BenchmarkStreet
    private let baselineLinks: [UnsafeMutableRawPointer?]
    /// By libcrypto's CMAC, and as the product makes it.
    private let tags: [UnsafeMutableRawPointer?]
    private var sealed = [UInt8](repeating: 0, count: LinkStep.batch * LinkStep.messageBytes)
    private var output = [UInt8](repeating: 0, count: LinkStep.batch * LinkStep.messageBytes)
    private let keyIndexes = (0..<UInt32(LinkStep.batch)).map { $0 % UInt32(LinkStep.links) }
    private var nonce: UInt64 = 0
    private(set) var ours = Timings()
    private(set) var theirs = [Timings(), Timings()]
    private(set) var relayed = 0

    /// Type, packet and session tag.
    static let messageBytes = 1 + PacketLayout.bytesSmall + 16

    init() throws {
        street = try BenchmarkStreet(around: Self.links)
        var random = SplitMix64(seed: 5)
        let keys = random.bytes(32 * Self.links)
        baselineLinks = keys.withUnsafeBufferPointer { keys in
            (0..<Self.links).map { link in
                let key = keys.baseAddress.map { $0 + 32 * link }
                return baseline_link_make(key, key)
            }
        }
        tags = keys.withUnsafeBufferPointer { keys in
            [0, 1].map { baseline_tags_make(keys.baseAddress, Self.links, $0) }
        }
        guard (baselineLinks + tags).allSatisfy({ $0 != nil }) else {
            throw BenchmarkError.setUp("libcrypto made no contexts")
        }
    }

    func free() {
        for link in baselineLinks { baseline_link_free(link) }
        for tags in tags { baseline_tags_free(tags) }
    }

    mutating func run() throws {
        try street.settle()
        for index in 0..<Self.batches {
            // First, so that neither side finds in the caches what the other needs.
            fill()
            for _ in 0..<(Self.batch / Self.links) { try street.emit() }
            for turn in 0..<3 {
                switch (index + turn) % 3 {
                case 0: try baseline(0)
                case 1: measure()
                default: try baseline(1)
                }
            }
            if index == Self.warmUps { (ours, theirs, relayed) = (Timings(), [Timings(), Timings()], 0) }
            // The ends answer, open and confirm, and the bridge in the middle forgets.
            street.carryOut(0)
            for _ in 0..<6 {
                street.tick(milliseconds: 200)
                street.deliverAll()
            }
        }
        let (sent, wanted) = (Self.batch * Self.batches, Self.batch * (Self.batches - Self.warmUps - 1))
        let opened = street.houses.reduce(0) { $0 + $1.opened }
        guard relayed == wanted, opened == sent else {
            throw BenchmarkError.setUp(
                "\(relayed) of \(wanted) packets were relayed at once, \(opened) of \(sent) opened")
        }
    }

    /// What waits for the middle bridge goes through it. What it sends stays in its effects.
    private mutating func measure() {
        let house = street.houses[0]
        let now = street.now
        let inbox = house.inbox
        house.inbox = BenchmarkStreet.Inbox()
        withExtendedLifetime(inbox) { pass(inbox, through: &house.bridge, into: &house.effects, now: now) }
        relayed += house.effects.sends.count { $0.count == Self.messageBytes }
    }

    @inline(never)
    private mutating func pass(
        _ inbox: BenchmarkStreet.Inbox, through bridge: inout Bridge, into effects: inout Effects, now: Moment
    ) {
        let allocated = baseline_allocation_count()
        let start = nanoseconds()
        var count = 0
        inbox.eachMessage { channel, bytes in
            bridge.received(channel, bytes, now: now, into: &effects)
            count += 1
            if count % Self.turn == 0 { bridge.settle(now: now, into: &effects) }
        }
        bridge.settle(now: now, into: &effects)
        let end = nanoseconds()
        ours.add(Self.batch, nanoseconds: end - start, allocations: baseline_allocation_count() - allocated)
    }

    /// Messages for the baseline to open.
    private mutating func fill() {
        nonce += UInt64(Self.batch)
        sealed.withUnsafeMutableBufferPointer { sealed in
            baseline_link_fill(
                baselineLinks, sealed.baseAddress, Self.messageBytes, nonce, keyIndexes, Self.batch)
        }
    }

    private mutating func baseline(_ kind: Int) throws {
        let (links, tags, first, count) = (baselineLinks, self.tags[kind], nonce, Self.batch)
        var opened = 0
        sealed.withUnsafeBufferPointer { sealed in
            output.withUnsafeMutableBufferPointer { output in
                keyIndexes.withUnsafeBufferPointer { keys in
                    theirs[kind].measure(count) {
                        opened = baseline_link(
                            links, tags, sealed.baseAddress, Self.messageBytes, first, keys.baseAddress, first,
                            output.baseAddress, count)
                    }
                }
            }
        }
        guard opened == count else { throw BenchmarkError.setUp("the baseline opened \(opened) of \(count)") }
    }
}

func linkStep() throws -> [Line] {
    var step = try LinkStep()
    defer { step.free() }
    try step.run()
    return [
        Line(
            what: "Link to link through a bridge", figure: "\(number(step.ours.median)) ns",
            against: "open, tag and seal from C: \(number(step.theirs[0].median)) ns",
            ratio: step.ours.ratio(to: step.theirs[0]), limit: 1.5),
        Line(
            what: "The same, link to link", figure: "\(number(step.ours.median)) ns",
            against: "with the tag as the product makes it: \(number(step.theirs[1].median)) ns",
            ratio: step.ours.ratio(to: step.theirs[1]), limit: nil),
        Line(
            what: "Allocations from link to link", figure: number(Double(step.ours.allocations)), against: "none",
            ratio: Double(step.ours.allocations), limit: 0),
    ]
}
