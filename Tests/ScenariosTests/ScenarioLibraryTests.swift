import Foundation
import Relaying
import Settings
import Simulation
import Testing

@testable import Scenarios

@Suite struct ScenarioLibraryTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let library = ScenarioLibrary(directories: [root + "/conf/scenarios"])

    private static func scenario(_ name: String, settings: [String] = []) throws -> Scenario {
        switch library.read(name, settings: settings) {
        case .read(let scenario): return scenario
        case .failed(let problems): throw problems[0]
        }
    }

    @Test func libraryHasAtLeastTwelveScenariosThatSayWhatTheyAreAbout() throws {
        let names = Self.library.names()
        #expect(names.count >= 12 && names.contains("first") && names.contains("village-1000"))
        for name in names {
            let scenario = try Self.scenario(name)
            #expect(!scenario.about.isEmpty && scenario.name == name)
            #expect(!scenario.devices.isEmpty)
        }
        let first = try String(contentsOfFile: "\(Self.root)/conf/scenarios/first.yaml", encoding: .utf8)
        #expect(first.split(separator: "\n").count <= 20)
    }

    /// In small and for a minute and a half of its own clock, which leaves expectations out: `scripts/check-scenarios`, part
    /// of `make bench`, runs them whole and holds them to those.
    @Test(arguments: Self.library.names()) func everyScenarioRunsAndKeepsItsPromises(name: String) throws {
        var scenario = try Self.scenario(name)
        scenario = RandomSchedule.inSmall(scenario, houses: 16, durationMicroseconds: 90_000_000)
        let mesh = try Mesh(scenario, seed: scenario.seed)
        mesh.runToEnd()
        let record = mesh.record
        #expect(record.broken.isEmpty, "\(record.broken.first.map { "\($0)" } ?? "")")
        #expect(record.ranMicroseconds == scenario.durationMicroseconds && record.steps > 100)
    }

    @Test func sameScheduleComesOfTheSameNumberAndCanBeRun() throws {
        let library = try Self.library.names().map { try Self.scenario($0) }
        for number in 1...300 as ClosedRange<UInt64> {
            let scenario = RandomSchedule.scenario(number, of: library)
            #expect(scenario == RandomSchedule.scenario(number, of: library))
            #expect(scenario.problems().isEmpty, "\(number): \(scenario.problems())")
            #expect(scenario.saidInVain().isEmpty, "\(number): \(scenario.saidInVain())")
            #expect(!scenario.faults.isEmpty && scenario.topology.houseCount <= 48)
        }
        #expect(RandomSchedule.scenario(1, of: library) != RandomSchedule.scenario(2, of: library))
    }

    /// A schedule's drawn faults stand behind those of its scenario, which the library's first has none of.
    @Test func drawnCrashesPartitionsAndOptOutsStrikeFromOneHouseToHalfOfThem() throws {
        let first = try Self.scenario("first", settings: ["topology.houses=12"])
        var sizes: [String: [Int: Int]] = [:]
        for number in 1...2_000 as ClosedRange<UInt64> {
            for plan in RandomSchedule.scenario(number, of: [first]).faults {
                guard case .houses(let houses) = plan.houses else {
                    Issue.record("\(number): \(plan)")
                    continue
                }
                #expect(Set(houses).count == houses.count && houses.allSatisfy { (0..<12).contains($0) }, "\(number)")
                let kind: String
                switch plan.fault {
                case .crash: kind = "crash"
                case .partition: kind = "partition"
                case .optOut: kind = "opt_out"
                // What stands in for an opt-out in vain has its houses.
                case .deaf(forMicroseconds: 60_000_000): kind = "opt_out"
                default: kind = "other"
                }
                sizes[kind, default: [:]][houses.count, default: 0] += 1
            }
        }
        #expect(sizes["other"]?.keys.sorted() == [1])
        for kind in ["crash", "partition", "opt_out"] {
            let drawn = sizes[kind, default: [:]]
            #expect(drawn.keys.sorted() == Array(1...6), "\(kind): \(drawn)")
            #expect(drawn[1, default: 0] * 2 > drawn.values.reduce(0, +), "\(kind): \(drawn)")
        }
    }

    /// With every event and fault at its time, written to a file and read again, it is the same run to the last byte.
    @Test(arguments: Self.library.names()) func explicitScenarioIsTheSameRun(name: String) throws {
        var scenario = try Self.scenario(name)
        scenario = RandomSchedule.inSmall(scenario, houses: 12, durationMicroseconds: 90_000_000)
        try expectSameRun(scenario)
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>) func explicitScheduleOfASoakIsTheSameRun(number: UInt64) throws {
        let library = try Self.library.names().map { try Self.scenario($0) }
        var scenario = RandomSchedule.scenario(number, of: library)
        scenario = RandomSchedule.inSmall(scenario, houses: 12, durationMicroseconds: 150_000_000)
        try expectSameRun(scenario)
    }

    private func expectSameRun(_ scenario: Scenario) throws {
        let explicit = try #require(scenario.explicit(seed: scenario.seed))
        let text = ScenarioWriter.text(of: explicit)
        guard case .read(let read) = ScenarioReader.read(Array(text.utf8), file: "x.yaml") else {
            Issue.record("\(problems(text)) in\n\(text)")
            return
        }
        #expect(read == explicit)
        let (first, second) = (try Mesh(scenario, seed: scenario.seed), try Mesh(read, seed: read.seed))
        first.runToEnd()
        second.runToEnd()
        #expect(first.record.fingerprint == second.record.fingerprint)
        #expect(first.record.steps == second.record.steps && first.record.broken == second.record.broken)
        #expect(
            first.record.journeys.map(\.deliveredMicroseconds) == second.record.journeys.map(\.deliveredMicroseconds))
    }

    /// As a tester has it: a file from a soak, the file that shrinking makes of it, and what that one breaks.
    @Test func schedulesThatBreakAPromiseAreShrunkFromFileToFile() throws {
        func writtenAndRead(_ scenario: Scenario) throws -> Scenario {
            let text = ScenarioWriter.text(of: scenario)
            guard case .read(let read) = ScenarioReader.read(Array(text.utf8), file: "soak.yaml") else {
                throw SettingsProblem(kind: .contradiction, file: text, position: nil, what: "", remedy: "")
            }
            return read
        }
        let library = try Self.library.names().map { try Self.scenario($0) }
        let lies: [(Lie, Fault?)] = [
            (.ignoresOptOuts, .optOut(forMicroseconds: 0)), (.ignoresRevocations, .revoke), (.ignoresCap, nil),
            (.floods, nil),
        ]
        var found: [Lie: Int] = [:]
        for number in 1...48 as ClosedRange<UInt64> {
            // What random faults a schedule has, and one house that lies and is held to it.
            let (lie, fault) = lies[Int(number) % lies.count]
            if found[lie] != nil { continue }
            var scenario = RandomSchedule.scenario(number, of: library)
            scenario = RandomSchedule.inSmall(scenario, houses: 8, durationMicroseconds: 150_000_000)
            scenario.holdsLiars = true
            scenario.hosts.lending = LendingLimits(rateBits: 2_000, burstBytes: 4_000, monthBytes: 1_000_000_000)
            scenario.faults.append(FaultPlan(.liar(lie), houses: .houses([1]), when: .at(microseconds: 60_000_000)))
            if let fault {
                let houses = fault == .revoke ? HouseSelection.all : .houses([1])
                scenario.faults.append(FaultPlan(fault, houses: houses, when: .at(microseconds: 70_000_000)))
            }
            if !scenario.saidInVain().isEmpty { continue }
            scenario = try writtenAndRead(scenario)
            let mesh = try Mesh(scenario, seed: number)
            mesh.runToEnd()
            guard let first = mesh.record.broken.first else { continue }
            found[lie] = Int(number)
            var shrinker = Shrinker(scenario, seed: number, broken: first)
            shrinker.runsMax = 40
            let shrunk = shrinker.shrink()
            let result = try #require(shrunk, "\(number): \(first)")
            let shortest = try writtenAndRead(result.scenario)
            #expect(shortest == result.scenario && result.left <= result.before)
            let again = try Mesh(shortest, seed: shortest.seed)
            again.runToEnd()
            #expect(again.record.broken.first { $0.isLike(first) } == result.broken, "\(number)")
        }
        #expect(found.count == lies.count, "\(found)")
    }

    @Test func nameThatIsNotThereComesWithAGuess() {
        guard case .failed(let problems) = Self.library.read("frist") else { return #expect(Bool(false)) }
        #expect(problems.first?.remedy.contains("Did you mean `first`?") == true)
        guard case .failed(let missing) = Self.library.read("/nowhere/x.yaml") else { return #expect(Bool(false)) }
        #expect(missing.first?.what.contains("cannot be read") == true)
        guard case .failed = Self.library.read("/dev/zero") else { return #expect(Bool(false)) }
    }

    @Test func manualHasTheTablesOfKeys() throws {
        let path = "\(Self.root)/docs/simulation.md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let begin = "<!-- tables of keys: made from the source, see ScenarioDocuments -->\n"
        let parts = text.components(separatedBy: begin)
        let tables = parts.last?.components(separatedBy: "<!-- end of the tables -->").first
        if tables != ScenarioDocuments.markdown(),
            ProcessInfo.processInfo.environment["SIDEGATE_WRITE_DOCUMENTS"] == "1"
        {
            let rest = parts.last?.components(separatedBy: "<!-- end of the tables -->").last ?? ""
            try (parts[0] + begin + ScenarioDocuments.markdown() + "<!-- end of the tables -->" + rest)
                .write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(tables == ScenarioDocuments.markdown(), "write it anew with SIDEGATE_WRITE_DOCUMENTS=1")
    }

    @Test func manualOfTheRadioNamesItsKeysAsScenariosDo() throws {
        let text = try String(contentsOfFile: "\(Self.root)/docs/simulation-radio.md", encoding: .utf8)
        let quoted = text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        let names = quoted.filter {
            $0.first?.isLowercase == true && $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }
        }
        .filter { $0 != "type" && $0 != "radio" }
        let section = Section(.describing, path: "", problems: Problems())
        var plan = RadioPlan()
        RadioPass.radio(section, &plan)
        let keys = section.descriptions.map(\.key)
        #expect(names.count >= 12)
        for name in names { #expect(keys.contains(name), "`\(name)` is no key of `radio`") }
    }

    /// Every example of the manual can be run as it stands.
    @Test func manualsScenariosRead() throws {
        let text = try String(contentsOfFile: "\(Self.root)/docs/simulation.md", encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(blocks.count >= 2)
        for block in blocks {
            #expect(problems(block).isEmpty, "\(problems(block)) in\n\(block)")
        }
    }
}
