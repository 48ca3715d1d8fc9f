import GRDB

/// One of the owner's own devices, with the keys of its grant.
public struct StoredDevice: Sendable, Equatable {
    /// What the store calls it; 0 before it is added.
    public var id: Int64 = 0
    /// Unique, 1 to 64 bytes.
    public var name: String
    /// The Bluetooth address, 6 bytes.
    public var address: [UInt8]
    /// The address's type, as the protocol numbers it.
    public var addressType: UInt8
    /// BTHome's key, 16 bytes.
    public var bindKey: StoredSecret
    /// The X25519 key that its events are sealed to, 32 bytes.
    public var sealingPrivateKey: StoredSecret
    /// The key of tokens and relay tags, 16 bytes.
    public var relayKey: StoredSecret
    /// The class that relays schedule by, as the protocol numbers it.
    public var classCode: UInt8
    /// The grant's scope bits.
    public var scope: UInt32
    /// Events a minute.
    public var ratePerMinute: UInt32
    /// What is delivered after opening; empty: everything. At most 64 entries of 64 bytes, without line breaks.
    public var deliver: [String]
    /// The start of the hash chain of proofs, 20 bytes.
    public var validitySeed: StoredSecret
    /// Whose hash is the grant's revocation target, 20 bytes.
    public var revocationSecret: StoredSecret
    /// The opt-in's start and end, in wall seconds.
    public var optInStart: Int64
    public var optInEnd: Int64
    /// The owner's no for this device.
    public var isOptedOut: Bool
    /// Whether the owner has revoked its grant.
    public var isRevoked: Bool
    /// The grant's id, 16 bytes.
    public var grantID: [UInt8]
    /// When an event of it was last opened, in wall seconds.
    public var lastHeard: Int64?
    /// Percent.
    public var battery: UInt8?
    /// The last state in the caller's own form, at most 4,096 bytes.
    public var state: String?

    public init(
        name: String, address: [UInt8], addressType: UInt8, bindKey: StoredSecret, sealingPrivateKey: StoredSecret,
        relayKey: StoredSecret, classCode: UInt8, scope: UInt32, ratePerMinute: UInt32, deliver: [String],
        validitySeed: StoredSecret, revocationSecret: StoredSecret, optInStart: Int64, optInEnd: Int64,
        isOptedOut: Bool = false, isRevoked: Bool = false, grantID: [UInt8]
    ) {
        self.name = name
        self.address = address
        self.addressType = addressType
        self.bindKey = bindKey
        self.sealingPrivateKey = sealingPrivateKey
        self.relayKey = relayKey
        self.classCode = classCode
        self.scope = scope
        self.ratePerMinute = ratePerMinute
        self.deliver = deliver
        self.validitySeed = validitySeed
        self.revocationSecret = revocationSecret
        self.optInStart = optInStart
        self.optInEnd = optInEnd
        self.isOptedOut = isOptedOut
        self.isRevoked = isRevoked
        self.grantID = grantID
    }
}

extension StoredDevice {
    /// The columns in the order in which `arguments` and `init(row:)` take them.
    static let columns = """
        name, address, address_type, bind_key, sealing_private_key, relay_key, class, scope, rate, deliver, \
        validity_seed, revocation_secret, opt_in_start, opt_in_end, opted_out, revoked, grant_id, last_heard, battery, state
        """
    static let columnCount = 20

    func arguments() throws(StorageFault) -> StatementArguments {
        [
            try StoredValue.text(name, atMost: StorageLimit.wordBytes, "the name"),
            try StoredValue.bytes(address, count: 6, "the address"), Int64(addressType),
            try StoredValue.secret(bindKey, count: 16, "the bind key"),
            try StoredValue.secret(sealingPrivateKey, count: 32, "the sealing key"),
            try StoredValue.secret(relayKey, count: 16, "the relay key"),
            Int64(classCode), Int64(scope), Int64(ratePerMinute), try deliverText(),
            try StoredValue.secret(validitySeed, count: 20, "the validity seed"),
            try StoredValue.secret(revocationSecret, count: 20, "the revocation secret"),
            StoredValue.time(optInStart), StoredValue.time(optInEnd), isOptedOut ? 1 : 0, isRevoked ? 1 : 0,
            try StoredValue.bytes(grantID, count: 16, "the grant's id"),
            lastHeard.map(StoredValue.time), battery.map { Int64($0) }, try Self.checked(state: state),
        ]
    }

    init(row: StoredRow) throws(StorageFault) {
        self.init(
            name: try row.text(0), address: try row.bytes(1, count: 6), addressType: try row.integer(2, as: UInt8.self),
            bindKey: try row.secret(3, count: 16), sealingPrivateKey: try row.secret(4, count: 32),
            relayKey: try row.secret(5, count: 16), classCode: try row.integer(6, as: UInt8.self),
            scope: try row.integer(7, as: UInt32.self), ratePerMinute: try row.integer(8, as: UInt32.self),
            deliver: try row.text(9).split(separator: "\n").map(String.init),
            validitySeed: try row.secret(10, count: 20), revocationSecret: try row.secret(11, count: 20),
            optInStart: StoredValue.time(try row.integer(12)), optInEnd: StoredValue.time(try row.integer(13)),
            isOptedOut: try row.boolean(14),
            isRevoked: try row.boolean(15), grantID: try row.bytes(16, count: 16))
        lastHeard = try row.optionalInteger(17).map(StoredValue.time)
        if try row.optionalInteger(18) != nil { battery = try row.integer(18, as: UInt8.self) }
        state = try row.optionalText(19)
        id = try row.integer(20)
    }

    private func deliverText() throws(StorageFault) -> String {
        guard deliver.count <= StorageLimit.deliverEntries else {
            throw .invalid("the list of what is delivered has \(deliver.count) entries")
        }
        for entry in deliver {
            _ = try StoredValue.text(entry, atMost: StorageLimit.wordBytes, "an entry of what is delivered")
            if entry.contains(where: \.isNewline) { throw .invalid("an entry of what is delivered has a line break") }
        }
        return deliver.joined(separator: "\n")
    }

    static func checked(state: String?) throws(StorageFault) -> String? {
        guard let state else { return nil }
        return try StoredValue.text(state, atMost: StorageLimit.stateBytes, "the state")
    }
}
