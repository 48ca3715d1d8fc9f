/// One bridge's settings: a whole, valid snapshot. A bridge swaps one snapshot for the next and never sees half of one.
///
/// The values given here are the defaults; `SettingsTable` refers to them and repeats none.
public struct BridgeSettings: Sendable, Equatable {
    /// What neighbours see this bridge called: 1 to 32 bytes of UTF-8, no control characters.
    public var name: String
    /// Where the database lives. An absolute path.
    public var stateDirectory = "/var/lib/sidegate"
    /// The Unix socket of the control API. An absolute path of at most 107 bytes, which is all `sockaddr_un` takes.
    public var socket = "/run/sidegate/sidegate.sock"
    /// The least severe message that is logged.
    public var logLevel = LogLevel.info
    /// What this host lends to neighbours.
    public var hosting = HostingSettings()
    /// The most links that this bridge holds at once.
    public var linksMaximum = 4
    /// The radio that this bridge hears and speaks with.
    public var radio = RadioSettings()
    /// The broker that this home's events are delivered to.
    public var mqtt = MQTTSettings()
    /// The TCP port of `/metrics` on the loopback interface; nil: there is none.
    public var metricsPort: Int?

    /// The defaults, with `name` taken from the host's name, shortened to what a bridge's name may be.
    public init(defaultName: String) {
        name = TextRule.bridgeName(from: defaultName)
    }

    /// The name of this bridge's radio on a virtual air: the one set, or else one made from `name`.
    public var virtualRadioName: String {
        radio.virtualName ?? TextRule.radioName(from: name)
    }
}

/// What a host lends to neighbours, and how much of it.
public struct HostingSettings: Sendable, Equatable {
    /// The host's no by settings: one true in any file is enough. False and nil say nothing: the command line's no, which
    /// is in force in a fresh installation, stands beside it.
    public var optOut: Bool?
    /// Bits a second lent, on the average of any window.
    public var rateBitsPerSecond = 16_000
    /// Bytes lent at once on top of the rate.
    public var burstBytes = 8_000
    /// Megabytes (1,000,000 bytes) lent in any 31 days.
    public var monthMegabytes = 100
    /// The classes carried for neighbours.
    public var classes: [HostedClass] = [.alarm, .event, .telemetry]
    /// When this host lends, by local time; nil: at any time.
    public var schedule: HostingSchedule?
}

/// A class of events, as relays schedule them.
public enum HostedClass: String, Sendable, CaseIterable {
    case alarm, event, telemetry
}

/// The least severe message that is logged. The names are those of swift-log.
public enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// The radio that a bridge uses.
public struct RadioSettings: Sendable, Equatable {
    /// The kind of radio.
    public var kind = RadioKind.bluez
    /// The adapters of a BlueZ radio, each `hciN` or an address such as `00:1B:DC:06:F2:9A`; none: the first that is on.
    public var adapters: [String] = []
    /// Whether a BlueZ radio may switch a powered-off adapter on.
    public var powersOn = false
    /// The directory that the radios of one virtual air meet in.
    public var virtualAir = "/run/sidegate/air"
    /// This radio's name on the virtual air; nil: made from the bridge's name.
    public var virtualName: String?
}

/// The kinds of radio that there are.
public enum RadioKind: String, Sendable, CaseIterable {
    /// Bluetooth adapters, over the kernel's BlueZ.
    case bluez
    /// Unix sockets in a directory, for trying out and testing.
    case virtual
}

/// The MQTT broker that a home delivers to.
public struct MQTTSettings: Sendable, Equatable {
    /// The broker's host name or address; nil: nothing is delivered.
    public var host: String?
    /// The port set; nil: the usual one, see `effectivePort`.
    public var port: Int?
    /// Whether the session is encrypted and the broker's certificate verified.
    public var tls = true
    /// A file of certificates (PEM) to verify the broker by; nil: the system's.
    public var caFile: String?
    /// The user to log in as; nil: anonymous.
    public var username: String?
    /// A file whose first line is the password.
    public var passwordFile: String?
    /// The client identifier; nil: one made from the bridge's identity.
    public var clientIdentifier: String?
    /// What Sidegate's own topics begin with.
    public var topicPrefix = "sidegate"
    /// What Home Assistant's discovery topics begin with.
    public var discoveryPrefix = "homeassistant"

    /// The port to connect to: the one set, or else 8883 with TLS and 1883 without.
    public var effectivePort: Int {
        port ?? (tls ? 8883 : 1883)
    }
}
