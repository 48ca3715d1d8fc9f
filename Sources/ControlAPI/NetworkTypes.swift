import Wire

/// `POST /v1/network`: found a network, with this bridge as its first member.
public struct NetworkCreation: Sendable, Equatable {
    /// What the network is called; nil: the bridge makes one up from its own name.
    public var network: String?
    /// What this bridge is called among members; nil: the name in the settings.
    public var name: String?

    public init(network: String? = nil, name: String? = nil) {
        self.network = network
        self.name = name
    }
}

extension NetworkCreation: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case network, name }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        network = try fields.decodeIfPresent(String.self, forKey: .network)
            .map { try fields.checked($0, .network, .member) }
        name = try fields.decodeIfPresent(String.self, forKey: .name).map { try fields.checked($0, .name, .member) }
    }
}

/// `POST /v1/network/join`.
public struct NetworkJoining: Sendable, Equatable {
    public var code: InvitationCode
    /// What this bridge is called among members; nil: the name in the settings.
    public var name: String?

    public init(code: InvitationCode, name: String? = nil) {
        self.code = code
        self.name = name
    }
}

extension NetworkJoining: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case code, name }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        code = try fields.decode(InvitationCode.self, forKey: .code)
        name = try fields.decodeIfPresent(String.self, forKey: .name).map { try fields.checked($0, .name, .member) }
    }
}

/// The network this bridge is in.
public struct NetworkSummary: Codable, Sendable, Equatable {
    public var name: String
    /// Members known to this bridge, itself included.
    public var memberCount: Int

    public init(name: String, memberCount: Int) {
        self.name = name
        self.memberCount = memberCount
    }
}

/// The answer to `POST /v1/network/invite`.
public struct Invitation: Codable, Sendable, Equatable {
    public var code: InvitationCode
    /// Seconds for which the code is good from now: 600 for a new one.
    public var lifeSeconds: Int

    public init(code: InvitationCode, lifeSeconds: Int) {
        self.code = code
        self.lifeSeconds = lifeSeconds
    }
}

/// The answer to `GET /v1/network/members`, in the order of `id`.
public struct MemberList: Codable, Sendable, Equatable {
    public var network: NetworkSummary
    public var members: [Member]

    public init(network: NetworkSummary, members: [Member]) {
        self.network = network
        self.members = members
    }

    public struct Member: Codable, Sendable, Equatable {
        /// Hexadecimal.
        public var id: String
        public var name: String
        /// Who signed the member's record; nil for the founder.
        public var inviterID: String?
        /// This bridge itself.
        public var isSelf: Bool
        /// Whether a link to this member is up now.
        public var isLinked: Bool

        public init(id: String, name: String, inviterID: String?, isSelf: Bool, isLinked: Bool) {
            self.id = id
            self.name = name
            self.inviterID = inviterID
            self.isSelf = isSelf
            self.isLinked = isLinked
        }
    }
}
