import Wire

/// What a grant lets relays do with a device's events.
public enum ScopeStep: String, Codable, Sendable, CaseIterable {
    /// Carry over links.
    case relay
    /// Keep for up to 24 hours while there is no route.
    case hold
    /// Pass through an MQTT broker.
    case uplink
}

/// `POST /v1/devices`: enrol an own device, and so grant its events the way home.
public struct DeviceAddition: Sendable {
    public static let ratePerMinuteDefault = 10
    public static let ratePerMinuteRange = 1...255
    public static let optInDaysDefault = 180
    public static let optInDaysRange = 1...180
    public static let deliverCountMax = 64
    /// The classes a device can be of: `registry` is for records only.
    public static let classes: [TrafficClass] = [.alarm, .event, .telemetry]

    public var address: DeviceAddress
    public var addressType: AddressType
    public var bindKey: BindKey
    public var name: String
    public var trafficClass: TrafficClass
    /// BTHome object names to deliver after opening, such as `opening`; nil: all.
    public var deliver: [String]?
    /// Never guessed: a step that is not named is a no.
    public var scope: [ScopeStep]
    /// Events a minute that relays are to allow this device.
    public var ratePerMinute: Int
    /// Days until this opt-in ends.
    public var optInDays: Int

    public init(
        address: DeviceAddress, addressType: AddressType = .public, bindKey: BindKey, name: String,
        trafficClass: TrafficClass, deliver: [String]? = nil, scope: [ScopeStep],
        ratePerMinute: Int = ratePerMinuteDefault, optInDays: Int = optInDaysDefault
    ) {
        self.address = address
        self.addressType = addressType
        self.bindKey = bindKey
        self.name = name
        self.trafficClass = trafficClass
        self.deliver = deliver
        self.scope = scope
        self.ratePerMinute = ratePerMinute
        self.optInDays = optInDays
    }
}

extension DeviceAddition: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case address, addressType, bindKey, name
        case trafficClass = "class"
        case deliver, scope, ratePerMinute, optInDays
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        address = try fields.decode(DeviceAddress.self, forKey: .address)
        addressType = try fields.decodeIfPresent(AddressType.self, forKey: .addressType) ?? .public
        guard let key = BindKey(hexadecimal: try fields.decode(String.self, forKey: .bindKey)) else {
            throw fields.problem(.bindKey, "must be 32 hexadecimal digits")
        }
        bindKey = key
        name = try fields.checked(try fields.decode(String.self, forKey: .name), .name, .device)
        trafficClass = try fields.decode(TrafficClass.self, forKey: .trafficClass)
        if trafficClass == .registry { throw fields.problem(.trafficClass, "must be alarm, event or telemetry") }
        deliver = try fields.decodeIfPresent([String].self, forKey: .deliver)
        if let deliver, deliver.count > Self.deliverCountMax {
            throw fields.problem(.deliver, "must be at most \(Self.deliverCountMax) names")
        }
        for object in deliver ?? [] { _ = try fields.checked(object, .deliver, .device) }
        scope = try fields.decode([ScopeStep].self, forKey: .scope)
        if Set(scope).count != scope.count { throw fields.problem(.scope, "names a step twice") }
        ratePerMinute =
            try fields.wholeNumberIfPresent(.ratePerMinute, in: Self.ratePerMinuteRange) ?? Self.ratePerMinuteDefault
        optInDays = try fields.wholeNumberIfPresent(.optInDays, in: Self.optInDaysRange) ?? Self.optInDaysDefault
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(address, forKey: .address)
        try fields.encode(addressType, forKey: .addressType)
        try fields.encode(bindKey.withUnsafeBytes { Hexadecimal.text($0) }, forKey: .bindKey)
        try fields.encode(name, forKey: .name)
        try fields.encode(trafficClass, forKey: .trafficClass)
        try fields.encodeIfPresent(deliver, forKey: .deliver)
        try fields.encode(scope, forKey: .scope)
        try fields.encode(ratePerMinute, forKey: .ratePerMinute)
        try fields.encode(optInDays, forKey: .optInDays)
    }
}

/// An own device as the bridge has it. The bind key never comes back out.
public struct DeviceSummary: Codable, Sendable, Equatable {
    public var name: String
    public var address: DeviceAddress
    public var addressType: AddressType
    public var trafficClass: TrafficClass
    /// Nil: everything.
    public var deliver: [String]?
    public var scope: [ScopeStep]
    public var ratePerMinute: Int
    public var state: State
    /// Seconds since 1970, UTC, at which the owner's opt-in ends.
    public var optInEndsUnixSeconds: Int64
    /// When an event of the device was last opened, here or from afar; nil: never.
    public var lastHeardUnixSeconds: Int64?
    /// Percent, as last told; nil: the device has not told.
    public var battery: Int?
    /// Frames opened since the device was enrolled, and those missing between them.
    public var received: Int
    public var missed: Int
    /// Whether it has been silent for longer than `silentAfterSeconds`; false for one that was never heard.
    public var isSilent: Bool
    /// After so long without an event it counts as silent, judged by its own habit.
    public var silentAfterSeconds: Int64
    /// What keeps its events from arriving, in words with the remedy; nil: nothing known.
    public var note: String?

    /// Whether the grant stands.
    public enum State: String, Codable, Sendable, CaseIterable {
        case live, revoked, expired, suspended
        case optedOut = "opted_out"
        /// The bridge does not hold the device's grant.
        case notHeld = "not_held"
    }

    public init(
        name: String, address: DeviceAddress, addressType: AddressType, trafficClass: TrafficClass,
        deliver: [String]?, scope: [ScopeStep], ratePerMinute: Int, state: State, optInEndsUnixSeconds: Int64,
        lastHeardUnixSeconds: Int64? = nil, battery: Int? = nil, received: Int = 0, missed: Int = 0,
        isSilent: Bool = false, silentAfterSeconds: Int64 = 0, note: String? = nil
    ) {
        self.name = name
        self.address = address
        self.addressType = addressType
        self.trafficClass = trafficClass
        self.deliver = deliver
        self.scope = scope
        self.ratePerMinute = ratePerMinute
        self.state = state
        self.optInEndsUnixSeconds = optInEndsUnixSeconds
        self.lastHeardUnixSeconds = lastHeardUnixSeconds
        self.battery = battery
        self.received = received
        self.missed = missed
        self.isSilent = isSilent
        self.silentAfterSeconds = silentAfterSeconds
        self.note = note
    }

    private enum CodingKeys: String, CodingKey {
        case name, address, addressType
        case trafficClass = "class"
        case deliver, scope, ratePerMinute, state, optInEndsUnixSeconds, lastHeardUnixSeconds, battery, received, missed
        case isSilent, silentAfterSeconds, note
    }
}

/// The answer to `GET /v1/devices`, in the order of `name`.
public struct DeviceList: Codable, Sendable, Equatable {
    public var devices: [DeviceSummary]
    public init(devices: [DeviceSummary]) { self.devices = devices }
}
