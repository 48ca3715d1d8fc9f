import Sealing
import Wire

/// What an owner decides when a device is enrolled.
public struct GrantTerms: Hashable, Sendable {
    public var recognitionValue: Bytes16
    public var eventClass: EventClass
    public var scope: ConsentBits
    /// Events a minute by incoming link, at least 1.
    public var ratePerMinute: UInt16
    /// Days of the opt-in, 1 to 180.
    public var days: Int

    public static let daysMax = 180

    public init(
        recognitionValue: Bytes16, eventClass: EventClass, scope: ConsentBits, ratePerMinute: UInt16,
        days: Int = daysMax
    ) {
        self.recognitionValue = recognitionValue
        self.eventClass = eventClass
        self.scope = scope
        self.ratePerMinute = ratePerMinute
        self.days = days
    }
}

/// What of a grant never leaves its home: the sealing key's private half, the end of the validity chain and the secret
/// of the revocation. All are random.
public struct GrantSecrets: Sendable {
    /// 32 bytes.
    public let sealingKey: SecretBytes
    /// 20 bytes: `value(181)` of the validity chain.
    public let validitySeed: SecretBytes
    /// 20 bytes. Whoever holds it can end the grant: it may be printed.
    public let revocationSecret: SecretBytes

    public init(sealingKey: SecretBytes, validitySeed: SecretBytes, revocationSecret: SecretBytes) {
        self.sealingKey = sealingKey
        self.validitySeed = validitySeed
        self.revocationSecret = revocationSecret
    }
}

/// A grant at its home: how it is made, proven anew each day while the owner's opt-in stands, and revoked.
public struct OwnGrant: Sendable {
    static let chainLength = Int(ProofRecord.indexMax) + 1

    public let record: GrantRecord
    public let id: UInt64
    public let secrets: GrantSecrets

    /// Makes a new grant. `relayKey` is random, as the secrets are. Throws `WireError.valueOutOfRange` for terms that no
    /// grant can have, `SealingError.invalidKey` for a secret of the wrong length.
    public init(
        terms: GrantTerms, home: UInt64, signingKey: SigningKey, relayKey: Bytes16, secrets: GrantSecrets, now: WallTime
    ) throws {
        guard (1...GrantTerms.daysMax).contains(terms.days), !terms.scope.isEmpty else {
            throw WireError.valueOutOfRange
        }
        let end = now.advanced(seconds: Int64(terms.days) * 86_400)
        let chain = try HashChain(seed: secrets.validitySeed, length: Self.chainLength)
        let unsigned = GrantRecord(
            home: home, issued: now, end: end, eventClass: terms.eventClass, scope: terms.scope,
            ratePerMinute: terms.ratePerMinute, recognitionValue: terms.recognitionValue,
            sealingKey: try AgreementKey(secrets.sealingKey).publicKey, relayKey: relayKey,
            validityTarget: chain.target,
            revocationTarget: try HashLock.target(secret: secrets.revocationSecret, optInEnd: end))
        try self.init(record: unsigned.signed(by: signingKey), secrets: secrets)
    }

    /// A grant that was made before, as stored.
    public init(record: GrantRecord, secrets: GrantSecrets) throws {
        self.record = record
        self.secrets = secrets
        id = Names.recordID(try record.array())
    }

    /// The index of the proof that is due at `now`, the newest that may be published; nil before the grant begins and
    /// after its opt-in has ended. One newer than this is never to be made.
    public func proofIndexDue(now: WallTime) -> UInt16? {
        guard now >= record.issued, now < record.end else { return nil }
        let day = (now.seconds - record.issued.seconds) / 86_400
        return UInt16(min(day, UInt32(ProofRecord.indexMax) - 1)) + 1
    }

    /// The proof that is due at `now` if it is newer than the one with index `last` (0 for none). It is to be asked for
    /// only while the owner's opt-in stands: without it the grant ends by itself within 48 hours.
    public func proofDue(after last: UInt16, now: WallTime) throws -> ProofRecord? {
        guard let index = proofIndexDue(now: now), index > last else { return nil }
        let chain = try HashChain(seed: secrets.validitySeed, length: Self.chainLength)
        return ProofRecord(grantID: id, index: index, value: try chain.value(day: Int(index)))
    }

    /// The record that ends the grant, for good.
    public func revocation() throws -> RevocationRecord {
        guard let secret = secrets.revocationSecret.withUnsafeBytes({ Bytes20($0) }) else {
            throw SealingError.invalidKey
        }
        return RevocationRecord(secret: secret, end: record.end)
    }
}

/// A member's no for a device, and its withdrawal.
public enum OwnOptOut {
    /// The record that says `isNo` for a device in place of whatever this member said of it before. Throws
    /// `WireError.valueOutOfRange` once the sequence numbers are used up: the last word stands then.
    public static func record(
        for recognitionValue: Bytes16, isNo: Bool, maker: UInt64, signingKey: SigningKey, registry: borrowing Registry
    ) throws -> DeviceOptOutRecord {
        let last = registry.optOutSequence(of: maker, for: recognitionValue)
        guard last < .max else { throw WireError.valueOutOfRange }
        return try DeviceOptOutRecord(
            maker: maker, recognitionValue: recognitionValue, sequenceNumber: last + 1, isNo: isNo
        ).signed(by: signingKey)
    }
}

extension Registry {
    /// The sequence number of what `maker` said last of a device, 0 if nothing is known.
    public func optOutSequence(of maker: UInt64, for recognitionValue: Bytes16) -> UInt32 {
        guard let place = membership.place(id: maker),
            let held = optOutByDevice[DeviceOfMaker(maker: place, device: recognitionValue)]
        else { return 0 }
        return optOuts[held]?.record.sequenceNumber ?? 0
    }
}
