import SeededRandom
import Settings
import Simulation
import Testing
import Wire

@testable import Scenarios

/// Reads a scenario; nil where it has problems.
func scenario(_ text: String, set: [String] = [], files: LinkFiles = .none) -> Scenario? {
    guard case .read(let scenario) = ScenarioReader.read(Array(text.utf8), file: "s.yaml", settings: set, files: files)
    else { return nil }
    return scenario
}

func problems(_ text: String, set: [String] = [], files: LinkFiles = .none) -> [String] {
    guard
        case .failed(let problems) = ScenarioReader.read(Array(text.utf8), file: "s.yaml", settings: set, files: files)
    else { return [] }
    return problems.map(\.description)
}

@Suite struct ScenarioReaderTests {
    @Test func emptyFileIsTheScenarioAsItComes() {
        var expected = Scenario()
        expected.name = "s"
        #expect(scenario("") == expected)
        #expect(scenario("# nothing\n") == expected)
        #expect(scenario("topology:\n  # kind: ring\nradio:\n") == expected)
    }

    @Test func scenarioReadsAsItSays() throws {
        let text = """
            about: A ring.
            duration: 2 h
            settle: 90 s
            starts_at: 2027-02-03 04:05:06
            topology: {kind: ring, houses: 12, spacing: 1500 cm}
            hosts:
              rate: 20 kbit/s
              open: ["22:00-07:00"]
            other_hosts:
              - houses: [1, 3-5]
                opt_out: true
              - houses: 2 at random
                classes: [alarm]
            devices:
              - name: bell
                owners: 50 %
                place: beside 4
                class: alarm
                rate: 5/min
                traffic: {kind: bursts, every: 10 min, events: 3, gap: 200 ms}
            radio:
              frame_loss: 10 %
              sensitivity: -90.5 dBm
            faults:
              - {fault: crash, houses: 3, at: 5 min, for: 30 s}
              - {fault: liar, houses: 1 at random, lie: floods, at: 1 min}
              - {fault: delayed, share: 2.5 %, by: 3 s, every: 10 min}
            promises: [cap, once]
            expect:
              - {figure: delivery_ratio, at_least: 99.9 %}
              - {figure: latency, at_most: 60 ms}
            """
        let read = try #require(scenario(text), "\(problems(text))")
        #expect(read.durationMicroseconds == 7_200_000_000)
        #expect(read.startsAt.text == "2027-02-03 04:05:06")
        #expect(read.topology == .ring(houses: 12, spacingMetres: 15))
        #expect(read.hosts.lending.rateBits == 20_000)
        #expect(read.otherHosts.map(\.houses) == [.houses([1, 3, 4, 5]), .some(2)])
        #expect(read.otherHosts[1].plan.lending.rateBits == 20_000, "what is not said is as with all hosts")
        #expect(read.otherHosts[1].plan.classesLent == [.alarm])
        #expect(read.devices[0].traffic == .bursts(meanSeconds: 600, events: 3, gapSeconds: 0.2))
        #expect(read.devices[0].placement == .beside(house: 4))
        #expect(read.radio.frameLoss == 0.1)
        #expect(
            read.faults[0]
                == FaultPlan(
                    .crash(downMicroseconds: 30_000_000, unwrittenMicroseconds: 0), houses: .houses([3]),
                    when: .at(microseconds: 300_000_000)))
        #expect(read.faults[1].fault == .liar(.floods))
        #expect(read.faults[2].fault == .delayed(byMicroseconds: 3_000_000, permille: 25, forMicroseconds: 60_000_000))
        #expect(read.promises == [.cap, .once])
        #expect(
            read.expectations == [Expectation("delivery_ratio", .atLeast, 0.999), Expectation("latency", .atMost, 60)])
    }

    @Test func everyProblemIsToldAtOnceWithItsPlace() {
        let text = """
            durration: 10 min
            settle: 1
            topology:
              kind: rnig
              spacing: 12 meters
            devices:
              - owners: some
                clas: alarm
                class: alrm
            faults:
              - fault: crash
                fore: 3 s
            seed: -1
            seed: 2
            """
        #expect(
            problems(text) == [
                "s.yaml:1:1: There is no `durration` here. Did you mean `duration`?",
                "s.yaml:2:9: `settle` is `1`, which has no unit. Write it as `1 s`.",
                "s.yaml:4:9: `topology.kind` is `rnig`. Did you mean `ring`? Give one of `line`, `ring`, `terrace`, `grid`, "
                    + "`village`, `tower`, `field`, `places`, `links`.",
                "s.yaml:5:12: `topology.spacing` is `12 meters`, whose unit is not known. Did you mean `12 m`? Units are "
                    + "`cm`, `m`, `km`.",
                "s.yaml:7:13: `devices[0].owners` is `some`. Give `all`, houses such as `[0, 3-5]` or `3`, so many as "
                    + "`3 at random`, or `10 %` of them.",
                "s.yaml:8:5: There is no `devices[0].clas` here. Did you mean `class`?",
                "s.yaml:9:12: `devices[0].class` is `alrm`. Did you mean `alarm`? Give one of `alarm`, `event`, `telemetry`.",
                "s.yaml:12:5: There is no `faults[0].fore` here. Did you mean `for`?",
                "s.yaml:13:7: `seed` is -1, outside 0 to 18446744073709551615. Give a number within that range.",
                "s.yaml:14:1: `seed` is given on line 13 already. Take one of them away.",
            ])
    }

    @Test func keysOfAKindThatIsNotUnderstoodAreNotCalledWrong() {
        let crush = problems("faults: [{fault: crush, for: 1 min, unwritten: 2 s}]")
        #expect(crush.count == 1 && crush[0].contains("`faults[0].fault` is `crush`. Did you mean `crash`?"))
        for text in [
            "faults: [{fault: meteor, for: 1 min, unwritten: 2 s}]",
            "topology: {kind: maze, corners: 5, links: [0-1 70 dB]}",
            "topology: {kind: link, file: x.csv}", "topology: {kind: link, list: x}",
            "devices: [{traffic: {kind: sometimes, each: 5 s}}]", "faults: [{for: 1 min, share: 5 %}]",
            "expect: [{figure: speed, at_least: 5 km}]",
        ] {
            #expect(problems(text).filter { !$0.contains("x.csv") }.count == 1, "\(problems(text))")
        }
        let key = problems("topology: {knid: links, links: [0-1 70 dB], houses: 2}")
        #expect(key.count == 1 && key[0].contains("`topology.knid`") && key[0].contains("Did you mean `kind`?"))
        let both = problems("faults: [{fualt: crash, for: 1 min}]")
        #expect(both.count == 2 && both.contains { $0.contains("Did you mean `fault`?") })
        // What the likeliest kind has is looked at all the same.
        #expect(problems("faults: [{fault: crush, for: 1 metre, at: 3}]").count == 3)
        #expect(problems("topology: {kind: line, links: [0-1 70 dB]}").count == 1)
    }

    @Test func wordThatIsCutShortIsGuessed() {
        let cut = problems("expect: [{figure: delivery, at_least: 90 %}]")
        #expect(cut.count == 1 && cut[0].contains("Did you mean `delivery_ratio`?"))
        #expect(problems("beginning: jo").first?.contains("Did you mean") == false)
    }

    @Test func contradictionsAreToldWhereTheyStand() {
        let text = """
            topology:
              kind: line
              houses: 5
              spacing: 12 m
            faults:
              - fault: crash
                at: 1 min
                houses: [1, 7]
            """
        #expect(problems(text) == ["s.yaml:8:13: There is no house 7. Houses are numbered 0 to 4."])
        #expect(
            problems("topology: {houses: 0}") == [
                "s.yaml:1:20: `topology.houses` is 0, outside 1 to 10000. Give a number within that range."
            ])
        #expect(
            problems("topology:\n  spacing: 2 km\n") == [
                "s.yaml:2:3: No house hears another: the nearest two stand 2000.0 m apart, and from house to house a radio "
                    + "reaches 98.5 m at most. Put the houses nearer to each other, or give more `transmit_power`, a lower `sensitivity` or less loss."
            ])
    }

    @Test func linkThatIsListedTwiceIsToldWhereItStands() {
        let text = "topology:\n  kind: links\n  houses: 2\n  links:\n    - 0-1 70 dB\n    - 1-0 71 dB\n"
        #expect(problems(text) == ["s.yaml:6:7: Houses 0 and 1 are linked twice. Take one of them away."])
    }

    @Test func whatIsNoScenarioIsTold() {
        #expect(
            problems("- a\n") == [
                "s.yaml:1:1: The file holds no scenario at its top level. Write lines of the form `key: value`."
            ])
        #expect(problems("devices: 3\n").first?.contains("Give a list") == true)
        #expect(problems("topology: ring\n").first?.contains("Give its keys under it") == true)
        #expect(problems("a: &b c\n").first?.contains("Anchors") == true)
        #expect(!problems("\u{1}").isEmpty)
        guard case .failed = ScenarioReader.read([0xFF, 0xFE], file: "x") else { return #expect(Bool(false)) }
    }

    @Test func settingsOfTheCommandLineGoByTheSameKeys() throws {
        let text = "devices:\n  - name: a\n"
        let read = try #require(
            scenario(
                text,
                set: [
                    "topology.houses=9", "devices[0].traffic.every=30 s", "devices[1].name = b", "seed=7",
                    "promises=[cap]", "topology.houses=8",
                ]))
        #expect(read.topology.houseCount == 8)
        #expect(read.devices.map(\.name) == ["a", "b"])
        #expect(read.devices[0].traffic == .poisson(meanSeconds: 30))
        #expect(read.seed == 7 && read.promises == [.cap])
    }

    @Test func wrongSettingsOfTheCommandLineAreToldByTheirWords() {
        #expect(
            problems(
                "", set: ["topology.huoses=9", "radio.frame_loss=200 %", "x", "devices[3].name=a", "topology.houses=9"])
                == [
                    "--set topology.huoses=9: There is no `topology.huoses` here. Did you mean `houses`?",
                    "--set radio.frame_loss=200 %: `radio.frame_loss` is 200 %, outside 0 % to 99 %. Give a value within that range.",
                    "--set x: There is no `=`. Write it as `key=value`, such as `topology.houses=9`.",
                    "--set devices[3].name=a: There is no entry [3]. The list has 0 entries, from [0]; one more may be added.",
                ])
        #expect(
            problems("", set: ["topology.houses=0"]) == [
                "--set topology.houses=0: `topology.houses` is 0, outside 1 to 10000. Give a number within that range."
            ])
    }

    @Test func contradictionThatASettingBringsIsLaidToIt() {
        let text = "duration: 30 min\nsettle: 5 min\n"
        #expect(problems(text, set: ["duration=1 min"]).first?.hasPrefix("--set duration=1 min: ") == true)
        let wrong = "duration: 1 min\nsettle: 5 min\n"
        #expect(problems(wrong, set: ["seed=4"]).first?.hasPrefix("s.yaml:2:") == true)
    }

    @Test func shorterRunLeavesOutWhatComesAfterItsEnd() {
        let text = """
            duration: 20 min
            devices:
              - traffic: {kind: at, at: [2 min, 15 min]}
            faults:
              - {fault: crash, houses: [1], at: 3 min}
              - {fault: crash, houses: [2], at: 12 min}
            """
        func read(isShortened: Bool) -> ScenarioOutcome {
            ScenarioReader.read(
                Array(text.utf8), file: "s.yaml", settings: ["duration=10 min"], isShortened: isShortened)
        }
        guard case .read(let short) = read(isShortened: true), case .failed(let problems) = read(isShortened: false)
        else {
            Issue.record("the shorter run is refused, or the longer is not")
            return
        }
        #expect(short.faults.map(\.when) == [.at(microseconds: 180_000_000)])
        #expect(short.devices.map(\.traffic) == [.at([120_000_000])])
        #expect(problems.count == 2)
    }

    @Test func linksComeFromAFileBesideTheScenario() throws {
        let files = LinkFiles { name in
            name == "street.links" ? Array("# from to loss\n0-1 70 dB\n\n1-2 75.5 dB # far\r\n".utf8) : nil
        }
        let text = "topology: {kind: links, houses: 3, file: street.links}\n"
        #expect(
            scenario(text, files: files)?.topology
                == .links(houses: 3, [RadioLink(0, 1, lossDecibels: 70), RadioLink(1, 2, lossDecibels: 75.5)]))
        #expect(problems(text).first?.contains("cannot be read") == true)
        let foreign = LinkFiles { _ in Array("\u{FEFF}0-1 70 dB\r\n\r\n1-2 75.5 dB\r\n".utf8) }
        #expect(scenario(text, files: foreign)?.topology == scenario(text, files: files)?.topology)
        let bare = LinkFiles { _ in Array("0-1 70\n".utf8) }
        #expect(problems(text, files: bare).first?.contains("line 1") == true)
        let bad = LinkFiles { _ in Array("0-1 70 dB\n0=1".utf8) }
        #expect(problems(text, files: bad).first?.contains("line 2 is no link") == true)
        let worse = LinkFiles { _ in Array("x\n0-1 70 dB\ny".utf8) }
        #expect(problems(text, files: worse).first?.contains("lines 1, 3 are no links") == true)
        let worst = LinkFiles { _ in Array(String(repeating: "x\n", count: 100).utf8) }
        #expect(problems(text, files: worst).first?.contains("lines 1, 2, 3, 4, 5, 6, 7, 8 and others are") == true)
    }

    @Test func whatIsWrittenReadsBackAsTheSame() throws {
        for seed in 0..<150 {
            var random = RandomScenario(random: SplitMix64(seed: UInt64(seed)))
            let made = random.scenario()
            let text = ScenarioWriter.text(of: made, comment: ["seed \(seed)"])
            let read = scenario(text)
            #expect(read == made, "\(seed): \(problems(text).first ?? "other") in\n\(text)")
            if read != made { break }
        }
    }

    @Test func problemsAreBounded() {
        let text = (0..<1_000).map { "key\($0): 1" }.joined(separator: "\n")
        #expect(problems(text).count == 100)
    }
}
