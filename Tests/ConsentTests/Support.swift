import Sealing
import SeededRandom
import Wire

@testable import Consent

extension SplitMix64 {
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }

    mutating func fixed<Value: FixedBytes>(_ type: Value.Type = Value.self) -> Value {
        var value = Value()
        for index in 0..<Value.count { value[index] = UInt8.random(in: 0...255, using: &self) }
        return value
    }
}

struct TestMember {
    let key: SigningKey
    let record: MemberRecord
    let bytes: [UInt8]
    var id: UInt64 { Names.memberID(staticKey: record.staticKey, signingKey: record.signingKey) }
}

struct TestGrant {
    let own: OwnGrant
    let bytes: [UInt8]
    var id: UInt64 { own.id }
    var record: GrantRecord { own.record }

    func proof(_ index: UInt16) throws -> [UInt8] {
        let chain = try HashChain(seed: own.secrets.validitySeed, length: 181)
        return try ProofRecord(grantID: id, index: index, value: chain.value(day: Int(index))).array()
    }

    func revocation() throws -> [UInt8] { try own.revocation().array() }
}

/// Makes the records of a network, all from one seed.
struct TestNetwork {
    static let now = WallTime(seconds: 1_900_000_000)

    var random: SplitMix64
    var members: [TestMember] = []
    var founder: TestMember { members[0] }

    init(seed: UInt64, members count: Int = 1) throws {
        random = SplitMix64(seed: seed)
        for number in 0..<max(1, count) { _ = try invite(by: number == 0 ? nil : 0) }
    }

    mutating func invite(
        by inviter: Int?, name: String = "house", issued: WallTime = Self.now
    ) throws -> TestMember {
        let key = try SigningKey(seed: SecretBytes(random.bytes(32)))
        let inviterKey = inviter.map { members[$0].key } ?? key
        let staticKey: Bytes32 = random.fixed()
        let record = try MemberRecord(
            staticKey: staticKey, signingKey: key.publicKey,
            inviter: inviter.map { members[$0].id } ?? Names.memberID(staticKey: staticKey, signingKey: key.publicKey),
            issued: issued, name: MemberName(name), networkName: MemberName(inviter == nil ? "street" : "")
        ).signed(by: inviterKey)
        let member = TestMember(key: key, record: record, bytes: try record.array())
        members.append(member)
        return member
    }

    mutating func grant(
        of member: Int, device: Bytes16? = nil, eventClass: EventClass = .event, scope: ConsentBits = [.relay, .hold],
        rate: UInt16 = 60, days: Int = 180, relayKey: Bytes16? = nil, issued: WallTime = now
    ) throws -> TestGrant {
        let secrets = GrantSecrets(
            sealingKey: SecretBytes(random.bytes(32)), validitySeed: SecretBytes(random.bytes(20)),
            revocationSecret: SecretBytes(random.bytes(20)))
        let terms = GrantTerms(
            recognitionValue: device ?? random.fixed(), eventClass: eventClass, scope: scope, ratePerMinute: rate,
            days: days)
        let own = try OwnGrant(
            terms: terms, home: members[member].id, signingKey: members[member].key,
            relayKey: relayKey ?? random.fixed(), secrets: secrets, now: issued)
        return TestGrant(own: own, bytes: try own.record.array())
    }

    func optOut(
        by member: Int, device: Bytes16, sequence: UInt32, isNo: Bool
    ) throws -> [UInt8] {
        try DeviceOptOutRecord(
            maker: members[member].id, recognitionValue: device, sequenceNumber: sequence, isNo: isNo
        ).signed(by: members[member].key).array()
    }

    func departure(of member: Int, time: WallTime = now) throws -> [UInt8] {
        try DepartureRecord(member: members[member].id, time: time).signed(by: members[member].key).array()
    }

    /// A registry that knows all members; `own` is whose bridge it is.
    func registry(own: Int? = nil) -> Registry {
        var registry = emptyRegistry(own: own)
        var effects: [RegistryEffect] = []
        for member in members { _ = registry.add(member.bytes, now: Self.now, into: &effects) }
        return registry
    }

    func emptyRegistry(own: Int? = nil) -> Registry {
        Registry(
            founder: founder.record.signingKey, ownMember: own.map { members[$0].id } ?? 1, tableSeed: 0x5eed)
    }
}

extension Registry {
    /// Adds for tests that look at the outcome only.
    @discardableResult
    mutating func add(_ bytes: [UInt8], now: WallTime = TestNetwork.now) -> RecordOutcome {
        var effects: [RegistryEffect] = []
        return add(bytes, now: now, into: &effects)
    }

    /// The members who say no for a device.
    func makersOfNoes(for device: Bytes16) -> [UInt64] {
        optOuts.values.compactMap { held in
            guard let held, held.record.isNo, held.record.recognitionValue == device else { return nil }
            return held.record.maker
        }
    }

    /// As from a neighbour's frame.
    func judge(offered ids: [UInt64], missing: inout [UInt64], refutations: inout [UInt64]) throws {
        try ids.map(\.littleEndian).withUnsafeBytes {
            judge(
                offered: try IdentifiersView($0, count: 0...ids.count), missing: &missing, refutations: &refutations)
        }
    }

    var listing: [UInt64] {
        var ids: [UInt64] = []
        list(into: &ids)
        return ids
    }
}

extension RecordOutcome {
    var isAdded: Bool { if case .added = self { true } else { false } }

    var rejection: RecordRejection? { if case .rejected(let rejection) = self { rejection } else { nil } }
}
