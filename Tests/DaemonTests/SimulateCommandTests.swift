import Foundation
import Testing

/// `sidegate simulate` as a tester has it.
@Suite struct SimulateCommandTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let first = root + "/conf/scenarios/first.yaml"

    private static func simulate(_ arguments: [String]) async throws -> ControlCommandTests.Outcome {
        try await ControlCommandTests.run(["simulate"] + arguments)
    }

    private static func folder() throws -> String {
        let path = "/tmp/simulate-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func sameSeedGivesTheSameBytes() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var files: [[Data?]] = []
        for turn in ["a", "b"] {
            let run = try await Self.simulate([
                Self.first, "--duration", "3 min", "--json", "--report", "\(folder)/\(turn).html", "--trace",
                "\(folder)/\(turn).pcapng",
            ])
            #expect(run.code == 0, "\(run.complaint)")
            files.append([
                Data(run.output.utf8), FileManager.default.contents(atPath: "\(folder)/\(turn).html"),
                FileManager.default.contents(atPath: "\(folder)/\(turn).pcapng"),
            ])
        }
        #expect(files[0] == files[1])
        #expect(files[0].allSatisfy { ($0?.count ?? 0) > 1_000 })
        let other = try await Self.simulate([Self.first, "--duration", "3 min", "--json", "--seed", "2"])
        #expect(Data(other.output.utf8) != files[0][0])
    }

    @Test func outputThatIsTheScenarioOrAnotherOutputIsRefusedHoweverItIsSpelled() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let own = "\(folder)/own.yaml"
        try FileManager.default.copyItem(atPath: Self.first, toPath: own)
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/link.yaml", withDestinationPath: own)
        for arguments in [
            ["--shrunk", "\(folder)/./own.yaml"], ["--report", "\(folder)/link.yaml"],
            ["--trace", "\(folder)//own.yaml"],
            ["--report", "\(folder)/new", "--trace", "\(folder)/./new"],
        ] {
            let run = try await Self.simulate([own, "--duration", "2 min"] + arguments)
            #expect(
                run.code == 2 && run.complaint.contains("have to be different files"), "\(arguments): \(run.complaint)")
        }
        #expect(FileManager.default.contentsEqual(atPath: own, andPath: Self.first))
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/new"))
        let unwritable = try await Self.simulate([own, "--shrunk", "\(folder)/none/s.yaml"])
        #expect(unwritable.code == 4 && unwritable.output.isEmpty)
    }

    @Test func outputThatWouldBeIgnoredOrGoElsewhereIsRefusedInWords() async throws {
        for (arguments, words) in [
            (["--shrunk", "s.yaml", "--no-shrinking"], "Either --shrunk or --no-shrinking"),
            (["--shrunk", "s.yaml", "--live"], "--live goes without"),
            (["--report", "-"], "--report writes a file"), (["--trace", "-"], "--trace writes a file"),
            (["--shrunk", "-"], "--shrunk writes a file"),
        ] {
            let run = try await Self.simulate([Self.first, "--duration", "2 min"] + arguments)
            #expect(run.code == 2 && run.complaint.contains(words), "\(arguments): \(run.complaint)")
            #expect(run.output.isEmpty && !FileManager.default.fileExists(atPath: "-"))
        }
    }

    @Test func summarySaysInWordsHowItWas() async throws {
        let run = try await Self.simulate([Self.first, "--duration", "3 min"])
        #expect(run.code == 0 && run.complaint.isEmpty)
        #expect(run.output.contains("Promises: kept (8 promises") && run.output.contains("delivery_ratio"))
        #expect(run.output.contains("not checked: custody"))
        #expect(!run.output.contains("\u{1b}"))
    }

    @Test func sweepTellsOfEverySeed() async throws {
        let run = try await Self.simulate([Self.first, "--duration", "4 min", "--seeds", "5..8"])
        #expect(run.code == 0, "\(run.complaint)")
        #expect(run.output.contains("4 runs, seeds 5 to 8") && run.output.contains("Promises: kept in every run"))
    }

    @Test func sweepNamesTheExpectationThatEachSeedMissed() async throws {
        let run = try await Self.simulate([
            Self.first, "--duration", "4 min", "--seeds", "5..7", "--set",
            "expect=[{figure: delivery_ratio, at_least: 1 %}, {figure: latency, measure: maximum, at_most: 1 ms}]",
        ])
        #expect(run.code == 1)
        let lines = run.output.split(separator: "\n").drop { $0 != "Expectations: missed in 3 runs" }.prefix(4)
        #expect(lines.count == 4, "\(run.output)")
        for (line, seed) in zip(lines.dropFirst(), 5...7) {
            #expect(
                line.hasPrefix("  - seed \(seed): latency (maximum) at most 1 ms: ") && line.hasSuffix(" ms"), "\(line)"
            )
        }
    }

    @Test func figureThatIsNotAsExpectedIsANo() async throws {
        let run = try await Self.simulate([
            Self.first, "--duration", "3 min", "--set", "expect=[{figure: latency, at_most: 1 us}]",
        ])
        #expect(run.code == 1)
        #expect(run.output.contains("missed"))
    }

    @Test func everythingThatIsWrongIsTold() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "topolgy: 3\nduration: 5\n".write(toFile: "\(folder)/x.yaml", atomically: true, encoding: .utf8)
        let run = try await Self.simulate(["\(folder)/x.yaml", "--set", "seed=-1"])
        #expect(run.code == 2 && run.output.isEmpty)
        #expect(run.complaint.contains("\(folder)/x.yaml:1:1: There is no `topolgy` here. Did you mean `topology`?"))
        #expect(run.complaint.contains("\(folder)/x.yaml:2:11:") && run.complaint.contains("--set seed=-1:"))
        for wrong in [
            ["--seeds", "3..1"], ["--seeds", "1..2", "--trace", "x"], ["--seeds", "1..2", "--seed", "1"],
            ["--seed", "1", "--set", "seed=2"], ["--seeds", "1..2", "--set", " seed = 2"],
            ["--duration", "1 min", "--set", "duration=2 min"],
        ] {
            #expect(try await Self.simulate([Self.first] + wrong).code == 2, "\(wrong)")
        }
        for (command, option) in [
            ([Self.first], "--seed"), (["soak"], "--first"), (["soak"], "--schedules"), (["soak"], "--minutes"),
        ] {
            let negative = try await Self.simulate(command + [option, "-1"])
            #expect(negative.code == 2 && !negative.complaint.contains("Missing value"), "\(negative.complaint)")
            #expect(negative.complaint.contains("'-1' is invalid") || negative.complaint.contains("must be"))
        }
        let missing = try await Self.simulate(["frist"])
        #expect(missing.code == 2 && missing.complaint.contains("There is no scenario of this name"))
    }

    @Test func comparisonHasAColumnForEachPolicy() async throws {
        let run = try await Self.simulate(["compare", Self.first, "--duration", "3 min"])
        #expect(run.code == 0, "\(run.complaint)")
        #expect(run.output.contains("SIDEGATE  ") && run.output.contains("MANAGED FLOODING"))
        #expect(run.output.contains("CONTENTION FLOODING"))
        #expect(
            run.output.contains(
                "Re-implementations of published rules, made for this comparison: managed flooding, contention flooding"
            ))
        let expected = run.output.split(separator: "\n").filter {
            $0.hasPrefix("Expected: delivery_ratio at least 99 %: ")
        }
        #expect(expected.count == 3 && expected[0].hasSuffix(", met (sidegate)"), "\(run.output)")
        #expect(expected.dropFirst().allSatisfy { $0.hasSuffix(" flooding)") }, "\(expected)")
    }

    @Test func whoIsOutOfReachIsToldBeforeTheRun() async throws {
        let run = try await Self.simulate([
            Self.first, "--duration", "2 min", "--set", "devices[0].place=at 0 3000", "--set", "expect=[]",
        ])
        #expect(run.code == 0 && run.complaint.hasPrefix("Out of reach: 5 of 5 devices are heard by no house"))
        let sweep = try await Self.simulate([
            Self.first, "--duration", "2 min", "--set", "devices[0].place=at 0 3000", "--set", "expect=[]", "--seeds",
            "1..2",
        ])
        #expect(
            sweep.output.contains("Out of reach: with 2 of 2 seeds; with seed 1: 5 of 5 devices"), "\(sweep.output)")
    }

    private static var manualsLiar: String {
        get throws {
            let manual = try String(contentsOfFile: root + "/docs/simulation.md", encoding: .utf8)
            let block = try #require(
                manual.components(separatedBy: "```yaml\n").first { $0.contains("hold_liars: true\n```") })
            return try #require(block.components(separatedBy: "```").first)
        }
    }

    /// What a tester has made of a shrunk scenario is not lost to the next one.
    @Test func shrunkScenarioTakesTheNextFreeName() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.manualsLiar.write(toFile: "\(folder)/liar.yaml", atomically: true, encoding: .utf8)
        let first = "\(folder)/liar-seed-1-shrunk.yaml"
        try "# mine\n".write(toFile: first, atomically: true, encoding: .utf8)
        for _ in 1...2 {
            let run = try await ControlCommandTests.run(["simulate", "./liar.yaml"], directory: folder)
            #expect(run.code == 1 && run.complaint.contains("To replay: sidegate simulate liar-seed-1-shrunk-2.yaml"))
            #expect(try String(contentsOfFile: first, encoding: .utf8) == "# mine\n")
        }
        // The same again needs no name of its own.
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files == ["liar-seed-1-shrunk-2.yaml", "liar-seed-1-shrunk.yaml", "liar.yaml"])
    }

    @Test func placeThatTakesNoShrunkScenarioIsToldBeforeTheRunAndTheRunGoesOn() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.manualsLiar.write(toFile: "\(folder)/liar.yaml", atomically: true, encoding: .utf8)
        // Nobody can write there, not even root.
        let run = try await ControlCommandTests.run(
            ["simulate", "\(folder)/liar.yaml", "--duration", "5 min"], directory: "/proc")
        #expect(run.code == 1 && run.output.contains("Promises: broken"), "\(run.complaint)")
        #expect(run.complaint.hasPrefix("Where a promise breaks, the shortest scenario"), "\(run.complaint)")
        #expect(
            run.complaint.contains(
                "sidegate simulate \(folder)/liar.yaml --duration '5 min' --seed 1 --shrunk FILE"), "\(run.complaint)")
    }

    @Test func soakSaysInJSONWhatCameOfIt() async throws {
        struct Report: Decodable {
            var first: Int
            var schedules: Int
            var checks: [String: Int]
            var broken: [String]
        }
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try await Self.simulate(["soak", "--schedules", "2", "--first", "3", "--json", "--output", folder])
        let report = try JSONDecoder().decode(Report.self, from: Data(run.output.utf8))
        #expect(run.code == 0 && report.first == 3 && report.schedules == 2 && report.broken.isEmpty)
        #expect(report.checks.count == 9 && (report.checks["bounds"] ?? 0) > 0)
    }

    /// The manual's way from a lie to a file that replays the broken promise.
    @Test func brokenPromiseIsShrunkAndReplayed() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.manualsLiar.write(toFile: "\(folder)/liar.yaml", atomically: true, encoding: .utf8)
        let run = try await Self.simulate(["\(folder)/liar.yaml", "--shrunk", "\(folder)/shrunk.yaml"])
        #expect(run.code == 1 && run.output.contains("Promises: broken"), "\(run.output) \(run.complaint)")
        #expect(run.complaint.contains("To replay: sidegate simulate \(folder)/shrunk.yaml"), "\(run.complaint)")
        let replay = try await Self.simulate(["\(folder)/shrunk.yaml", "--no-shrinking"])
        #expect(replay.code == 1 && replay.output.contains("opt_out at "), "\(replay.output) \(replay.complaint)")
    }

    @Test func realDaemonsLiveThroughAScenario() async throws {
        let run = try await Self.simulate([
            Self.first, "--live", "--duration", "20 s", "--set", "settle=6 s", "--set", "topology.houses=3", "--set",
            "devices[0].traffic.every=2 s",
        ])
        #expect(run.code == 0, "\(run.output) \(run.complaint)")
        #expect(run.output.contains("sidegated") && run.output.contains("delivery_ratio"))
    }

    @Test func revocationOfALiveRunIsOfTheHouseThatIsNamedAndJudged() async throws {
        let run = try await Self.simulate([
            Self.first, "--live", "--duration", "20 s", "--set", "settle=6 s", "--set", "topology.houses=3", "--set",
            "devices[0].traffic.every=2 s", "--set", "expect=[{figure: airtime_per_event, at_most: 1 us}]", "--set",
            "faults=[{fault: revoke, houses: [1], at: 12 s}, {fault: drift, houses: [2], at: 13 s}, {fault: deaf, houses: [1, 2], at: 14 s, "
                + "for: 1 s}]",
        ])
        #expect(run.code == 0, "\(run.output) \(run.complaint)")
        // What cannot be seen from outside is neither met nor missed.
        #expect(run.output.contains("airtime_per_event at most 1 us: not measured\n"), "\(run.output)")
        #expect(run.output.contains("house 1 d1 revoked"), "\(run.output)")
        #expect(run.output.contains("house 2 clock drifts by 40.0 ppm, which live mode leaves out"), "\(run.output)")
        #expect(run.output.contains("houses 1, 2: deaf"), "\(run.output)")
        #expect(run.output.contains("kept (4 promises"), "\(run.output)")
        #expect(run.output.contains("not checked: grant, opt_out, accounted, custody, sealed"), "\(run.output)")
    }
}
