/// The topics that this bridge uses at the broker.
///
/// ```
/// sidegate/<bridge>/availability           online or offline, retained, also the last will; while a home lives here
/// sidegate/<device>/available              online or offline (silent for too long), retained
/// sidegate/<device>/<measurement>          what a device says, as in sidegate/letter_box/opening
/// homeassistant/device/<device>/config     how Home Assistant is to show it, retained
/// homeassistant/status                     where Home Assistant says that it has started
/// ```
public struct BrokerTopics: Hashable, Sendable {
    /// What the bridge's own topics begin with.
    public var prefix: String
    /// What Home Assistant's discovery topics begin with.
    public var discoveryPrefix: String
    /// The bridge's word in its topic of availability, usually the client identifier.
    public var bridge: String

    public init(bridge: String, prefix: String = "sidegate", discoveryPrefix: String = "homeassistant") {
        self.bridge = bridge
        self.prefix = prefix
        self.discoveryPrefix = discoveryPrefix
    }

    public var availability: String { "\(prefix)/\(bridge)/availability" }
    public var homeAssistantStatus: String { "\(discoveryPrefix)/status" }

    public func measurement(device: String, key: String) -> String { "\(prefix)/\(device)/\(key)" }
    /// Differs from every bridge's topic, whatever the device is called.
    public func available(device: String) -> String { "\(prefix)/\(device)/available" }
    public func discovery(device: String) -> String {
        "\(discoveryPrefix)/device/\(Self.uniqueIdentifier(device))/config"
    }

    /// The name under which Home Assistant knows a device: it must differ from those of all other programs.
    static func uniqueIdentifier(_ device: String) -> String { "sidegate_\(device)" }
}
