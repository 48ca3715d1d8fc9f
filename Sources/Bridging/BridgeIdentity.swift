import Consent
import Relaying
import Sealing
import Wire

/// Who a bridge is: two key pairs that never leave it, and a name.
public struct BridgeIdentity: Sendable {
    public let staticKey: AgreementKey
    public let signingKey: SigningKey
    public let name: MemberName
    public let memberID: UInt64
    /// What a beacon hints of it: the first 3 bytes.
    var hint: UInt32 { UInt32(truncatingIfNeeded: memberID & 0xff_ffff) }

    /// - Parameters: 32 random bytes each, and what this bridge is called among members.
    /// - Throws: `SealingError.invalidKey` for a key of another length.
    public init(staticKey: SecretBytes, signingSeed: SecretBytes, name: MemberName) throws(SealingError) {
        self.staticKey = try AgreementKey(staticKey)
        signingKey = try SigningKey(seed: signingSeed)
        self.name = name
        memberID = Names.memberID(staticKey: self.staticKey.publicKey, signingKey: self.signingKey.publicKey)
    }
}

/// What a bridge is told when it starts, besides who it is.
public struct BridgeConfiguration: Sendable {
    public var lending: LendingLimits
    public var classesLent: [EventClass]
    public var linksMax: Int
    /// Whether the host said no, by settings or by command.
    public var isOptedOut: Bool
    /// Whether this moment lies outside the host's schedule.
    public var isScheduleClosed: Bool

    public init(
        lending: LendingLimits, classesLent: [EventClass], linksMax: Int, isOptedOut: Bool,
        isScheduleClosed: Bool = false
    ) {
        self.lending = lending
        self.classesLent = classesLent
        self.linksMax = linksMax
        self.isOptedOut = isOptedOut
        self.isScheduleClosed = isScheduleClosed
    }
}

/// A network's keys, as they are kept.
public struct StoredNetwork: Sendable {
    public var networkKey: SecretBytes
    public var recognitionKey: SecretBytes
    public var founderSigningKey: Bytes32

    public init(networkKey: SecretBytes, recognitionKey: SecretBytes, founderSigningKey: Bytes32) {
        self.networkKey = networkKey
        self.recognitionKey = recognitionKey
        self.founderSigningKey = founderSigningKey
    }
}

/// What a bridge finds on its disk.
public struct StoredState {
    public var network: StoredNetwork?
    /// In any order.
    public var records: [[UInt8]]
    public var devices: [OwnDevice]
    /// Of those devices, where they are not revoked.
    public var grants: [OwnGrant]
    public var reservations: [MonthAllowance.Reservation]
    /// The latest time that was ever noted.
    public var clock: WallTime

    public init(
        network: StoredNetwork? = nil, records: [[UInt8]] = [], devices: [OwnDevice] = [],
        grants: [OwnGrant] = [], reservations: [MonthAllowance.Reservation] = [], clock: WallTime = WallTime(seconds: 0)
    ) {
        self.network = network
        self.records = records
        self.devices = devices
        self.grants = grants
        self.reservations = reservations
        self.clock = clock
    }
}

/// Why a command cannot be carried out.
public enum BridgeError: Error, Hashable, Sendable {
    case noNetwork
    case networkExists
    case joiningAlready
    /// The clock is not set, or behind what was stored.
    case clockUnset
    case unknownDevice
    /// This bridge's registry does not hold the device's grant.
    case grantNotHeld
    /// The last test was less than 10 s ago.
    case testTooSoon
    /// The registry holds as many as it may.
    case full
    case sealing(SealingError)
    /// Terms that no grant can have.
    case badTerms
    /// The random pool was not topped up.
    case randomnessExhausted
    /// The record was not accepted by this bridge's own registry.
    case rejected(RecordRejection)
}
