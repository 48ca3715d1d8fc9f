import ArgumentParser
import ControlAPI
import Daemon
import Glibc
import Settings

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at all that a bridge needs and says, for what is wrong, what mends it.",
        discussion: """
            Changes nothing and works without the daemon. The exit code is 1 if anything that a bridge cannot do \
            without is missing.

            Example: sudo sidegate doctor
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var files: SettingsFilesOption

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() async throws {
        let findings = await Doctor(files: files.files, answer: await answer(), otherSocket: otherSocket).examine()
        if json {
            Console.say(String(decoding: try ControlJSON.encode(Report(findings)), as: UTF8.self))
        } else {
            for finding in findings { Console.say(Self.text(finding)) }
        }
        if findings.contains(where: { $0.verdict == .bad }) { throw CommandEnd(ExitMeaning.no) }
    }

    /// Without a socket named, that of the settings that are looked at.
    private var client: ControlClient {
        guard socket.named == nil, case .loaded(let settings) = files.files.load() else { return socket.client }
        return ControlClient(path: settings.socket)
    }

    /// The socket that is asked, where it is not that of the settings.
    private var otherSocket: String? {
        guard let named = socket.named, case .loaded(let settings) = files.files.load(),
            FileIdentity(named) != FileIdentity(settings.socket)
        else { return nil }
        return named
    }

    private func answer() async -> Doctor.DaemonAnswer {
        do {
            let status = try await client.ask(.status)
            return .status(try ControlClient.decode(StatusReport.self, from: status))
        } catch let end as CommandEnd {
            let message = end.message ?? "the daemon did not answer"
            return end.isForbidden
                ? .forbidden(message: message, remedy: end.remedy) : .failure(message: message, remedy: end.remedy)
        } catch {
            return .failure(message: "\(error)", remedy: nil)
        }
    }

    /// The words stand first and the mark beside them: colour alone tells nothing.
    private static func text(_ finding: Finding) -> String {
        let mark =
            switch finding.verdict {
            case .fine: Console.coloured("ok  ", .green)
            case .note: "note"
            case .bad: Console.coloured("BAD ", .red)
            }
        let line = "\(mark)  \(finding.part): \(NameRule.printable(finding.words))"
        return line + (finding.remedy.map { "\n      -> \(NameRule.printable($0))" } ?? "")
    }

    /// The JSON of `doctor --json`.
    private struct Report: Encodable {
        var isFine: Bool
        var findings: [Finding]

        init(_ findings: [Finding]) {
            isFine = !findings.contains { $0.verdict == .bad }
            self.findings = findings
        }
    }
}
