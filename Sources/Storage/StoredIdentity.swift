import GRDB

/// This bridge's own keys.
public struct StoredIdentity: Sendable, Equatable {
    /// X25519 private key, 32 bytes.
    public var staticKey: StoredSecret
    /// Ed25519 seed, 32 bytes.
    public var signingSeed: StoredSecret
    /// The name shown to neighbours, 1 to 64 bytes.
    public var name: String
    /// Wall seconds.
    public var created: Int64

    public init(staticKey: StoredSecret, signingSeed: StoredSecret, name: String, created: Int64) {
        self.staticKey = staticKey
        self.signingSeed = signingSeed
        self.name = name
        self.created = created
    }
}

/// The network this bridge is a member of.
public struct StoredNetwork: Sendable, Equatable {
    /// The pre-shared key of links, 32 bytes.
    public var networkKey: StoredSecret
    /// The key of recognition values, 32 bytes.
    public var recognitionKey: StoredSecret
    /// The founder's Ed25519 public key, 32 bytes.
    public var founderKey: [UInt8]
    /// What its founder called it, at most 64 bytes; empty where nobody has told.
    public var name: String
    /// Wall seconds.
    public var created: Int64

    public init(
        networkKey: StoredSecret, recognitionKey: StoredSecret, founderKey: [UInt8], name: String = "", created: Int64
    ) {
        self.name = name
        self.networkKey = networkKey
        self.recognitionKey = recognitionKey
        self.founderKey = founderKey
        self.created = created
    }
}

extension BridgeStore {
    /// This bridge's keys; nil: it has none yet.
    public func identity() throws(StorageError) -> StoredIdentity? {
        try read("read the identity") { database in
            try database.rows("SELECT static_key, signing_seed, name, created FROM identity", of: "identity").first.map
            {
                StoredIdentity(
                    staticKey: try $0.secret(0, count: 32), signingSeed: try $0.secret(1, count: 32),
                    name: try $0.text(2), created: try $0.integer(3))
            }
        }
    }

    /// Puts this bridge's keys in place of any there were.
    public func setIdentity(_ identity: StoredIdentity) throws(StorageError) {
        try write("store the identity") { try Self.put(identity, in: $0) }
    }

    static func put(_ identity: StoredIdentity, in database: Database) throws {
        try database.run(
            "INSERT OR REPLACE INTO identity (one, static_key, signing_seed, name, created) VALUES (1, ?, ?, ?, ?)",
            [
                try StoredValue.secret(identity.staticKey, count: 32, "the static key"),
                try StoredValue.secret(identity.signingSeed, count: 32, "the signing seed"),
                try StoredValue.text(identity.name, atMost: StorageLimit.wordBytes, "the name"), identity.created,
            ])
    }

    /// The network; nil: this bridge is in none.
    public func network() throws(StorageError) -> StoredNetwork? {
        let sql = "SELECT network_key, recognition_key, founder_key, name, created FROM network"
        return try read("read the network") { database in
            try database.rows(sql, of: "network").first.map {
                StoredNetwork(
                    networkKey: try $0.secret(0, count: 32), recognitionKey: try $0.secret(1, count: 32),
                    founderKey: try $0.bytes(2, count: 32), name: try $0.text(3), created: try $0.integer(4))
            }
        }
    }

    /// Puts the network in place of any there was.
    public func setNetwork(_ network: StoredNetwork) throws(StorageError) {
        try write("store the network") { try Self.put(network, in: $0) }
    }

    static func put(_ network: StoredNetwork, in database: Database) throws {
        try database.run(
            """
            INSERT OR REPLACE INTO network (one, network_key, recognition_key, founder_key, name, created)
            VALUES (1, ?, ?, ?, ?, ?)
            """,
            [
                try StoredValue.secret(network.networkKey, count: 32, "the network key"),
                try StoredValue.secret(network.recognitionKey, count: 32, "the recognition key"),
                try StoredValue.bytes(network.founderKey, count: 32, "the founder's key"),
                network.name.isEmpty
                    ? "" : try StoredValue.text(network.name, atMost: StorageLimit.wordBytes, "the network's name"),
                network.created,
            ])
    }
}
