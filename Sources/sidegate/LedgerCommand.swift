import ArgumentParser
import ControlAPI

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Shows what this bridge has lent and dropped, by day (UTC), class and reason. Figures only.",
        discussion: """
            Examples: sidegate ledger --days 31, sidegate ledger --days 400 --csv > ledger.csv
            """)

    @Option(help: ArgumentHelp("Days to show, today included, 1 to 400.", valueName: "n"))
    var days = LedgerReport.daysDefault

    @Flag(help: "Print comma-separated values (RFC 4180): day,what,name,packets,bytes,month_share_percent.")
    var csv = false

    @OptionGroup var reading: ReadingOptions

    func validate() throws {
        guard LedgerReport.daysRange.contains(days) else { throw ValidationError("--days must be 1 to 400.") }
        if csv, reading.json { throw ValidationError("Either --csv or --json, not both.") }
    }

    func run() async throws {
        let csv = csv
        try await reading.show(.ledger(days: days), as: LedgerReport.self) { report in
            csv ? LedgerText.csv(report) : LedgerText.text(report)
        }
    }
}

/// The ledger as people and tables read it.
enum LedgerText {
    static func text(_ report: LedgerReport) -> String {
        var parts: [String] = []
        if report.entries.isEmpty {
            parts.append("nothing lent")
        } else {
            var table = Table(["DAY", "CLASS", "PACKETS", "BYTES", "OF THE MONTH'S CAP"])
            for entry in report.entries {
                table.add([
                    Words.day(entry.dayUnixSeconds), entry.trafficClass.rawValue, String(entry.packets),
                    String(entry.bytes), share(entry.bytes, report) + " %",
                ])
            }
            parts.append(table.text)
        }
        if !report.drops.isEmpty {
            var table = Table(["DAY", "DROPPED FOR", "PACKETS"])
            for drops in report.drops {
                table.add([Words.day(drops.dayUnixSeconds), Words.reason(drops.reason), String(drops.packets)])
            }
            parts += ["", table.text, ""]
        }
        parts.append(
            "\(Words.bytes(report.monthUsedBytes)) of \(Words.bytes(report.monthLimitBytes)) lent or set aside in 31 days"
                + ", \(share(report.monthUsedBytes, report)) % of the cap")
        return parts.joined(separator: "\n")
    }

    static func csv(_ report: LedgerReport) -> String {
        var lines = ["day,what,name,packets,bytes,month_share_percent"]
        for entry in report.entries {
            lines.append(
                "\(Words.day(entry.dayUnixSeconds)),lent,\(entry.trafficClass.rawValue),\(entry.packets),\(entry.bytes)"
                    + ",\(share(entry.bytes, report))")
        }
        for drops in report.drops {
            lines.append("\(Words.day(drops.dayUnixSeconds)),dropped,\(quoted(drops.reason)),\(drops.packets),,")
        }
        return lines.joined(separator: "\r\n")
    }

    /// Of the month's cap, in percent to three places.
    private static func share(_ bytes: Int, _ report: LedgerReport) -> String {
        guard report.monthLimitBytes > 0 else { return "0" }
        let thousandths = (Double(bytes) / Double(report.monthLimitBytes) * 100_000).rounded()
        return thousandths.remainder(dividingBy: 1_000) == 0
            ? String(Int(thousandths / 1_000)) : String(thousandths / 1_000)
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        return isPlain ? text : "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
