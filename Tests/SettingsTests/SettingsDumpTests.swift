import Testing

@testable import Settings

@Suite struct SettingsDumpTests {
    private static func loaded(_ folder: SettingsFolder) throws -> (BridgeSettings, [String: SettingOrigin]) {
        let (outcome, origins) = folder.files.loadWithOrigins()
        guard case .loaded(let settings) = outcome else {
            Issue.record("\(outcome)")
            throw CancellationError()
        }
        return (settings, origins)
    }

    @Test func dumpReadsBackToTheSameSettings() throws {
        let texts = [
            "", "hosting: {opt_out: true, classes: [], schedule: [\"fri-sun 22:00-07:00\", \"00:00-24:00\"]}",
            "name: \"a \\\" b # c: d\"\nmqtt: {host: b.example, username: \"x'y\", topic_prefix: a/b, tls: false}",
            "hosting: {opt_out: false, schedule: []}\nlog: {level: trace}\nradio: {virtual: {name: r}}",
        ]
        for text in texts {
            let folder = try SettingsFolder()
            try folder.write(text)
            let (settings, origins) = try Self.loaded(folder)
            let dump = SettingsDocuments.dump(of: settings, origins: origins)
            #expect(try SettingsFolder.settings(dump) == settings, "\(dump)")
        }
    }

    @Test func dumpHasEveryKeyWithItsDefaultItsExplanationAndItsOrigin() throws {
        let folder = try SettingsFolder()
        try folder.write("links_max: 3\nhosting:\n  opt_out: true\n  month_megabytes: 5\n")
        try folder.write("hosting:\n  month_megabytes: 7\n  opt_out: false\n", to: "conf.d/10-more.yaml")
        let (settings, origins) = try Self.loaded(folder)
        let lines = SettingsDocuments.dump(of: settings, origins: origins).split(separator: "\n").map {
            String($0.drop { $0 == " " })
        }
        for definition in SettingsTable.definitions {
            let keyLine = try #require(
                lines.firstIndex { $0.hasPrefix("\(definition.key):") || $0.hasPrefix("# \(definition.key): (absent") })
            #expect(keyLine >= 2)
            #expect(lines.contains { $0.hasPrefix("# \(definition.explanation)") })
        }
        #expect(lines.count { $0.hasPrefix("# Default: ") } == SettingsTable.definitions.count)
        func origin(_ key: String) throws -> String {
            let line = try #require(lines.firstIndex { $0.hasPrefix("\(key):") })
            return lines[line - 1]
        }
        #expect(try origin("links_max") == "# Default: 4. This value: from \(folder.path)/sidegate.yaml:1.")
        #expect(
            try origin("month_megabytes")
                == "# Default: 100. This value: from \(folder.path)/conf.d/10-more.yaml:2.")
        #expect(try origin("opt_out").hasSuffix("This value: from \(folder.path)/sidegate.yaml:3."))
        #expect(try origin("burst_bytes") == "# Default: 8000. This value: default.")
        let entries = SettingsDocuments.entries(of: settings, origins: origins)
        #expect(entries.map(\.key) == SettingsTable.definitions.map(\.path))
        #expect(entries.first { $0.key == "hosting.opt_out" }?.value == "true")
        #expect(entries.first { $0.key == "mqtt.host" }?.value == nil)
    }

    @Test func fileNameCannotBreakOutOfItsComment() {
        let origin = SettingOrigin(file: "/a\nname: evil", position: SettingsPosition(line: 1, column: 1))
        let dump = SettingsDocuments.dump(of: BridgeSettings(defaultName: "x"), origins: ["name": origin])
        #expect(!dump.contains("\nname: evil"))
    }
}
