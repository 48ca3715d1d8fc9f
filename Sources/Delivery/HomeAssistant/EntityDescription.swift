import Devices

/// How Home Assistant is to show one sort of measurement (home-assistant.io, MQTT sensor, binary sensor and event).
struct EntityDescription: Hashable, Sendable {
    enum Platform: String, Sendable {
        case sensor
        case binarySensor = "binary_sensor"
        case event
    }

    var platform: Platform
    var deviceClass: String?
    var stateClass: String?
    /// Shown apart from what the device is for.
    var isDiagnostic = false
    var eventTypes: [String] = []
    /// Home Assistant's class means the opposite of BTHome's: its safety is on when unsafe.
    var isInverted = false

    /// The description of a kind of object, or nil for what is no entity: it describes the device itself.
    init?(_ kind: ObjectKind) {
        switch kind.form {
        case .number:
            platform = .sensor
            deviceClass = Self.sensorClasses[kind.name]
            stateClass = Self.stateClasses[kind.name] ?? "measurement"
            isDiagnostic = Self.diagnosticNames.contains(kind.name)
        case .text, .raw:
            platform = .sensor
        case .timestamp:
            platform = .sensor
            deviceClass = "timestamp"
        case .binary:
            platform = .binarySensor
            deviceClass = Self.binaryClass(kind.name)
            isInverted = kind.name == "safety"
            isDiagnostic = Self.diagnosticNames.contains(kind.name)
        case .button:
            platform = .event
            deviceClass = "button"
            eventTypes = ButtonEvent.allCases.filter { $0 != .none }.map(\.name)
        case .dimmer:
            platform = .event
            eventTypes = DimmerDirection.allCases.filter { $0 != .none }.map(\.name)
        case .command:
            platform = .event
            eventTypes = CommandEvent.allCases.map(\.name)
        case .deviceType, .firmware:
            return nil
        }
    }

    private static let diagnosticNames = [
        "battery", "battery_low", "battery_charging", "packet_id", "settings_revision", "channel",
    ]

    private static func binaryClass(_ name: String) -> String? {
        switch name {
        case "generic": nil
        case "battery_low": "battery"
        case "gas_detected": "gas"
        case "moisture_detected": "moisture"
        case "power_on": "power"
        default: name
        }
    }

    /// Sums that only grow, or are kept by the device.
    private static let stateClasses: [String: String] = [
        "energy": "total_increasing", "gas": "total_increasing", "water": "total_increasing", "volume": "total",
        "volume_ml": "total",
    ]

    /// Names that are missing here have no class in Home Assistant.
    private static let sensorClasses: [String: String] = [
        "battery": "battery", "temperature": "temperature", "humidity": "humidity", "pressure": "pressure",
        "illuminance": "illuminance", "mass": "weight", "mass_lb": "weight", "dew_point": "temperature",
        "energy": "energy", "power": "power", "voltage": "voltage", "pm25": "pm25", "pm10": "pm10",
        "co2": "carbon_dioxide", "tvoc": "volatile_organic_compounds", "moisture": "moisture",
        "distance_mm": "distance", "distance": "distance", "duration": "duration", "current": "current",
        "speed": "speed", "volume": "volume", "volume_ml": "volume", "volume_flow_rate": "volume_flow_rate",
        "gas": "gas", "water": "water", "volume_storage": "volume_storage", "conductivity": "conductivity",
        "precipitation": "precipitation",
    ]
}
