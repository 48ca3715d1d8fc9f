import ArgumentParser
import ControlAPI

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Shows what this bridge has lent, by day (UTC) and class. Figures only.",
        discussion: "Example: sidegate ledger --days 31")

    @Option(help: ArgumentHelp("Days to show, today included, 1 to 31.", valueName: "n"))
    var days = LedgerReport.daysDefault

    @OptionGroup var reading: ReadingOptions

    func validate() throws {
        guard LedgerReport.daysRange.contains(days) else { throw ValidationError("--days must be 1 to 31.") }
    }

    func run() async throws {
        try await reading.show(.ledger(days: days), as: LedgerReport.self) { report in
            let month =
                "\(Words.bytes(report.monthUsedBytes)) of \(Words.bytes(report.monthLimitBytes)) lent or set aside in 31 days"
            guard !report.entries.isEmpty else { return "nothing lent\n\(month)" }
            var table = Table(["DAY", "CLASS", "PACKETS", "BYTES"])
            for entry in report.entries {
                table.add([
                    Words.day(entry.dayUnixSeconds), entry.trafficClass.rawValue, String(entry.packets),
                    String(entry.bytes),
                ])
            }
            return "\(table.text)\n\(month)"
        }
    }
}
