import CBaseline
import Consent
import Relaying
import Wire

/// One neighbour on the way to everywhere.
struct OneWay: NextHops {
    func nextHop(for home: UInt64, excluding excluded: UInt16) -> LinkNumber? { excluded & 2 == 0 ? 1 : nil }
}

/// The relay step: parse, filter with the tag's check, deduplicate, route, enqueue; against the tag alone from C, with
/// the same keys in the same order.
func relayStep(grantCount: Int) throws -> [Line] {
    let batch = 64
    let batches = 400
    var network = try BenchmarkNetwork(grantCount: grantCount)
    let (bytes, used) = try network.packets(batch * batches)
    let tags = try network.tagKeys().withUnsafeBytes { keys in
        baseline_tags_make(keys.bindMemory(to: UInt8.self).baseAddress, grantCount)
    }
    defer { baseline_tags_free(tags) }
    var relay = Relay(
        limits: LendingLimits(rateBits: .max, burstBytes: .max, monthBytes: .max), reservations: [], isHosting: true,
        seed: 7, now: network.now)
    relay.linkStarted(0, now: network.now)
    relay.linkStarted(1, now: network.now)
    var seen = SeenTable(seed: 3)
    var rates = RateTable(seed: 4)
    let host = HostConsent(optedOut: false, scheduleClosed: false, classesLent: [.alarm, .event, .telemetry])
    var (ours, theirs) = (Timings(), Timings())
    var sum: UInt64 = 0
    var refused = 0
    try bytes.withUnsafeBytes { bytes in
        for index in 0..<batches {
            let now = Moment(instant: network.now.instant.advanced(seconds: Int64(index)), wall: network.now.wall)
            let first = index * batch
            theirs.measure(batch) {
                let packets = bytes.bindMemory(to: UInt8.self).baseAddress?.advanced(by: first * PacketLayout.bytesSmall)
                used.withUnsafeBufferPointer { used in
                    sum ^= baseline_tags(
                        tags, packets, PacketLayout.bytesSmall, used.baseAddress?.advanced(by: first), batch)
                }
            }
            ours.measure(batch) {
                for packet in first..<(first + batch) {
                    let start = packet * PacketLayout.bytesSmall
                    let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + PacketLayout.bytesSmall)])
                    refused += relayOne(
                        slice, host: host, now: now, registry: &network.registry, seen: &seen, rates: &rates,
                        relay: &relay)
                }
            }
            try drain(&relay, &seen, now: now)
        }
    }
    guard refused == 0, sum != 1 else { throw BenchmarkError.setUp("\(refused) packets were refused") }
    let keys = grantCount == 1 ? "1 key" : "\(grantCount) keys"
    return [
        Line(
            what: "Relay step, \(keys)", figure: "\(number(ours.median)) ns", against: "tag alone from C: \(number(theirs.median)) ns",
            ratio: ours.median / theirs.median, limit: 1.5),
        Line(
            what: "Allocations in the relay step, \(keys)",
            figure: number(Double(ours.allocations) / Double(batch * batches), 3), against: "none", ratio: Double(ours.allocations),
            limit: 0),
    ]
}

@inline(never)
private func relayOne(
    _ bytes: UnsafeRawBufferPointer, host: HostConsent, now: Moment, registry: inout Registry,
    seen: inout SeenTable, rates: inout RateTable, relay: inout Relay
) -> Int {
    guard let packet = try? PacketView(bytes) else { return 1 }
    let verdict = ConsentFilter.judge(
        packet, incoming: .link(0), host: host, clock: .good, now: now, registry: &registry, seen: seen, rates: &rates)
    guard case .relay(let grant, let hopLimit) = verdict else { return 1 }
    return registry.withFacts(of: grant, packet: packet) { facts in
        let answer = relay.offer(packet, facts, hopLimit: hopLimit, from: 0, routes: OneWay(), now: now)
        seen.mark(packet.eventID, .held, expiryMinute: packet.expiryMinute, minute: now.wall.minute)
        return answer == .accepted ? 0 : 1
    }
}

/// Sends and confirms what is queued, so that the next batch finds the same room.
private func drain(_ relay: inout Relay, _ seen: inout SeenTable, now: Moment) throws {
    if let reservation = relay.reservation(now: now) { relay.reservationStored(reservation) }
    relay.setWritable(1, true)
    relay.dropEverything(now: now)
    relay.takeEnds { _ in }
    guard relay.heldPackets == 0 else { throw BenchmarkError.setUp("the relay kept \(relay.heldPackets) packets") }
}
