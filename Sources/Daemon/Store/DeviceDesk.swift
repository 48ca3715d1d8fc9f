import Bridging
import Delivery
import Devices
import Storage
import Wire

/// The own devices as the broker sees them: turns what was opened into what the store commits.
struct DeviceDesk {
    private var devices: [Int64: DeliveredDevice] = [:]
    /// Nil while the settings name no broker: then nothing is put into the outbox.
    var homeAssistant: HomeAssistant?

    init() {}

    init(_ stored: [StoredDevice], homeAssistant: HomeAssistant?) {
        self.homeAssistant = homeAssistant
        for device in stored { add(device) }
    }

    /// The first state of a device that is about to be stored: the word for it in topics, for ever the same.
    func stateOfNew(name: String) -> String {
        let taken = Set(devices.values.map(\.identifier))
        let word = TopicWord.word(for: name)
        guard taken.contains(word) else { return word }
        for number in 2..<(2 + StorageLimit.devices) where !taken.contains("\(word)_\(number)") {
            return "\(word)_\(number)"
        }
        return word
    }

    mutating func add(_ device: StoredDevice) {
        let lines = (device.state ?? "").split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let identifier = lines.first.map(String.init) ?? ""
        devices[device.id] = DeliveredDevice(
            identifier: identifier.isEmpty ? TopicWord.word(for: device.name) : identifier, name: device.name,
            deliver: device.deliver, entitiesText: lines.count > 1 ? String(lines[1]) : "")
    }

    /// Forgets a device. The result makes it vanish from the broker.
    mutating func remove(_ id: Int64, now: WallTime) -> [OutboxMessage] {
        guard let device = devices.removeValue(forKey: id), let homeAssistant else { return [] }
        return homeAssistant.removal(of: device).map { OutboxMessage($0, now: now) }
    }

    /// Forgets all devices.
    mutating func removeAll(now: WallTime) -> [OutboxMessage] {
        var messages: [OutboxMessage] = []
        for id in devices.keys.sorted() { messages += remove(id, now: now) }
        return messages
    }

    /// The names among `names` that no measurement has.
    static func unknownNames(in names: [String]) -> [String] { DeliveredDevice.unknownNames(in: names) }

    /// How Home Assistant learns of all devices, in the order of their ids.
    func announcements(now: WallTime) -> [OutboxMessage] {
        guard let homeAssistant else { return [] }
        return devices.keys.sorted().compactMap { id in
            devices[id].flatMap(homeAssistant.announcement(of:)).map { OutboxMessage($0, now: now) }
        }
    }

    /// What is to be stored of one opened event. Takes note of what the device has been seen to send.
    mutating func opening(_ event: OpenedEvent, now: WallTime) -> Opening {
        var messages: [BrokerMessage] = []
        var state: String?
        if var device = devices[event.device] {
            let before = device.entitiesText
            messages = homeAssistant?.messages(for: event.reading, heard: event.timeHeard, device: &device) ?? []
            if device.entitiesText != before { state = "\(device.identifier)\n\(device.entitiesText)" }
            devices[event.device] = device
        }
        // An older frame's states would undo what a newer one has said.
        if event.isOutOfOrder { messages.removeAll { !$0.isTrigger && $0.coalescingKey?.hasSuffix("/config") != true } }
        return Opening(
            device: event.device, frame: OpenedFrame(counter: event.counter, eventID: event.eventID),
            lowestCounter: event.lowestCounterKept,
            messages: messages.prefix(StorageLimit.openingMessages).map { OutboxMessage($0, now: now) },
            heard: Int64(event.timeHeard.seconds), battery: Self.battery(event.reading), state: state)
    }

    private static func battery(_ reading: Reading) -> UInt8? {
        for measurement in reading.measurements where measurement.name == "battery" {
            if let percent = UInt8(measurement.value.text), percent <= 100 { return percent }
        }
        return nil
    }
}

/// A device's name as a word that topics can hold.
enum TopicWord {
    static let bytesMax = 48

    /// `Letter box` becomes `letter_box`; a name without any letter or digit of ASCII becomes `device`.
    static func word(for name: String) -> String {
        var word: [UInt8] = []
        for character in name.lowercased().utf8 {
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(character)
            default: if let last = word.last, last != UInt8(ascii: "_") { word.append(UInt8(ascii: "_")) }
            }
        }
        word = Array(word.prefix(bytesMax))
        while word.last == UInt8(ascii: "_") { word.removeLast() }
        return word.isEmpty ? "device" : String(decoding: word, as: UTF8.self)
    }
}

extension OutboxMessage {
    init(_ message: BrokerMessage, now: WallTime) {
        self.init(
            topic: message.topic, payload: message.payload, isRetained: message.retained,
            notAfter: message.notAfter.map { Int64($0.seconds) }, coalescingKey: message.coalescingKey,
            created: Int64(now.seconds))
    }
}

extension BrokerMessage {
    init(_ message: OutboxMessage) {
        self.init(
            topic: message.topic, payload: message.payload, retained: message.isRetained,
            notAfter: message.notAfter.map { WallTime(seconds: UInt32(clamping: $0)) },
            coalescingKey: message.coalescingKey)
    }
}
