import Devices
import Foundation
import Testing
import Wire

@testable import Delivery

struct HomeAssistantTests {
    static let homeAssistant = HomeAssistant(topics: BrokerTopics(bridge: "home"), version: "1.2")

    @Test func firstFrameAnnouncesTheDeviceAndThenTellsItsStates() throws {
        var device = try device()
        let messages = try self.messages(["opening=1", "temperature=25.06", "battery=90"], &device)
        #expect(
            messages.map(\.topic) == [
                "homeassistant/device/sidegate_letter_box/config", "sidegate/letter_box/battery",
                "sidegate/letter_box/temperature", "sidegate/letter_box/opening",
            ])
        #expect(messages.dropFirst().map { String(decoding: $0.payload, as: UTF8.self) } == ["90", "25.06", "ON"])
        #expect(messages.allSatisfy { $0.retained && !$0.isTrigger && $0.coalescingKey == $0.topic })
        let further = try self.messages(["opening=0", "battery=90"], &device)
        #expect(further.count == 2)
    }

    @Test func announcementIsAsHomeAssistantExpectsIt() throws {
        var device = try device()
        let messages = try self.messages(["opening=1", "temperature=25.06", "button=none", "button=press"], &device)
        let config = try #require(JSONSerialization.jsonObject(with: Data(messages[0].payload)) as? [String: Any])
        let owner = try #require(config["dev"] as? [String: Any])
        #expect(owner["ids"] as? [String] == ["sidegate_letter_box"])
        #expect(owner["name"] as? String == "Letter \"box\"")
        #expect((config["o"] as? [String: String]) == ["name": "Sidegate", "sw": "1.2"])
        let availability = try #require(config["availability"] as? [[String: String]])
        #expect(availability.map { $0["topic"] } == ["sidegate/home/availability", "sidegate/letter_box/available"])
        #expect(config["availability_mode"] as? String == "all")
        let components = try #require(config["cmps"] as? [String: [String: Any]])
        #expect(components.keys.sorted() == ["button", "button_2", "opening", "temperature"])
        #expect(components["opening"]?["p"] as? String == "binary_sensor")
        #expect(components["opening"]?["device_class"] as? String == "opening")
        #expect(components["temperature"]?["p"] as? String == "sensor")
        #expect(components["temperature"]?["unit_of_measurement"] as? String == "°C")
        #expect(components["temperature"]?["state_class"] as? String == "measurement")
        #expect(components["button_2"]?["p"] as? String == "event")
        #expect(components["button_2"]?["name"] as? String == "Button 2")
        #expect((components["button_2"]?["event_types"] as? [String])?.contains("long_press") == true)
        for (key, component) in components {
            #expect(component["unique_id"] as? String == "sidegate_letter_box_\(key)")
            #expect(component["state_topic"] as? String == "sidegate/letter_box/\(key)")
        }
    }

    @Test func triggersAreNotRetainedAndEndAfterTenMinutes() throws {
        var device = try device()
        let words = ["button=press", "button=none", "dimmer=rotate_left:3", "command=toggle:0a", "dimmer=none:0"]
        let messages = Array(try self.messages(words, &device).dropFirst())
        #expect(
            messages.map { String(decoding: $0.payload, as: UTF8.self) } == [
                #"{"event_type":"press"}"#, #"{"arguments":[10],"event_type":"toggle"}"#,
                #"{"event_type":"rotate_left","steps":3}"#,
            ])
        #expect(messages.allSatisfy { !$0.retained && $0.coalescingKey == nil })
        #expect(messages.allSatisfy { $0.notAfter == WallTime(seconds: 1600) })
        #expect(!messages[0].isExpired(at: WallTime(seconds: 1600)))
        #expect(messages[0].isExpired(at: WallTime(seconds: 1601)))
    }

    /// The start of motion fires things, its end does not.
    @Test func motionIsATriggerAndItsEndAState() throws {
        var device = try device()
        let start = try #require(self.messages(["motion=1"], &device).last)
        let end = try #require(self.messages(["motion=0"], &device).last)
        #expect(start.notAfter == WallTime(seconds: 1600) && start.retained && start.coalescingKey == nil)
        #expect(end.notAfter == nil && end.retained && end.coalescingKey == end.topic)
    }

    @Test func onlyWhatTheOwnerLetsThroughIsDelivered() throws {
        var device = try device(deliver: ["opening", "button"])
        let announced = try #require(Self.homeAssistant.announcement(of: device))
        let keys = try componentKeys(announced)
        #expect(keys == ["button", "opening"])
        let messages = try self.messages(["opening=1", "temperature=20", "button=press"], &device)
        #expect(messages.map(\.topic) == ["sidegate/letter_box/opening", "sidegate/letter_box/button"])
        #expect(DeliveredDevice.unknownNames(in: ["opening", "openig"]) == ["openig"])
    }

    @Test func numberOfThePacketIsDeliveredOnRequestOnly() throws {
        var device = try device()
        let unasked = try messages(["packet_id=7"], &device)
        #expect(unasked.isEmpty)
        var asking = try self.device(deliver: ["packet_id"])
        let asked = try messages(["packet_id=7"], &asking)
        #expect(asked.map(\.topic) == ["sidegate/letter_box/packet_id"])
    }

    @Test func whatTheOwnerWithdrawsIsTakenAwayFromHomeAssistant() throws {
        var device = try device()
        _ = try messages(["opening=1", "temperature=20"], &device)
        device.deliver = ["opening"]
        let announcement = try #require(Self.homeAssistant.announcement(of: device))
        let config = try #require(JSONSerialization.jsonObject(with: Data(announcement.payload)) as? [String: Any])
        let components = try #require(config["cmps"] as? [String: [String: String]])
        #expect(components["temperature"] == ["p": "sensor"])
        #expect(components["opening"]?["unique_id"] != nil)
    }

    @Test func removalEmptiesWhatTheBrokerRetains() throws {
        var device = try device()
        _ = try messages(["opening=1", "button=press"], &device)
        let removal = Self.homeAssistant.removal(of: device)
        #expect(
            removal.map(\.topic) == [
                "homeassistant/device/sidegate_letter_box/config", "sidegate/letter_box/available",
                "sidegate/letter_box/opening",
            ])
        #expect(removal.allSatisfy { $0.payload.isEmpty && $0.retained })
    }

    @Test func firmwareIsToldWithTheDevice() throws {
        var device = try device()
        _ = try messages(["opening=1"], &device)
        let messages = try self.messages(["firmware=4.2.1.0"], &device)
        #expect(messages.count == 1)
        #expect(String(decoding: messages[0].payload, as: UTF8.self).contains(#""sw":"4.2.1.0""#))
    }

    @Test func knownMeasurementsSurviveStorage() throws {
        var device = try device()
        _ = try messages(["opening=1", "button=none", "button=press", "humidity=55", "count=300"], &device)
        let restored = try self.device(entitiesText: device.entitiesText)
        #expect(Self.homeAssistant.announcement(of: restored) == Self.homeAssistant.announcement(of: device))
    }

    @Test(arguments: ["", "x", "1", "1:", ":1", "ff:1", "1:0", "1:256", "100:1", "2e:1", "1:1:1", "  1:2  "])
    func storedMeasurementsOfAnyContentAreReadAsFarAsTheyMakeSense(text: String) throws {
        let device = try device(entitiesText: text)
        #expect(device.entitiesText == (text == "  1:2  " ? "1:2" : ""))
    }

    @Test func measurementsOfOneDeviceStayWithinTheirLimit() throws {
        let text = (1...255).map { "3a:\($0)" }.joined(separator: " ")
        var device = try device(entitiesText: text)
        _ = try messages(["opening=1"], &device)
        #expect(device.entitiesText.split(separator: " ").count == DeliveredDevice.entitiesMax)
    }

    @Test(arguments: ["", "a/b", "a b", "+", "#", "ä", String(repeating: "x", count: 65)])
    func identifierThatATopicCannotHoldIsRefused(identifier: String) {
        #expect(DeliveredDevice(identifier: identifier, name: "x") == nil)
    }

    @Test func everyKindOfObjectIsAnEntityOrDescribesTheDevice() {
        for kind in ObjectTable.all where EntityDescription(kind) == nil {
            #expect(["device_type", "firmware"].contains(kind.name))
        }
        #expect(ObjectTable.all.filter { EntityDescription($0)?.isInverted == true }.map(\.name) == ["safety"])
    }

    private func device(deliver: [String] = [], entitiesText: String = "") throws -> DeliveredDevice {
        try #require(
            DeliveredDevice(
                identifier: "letter_box", name: "Letter \"box\"", deliver: deliver, entitiesText: entitiesText))
    }

    private func messages(_ words: [String], _ device: inout DeliveredDevice) throws -> [BrokerMessage] {
        let reading = try ObjectWriter.bytes(words: words).withUnsafeBytes { ObjectReader.read($0) }
        return Self.homeAssistant.messages(for: reading, heard: WallTime(seconds: 1000), device: &device)
    }

    private func componentKeys(_ announcement: BrokerMessage) throws -> [String] {
        let config = try JSONSerialization.jsonObject(with: Data(announcement.payload)) as? [String: Any]
        return try #require(config?["cmps"] as? [String: Any]).keys.sorted()
    }
}
