import Consent
import Relaying
import Sealing
import SeededRandom
import Wire

/// A network with as many live grants as wanted, as a relay in it holds it.
struct BenchmarkNetwork {
    var registry: Registry
    var grants: [GrantIndex] = []
    let now: Moment
    let keys: NetworkKeys
    private var random: SplitMix64
    private var founderID: UInt64 = 0

    init(grantCount: Int) throws {
        random = SplitMix64(seed: 1)
        now = Moment(instant: Instant(seconds: 1_000), wall: WallTime(seconds: 1_800_000_000))
        keys = try NetworkKeys(networkKey: SecretBytes(random.bytes(32)), recognitionKey: SecretBytes(random.bytes(32)))
        let founder = try SigningKey(seed: SecretBytes(random.bytes(32)))
        registry = Registry(founder: founder.publicKey, ownMember: 1, tableSeed: random.next())
        var home: (id: UInt64, key: SigningKey) = (0, founder)
        for index in 0..<grantCount {
            if index % Registry.grantsOfMemberMax == 0 { home = try addMember(founder, isFounder: index == 0) }
            try addGrant(home.id, home.key, index)
        }
        // Tokens are made in small pieces, a piece a second.
        for second in 0...Int64(grantCount / 100 + 10) {
            let time = Moment(instant: now.instant.advanced(seconds: second), wall: now.wall)
            registry.tick(now: time.wall, clock: .good)
        }
    }

    private mutating func addMember(_ founder: SigningKey, isFounder: Bool) throws -> (UInt64, SigningKey) {
        let key = isFounder ? founder : try SigningKey(seed: SecretBytes(random.bytes(32)))
        let agreement = try AgreementKey(SecretBytes(random.bytes(32)))
        let id = Names.memberID(staticKey: agreement.publicKey, signingKey: key.publicKey)
        if isFounder { founderID = id }
        let record = try MemberRecord(
            staticKey: agreement.publicKey, signingKey: key.publicKey, inviter: founderID,
            issued: now.wall, name: MemberName("house")
        ).signed(by: founder)
        try add(record.array())
        return (id, key)
    }

    private mutating func addGrant(_ home: UInt64, _ key: SigningKey, _ index: Int) throws {
        let grant = try OwnGrant(
            terms: GrantTerms(
                recognitionValue: keys.recognitionValue(.public, address: UInt64(index)), eventClass: .event,
                scope: [.relay], ratePerMinute: .max),
            home: home, signingKey: key, relayKey: Bytes16(random.bytes(16)) ?? Bytes16(),
            secrets: GrantSecrets(
                sealingKey: SecretBytes(random.bytes(32)), validitySeed: SecretBytes(random.bytes(20)),
                revocationSecret: SecretBytes(random.bytes(20))), now: now.wall)
        try add(grant.record.array())
        if let proof = try grant.proofDue(after: 0, now: now.wall) { try add(proof.array()) }
        if let place = registry.grantIndex(of: grant.id) { grants.append(place) }
    }

    private mutating func add(_ record: [UInt8]) throws {
        var effects: [RegistryEffect] = []
        let outcome = registry.add(record, now: now.wall, into: &effects)
        guard case .added = outcome else { throw BenchmarkError.record("\(outcome)") }
    }

    /// `count` packets of 123 bytes one after another, each of its own event, under random ones of the grants.
    mutating func packets(_ count: Int) throws -> (bytes: [UInt8], grants: [UInt32]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * PacketLayout.bytesSmall)
        var used: [UInt32] = []
        for _ in 0..<count {
            let place = Int(random.next() % UInt64(grants.count))
            let slot = now.wall.slot
            let header = PacketHeader(
                consentBits: [.relay], slot: slot,
                expiryMinute: EventLife.expiryMinute(heard: now.wall, consentBits: [.relay]),
                token: registry.token(of: grants[place], slot: slot) ?? 0, eventID: random.next())
            var packet = random.bytes(PacketLayout.bytesSmall)
            try packet.withUnsafeMutableBytes { target in
                let sealed = Array(target[PacketLayout.offsetSealed...])
                let mutable = try MutablePacket(
                    starting: header, hopLimit: 6, plaintextBytes: PacketLayout.bytesPlaintextSmall, in: target)
                mutable.sealed.copyBytes(from: sealed)
                mutable.setRelayTag(registry.relayTag(of: grants[place], for: mutable.view) ?? 0)
            }
            bytes += packet
            used.append(UInt32(place))
        }
        return (bytes, used)
    }

    /// The tag keys of all grants, 16 bytes each, as the protocol derives them.
    func tagKeys() throws -> [UInt8] {
        try grants.flatMap { index -> [UInt8] in
            guard let grant = registry.grant(at: index)?.record else { return [UInt8](repeating: 0, count: 16) }
            let (relayKey, home) = (grant.relayKey, withUnsafeBytes(of: grant.home.littleEndian) { Array($0) })
            let salt = Array("sidegate 1".utf8)
            let extracted = salt.withUnsafeBytes { salt in
                relayKey.withUnsafeBytes { KeyDerivation.extract(salt: salt, keyMaterial: $0) }
            }
            return try KeyDerivation.expand(extracted, label: "relay tag", context: home, length: 16)
                .withUnsafeBytes { Array($0) }
        }
    }
}

extension BenchmarkNetwork {
    /// A way to every home over `link`.
    func routes(over link: LinkNumber) -> RouteTable {
        var routes = RouteTable(ownHome: 1, sequenceNumber: 1, isOptedOut: false, hashSeed: 9)
        var effects = RouteEffects()
        routes.linkStarted(link, cost: 256, now: now.instant, into: &effects)
        for index in grants {
            guard let home = registry.home(of: index) else { continue }
            let entry = RouteEntry(home: home, sequenceNumber: 1, metric: 256)
            routes.receive(entry, from: link, now: now.instant, into: &effects)
        }
        return routes
    }
}

extension LendingLimits {
    /// The largest caps that can be set.
    static var unbounded: LendingLimits { LendingLimits(rateBits: 1 << 30, burstBytes: 1 << 24, monthBytes: 1 << 50) }
}

enum BenchmarkError: Error {
    case record(String)
    case setUp(String)
}
