import Bridging
import Delivery
import Devices
import Storage
import Wire

/// The own devices as the broker sees them: turns what was opened into what the store commits.
struct DeviceDesk {
    private var devices: [Int64: DeliveredDevice] = [:]
    private var figures: [Int64: DeviceFigures] = [:]
    /// What was last said of each device: whether it is heard.
    private var shown: [Int64: Bool] = [:]
    /// What became of each one's last event.
    private var deliveries: [Int64: DeliveryFact] = [:]
    /// Nobody is called silent by a clock that nobody believes.
    var isClockTrusted = false
    /// Nil while the settings name no broker: then nothing is put into the outbox.
    var homeAssistant: HomeAssistant?

    init() {}

    init(_ stored: [StoredDevice], figures: [Int64: StoredFigures], homeAssistant: HomeAssistant?) {
        self.homeAssistant = homeAssistant
        for device in stored { add(device, figures[device.id]) }
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

    mutating func add(_ device: StoredDevice, _ stored: StoredFigures? = nil) {
        figures[device.id] = DeviceFigures(stored ?? StoredFigures(), lastHeard: device.lastHeard)
        let lines = (device.state ?? "").split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let identifier = lines.first.map(String.init) ?? ""
        devices[device.id] = DeliveredDevice(
            identifier: identifier.isEmpty ? TopicWord.word(for: device.name) : identifier, name: device.name,
            deliver: device.deliver, entitiesText: lines.count > 1 ? String(lines[1]) : "")
    }

    /// Forgets a device. The result makes it vanish from the broker.
    mutating func remove(_ id: Int64, now: WallTime) -> [OutboxMessage] {
        figures[id] = nil
        shown[id] = nil
        deliveries[id] = nil
        guard let device = devices.removeValue(forKey: id), let homeAssistant else { return [] }
        return homeAssistant.removal(of: device).map { OutboxMessage($0, now: now) }
    }

    /// Forgets all devices, and the bridge itself, whose keys are no more.
    mutating func removeAll(now: WallTime) -> [OutboxMessage] {
        var messages: [OutboxMessage] = []
        for id in devices.keys.sorted() { messages += remove(id, now: now) }
        // The goodbye does this as well, but only where the broker is there just then.
        if let homeAssistant { messages.append(OutboxMessage(homeAssistant.removalOfBridge, now: now)) }
        return messages
    }

    /// The names among `names` that no measurement has.
    static func unknownNames(in names: [String]) -> [String] { DeliveredDevice.unknownNames(in: names) }

    /// The beginning of a device's topics, if there is a broker, and what became of its last event.
    func delivery(of id: Int64) -> (topics: String?, fact: DeliveryFact?) {
        guard let homeAssistant, let device = devices[id] else { return (nil, deliveries[id]) }
        return (homeAssistant.topics.measurement(device: device.identifier, key: ""), deliveries[id])
    }

    /// The owner says that a device counts anew.
    mutating func resetCounter(_ id: Int64) { figures[id]?.resetCounter() }

    /// How Home Assistant learns of all devices and whether they are heard, in the order of their ids.
    mutating func announcements(now: WallTime) -> [OutboxMessage] {
        guard let homeAssistant else { return [] }
        var messages: [OutboxMessage] = []
        for id in devices.keys.sorted() {
            guard let device = devices[id], let announcement = homeAssistant.announcement(of: device) else { continue }
            messages.append(OutboxMessage(announcement, now: now))
            let isHeard = isHeard(id, now: now)
            shown[id] = isHeard
            messages.append(OutboxMessage(homeAssistant.availability(of: device, isOnline: isHeard), now: now))
        }
        return messages
    }

    /// What is to be said of devices that have fallen silent since they were last shown.
    mutating func silences(now: WallTime) -> [OutboxMessage] {
        guard let homeAssistant else { return [] }
        var messages: [OutboxMessage] = []
        for id in devices.keys.sorted() {
            guard let device = devices[id], let message = availability(id, device, homeAssistant, now) else { continue }
            messages.append(OutboxMessage(message, now: now))
        }
        return messages
    }

    /// The message that says anew whether a device is heard; nil while what was last said stands.
    private mutating func availability(
        _ id: Int64, _ device: DeliveredDevice, _ homeAssistant: HomeAssistant, _ now: WallTime
    ) -> BrokerMessage? {
        let isHeard = isHeard(id, now: now)
        guard isHeard != shown[id] else { return nil }
        shown[id] = isHeard
        return homeAssistant.availability(of: device, isOnline: isHeard)
    }

    /// It follows from when the device was heard, and from nothing else: a restart neither makes nor ends a silence.
    private func isHeard(_ id: Int64, now: WallTime) -> Bool {
        guard let figures = figures[id], figures.lastHeard != nil else { return false }
        return isClockTrusted ? !figures.isSilent(at: now) : shown[id] ?? true
    }

    /// What is to be stored of one opened event. Takes note of what the device has been seen to send.
    mutating func opening(_ event: OpenedEvent, now: WallTime) -> Opening {
        var messages: [BrokerMessage] = []
        var state: String?
        if var device = devices[event.device] {
            let before = device
            messages = homeAssistant?.messages(for: event.reading, heard: event.timeHeard, device: &device) ?? []
            // Few frames show anything new.
            if device != before {
                let text = device.entitiesText
                if text != before.entitiesText { state = "\(device.identifier)\n\(text)" }
                devices[event.device] = device
            }
            deliveries[event.device] = DeliveryFact(
                opened: now, readings: messages.count { $0.coalescingKey?.hasSuffix("/config") != true },
                withheld: Self.withheld(event.reading, by: device))
        }
        // An older frame's states would undo what a newer one has said.
        if event.isOutOfOrder { messages.removeAll { !$0.isTrigger && $0.coalescingKey?.hasSuffix("/config") != true } }
        figures[event.device]?.note(DeviceFigures.Frame(event))
        if let homeAssistant, let device = devices[event.device],
            let message = availability(event.device, device, homeAssistant, now)
        {
            messages.insert(message, at: 0)
        }
        return Opening(
            device: event.device, frame: OpenedFrame(counter: event.counter, eventID: event.eventID),
            lowestCounter: event.lowestCounterKept,
            messages: messages.prefix(StorageLimit.openingMessages).map { OutboxMessage($0, now: now) },
            heard: Int64(event.timeHeard.seconds), battery: Self.battery(event.reading), state: state,
            figures: figures[event.device].map { StoredFigures($0) })
    }

    private static func withheld(_ reading: Reading, by device: DeliveredDevice) -> [String] {
        guard !device.deliver.isEmpty else { return [] }
        let names = Set(reading.measurements.map(\.name)).subtracting(device.deliver)
        return Array(names.sorted().prefix(DeliveryFact.namesMax))
    }

    private static func battery(_ reading: Reading) -> UInt8? {
        for measurement in reading.measurements where measurement.name == "battery" {
            if let percent = UInt8(measurement.value.text), percent <= 100 { return percent }
        }
        return nil
    }
}

extension DeviceFigures {
    init(_ stored: StoredFigures, lastHeard: Int64?) {
        self.init()
        received = stored.received
        missed = stored.missed
        counter = stored.counter
        packetID = stored.packetID
        isTriggerBased = stored.isTriggerBased
        firstHeard = stored.firstHeard
        self.lastHeard = lastHeard
        longestPauseSeconds = stored.longestPauseSeconds
        longestPauseBeforeSeconds = stored.longestPauseBeforeSeconds
        pausesSince = stored.pausesSince
        self = bounded
    }
}

extension StoredFigures {
    init(_ figures: DeviceFigures) {
        self.init()
        received = figures.received
        missed = figures.missed
        counter = figures.counter
        packetID = figures.packetID
        isTriggerBased = figures.isTriggerBased
        firstHeard = figures.firstHeard
        longestPauseSeconds = figures.longestPauseSeconds
        longestPauseBeforeSeconds = figures.longestPauseBeforeSeconds
        pausesSince = figures.pausesSince
    }
}

extension DeviceFigures.Frame {
    init(_ event: OpenedEvent) {
        let packet = event.reading.measurements.first { $0.name == "packet_id" }
        self.init(
            counter: event.counter, packetID: packet.flatMap { UInt8($0.value.text) },
            isSecondOfCounter: event.isSecondOfCounter, isTriggerBased: event.isTriggerBased, heard: event.timeHeard)
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
