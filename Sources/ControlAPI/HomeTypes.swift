/// `POST /v1/home/export`: the passphrase that the file is to open with.
public struct HomeExport: Codable, Sendable, Equatable {
    public static let passphraseBytes = 12...1024
    public var passphrase: String

    public init(passphrase: String) { self.passphrase = passphrase }

    enum CodingKeys: String, CodingKey, CaseIterable { case passphrase }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        passphrase = try fields.decode(String.self, forKey: .passphrase)
        if !Self.passphraseBytes.contains(passphrase.utf8.count) {
            throw fields.problem(.passphrase, "must have 12 to 1024 bytes")
        }
    }
}

/// The answer to it: the home as a JWE in its compact form, see docs/owners.md.
public struct HomeFileAnswer: Codable, Sendable, Equatable {
    public var home: String
    public var deviceCount: Int

    public init(home: String, deviceCount: Int) {
        self.home = home
        self.deviceCount = deviceCount
    }
}

/// `POST /v1/home/import`.
public struct HomeImport: Codable, Sendable, Equatable {
    public static let homeBytesMax = 24 * 1024 * 1024
    public var passphrase: String
    public var home: String

    public init(passphrase: String, home: String) {
        self.passphrase = passphrase
        self.home = home
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case passphrase, home }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        passphrase = try fields.decode(String.self, forKey: .passphrase)
        home = try fields.decode(String.self, forKey: .home)
        if passphrase.isEmpty || passphrase.utf8.count > HomeExport.passphraseBytes.upperBound {
            throw fields.problem(.passphrase, "must have 1 to 1024 bytes")
        }
        if home.utf8.count > Self.homeBytesMax { throw fields.problem(.home, "is too long") }
    }
}

/// The answer to importing and to resuming: the home that is here now.
public struct HomeSummary: Codable, Sendable, Equatable {
    /// What it is called among members.
    public var name: String
    public var deviceCount: Int

    public init(name: String, deviceCount: Int) {
        self.name = name
        self.deviceCount = deviceCount
    }
}
