import Testing

@testable import Settings

@Suite struct SettingsValueTests {
    @Test func emptyFileGivesTheDefaultsAndSaysNeitherYesNorNo() throws {
        let settings = try #require(try SettingsFolder.settings("# nothing\n"))
        #expect(settings == BridgeSettings(defaultName: "kitchen"))
        #expect(settings.hosting.optOut == nil)
        #expect(settings.name == "kitchen")
        #expect(settings.hosting.rateBitsPerSecond == 16_000)
        #expect(settings.linksMaximum == 4)
        #expect(settings.mqtt.host == nil)
    }

    @Test func everyKeySetIsFoundInTheSnapshot() throws {
        let text = """
            name: Küche 3
            state_directory: /data/sidegate
            socket: /data/s.sock
            log: {level: debug}
            hosting:
              opt_out: false
              rate_bits_per_second: 80000
              burst_bytes: 512
              month_megabytes: 0
              classes: [alarm]
            links_max: 16
            radio:
              kind: virtual
              bluez:
                adapters: [hci1, "00:1B:DC:06:F2:9A"]
                power_on: true
              virtual:
                air: /tmp/air
                name: b1
            mqtt:
              host: broker.example
              port: 1884
              tls: true
              ca_file: /etc/ca.pem
              username: home
              password_file: /etc/password
              client_identifier: bridge 1
              topic_prefix: a/b
              discovery_prefix: ha
            metrics: {port: 9100}
            """
        var expected = BridgeSettings(defaultName: "x")
        expected.name = "Küche 3"
        expected.stateDirectory = "/data/sidegate"
        expected.socket = "/data/s.sock"
        expected.logLevel = .debug
        expected.hosting = HostingSettings(
            optOut: false, rateBitsPerSecond: 80_000, burstBytes: 512, monthMegabytes: 0, classes: [.alarm])
        expected.linksMaximum = 16
        expected.radio = RadioSettings(
            kind: .virtual, adapters: ["hci1", "00:1B:DC:06:F2:9A"], powersOn: true, virtualAir: "/tmp/air",
            virtualName: "b1")
        expected.mqtt = MQTTSettings(
            host: "broker.example", port: 1884, tls: true, caFile: "/etc/ca.pem", username: "home",
            passwordFile: "/etc/password", clientIdentifier: "bridge 1", topicPrefix: "a/b", discoveryPrefix: "ha")
        expected.metricsPort = 9_100
        #expect(try SettingsFolder.settings(text) == expected)
        #expect(try SettingsFolder.settings(SettingsDocuments.yaml(of: expected)) == expected)
    }

    @Test(arguments: [
        ("hosting:\n  rate_bits_per_second", 0, 1_000_000_000), ("hosting:\n  burst_bytes", 512, 1_000_000_000),
        ("hosting:\n  month_megabytes", 0, 1_000_000_000), ("links_max", 1, 16), ("mqtt:\n  port", 1, 65_535),
    ])
    func numberAtEachEndOfItsRangeIsTakenAndOneBeyondIsNot(key: String, least: Int, most: Int) throws {
        for number in [least, most] { #expect(try SettingsFolder.settings("\(key): \(number)") != nil) }
        for number in [least - 1, most + 1] {
            let problems = try SettingsFolder.problems("\(key): \(number)")
            #expect(problems.map(\.kind) == [.outOfRange])
        }
        #expect(try SettingsFolder.problems("\(key): 99999999999999999999999").map(\.kind) == [.outOfRange])
    }

    @Test func portFollowsTLSUnlessGiven() throws {
        #expect(try SettingsFolder.settings("mqtt: {tls: true}")?.mqtt.effectivePort == 8883)
        #expect(try SettingsFolder.settings("mqtt: {tls: false}")?.mqtt.effectivePort == 1883)
        #expect(try SettingsFolder.settings("mqtt: {tls: false, port: 9}")?.mqtt.effectivePort == 9)
    }

    @Test(arguments: [
        "name: \"\"", "name: " + String(repeating: "a", count: 33), "name: \"a\\tb\"", "name: \"a\\u200fb\"",
        "name: ' a'", "state_directory: var/lib", "socket: /" + String(repeating: "s", count: 107),
        "radio: {virtual: {name: a/b}}", "radio: {virtual: {name: ..}}", "radio: {virtual: {air: here}}",
        "mqtt: {host: 'mqtt://broker'}", "mqtt: {host: 'a b'}", "mqtt: {topic_prefix: 'a/#'}",
        "mqtt: {topic_prefix: /a}", "mqtt: {discovery_prefix: $SYS}", "mqtt: {client_identifier: \"a\\0\"}",
        "log: {level: loud}", "radio: {kind: lora}", "hosting: {classes: [alarm, alarm]}",
        "hosting: {classes: [alarms]}",
    ])
    func valueThatItsRuleForbidsIsOutOfRange(text: String) throws {
        #expect(try SettingsFolder.problems(text).map(\.kind) == [.outOfRange])
    }

    @Test func namesAtTheirLimitAreTaken() throws {
        let name = String(repeating: "é", count: 16)
        #expect(try SettingsFolder.settings("name: \(name)")?.name == name)
        let socket = "/" + String(repeating: "s", count: 106)
        #expect(try SettingsFolder.settings("socket: \(socket)")?.socket == socket)
        #expect(try SettingsFolder.settings("hosting: {classes: []}")?.hosting.classes == [])
    }

    @Test(arguments: [
        "links_max: four", "links_max: \"4\"", "links_max: 4.0", "links_max: 0x4", "links_max: [4]", "links_max:",
        "links_max: {a: 1}", "hosting: {opt_out: yes}", "hosting: {opt_out: 'true'}", "hosting: {opt_out: 1}",
        "hosting: {classes: alarm}", "hosting: {classes: [[alarm]]}", "hosting: 4", "hosting: [a]", "name: [a]",
        "name: ~", "log: {level: }", "mqtt: {tls: True}", "- a", "hello", "radio: {virtual: x}",
    ])
    func valueOfAnotherTypeIsAWrongType(text: String) throws {
        let problems = try SettingsFolder.problems(text)
        #expect(problems.map(\.kind) == [.wrongType])
        #expect(problems.allSatisfy { $0.position != nil })
    }

    @Test func defaultNameIsMadeValidWhateverTheHostIsCalled() {
        for host in ["", " ", "\u{0}\n", String(repeating: "ü", count: 300), "  den ", "\u{202e}x"] {
            let settings = BridgeSettings(defaultName: host)
            #expect(TextRule.bridgeName.fault(in: settings.name) == nil)
            #expect(TextRule.radioName.fault(in: settings.virtualRadioName) == nil)
        }
        #expect(BridgeSettings(defaultName: "  den ").name == "den")
        #expect(BridgeSettings(defaultName: "den 2").virtualRadioName == "den-2")
    }
}
