import Testing

@testable import Settings

@Suite struct SettingsProblemTests {
    @Test func everyProblemIsReportedAtOnceWithItsPlace() throws {
        let text = """
            nane: a
            links_max: 99
            hosting:
              opt_out: perhaps
              rate_bits_per_secnd: 5
            links_max: 4
            mqtt:
              port: 0
            colour: blue
            """
        let problems = try SettingsFolder.problems(text)
        #expect(
            problems.map(\.kind) == [
                .unknownKey, .outOfRange, .wrongType, .unknownKey, .duplicateKey, .outOfRange, .unknownKey,
            ])
        #expect(problems.map { $0.position?.line } == [1, 2, 4, 5, 6, 8, 9])
        #expect(problems.map { $0.position?.column } == [1, 12, 12, 3, 1, 9, 1])
        #expect(problems.first?.remedy == "Did you mean `name`?")
        #expect(problems[3].remedy == "Did you mean `hosting.rate_bits_per_second`?")
    }

    @Test func byteOrderMarkCountsForNothing() throws {
        #expect(try SettingsFolder.settings("\u{FEFF}links_max: 5\n")?.linksMaximum == 5)
        let problems = try SettingsFolder.problems("\u{FEFF}links_max: 99\nlinks_max: 4\n")
        #expect(problems.map { $0.position?.line } == [1, 2] && problems.map { $0.position?.column } == [12, 1])
        #expect(try SettingsFolder.problems("\u{FEFF}a: \u{1}\n").map { $0.position?.column } == [4])
    }

    @Test func descriptionReadsAsFileLineColumnWhatRemedy() throws {
        let folder = try SettingsFolder()
        try folder.write("links_max: 17\n")
        guard case .failed(let problems) = folder.files.load() else { throw Missing() }
        #expect(
            problems.map(\.description) == [
                "\(folder.path)/sidegate.yaml:1:12: `links_max` is 17, outside 1 to 16. Give a number within that range."
            ])
    }

    @Test(arguments: [
        ("opt_out: true", "hosting.opt_out"), ("hosting.opt_out: true", "on a line of its own under `hosting`"),
        ("hosting: {optout: true}", "hosting.opt_out"), ("hostng: {opt_out: true}", "hosting"),
        ("mqtt: {hots: a}", "mqtt.host"), ("radio: {virtual: {ari: a}}", "radio.virtual.air"),
        ("link_max: 1", "links_max"), ("zzzzzzzz: 1", "docs/settings.md"), ("\"\": 1", "docs/settings.md"),
        ("burst_byte: 1", "hosting.burst_bytes"),
    ])
    func unknownKeyComesWithAGuess(text: String, expected: String) throws {
        let problems = try SettingsFolder.problems(text)
        #expect(problems.map(\.kind) == [.unknownKey])
        #expect(problems.first?.remedy.contains(expected) == true)
    }

    @Test(arguments: [
        "[hci]", "[hci256]", "[hci01]", "[hci+1]", "[eth0]", "['00:1B:DC:06:F2']", "['00:1B:DC:06:F2:+A']",
        "[hci0, hci0]", "[hci0, hci1, hci2, hci3, hci4]", "['']",
    ])
    func whatIsNoAdapterIsTold(adapters: String) throws {
        let problems = try SettingsFolder.problems("radio:\n  bluez:\n    adapters: \(adapters)\n")
        #expect(problems.map(\.kind) == [.outOfRange])
        #expect(problems.first?.position?.line == 3)
    }

    @Test func everyEntryOfAListThatIsWrongIsToldAtItsPlace() throws {
        let problems = try SettingsFolder.problems(
            """
            radio: {bluez: {adapters: [hci0, eth0, hci0, '']}}
            hosting:
              classes:
                - alarms
                - event
                - [telemetry]
                - telemetri
            """)
        #expect(problems.map { $0.position?.line } == [1, 1, 1, 4, 6, 7])
        #expect(problems.map { $0.position?.column }.prefix(3) == [34, 40, 46])
        #expect(problems.map(\.kind) == [.outOfRange, .outOfRange, .outOfRange, .outOfRange, .wrongType, .outOfRange])
        #expect(problems.last?.remedy.contains("`telemetry`") == true)
    }

    @Test func duplicateKeysAreAllReportedAlsoInSections() throws {
        let text = """
            name: a
            name: b
            "name": c
            mqtt:
              port: 1
              # port: 2
              port: 3
            radio:
              kind: virtual
            mqtt:
              port: 4
            """
        let problems = try SettingsFolder.problems(text)
        #expect(problems.allSatisfy { $0.kind == .duplicateKey })
        #expect(problems.map { $0.position?.line } == [2, 3, 7, 10])
        #expect(problems.first?.what == "`name` is given on line 1 already")
    }

    @Test(arguments: ["{name: a, name: b}", "{[a]: 1, [a]: 2}", "log: {level: info, level: debug}", "{{}: 1, {}: 2}"])
    func duplicateKeyOnOneLineIsReported(text: String) throws {
        let problems = try SettingsFolder.problems(text)
        #expect(problems.map(\.kind) == [.duplicateKey])
        #expect(problems.first?.position?.line == 1)
    }

    @Test func moreDuplicatesThanTheLimitEndInProblemsOnly() throws {
        let problems = try SettingsFolder.problems(String(repeating: "name: a\n", count: 100))
        #expect(problems.count == 32)
        #expect(problems.allSatisfy { $0.kind == .duplicateKey })
    }

    @Test func problemsAreBounded() throws {
        let text = (0..<5_000).map { "key\($0): 1\n" }.joined()
        #expect(try SettingsFolder.problems(text).count == 100)
    }

    @Test(
        arguments: [
            "name: [", "name: a\n b: c", "{", "]", "a: b: c", "name: a\n---\nname: b", "\tname: a",
            "hosting:\n\topt_out: true",
            "name: @a", "\"a\\qb\": 1", "name: `a`", "name", "? a",
        ].dropLast(2))
    func brokenYAMLIsReportedWithItsLine(text: String) throws {
        let problems = try SettingsFolder.problems(text)
        #expect(problems.map(\.kind) == [.notYAML])
        #expect(problems.first?.position != nil)
    }

    @Test func tabIsNamedInTheRemedy() throws {
        let problems = try SettingsFolder.problems("hosting:\n\topt_out: true")
        #expect(problems.first?.position == SettingsPosition(line: 2, column: 1))
        #expect(problems.first?.remedy == "Indent with spaces instead of the tab here")
    }

    @Test(arguments: [
        "a: &b c\nd: *b", "name: !!str a", "name: |\n  a\n", "name: >\n  a\n", "name: \"a\n  b\"", "name: 'a",
        "? name\n: a",
        "%YAML 1.1\n---\nname: a", "- - &x [a, *x]", "{\"a\":*b}", "[a,*b]",
        "name: a\n" + String(repeating: " ", count: 70) + "b: c",
    ])
    func formThatSettingsHaveNoUseForIsRefused(text: String) throws {
        let problems = try SettingsFolder.problems(text)
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.kind == .refusedForm && $0.position != nil })
    }

    @Test(arguments: [
        "name: Tom & Jerry", "name: it's", "name: 5*4", "name: 'a &b *c !d | e' # *x &y !z \"q", "# &a *b\nname: x",
        "name: \"a \\\" *b\"", "name: a !b", "name: a > b", "---\nname: a\n...\n", "\u{FEFF}name: a",
        "name: a\r\nlog:\r\n  level: info\r\n",
    ])
    func harmlessTextThatLooksLikeARefusedFormIsTaken(text: String) throws {
        #expect(try SettingsFolder.settings(text) != nil)
    }

    @Test func nestingBeyondTheLimitIsRefusedAndCostsNoStack() throws {
        for depth in [17, 257, 100_000] {
            let text = String(repeating: "[", count: depth)
            #expect(try SettingsFolder.problems(text).first?.kind == .refusedForm)
        }
        let spread = (0..<300).map { "k\($0): ']' # [\n" }.joined()
        #expect(try SettingsFolder.problems(spread).map(\.kind) == [.refusedForm])
        let steps = String(repeating: "- ", count: 2_000) + "a"
        #expect(try SettingsFolder.problems(steps).first?.kind == .refusedForm)
    }

    @Test func manyAliasesHiddenFromTheScanAreStillRefused() throws {
        let text = "# " + String(repeating: "*a ", count: 25)
        #expect(try SettingsFolder.problems(text).map(\.kind) == [.refusedForm])
        #expect(try SettingsFolder.settings("# " + String(repeating: "*a ", count: 24)) != nil)
    }

    @Test func bytesThatAreNoTextAreReportedWithTheirPlace() throws {
        let problems = try SettingsFolder.problems(Array("name: a\nlog:".utf8) + [0xFF, 0x0A])
        #expect(problems.map(\.kind) == [.notText])
        #expect(problems.first?.position == SettingsPosition(line: 2, column: 5))
        let control = try SettingsFolder.problems("name: a\n# \u{0}")
        #expect(control.map(\.kind) == [.notText])
        #expect(control.first?.position == SettingsPosition(line: 2, column: 3))
    }

    @Test func fileAtTheSizeLimitIsTakenAndOneByteMoreIsNot() throws {
        let limit = 256 * 1_024
        let line = Array("name: a\n#".utf8)
        let padding = [UInt8](repeating: 0x78, count: limit - line.count)
        #expect(try SettingsFolder.problems(line + padding).isEmpty)
        #expect(try SettingsFolder.problems(line + padding + [0x78]).map(\.kind) == [.tooLarge])
    }

    @Test func contradictionsArePlacedAtTheKey() throws {
        let problems = try SettingsFolder.problems("mqtt:\n  tls: false\n  ca_file: /a\n  password_file: /b\n")
        #expect(problems.map(\.kind) == [.contradiction, .contradiction])
        #expect(problems.map { $0.position?.line } == [4, 3])
    }

    struct Missing: Error {}
}
