import ArgumentParser
import ControlAPI

struct HoldingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdings",
        abstract: "Shows everything this bridge holds that is not your own: how much, and when it will be gone.",
        discussion: """
            Packets are sealed: this bridge has no key to any of them. Nothing shown says whose it is, since nothing \
            held does.

            Example: sidegate holdings
            """)

    @OptionGroup var reading: ReadingOptions

    func run() async throws {
        try await reading.show(.holdings, as: HoldingsReport.self, HoldingsText.text)
    }
}

/// The holdings as people read them.
enum HoldingsText {
    static func text(_ report: HoldingsReport) -> String {
        var packets = Table(["PACKET", "BYTES", "GONE AT THE LATEST"])
        for packet in report.packets {
            packets.add([packet.trafficClass.rawValue, String(packet.bytes), Words.time(packet.goneUnixSeconds)])
        }
        var table = Table(["HELD", "IN", "COUNT", "BYTES", "GONE"])
        for holding in report.holdings {
            let end = holding.goneUnixSeconds.map { " (the last by \(Words.time($0)))" } ?? ""
            table.add([
                holding.kind.rawValue.split(separator: "_").joined(separator: " "), holding.place.rawValue,
                String(holding.count), holding.bytes.map { String($0) } ?? "", holding.gone + end,
            ])
        }
        let totals = report.totals
        let sums = [
            "in memory: \(Words.count(totals.memoryCount, "thing")), \(Words.bytes(totals.memoryBytes)) known",
            "on disk: \(Words.count(totals.diskCount, "thing")), \(Words.bytes(totals.diskBytes)) of records",
        ]
        let first = report.packets.isEmpty ? ["no packets of others in memory"] : [packets.text]
        return (first + ["", table.text, ""] + sums).joined(separator: "\n")
    }
}
