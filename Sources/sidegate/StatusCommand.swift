import ArgumentParser
import ControlAPI

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what this bridge is, what it lends and why not, its links, caps and own devices.",
        discussion: "Example: sidegate status --json")

    @OptionGroup var reading: ReadingOptions

    func run() async throws {
        try await reading.show(.status, as: StatusReport.self, StatusText.text)
    }
}

/// The status as people read it.
enum StatusText {
    static func text(_ status: StatusReport) -> String {
        var lines = head(status)
        lines += [""] + lent(status) + [""] + parts(status)
        if !status.dropsToday.isEmpty {
            var table = Table(["DROPPED TODAY", "PACKETS"])
            for drops in status.dropsToday { table.add([Words.reason(drops.reason), String(drops.count)]) }
            lines += ["", table.text]
        }
        if let troubles = status.troubles, !troubles.isEmpty {
            var table = Table(["SINCE THE START", "TIMES"])
            for trouble in troubles { table.add([NameRule.printable(trouble.words), String(trouble.count)]) }
            lines += ["", table.text]
        }
        lines += ["", DeviceText.table(status.devices)]
        return lines.joined(separator: "\n")
    }

    private static func head(_ status: StatusReport) -> [String] {
        var lines = [Console.coloured(NameRule.printable(status.name), .bold)]
        if let network = status.network {
            let members = Words.count(network.memberCount, "member")
            lines.append("in the network \(NameRule.printable(network.name)), \(members)")
        } else if let moved = status.movedUnixSeconds {
            lines += [
                "its home was exported on \(Words.day(moved)) and lives elsewhere",
                "  sidegate home import FILE takes it in as it comes back",
                "  sidegate home resume takes it back if the file was never imported and never will be",
                "  sidegate network leave erases what is left of it here",
            ]
        } else {
            lines.append("in no network: sidegate network create, or sidegate network join CODE")
        }
        if let id = status.memberID { lines.append("member \(NameRule.printable(id))") }
        lines.append("version \(NameRule.printable(status.version)), up \(Words.duration(status.uptimeSeconds))")
        return lines
    }

    private static func lent(_ status: StatusReport) -> [String] {
        let answer = status.hosting.lends ? Console.coloured("yes", .green) : Console.coloured("no", .red)
        var to = ""
        if status.hosting.lends {
            let names = status.links.map { NameRule.printable($0.peer) }
            to = names.isEmpty ? ", nobody is linked" : ", to " + names.joined(separator: ", ")
        }
        return ["Lent to neighbours: \(answer)\(to)"] + status.hosting.noes.map { "  - " + NameRule.printable($0) }
            + terms(status.hosting).map { "  " + NameRule.printable($0) }
    }

    /// To what and when, by the settings: also where a no stands against all of it.
    private static func terms(_ hosting: StatusReport.Hosting) -> [String] {
        var lines: [String] = []
        if let classes = hosting.classes {
            let names = classes.map(\.rawValue).joined(separator: ", ")
            lines.append("classes: " + (names.isEmpty ? "none" : names))
        }
        if let schedule = hosting.schedule {
            lines.append("hours: " + (schedule.isEmpty ? "never" : schedule.joined(separator: "; ") + ", local time"))
        } else if hosting.classes != nil {
            lines.append("hours: at any time")
        }
        return lines
    }

    private static func parts(_ status: StatusReport) -> [String] {
        let caps = status.caps
        var table = Table(["Requests", status.showsRequests ? "shown" : "not shown"])
        table.add(["Cap", "\(Words.rate(caps.rateBitsPerSecond)), bursts of \(Words.bytes(caps.burstBytes))"])
        table.add(["Today", "\(Words.bytes(caps.todayUsedBytes)) lent since midnight UTC"])
        table.add([
            "Month", "\(Words.bytes(caps.monthUsedBytes)) of \(Words.bytes(caps.monthLimitBytes)) lent or set aside",
        ])
        table.add([
            "Held",
            "\(Words.count(status.holdings.packets, "packet")) of others, \(Words.bytes(status.holdings.bytes))",
        ])
        table.add([
            "Radio", detailed("\(status.radio.kind), \(Words.state(status.radio))", status.radio.detail),
        ])
        table.add(["Broker", broker(status.broker)])
        table.add(["Clock", detailed(status.clock.isTrusted ? "trusted" : "not trusted", status.clock.detail)])
        table.add(["Routes", String(status.routeCount)])
        table.add(["Live grants", String(status.liveGrants)])
        table.add(["Links", "\(status.links.count) of \(status.linksMax)"])
        for link in status.links {
            table.add(["", "\(link.peer), \(link.direction.rawValue), up \(Words.duration(link.upSeconds))"])
        }
        return [table.text]
    }

    private static func broker(_ broker: StatusReport.Broker) -> String {
        if broker.state == .off { return detailed("none", broker.detail) }
        let waiting = broker.outboxCount == 0 ? "" : ", \(Words.count(broker.outboxCount, "event")) waiting"
        return detailed(broker.state.rawValue, broker.detail) + waiting
    }

    private static func detailed(_ text: String, _ detail: String?) -> String {
        detail.map { "\(text) (\($0))" } ?? text
    }
}
