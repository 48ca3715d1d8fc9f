import ControlAPI

/// The bridge's figures in Prometheus' text format (version 0.0.4). No figure has a name, an address or an id in it.
enum MetricsText {
    static func text(_ status: StatusReport) -> String {
        var page = Page()
        page.add("sidegate_info", "The version that runs.", [([("version", status.version)], 1)])
        page.add("sidegate_uptime_seconds", "Time since the start.", status.uptimeSeconds)
        page.add("sidegate_hosting", "Whether this bridge is lent to neighbours now.", status.hosting.lends)
        page.add("sidegate_links", "Links to neighbours that are up.", status.links.count)
        page.add("sidegate_links_limit", "The most links at once.", status.linksMax)
        page.add("sidegate_routes", "Homes that a route leads to.", status.routeCount)
        page.add("sidegate_live_grants", "Grants under which events are taken up now.", status.liveGrants)
        page.add("sidegate_members", "Members of the network.", status.network?.memberCount ?? 0)
        page.add("sidegate_held_packets", "Packets of others in memory.", status.holdings.packets)
        page.add("sidegate_held_bytes", "Bytes of the packets of others in memory.", status.holdings.bytes)
        page.add("sidegate_lent_today_bytes", "Sent for others since midnight UTC.", status.caps.todayUsedBytes)
        page.add("sidegate_lent_month_bytes", "Lent or set aside in 31 days.", status.caps.monthUsedBytes)
        page.add("sidegate_lent_month_limit_bytes", "The most lent in 31 days.", status.caps.monthLimitBytes)
        page.add(
            "sidegate_dropped_today_packets", "Dropped since midnight UTC, by reason.",
            status.dropsToday.map { ([("reason", $0.reason)], $0.count) })
        page.add(
            "sidegate_troubles", "What strangers and the radio's surroundings have cost since the start, by kind.",
            (status.troubles ?? []).map { ([("kind", $0.kind)], $0.count) })
        page.add("sidegate_devices", "Own devices.", status.devices.count)
        page.add("sidegate_silent_devices", "Own devices that are silent.", status.devices.count { $0.isSilent })
        page.add("sidegate_outbox_messages", "Messages that wait for the broker.", status.broker.outboxCount)
        page.add("sidegate_broker_connected", "Whether the broker is connected.", status.broker.state == .connected)
        page.add("sidegate_radio_up", "Whether the radio is up.", status.radio.isUp)
        page.add("sidegate_clock_trusted", "Whether the clock is relied on.", status.clock.isTrusted)
        return page.text
    }

    /// All figures are gauges: what is counted by day falls at midnight.
    private struct Page {
        var text = ""

        mutating func add(_ name: String, _ help: String, _ value: Int) { add(name, help, [([], value)]) }

        mutating func add(_ name: String, _ help: String, _ value: Bool) { add(name, help, [([], value ? 1 : 0)]) }

        mutating func add(_ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: Int)]) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
            for sample in samples {
                let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
                text += labels.isEmpty ? "\(name) \(sample.value)\n" : "\(name){\(labels)} \(sample.value)\n"
            }
        }

        private static func escaped(_ text: String) -> String {
            var escaped = ""
            for character in text {
                switch character {
                case "\\": escaped += "\\\\"
                case "\"": escaped += "\\\""
                case "\n": escaped += "\\n"
                default: escaped.append(character)
                }
            }
            return escaped
        }
    }
}
