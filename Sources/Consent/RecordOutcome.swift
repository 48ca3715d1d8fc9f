import Wire

/// What came of a record that was offered to the registry.
public enum RecordOutcome: Hashable, Sendable {
    /// It is new and valid: it is to be sent over every link but the one it came from, noes first.
    case added(RecordKind, id: UInt64, isNo: Bool)
    /// It was there before.
    case known(id: UInt64)
    /// What is held says more: a revocation, departure, later proof or later opt-out. Whoever offered it is answered
    /// with that record.
    case superseded(by: UInt64)
    /// It is not kept and not passed on.
    case rejected(RecordRejection)
}

/// Why a record is not kept.
public enum RecordRejection: UInt8, CaseIterable, Hashable, Sendable {
    case malformed
    /// Of a version or kind that is not known here.
    case unknownKind
    /// Its signer, or the inviter that a member record names, is not known (yet).
    case unknownSigner
    /// A proof for a grant that is not known (yet).
    case unknownGrant
    case badSignature
    /// The value does not lead to the grant's validity target.
    case badProof
    /// Issued, or to be published, later than this bridge's clock allows.
    case tooEarly
    /// Its end has passed.
    case expired
    /// Longer than a chain of inviters may be.
    case chainTooLong
    /// A bound of the protocol is reached.
    case limitReached
    /// Another grant of the same home has the same relay key: relays could not tell their packets apart.
    case relayKeyTaken
}

/// What must happen because records changed, written into a buffer that the caller reuses.
public enum RegistryEffect: Hashable, Sendable {
    /// The record is to be stored; its bytes are `Registry.bytes(of:)`, unless a later `forget` took it back.
    case store(id: UInt64)
    /// The record is to be removed from storage.
    case forget(id: UInt64)
    case memberJoined(id: UInt64)
    case memberDeparted(id: UInt64)
    /// The grant became live.
    case grantLive(GrantIndex)
    /// The grant is no longer live, or was suspended or opted out: its packets are to be dropped with this reason.
    case grantEnded(GrantIndex, Reason)
    /// The grant is held no longer. Its index means nothing from now on, and is not reused within a day.
    case grantForgotten(GrantIndex)
}
