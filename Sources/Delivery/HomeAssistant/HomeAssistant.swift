import Devices
import Wire

/// Turns what devices say into messages as Home Assistant expects them (home-assistant.io/integrations/mqtt, discovery
/// by device).
public struct HomeAssistant: Sendable {
    /// A trigger heard longer ago than this must not fire.
    public static let triggerLifeSeconds: Int64 = 600

    public let topics: BrokerTopics
    /// Sidegate's own version.
    public let version: String

    public init(topics: BrokerTopics, version: String) {
        self.topics = topics
        self.version = version
    }

    /// The messages for one opened frame, in the order in which they must arrive: first the device's announcement, if it
    /// has shown something new, so that Home Assistant knows where to put what follows.
    public func messages(for reading: Reading, heard: WallTime, device: inout DeliveredDevice) -> [BrokerMessage] {
        var messages: [BrokerMessage] = []
        if device.observe(reading), let announcement = announcement(of: device) { messages.append(announcement) }
        for measurement in reading.measurements where device.allows(measurement.kind) {
            if let message = message(for: measurement, heard: heard, device: device) { messages.append(message) }
        }
        return messages
    }

    /// The retained message by which Home Assistant learns of a device and its measurements; nil while it has none.
    /// To be sent at every connection to the broker, and whenever Home Assistant says that it has started.
    public func announcement(of device: DeliveredDevice) -> BrokerMessage? {
        var components: [String: JSONValue] = [:]
        for entity in device.entities {
            guard let kind = ObjectTable.kind(of: entity.objectID), let description = EntityDescription(kind) else {
                continue
            }
            let key = Measurement(kind: kind, value: .binary(false), index: Int(entity.index)).key
            // What its owner has since withheld is taken away by a component that has a platform and nothing else.
            components[key] =
                device.allows(kind)
                ? component(key, kind, description, device) : .object(["p": .text(description.platform.rawValue)])
        }
        guard !components.isEmpty else { return nil }
        let payload: JSONValue = .object([
            "dev": deviceObject(device),
            "o": .object(["name": .text("Sidegate"), "sw": .text(version)]),
            "cmps": .object(components),
            // Unavailable where either the bridge is away or the device is silent.
            "availability": .list([
                .object(["topic": .text(topics.availability)]),
                .object(["topic": .text(topics.available(device: device.identifier))]),
            ]),
            "availability_mode": .text("all"),
            "qos": .number(1),
        ])
        return .state(topic: topics.discovery(device: device.identifier), payload: payload.text)
    }

    /// The retained message that says whether a device is still heard.
    public func availability(of device: DeliveredDevice, isOnline: Bool) -> BrokerMessage {
        .state(topic: topics.available(device: device.identifier), payload: isOnline ? "online" : "offline")
    }

    /// The messages by which a device that was removed vanishes from broker and Home Assistant.
    public func removal(of device: DeliveredDevice) -> [BrokerMessage] {
        var messages = [
            BrokerMessage.state(topic: topics.discovery(device: device.identifier), payload: ""),
            .state(topic: topics.available(device: device.identifier), payload: ""),
        ]
        for entity in device.entities {
            guard let kind = ObjectTable.kind(of: entity.objectID), EntityDescription(kind)?.platform != .event else {
                continue
            }
            let key = Measurement(kind: kind, value: .binary(false), index: Int(entity.index)).key
            messages.append(.state(topic: topics.measurement(device: device.identifier, key: key), payload: ""))
        }
        return messages
    }

    /// The message by which a bridge that is no more vanishes from the broker.
    public var removalOfBridge: BrokerMessage { .state(topic: topics.availability, payload: "") }

    private func message(for measurement: Measurement, heard: WallTime, device: DeliveredDevice) -> BrokerMessage? {
        guard let description = EntityDescription(measurement.kind) else { return nil }
        let topic = topics.measurement(device: device.identifier, key: measurement.key)
        guard measurement.isTrigger else {
            // A button that did nothing is no event.
            guard description.platform != .event else { return nil }
            return .state(topic: topic, payload: Self.payload(measurement))
        }
        return BrokerMessage(
            topic: topic, payload: Array(Self.payload(measurement).utf8),
            // Motion is a state as well: later subscribers see it, but only as long as it may still fire.
            retained: description.platform == .binarySensor,
            notAfter: heard.advanced(seconds: Self.triggerLifeSeconds))
    }

    private static func payload(_ measurement: Measurement) -> String {
        switch measurement.value {
        case .binary(let isOn): isOn ? "ON" : "OFF"
        case .timestamp(let seconds): UTCText.text(seconds: seconds)
        case .button(let event): JSONValue.object(["event_type": .text(event.name)]).text
        case .dimmer(let direction, let steps):
            JSONValue.object(["event_type": .text(direction.name), "steps": .number(Int(steps))]).text
        case .command(let event, let arguments):
            JSONValue.object([
                "event_type": .text(event.name), "arguments": .list(arguments.map { .number(Int($0)) }),
            ]).text
        case .number, .text, .raw, .deviceType, .firmware: measurement.value.text
        }
    }

    private func deviceObject(_ device: DeliveredDevice) -> JSONValue {
        var object: [String: JSONValue] = [
            "ids": .list([.text(BrokerTopics.uniqueIdentifier(device.identifier))]), "name": .text(device.name),
            "mdl": .text("BTHome device"),
        ]
        if let firmware = device.firmware { object["sw"] = .text(firmware) }
        return .object(object)
    }

    private func component(
        _ key: String, _ kind: ObjectKind, _ description: EntityDescription, _ device: DeliveredDevice
    ) -> JSONValue {
        var object: [String: JSONValue] = [
            "p": .text(description.platform.rawValue),
            "unique_id": .text("\(BrokerTopics.uniqueIdentifier(device.identifier))_\(key)"),
            "name": .text(Self.title(key)),
            "state_topic": .text(topics.measurement(device: device.identifier, key: key)),
        ]
        object["device_class"] = description.deviceClass.map { .text($0) }
        object["state_class"] = description.stateClass.map { .text($0) }
        if !kind.unit.isEmpty { object["unit_of_measurement"] = .text(kind.unit) }
        if description.isDiagnostic { object["entity_category"] = .text("diagnostic") }
        if !description.eventTypes.isEmpty { object["event_types"] = .list(description.eventTypes.map { .text($0) }) }
        if description.isInverted {
            object["payload_on"] = .text("OFF")
            object["payload_off"] = .text("ON")
        }
        return .object(object)
    }

    /// `button_2` as people read it: `Button 2`.
    private static func title(_ key: String) -> String {
        let words = key.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
