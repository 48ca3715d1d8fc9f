import Sealing
import Testing
import Wire

@testable import Consent

/// What can be wrong with a packet, each of it one step of the filter, in the order in which the filter finds it.
enum Fault: CaseIterable {
    case optedOut, schedule, clock, malformed, unknownConsent, noGrant, classNotLent, staleGrant, badTag, revoked
    case deviceOptedOut, scope, rate, expired, seen, hopLimit

    var reason: Reason {
        switch self {
        case .optedOut: .optedOut
        case .schedule: .schedule
        case .clock: .clock
        case .malformed: .malformed
        case .unknownConsent: .unknownConsent
        case .noGrant: .noGrant
        case .classNotLent: .classNotLent
        case .staleGrant: .staleGrant
        case .badTag: .badTag
        case .revoked: .revoked
        case .deviceOptedOut: .deviceOptedOut
        case .scope: .scope
        case .rate: .rate
        case .expired: .expired
        case .seen: .seen
        case .hopLimit: .hopLimit
        }
    }
}

/// A bridge with one grant and one packet under it, with any set of faults.
struct Scene {
    static let eventID: UInt64 = 0x1122_3344_5566_7788
    static let incoming = Incoming.link(3)

    var network: TestNetwork
    var registry: Registry
    var seen = SeenTable(seed: 7)
    var rates = RateTable(seed: 7)
    var host = HostConsent(optedOut: false, scheduleClosed: false, classesLent: EventClass.allCases)
    var clock = ClockState.good
    var now = Moment(instant: Instant(seconds: 1_000), wall: TestNetwork.now)
    let grant: TestGrant
    let index: GrantIndex
    var packet: [UInt8] = []

    /// - Parameter isOwn: whether the bridge is the packet's home.
    init(_ faults: Set<Fault> = [], isOwn: Bool = false, scope: ConsentBits = [.relay, .hold]) throws {
        network = try TestNetwork(seed: 99, members: 3)
        registry = network.registry(own: isOwn ? 1 : 2)
        grant = try network.grant(of: 1, scope: scope, rate: 2)
        registry.add(grant.bytes)
        if !faults.contains(.staleGrant) { registry.add(try grant.proof(1)) }
        if faults.contains(.revoked) { registry.add(try grant.revocation()) }
        if faults.contains(.deviceOptedOut) {
            registry.add(try network.optOut(by: 2, device: grant.record.recognitionValue, sequence: 1, isNo: true))
        }
        index = try #require(registry.grantIndex(of: grant.id))
        registry.tick(now: now.wall, clock: .good)
        host.optedOut = faults.contains(.optedOut)
        host.scheduleClosed = faults.contains(.schedule)
        if faults.contains(.classNotLent) { host.classesLent &= ~(1 << EventClass.event.rawValue) }
        if faults.contains(.clock) { clock = .behind }
        if faults.contains(.rate) {
            let minute = UInt32(now.instant.microseconds / 60_000_000)
            for _ in 0..<2 { rates.charge(grant: index, incoming: Self.incoming, minute: minute) }
        }
        if faults.contains(.seen) {
            seen.mark(
                Self.eventID, grant: index, .confirmed, expiryMinute: now.wall.minute + 10, minute: now.wall.minute)
        }
        packet = try make(faults)
    }

    private mutating func make(_ faults: Set<Fault>) throws -> [UInt8] {
        var bits: ConsentBits = faults.contains(.scope) ? .hold : .relay
        if faults.contains(.unknownConsent) { bits.insert(ConsentBits(rawValue: 0x80)) }
        let token = registry.token(of: index, slot: now.wall.slot)
        var bytes = try packet(
            bits: bits, slot: now.wall.slot, expiryMinute: now.wall.minute + (faults.contains(.expired) ? 0 : 9),
            token: faults.contains(.noGrant) ? 0xdead_beef : token, hopLimit: faults.contains(.hopLimit) ? 1 : 8)
        if faults.contains(.badTag) { bytes[PacketLayout.offsetRelayTag] ^= 1 }
        if faults.contains(.malformed) { bytes.removeLast() }
        return bytes
    }

    /// A packet with the grant's tag.
    mutating func packet(
        bits: ConsentBits = .relay, slot: UInt32? = nil, expiryMinute: UInt32? = nil, token: UInt64? = nil,
        eventID: UInt64 = Scene.eventID, hopLimit: UInt8 = 8, under index: GrantIndex? = nil
    ) throws -> [UInt8] {
        let index = index ?? self.index
        let slot = slot ?? now.wall.slot
        let header = PacketHeader(
            consentBits: bits, slot: slot, expiryMinute: expiryMinute ?? now.wall.minute + 9,
            token: token ?? registry.token(of: index, slot: slot) ?? 0, eventID: eventID)
        var bytes = [UInt8](repeating: 0, count: PacketLayout.bytesSmall)
        let sealed = network.random.bytes(PacketLayout.bytesSmall - PacketLayout.offsetSealed)
        try bytes.withUnsafeMutableBytes { target in
            let packet = try MutablePacket(starting: header, hopLimit: hopLimit, plaintextBytes: 40, in: target)
            packet.sealed.copyBytes(from: sealed)
            packet.setRelayTag(registry.relayTag(of: index, for: packet.view) ?? 0)
        }
        return bytes
    }

    /// The verdict, with `seen` as the plain no that it is counted as.
    mutating func judge(_ bytes: [UInt8]? = nil, incoming: Incoming = Scene.incoming) -> Verdict {
        let verdict = judgeFully(bytes, incoming: incoming)
        if case .seen(let grant) = verdict, grant == index { return .no(.seen) }
        return verdict
    }

    mutating func judgeFully(_ bytes: [UInt8]? = nil, incoming: Incoming = Scene.incoming) -> Verdict {
        (bytes ?? packet).withUnsafeBytes { bytes in
            ConsentFilter.judge(
                bytes: bytes, incoming: incoming, host: host, clock: clock, now: now, registry: &registry, seen: seen,
                rates: &rates)
        }
    }
}
