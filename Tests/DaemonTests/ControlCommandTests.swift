import ControlAPI
import Foundation
import Testing

@testable import Daemon

/// Runs the built `sidegate` as a user would.
@Suite struct ControlCommandTests {
    struct Outcome: Sendable {
        var code: Int32
        var output: String
        var complaint: String
    }

    static let executable: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let runner = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        return (runner as NSString).deletingLastPathComponent + "/sidegate"
    }()

    /// The server that is asked shares its threads with all other tests.
    private static let patient = ["SIDEGATE_PATIENCE": "300"]

    static func run(
        _ arguments: [String], input: String? = nil, environment: [String: String] = [:], directory: String? = nil,
        by runner: [String] = []
    ) async throws -> Outcome {
        try await offPool {
            let words = runner + [executable] + arguments
            let process = Process()
            process.executableURL = URL(fileURLWithPath: words[0])
            process.arguments = Array(words.dropFirst())
            if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
            process.environment = patient.merging(environment) { $1 }
            let (output, complaint, standardInput) = (Pipe(), Pipe(), Pipe())
            process.standardOutput = output
            process.standardError = complaint
            process.standardInput = standardInput
            try process.run()
            // A command that does not want its input may have ended.
            try? standardInput.fileHandleForWriting.write(contentsOf: Data((input ?? "").utf8))
            try standardInput.fileHandleForWriting.close()
            let said = output.fileHandleForReading.readDataToEndOfFile()
            let complained = complaint.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Outcome(
                code: process.terminationStatus, output: String(decoding: said, as: UTF8.self),
                complaint: String(decoding: complained, as: UTF8.self))
        }
    }

    /// Runs a command as somebody whom nobody knows, which root alone can.
    static let stranger = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    static let canBeStranger = geteuid() == 0 && access(stranger[0], X_OK) == 0

    static let readingCommands: [[String]] = [
        ["status"], ["network", "members"], ["network", "invite"], ["device", "list"], ["ledger", "--days", "3"],
        ["network", "create", "Elm Street"], ["network", "join", "000G-40R4", "om30 e2o9"],
        ["device", "revoke", "Letter box"], ["opt-out"], ["opt-out", "device", "Letter box"], ["opt-in", "requests"],
    ]

    @Test(arguments: readingCommands)
    func commandPrintsTheAnswerInWordsAndAsJSON(_ arguments: [String]) async throws {
        try await ServedFake.with { served in
            let words = try await Self.run(arguments + ["--socket", served.path])
            #expect(words.code == 0, "\(words.complaint)")
            #expect(!words.output.isEmpty)
            #expect(words.complaint.isEmpty)
            #expect(!words.output.contains("\u{1b}"))
            let json = try await Self.run(arguments + ["--json"], environment: ["SIDEGATE_SOCKET": served.path])
            #expect(json.code == 0)
            let request = try #require(served.backend.requests.last)
            let (_, expected) = try FakeBackend.reply(to: request).http()
            #expect(json.output == String(decoding: expected, as: UTF8.self) + "\n")
        }
    }

    @Test func statusSaysWhyNothingIsLent() async throws {
        try await ServedFake.with { served in
            let status = try await Self.run(["status", "--socket", served.path])
            for words in [
                "Lent to neighbours: no", FakeBackend.still, "number 9", "16 kbit/s", "Letter box", "no grant for it",
                "classes: alarm, event", "hours: 22:00-07:00; sat,sun 00:00-24:00, local time",
            ] {
                #expect(status.output.contains(words))
            }
        }
    }

    @Test func testOfADeviceNextDoorTookSomeTime() async throws {
        try await ServedFake.with { served in
            let near = try await Self.run(["device", "test", "Next door", "--socket", served.path])
            #expect(near.code == 0 && near.output == "number 9: came home in <1 ms\n")
            let away = try await Self.run(["device", "test", "Letter box", "--socket", served.path])
            #expect(away.code == 1 && away.output.hasPrefix("number 9: did not come back\n"))
        }
    }

    @Test func optInIsNoWhileTheSettingsSayNo() async throws {
        try await ServedFake.with { served in
            let outcome = try await Self.run(["opt-in", "hosting", "--socket", served.path])
            #expect(outcome.code == 1)
            #expect(outcome.output.contains(FakeBackend.still))
        }
    }

    @Test func socketIsTakenBeforeTheCommandAmongItsWordsAndBehindItInBothSpellings() async throws {
        try await ServedFake.with { served in
            for socket in [["--socket", served.path], ["--socket=\(served.path)"]] {
                for place in 0...2 {
                    var arguments = ["device", "list"]
                    arguments.insert(contentsOf: socket, at: place)
                    // What stands last counts.
                    for first in [[], ["--socket", "/nonexistent/first"]] {
                        let outcome = try await Self.run(first + arguments)
                        #expect(outcome.code == 0, "\(first + arguments): \(outcome.complaint)")
                    }
                }
            }
        }
    }

    @Test func misspeltObjectsOfBTHomeComeWithTheNearest() async throws {
        let addition = try await Self.run(Self.addition(["--deliver", "openning,zzzzzz,battry"]))
        #expect(addition.code == 2)
        for words in ["'openning'. Did you mean 'opening'?", "'zzzzzz'. BTHome", "'battry'. Did you mean 'battery'?"] {
            #expect(addition.complaint.contains(words))
        }
        func emit(_ object: String) async throws -> Outcome {
            try await Self.run(
                [
                    "device", "emit", "--air", "/nonexistent", "--from", "x", "--address", "A4:C1:38:01:02:03",
                    "--counter", "1", "--bind-key-file", "-", object,
                ], input: "231d39c1d7cc1ab1aee224cd096db932")
        }
        #expect(try await emit("temprature=21").complaint.contains("Did you mean 'temperature'?"))
        let wrongValue = try await emit("temperature=warm")
        #expect(wrongValue.code == 2 && !wrongValue.complaint.contains("Did you mean"))
    }

    static let wrongUsage: [[String]] = [
        ["--socket"], ["--socket=", "status"], ["--socket", "--json", "status"],
        ["frobnicate"], ["opt-in"], ["opt-in", "device"], ["opt-out", "hosting", "Letter box"], ["opt-out", "nothing"],
        ["network", "join", "ABCD-EFGH"], ["network", "join", "ABCD-EFGH-JKMN-PQRU"], ["ledger", "--days", "0"],
        ["opt-out", "--until", "2099-01-01T10:00"], ["opt-out", "--for", "367d"],
        ["network", "create", "--name", String(repeating: "x", count: 33)], ["device", "revoke", ""],
        ["status", "--socket", "/" + String(repeating: "x", count: 120)],
        addition(["--class", "registry"]), addition(["--rate", "0/min"]), addition(["--scope", "relay,relay"]),
        addition(["--scope", ""]), addition(["--deliver", "openning"]), addition(["--days", "181"]),
        addition(["--bind-key-file", "/nonexistent"]), ["device", "add"],
    ]

    @Test(arguments: [
        ["status", "--socket", ""], ["doctor", "--socket", ""], ["device", "list", "--socket", ""],
        ["--socket", "", "status"], ["--socket=", "doctor"], ["device", "--socket", "", "list"],
    ])
    func emptySocketIsRefusedInWords(_ arguments: [String]) async throws {
        let outcome = try await Self.run(arguments, environment: ["SIDEGATE_SOCKET": "/nonexistent/socket"])
        #expect(outcome.code == 2 && outcome.output.isEmpty)
        #expect(outcome.complaint.contains("--socket is empty: it wants the path"), "\(outcome.complaint)")
    }

    @Test func endThatIsTooFarAwayIsToldByTheOptionAndItsLimit() async throws {
        let outcome = try await Self.run(["opt-out", "hosting", "--until", "2099-01-01T10:00"])
        #expect(outcome.code == 2)
        #expect(outcome.complaint.contains("--until: this time is more than a year away"))
        #expect(!outcome.complaint.contains("untilUnixSeconds"))
    }

    private static func addition(_ changed: [String]) -> [String] {
        var arguments = [
            "device", "add", "--bthome", "A4:C1:38:01:02:03", "--name", "Letter box", "--class", "event",
            "--bind-key-file", "-", "--scope", "relay", "--deliver", "opening", "--rate", "10/min", "--days", "180",
        ]
        for (option, value) in zip(changed, changed.dropFirst()) {
            if let index = arguments.firstIndex(of: option) { arguments[index + 1] = value }
        }
        return arguments
    }

    @Test(arguments: wrongUsage)
    func wrongUsageEndsWithTwoAndAsksNobody(_ arguments: [String]) async throws {
        let outcome = try await Self.run(arguments, environment: ["SIDEGATE_SOCKET": "/nonexistent/socket"])
        #expect(outcome.code == 2, "\(outcome.complaint)")
        #expect(outcome.output.isEmpty)
        #expect(!outcome.complaint.isEmpty)
    }

    @Test(
        arguments: [
            (["staus"], "status"), (["device", "lsit"], "list"), (["home", "exprot"], "export"),
            (["config", "dmup"], "dump"), (["opt_out"], "opt-out"), (["frobnicate"], nil), (["device", "zzz"], nil),
            (["device", "--frobnicate"], nil),
        ] as [([String], String?)])
    func mistypedSubcommandComesWithTheNearest(_ arguments: [String], _ expected: String?) async throws {
        let outcome = try await Self.run(arguments)
        #expect(outcome.code == 2)
        #expect(outcome.complaint.contains("Did you mean '\(expected ?? "")") == (expected != nil))
    }

    @Test(
        arguments: [
            ("231d39c1d7cc1ab1aee224cd096db932\n", 0), ("  231D39C1D7CC1AB1AEE224CD096DB932", 0),
            ("\u{1}23456789abcdef\u{7f}", 0), ("", 2), ("231d39c1d7cc1ab1", 2), ("231d39c1d7cc1ab1aee224cd096db93x", 2),
            ("231d39c1d7cc1ab1aee224cd096db932 231d", 2), (String(repeating: "\u{1}", count: 17), 2),
            (String(repeating: "a", count: 5000), 2),
        ] as [(String, Int32)])
    func bindKeyIsReadFromStandardInput(_ input: String, _ code: Int32) async throws {
        try await ServedFake.with { served in
            let outcome = try await Self.run(Self.addition([]) + ["--socket", served.path], input: input)
            #expect(outcome.code == code, "\(outcome.complaint)")
            #expect(served.backend.requests.count == (code == 0 ? 1 : 0))
            #expect(!outcome.complaint.contains("231d"))
        }
    }

    @Test func daemonThatIsNotThereIsThree() async throws {
        let outcome = try await Self.run(["status", "--socket", "/nonexistent/socket"])
        #expect(outcome.code == 3)
        #expect(outcome.complaint.contains("/nonexistent/socket"))
    }

    @Test func deviceThatIsNotThereIsOneWithTheDaemonsWords() async throws {
        try await ServedFake.with { served in
            let outcome = try await Self.run(["device", "remove", "Nothing", "--yes", "--socket", served.path])
            #expect(outcome.code == 1)
            #expect(outcome.complaint.contains("there is no device 'Nothing'"))
        }
    }

    @Test(arguments: [["device", "remove", "Nothing"], ["device", "reset-counter", "Nothing"], ["home", "resume"]])
    func nobodyIsAskedAboutWhatIsNotThere(_ arguments: [String]) async throws {
        try await ServedFake.with { served in
            let outcome = try await Self.run(arguments + ["--socket", served.path])
            #expect(outcome.code == 1, "a question without a terminal would be wrong usage")
            #expect(!outcome.complaint.contains("there is no terminal"))
            served.backend.exportHome()
            let moved = try await Self.run(["home", "resume", "--socket", served.path])
            #expect(moved.code == 2 && moved.complaint.contains("there is no terminal"))
        }
    }

    @Test func secondRevocationSaysThatItWasRevokedAlready() async throws {
        try await ServedFake.with { served in
            let first = try await Self.run(["device", "revoke", "Letter box", "--socket", served.path])
            #expect(first.code == 0 && first.output == "revoked the grant of Letter box\n")
            let second = try await Self.run(["device", "revoke", "Old box", "--socket", served.path])
            #expect(second.code == 0 && second.output.contains("was revoked already"))
        }
    }

    @Test(arguments: [("relay", false), ("hold", true), ("uplink", true), ("hold,relay", false)])
    func scopeWithoutRelayIsWarnedOf(_ scope: String, _ isWarned: Bool) async throws {
        try await ServedFake.with { served in
            let outcome = try await Self.run(
                Self.addition(["--scope", scope]) + ["--socket", served.path],
                input: "231d39c1d7cc1ab1aee224cd096db932")
            #expect(outcome.code == 0)
            #expect(outcome.complaint.contains("no neighbour will ever carry its events") == isWarned)
        }
    }

    /// Runs an export and interrupts it while the daemon has not answered yet.
    private static func exportInterrupted(
        _ served: ServedFake, _ file: String, by signal: Int32, then answer: () async -> Void
    ) async throws -> Outcome {
        let words = served.directory + "/passphrase"
        try "correct horse battery\n".write(toFile: words, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = [
            "home", "export", file, "--yes", "--passphrase-file", words, "--socket", served.path,
        ]
        process.environment = patient
        let complaint = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = complaint
        served.backend.hold(exportsOnly: true)
        try process.run()
        let backend = served.backend
        #expect(await eventually { backend.waitingCount == 1 })
        kill(process.processIdentifier, signal)
        try await Task.sleep(for: .milliseconds(200))
        await answer()
        return try await offPool {
            let complained = complaint.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Outcome(
                code: process.terminationStatus, output: "", complaint: String(decoding: complained, as: UTF8.self))
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func exportThatIsInterruptedWritesItsFileAllTheSame(_ signal: Int32) async throws {
        try await ServedFake.with { served in
            let file = served.directory + "/home.jwe"
            let outcome = try await Self.exportInterrupted(served, file, by: signal) { served.backend.release() }
            #expect(outcome.code == 0, "\(outcome.complaint)")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "e30.e30.e30.e30.e30\n")
        }
    }

    @Test func exportWithoutAnAnswerLeavesNoFileAndSaysWhatMayHaveBecomeOfTheHome() async throws {
        try await ServedFake.with { served in
            let file = served.directory + "/home.jwe"
            let outcome = try await Self.exportInterrupted(served, file, by: SIGINT) { await served.server.stop() }
            #expect(outcome.code == 3)
            #expect(outcome.complaint.contains("the home may have ended here"))
            #expect(outcome.complaint.contains("sidegate home resume"))
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }

    @Test(arguments: ["0", "soon", "3601", "-5", "99999999999999999999"])
    func patienceThatIsNoNumberOfSecondsIsWrongUsage(_ wish: String) async throws {
        let outcome = try await Self.run(["status"], environment: ["SIDEGATE_PATIENCE": wish])
        #expect(outcome.code == 2)
        #expect(outcome.complaint.contains("SIDEGATE_PATIENCE is '\(wish)'"))
    }

    /// Only root can become somebody else; elsewhere the policy alone is tested.
    @Test(.enabled(if: canBeStranger))
    func strangerIsRefusedWithFourBySocketAndByCredentials() async throws {
        try await ServedFake.with { served in
            chmod(served.directory, 0o755)
            for mode in [mode_t(0o660), 0o666] {
                chmod(served.path, mode)
                let outcome = try await Self.run(["status", "--socket", served.path], by: Self.stranger)
                #expect(outcome.code == 4, "\(outcome.complaint)")
                #expect(outcome.complaint.contains("you may not"))
            }
            #expect(served.backend.requests.isEmpty)
        }
    }

    @Test func watchPrintsEachEventAndEndsWithThreeWhenTheDaemonStops() async throws {
        try await ServedFake.with { served in
            async let outcome = Self.run(["watch", "--socket", served.path, "--json"])
            let hub = served.backend.hub
            #expect(await eventually { hub.isWatched })
            let event = WatchEvent(.relayed, unixMilliseconds: 1, bytes: 245, trafficClass: .event)
            hub.publish(event)
            hub.finish()
            let ended = try await outcome
            #expect(ended.code == 3)
            #expect(ended.output == String(decoding: try ControlJSON.encode(event), as: UTF8.self) + "\n")
        }
    }

    private static let frame = ["--bind-key-file", "-", "--counter", "7", "opening=1", "battery=90"]
    private static let sender = ["device", "emit", "--from", "letterbox", "--address", "A4:C1:38:01:02:03"]

    @Test func emittedFrameThatNobodyHearsIsOne() async throws {
        let air = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: air) }
        let key = "231d39c1d7cc1ab1aee224cd096db932"
        let outcome = try await Self.run(Self.sender + ["--air", air, "--json"] + Self.frame, input: key)
        #expect(outcome.code == 1)
        #expect(outcome.output == #"{"heardBy":[],"missedBy":[]}"# + "\n")
    }

    @Test(arguments: [
        [], frame + ["--hex", "0201"], ["--hex", "020"], frame + ["--repeat", "0"], frame + ["nothing=1"],
        Array(frame.dropLast(2)), Array(frame.dropFirst(2)), frame + ["--air", "/nonexistent/air"],
    ])
    func emitThatMakesNoSenseIsTwo(_ arguments: [String]) async throws {
        let key = "231d39c1d7cc1ab1aee224cd096db932"
        let outcome = try await Self.run(Self.sender + ["--air", "/tmp"] + arguments, input: key)
        #expect(outcome.code == 2, "\(outcome.complaint)")
        #expect(!outcome.complaint.isEmpty)
    }

    @Test func settingsInDisorderAreOne() async throws {
        let outcome = try await Self.run(["config", "check", "--settings", "/nonexistent/sidegate.yaml", "--json"])
        #expect(outcome.code == 1)
        #expect(outcome.output.contains(#""isInOrder":false"#))
    }

    @Test(arguments: [["daemon", "--help"], ["--help"], ["device", "--help"]])
    func helpIsFine(_ arguments: [String]) async throws {
        let outcome = try await Self.run(arguments)
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("USAGE: \(arguments[0] == "daemon" ? "sidegated" : "sidegate")"))
    }
}
