/// What a no or a yes is about. JSON:
/// `{"what": "hosting" | "device" | "requests" | "all", "device": name, "untilUnixSeconds": time}`.
public enum ConsentSubject: Sendable, Equatable {
    /// Lending this bridge to neighbours.
    case hosting
    /// Lending this bridge to neighbours, until a time in seconds since 1970, UTC. Of a no only.
    case hostingUntil(Int64)
    /// One device of this bridge's own, by name.
    case device(String)
    /// Being shown requests for assistance.
    case requests
    /// Hosting, requests and every own device.
    case all

    /// The word for it in JSON and on the command line.
    public var what: String {
        switch self {
        case .hosting, .hostingUntil: "hosting"
        case .device: "device"
        case .requests: "requests"
        case .all: "all"
        }
    }
}

extension ConsentSubject: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case what, device, untilUnixSeconds }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        let device = try fields.decodeIfPresent(String.self, forKey: .device)
        let until = try fields.wholeNumberIfPresent(.untilUnixSeconds, in: 0...Int(UInt32.max)).map(Int64.init)
        switch try fields.decode(String.self, forKey: .what) {
        case "hosting": self = until.map(Self.hostingUntil) ?? .hosting
        case "requests": self = .requests
        case "all": self = .all
        case "device":
            guard let device else { throw fields.problem(.device, "which device? its name is missing") }
            self = .device(try fields.checked(device, .device, NameRule.device))
        default: throw fields.problem(.what, "must be hosting, device, requests or all")
        }
        if until != nil, what != "hosting" { throw fields.problem(.untilUnixSeconds, "goes only with what = hosting") }
        if device != nil, what != "device" { throw fields.problem(.device, "goes only with what = device") }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(what, forKey: .what)
        if case .device(let name) = self { try fields.encode(name, forKey: .device) }
        if case .hostingUntil(let time) = self { try fields.encode(time, forKey: .untilUnixSeconds) }
    }
}

/// How things stand after a no or a yes.
public struct ConsentReport: Codable, Sendable, Equatable {
    public var subject: ConsentSubject
    /// Whether the answer is now yes. A yes by command does not undo a no in the settings: noes add up.
    public var yes: Bool
    /// Every no that stands, in words, each with where it comes from; empty exactly when `yes`.
    public var noes: [String]
    /// Packets of others that this no dropped from memory.
    public var droppedPackets: Int

    public init(subject: ConsentSubject, yes: Bool, noes: [String] = [], droppedPackets: Int = 0) {
        self.subject = subject
        self.yes = yes
        self.noes = noes
        self.droppedPackets = droppedPackets
    }
}
