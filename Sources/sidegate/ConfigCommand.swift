import ArgumentParser
import ControlAPI
import Glibc
import Settings

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks the settings.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads the settings as the daemon would and says everything that is wrong with them.",
            discussion: """
                Works without the daemon. The exit code is 0 if they are in order and 1 if not.

                Example: sidegate config check --settings conf/sidegate.yaml
                """)

        @Option(help: ArgumentHelp("The settings file; drop-ins are read from conf.d beside it.", valueName: "file"))
        var settings = "/etc/sidegate/sidegate.yaml"

        @Flag(help: "Print the problems as JSON.")
        var json = false

        func run() async throws {
            let directory = settings.lastIndex(of: "/").map { String(settings[..<$0]) } ?? "."
            let files = SettingsFiles(
                mainFile: settings, dropInDirectory: directory + "/conf.d", defaultName: Self.hostName())
            let problems: [SettingsProblem] =
                switch files.load() {
                case .loaded: []
                case .failed(let problems): problems
                }
            if json {
                Console.say(String(decoding: try ControlJSON.encode(Report(problems)), as: UTF8.self))
            } else if problems.isEmpty {
                Console.say("the settings are in order")
            } else {
                for problem in problems { Console.complainAsIs(problem.description) }
            }
            if !problems.isEmpty { throw CommandEnd(ExitMeaning.no) }
        }

        private static func hostName() -> String {
            var name = [CChar](repeating: 0, count: 256)
            guard gethostname(&name, name.count - 1) == 0 else { return "bridge" }
            return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// The JSON of `config check --json`.
    struct Report: Encodable {
        var isInOrder: Bool
        var problems: [Problem]

        struct Problem: Encodable {
            var kind: String
            var file: String
            var line: Int?
            var column: Int?
            var message: String
            var remedy: String
        }

        init(_ problems: [SettingsProblem]) {
            isInOrder = problems.isEmpty
            self.problems = problems.map {
                Problem(
                    kind: $0.kind.rawValue, file: $0.file, line: $0.position?.line, column: $0.position?.column,
                    message: $0.what, remedy: $0.remedy)
            }
        }
    }
}
