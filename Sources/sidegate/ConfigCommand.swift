import ArgumentParser
import ControlAPI
import Glibc
import Settings

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks or shows the settings.", subcommands: [Check.self, Dump.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads the settings as the daemon would and says everything that is wrong with them.",
            discussion: """
                Works without the daemon. The exit code is 0 if they are in order and 1 if not.

                Example: sidegate config check --settings conf/sidegate.yaml
                """)

        @OptionGroup var files: SettingsFilesOption

        @Flag(help: "Print the problems as JSON.")
        var json = false

        func run() async throws {
            let problems: [SettingsProblem] =
                switch files.files.load() {
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
    }

    struct Dump: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints every setting with its value in force, its default, and where the value comes from.",
            discussion: """
                What is printed is itself a settings file that reads back to the same settings. Works without the \
                daemon, from the files: a daemon that was not told to reload may still run on older ones.

                Example: sidegate config dump
                """)

        @OptionGroup var files: SettingsFilesOption

        @Flag(help: "Print the settings as JSON.")
        var json = false

        func run() async throws {
            let (outcome, origins) = files.files.loadWithOrigins()
            switch outcome {
            case .loaded(let settings):
                if json {
                    let entries = SettingsDocuments.entries(of: settings, origins: origins).map(Entry.init)
                    Console.say(String(decoding: try ControlJSON.encode(Listing(settings: entries)), as: UTF8.self))
                } else {
                    Console.sayAsIs(SettingsDocuments.dump(of: settings, origins: origins))
                }
            case .failed(let problems):
                if json {
                    Console.say(String(decoding: try ControlJSON.encode(Report(problems)), as: UTF8.self))
                } else {
                    for problem in problems { Console.complainAsIs(problem.description) }
                }
                throw CommandEnd(ExitMeaning.no)
            }
        }
    }

    /// The JSON of `config dump --json`.
    struct Listing: Encodable { var settings: [Entry] }

    struct Entry: Encodable {
        var key: String
        /// As YAML; nil: absent.
        var value: String?
        var `default`: String
        var form: String
        var explanation: String
        var file: String?
        var line: Int?

        init(_ entry: SettingEntry) {
            key = entry.key
            value = entry.value
            `default` = entry.defaultText
            form = entry.form
            explanation = entry.explanation
            file = entry.origin?.file
            line = entry.origin?.position.line
        }
    }

    /// The JSON of `config check --json`, and of `config dump --json` where the settings are wrong.
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

/// Which settings' files a command reads.
struct SettingsFilesOption: ParsableArguments {
    @Option(help: ArgumentHelp("The settings file; drop-ins are read from conf.d beside it.", valueName: "file"))
    var settings = "/etc/sidegate/sidegate.yaml"

    var files: SettingsFiles {
        let directory = settings.lastIndex(of: "/").map { String(settings[..<$0]) } ?? "."
        return SettingsFiles(
            mainFile: settings, dropInDirectory: directory + "/conf.d", defaultName: Self.hostName())
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "bridge" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
