import CBaseline
import Consent
import Relaying
import SeededRandom
import Wire

/// The relay step: parse, filter with the tag's check, deduplicate, route, enqueue; against the tag alone from C, with
/// the same keys in the same order.
struct RelayStep {
    static let batch = 64
    static let batches = 200
    static let passes = 20

    private var network: BenchmarkNetwork
    private let packets: [UInt8]
    private let keyIndexes: [UInt32]
    /// By libcrypto's CMAC, and as the product makes it.
    private let tags: [UnsafeMutableRawPointer?]
    private let routes: RouteTable
    private let host = HostConsent(optedOut: false, scheduleClosed: false, classesLent: [.alarm, .event, .telemetry])
    private var seen = SeenTable(seed: 3)
    private var rates = RateTable(seed: 4)
    private var sum: UInt64 = 0
    private var refused = 0
    private(set) var ours = Timings()
    private(set) var theirs = [Timings(), Timings()]

    init(grantCount: Int) throws {
        network = try BenchmarkNetwork(grantCount: grantCount)
        (packets, keyIndexes) = try network.packets(Self.batch * Self.batches)
        tags = try network.tagKeys().withUnsafeBytes { keys in
            let start = keys.bindMemory(to: UInt8.self).baseAddress
            return [baseline_tags_make(start, grantCount, 0), baseline_tags_make(start, grantCount, 1)]
        }
        routes = network.routes(over: 1)
    }

    func free() { for tags in tags { baseline_tags_free(tags) } }

    mutating func run() throws {
        var relay = Relay(limits: .unbounded, reservations: [], isHosting: true, seed: 7, now: network.now)
        relay.linkStarted(0, now: network.now)
        relay.linkStarted(1, now: network.now)
        // The first pass does not count: tables grow to their size.
        for pass in 0...Self.passes {
            if pass == 1 { (ours, theirs) = (Timings(), [Timings(), Timings()]) }
            seen = Self.fullTable(seed: UInt64(pass))
            for index in 0..<Self.batches {
                let seconds = Int64(pass * Self.batches + index)
                let now = Moment(instant: network.now.instant.advanced(seconds: seconds), wall: network.now.wall)
                if let reservation = relay.reservation(now: now) { relay.reservationStored(reservation) }
                // Who comes later finds the packets in the cache: they take turns.
                for turn in 0..<3 {
                    switch (index + turn) % 3 {
                    case 0: baseline(index, 0)
                    case 1: measure(index, &relay, now: now)
                    default: baseline(index, 1)
                    }
                }
                try drain(&relay, now: now)
            }
        }
        guard refused == 0, sum != 1 else { throw BenchmarkError.setUp("\(refused) packets were refused") }
    }

    /// As of a bridge that has met many events: grown to its limit, and full.
    private static func fullTable(seed: UInt64) -> SeenTable {
        // Other events than the packets'.
        var random = SplitMix64(seed: ~seed)
        var table = SeenTable(seed: seed)
        for _ in 0..<4 * SeenTable.capacity {
            table.mark(random.next(), grant: 0, .confirmed, expiryMinute: .max, minute: 0)
        }
        return table
    }

    private mutating func baseline(_ index: Int, _ kind: Int) {
        let (tags, packets, keyIndexes) = (self.tags[kind], self.packets, self.keyIndexes)
        var sum: UInt64 = 0
        packets.withUnsafeBytes { packets in
            keyIndexes.withUnsafeBufferPointer { keys in
                let first = packets.bindMemory(to: UInt8.self).baseAddress?.advanced(
                    by: index * Self.batch * PacketLayout.bytesSmall)
                let key = keys.baseAddress?.advanced(by: index * Self.batch)
                theirs[kind].measure(Self.batch) {
                    sum = baseline_tags(tags, first, PacketLayout.bytesSmall, key, Self.batch)
                }
            }
        }
        self.sum ^= sum
    }

    private mutating func measure(_ index: Int, _ relay: inout Relay, now: Moment) {
        let packets = self.packets
        packets.withUnsafeBytes { packets in
            let bytes = Self.batch * PacketLayout.bytesSmall
            let batch = UnsafeRawBufferPointer(rebasing: packets[(index * bytes)..<((index + 1) * bytes)])
            let allocated = baseline_allocation_count()
            let start = nanoseconds()
            for offset in stride(from: 0, to: bytes, by: PacketLayout.bytesSmall) {
                let packet = UnsafeRawBufferPointer(rebasing: batch[offset..<(offset + PacketLayout.bytesSmall)])
                if !relayOne(packet, &relay, now: now) { refused += 1 }
            }
            let end = nanoseconds()
            ours.add(Self.batch, nanoseconds: end - start, allocations: baseline_allocation_count() - allocated)
        }
    }

    /// What `EventPath` does with a packet, from its bytes to the scheduler.
    @inline(never)
    private mutating func relayOne(_ bytes: UnsafeRawBufferPointer, _ relay: inout Relay, now: Moment) -> Bool {
        guard let packet = try? PacketView(bytes) else { return false }
        let verdict = ConsentFilter.judge(
            packet, incoming: .link(0), host: host, clock: .good, now: now, registry: &network.registry, seen: seen,
            rates: &rates)
        guard case .relay(let grant, let hopLimit) = verdict, let known = network.registry.facts(of: grant) else {
            return false
        }
        let facts = PacketFacts(
            grant: grant, home: known.home,
            eventClass: known.eventClass, mayHold: known.scope.contains(.hold) && packet.consentBits.contains(.hold))
        let answer = relay.offer(packet, facts, hopLimit: hopLimit, from: 0, routes: routes, now: now)
        guard answer == .accepted else { return false }
        seen.mark(packet.eventID, grant: grant, .held, expiryMinute: packet.expiryMinute, minute: now.wall.minute)
        return true
    }

    /// Empties custody, so that the next batch finds the same room.
    private func drain(_ relay: inout Relay, now: Moment) throws {
        relay.dropEverything(now: now)
        relay.takeEnds { _ in }
        guard relay.heldPackets == 0 else { throw BenchmarkError.setUp("the relay kept \(relay.heldPackets) packets") }
    }
}

func relayStep(grantCount: Int) throws -> [Line] {
    var step = try RelayStep(grantCount: grantCount)
    defer { step.free() }
    try step.run()
    let keys = grantCount == 1 ? "1 key" : "\(grantCount) keys"
    return [
        Line(
            what: "Relay step, \(keys)", figure: "\(number(step.ours.median)) ns",
            against: "the tag alone from C: \(number(step.theirs[0].median)) ns",
            ratio: step.ours.ratio(to: step.theirs[0]),
            limit: 1.5),
        Line(
            what: "The same, \(keys)", figure: "\(number(step.ours.median)) ns",
            against: "the tag as the product makes it, from C: \(number(step.theirs[1].median)) ns",
            ratio: step.ours.ratio(to: step.theirs[1]), limit: nil),
        Line(
            what: "Allocations in the relay step, \(keys)", figure: number(Double(step.ours.allocations)),
            against: "none", ratio: Double(step.ours.allocations), limit: 0),
    ]
}
