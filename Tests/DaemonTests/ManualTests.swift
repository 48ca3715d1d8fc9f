import Foundation
import Testing

/// `docs/man/sidegate.1` says what the built `sidegate` says of itself.
@Suite struct ManualTests {
    /// Of every command alike, in the page's own section.
    private static let commonOptions: Set<String> = ["--socket", "--json", "--version", "--help"]

    private static func page() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        return try String(contentsOfFile: "\(root)/docs/man/sidegate.1", encoding: .utf8)
            .replacing("\\-", with: "-")
    }

    private static func options(in text: some StringProtocol) -> Set<String> {
        Set(String(text).matches(of: /--[a-z][a-z-]*/).map { String($0.output) })
    }

    /// The options of each command without subcommands, by its words, from its usage line.
    private static func helped(_ command: [String] = []) async throws -> [(words: String, options: Set<String>)] {
        let help = try await ControlCommandTests.run(command + ["--help"], environment: ["COLUMNS": "400"]).output
        let parts = help.components(separatedBy: "\nSUBCOMMANDS:\n")
        guard parts.count == 2 else {
            var usage = String(try #require(help.split(separator: "\n").first { $0.hasPrefix("USAGE:") }))
            if usage.contains("<options>") {
                // With many options the line leaves them to the list below.
                usage = help.split(separator: "\n").filter { $0.hasPrefix("  -") && !$0.hasPrefix("   ") }
                    .compactMap { $0.split(separator: " ").first { $0.hasPrefix("--") } }.joined(separator: " ")
            }
            return [(command.joined(separator: " "), options(in: usage))]
        }
        var found: [(words: String, options: Set<String>)] = []
        for line in parts[1].split(separator: "\n") where line.hasPrefix("  ") && !line.hasPrefix("   ") {
            let name = try #require(line.split(separator: " ").first)
            if name != "See" { found += try await helped(command + [String(name)]) }
        }
        return found
    }

    /// The options of each command that the page has a section for.
    private static func documented() throws -> [(words: String, options: Set<String>)] {
        let commands = try #require(try page().components(separatedBy: ".SH COMMANDS\n").last)
        let sections = try #require(commands.components(separatedBy: "\n.SH ").first)
        return try (sections.hasPrefix(".SS ") ? "\n" + sections : sections)
            .components(separatedBy: "\n.SS sidegate ").dropFirst().map { section in
                let heading = try #require(section.split(separator: "\n").first)
                let words = heading.split(separator: " ").prefix { !$0.contains("\\") && !$0.contains("[") }
                return (words.joined(separator: " "), options(in: section).subtracting(commonOptions))
            }
    }

    @Test func manualHasEveryCommandAndOptionThatHelpShowsAndNoOther() async throws {
        let helped = try await Self.helped()
        let documented = try Self.documented()
        #expect(helped.count > 20)
        #expect(Set(helped.map(\.words)) == Set(documented.map(\.words)))
        #expect(documented.count == helped.count, "no command has two sections")
        for command in helped {
            let section = documented.first { $0.words == command.words }
            #expect(
                section?.options == command.options.subtracting(Self.commonOptions), "sidegate \(command.words)")
        }
    }

    @Test func manualHasTheOptionsOfAllCommands() async throws {
        let options = try #require(try Self.page().components(separatedBy: "\n.SH OPTIONS\n").last)
        let section = try #require(options.components(separatedBy: "\n.SH ").first)
        #expect(Self.options(in: section) == Self.commonOptions)
        let help = try await ControlCommandTests.run(["status", "--help"]).output
        #expect(Self.options(in: help).isSubset(of: Self.commonOptions))
    }
}
