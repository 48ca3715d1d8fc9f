import Consent
import Foundation
import Sealing
import SeededRandom
import Storage
import Wire

/// A state directory of a bridge in a network with so many records, all as they would be on the air.
struct FilledStore {
    static let records = 10_000
    private static let grantsOfMember = 50

    private var random = SplitMix64(seed: 1)
    private let now = WallTime(seconds: UInt32(Date().timeIntervalSince1970) - 60)
    private var made: [StoredRecord] = []

    /// Makes the directory, which must not exist.
    static func make(_ directory: String) throws {
        var store = FilledStore()
        try store.fill(BridgeStore(directory: directory))
    }

    private mutating func fill(_ store: BridgeStore) throws {
        let (networkKey, recognitionKey) = (bytes(32), bytes(32))
        let keys = try NetworkKeys(networkKey: SecretBytes(networkKey), recognitionKey: SecretBytes(recognitionKey))
        let (seed, secret) = (bytes(32), bytes(32))
        let founder = try SigningKey(seed: SecretBytes(seed))
        let agreement = try AgreementKey(SecretBytes(secret))
        let founderID = Names.memberID(staticKey: agreement.publicKey, signingKey: founder.publicKey)
        try add(Self.member(agreement, founder, inviter: founderID, by: founder, now))
        while made.count < Self.records {
            let key = try SigningKey(seed: SecretBytes(bytes(32)))
            let agreement = try AgreementKey(SecretBytes(bytes(32)))
            try add(Self.member(agreement, key, inviter: founderID, by: founder, now))
            let home = Names.memberID(staticKey: agreement.publicKey, signingKey: key.publicKey)
            for _ in 0..<Self.grantsOfMember where made.count < Self.records { try addGrant(home, key, keys) }
        }
        try store.setIdentity(
            StoredIdentity(
                staticKey: StoredSecret(secret), signingSeed: StoredSecret(seed), name: "one",
                created: Int64(now.seconds)))
        try store.setNetwork(
            StoredNetwork(
                networkKey: StoredSecret(networkKey), recognitionKey: StoredSecret(recognitionKey),
                founderKey: founder.publicKey.array, name: "Elm Street", created: Int64(now.seconds)))
        try store.put(made)
        try store.close()
    }

    private static func member(
        _ agreement: AgreementKey, _ key: SigningKey, inviter: UInt64, by founder: SigningKey, _ now: WallTime
    ) throws -> [UInt8] {
        try MemberRecord(
            staticKey: agreement.publicKey, signingKey: key.publicKey, inviter: inviter, issued: now,
            name: MemberName("house")
        ).signed(by: founder).array()
    }

    private mutating func addGrant(_ home: UInt64, _ key: SigningKey, _ keys: NetworkKeys) throws {
        let grant = try OwnGrant(
            terms: GrantTerms(
                recognitionValue: keys.recognitionValue(.public, address: UInt64(made.count)), eventClass: .event,
                scope: [.relay], ratePerMinute: 10),
            home: home, signingKey: key, relayKey: Bytes16(bytes(16)) ?? Bytes16(),
            secrets: GrantSecrets(
                sealingKey: SecretBytes(bytes(32)), validitySeed: SecretBytes(bytes(20)),
                revocationSecret: SecretBytes(bytes(20))), now: now)
        add(try grant.record.array())
        if let proof = try grant.proofDue(after: 0, now: now), made.count < Self.records { add(try proof.array()) }
    }

    private mutating func add(_ record: [UInt8]) {
        let id =
            withUnsafeBytes(of: Names.recordID(record).littleEndian) { Array($0) } + [UInt8](repeating: 0, count: 8)
        made.append(
            StoredRecord(
                id: id, kind: (record.first ?? 0) & 0x0f, bytes: record, received: Int64(now.seconds), expires: nil))
    }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
