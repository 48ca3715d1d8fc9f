/// Every setting there is. Parsing, errors, `conf/sidegate.yaml` and `docs/settings.md` all come from this table.
enum SettingsTable {
    /// In the order in which documents show them; the keys of one section stand together.
    static let definitions: [SettingDefinition] = bridge + hosting + links + radio + mqtt + metrics

    private static let path = TextRule.absolutePath(bytesMaximum: 4_000)

    private static let bridge: [SettingDefinition] = [
        .text(
            "name", .bridgeName, \.name, absence: "the host's name",
            "What neighbours see this bridge called."),
        .text(
            "state_directory", .absolutePath(bytesMaximum: 1_000), \.stateDirectory,
            "Where keys, records, the ledger and the outbox are kept."),
        .text(
            "socket", .absolutePath(bytesMaximum: 107), \.socket,
            "The Unix socket that `sidegate` reaches the daemon by."),
        .choice("log.level", \.logLevel, "The least severe message that is logged."),
    ]

    private static let hosting: [SettingDefinition] = [
        .optionalBoolean(
            "hosting.opt_out", \.hosting.optOut, absence: "only `sidegate opt-out` and `opt-in` decide",
            "True is a no that no command lifts, in any one file; false says nothing: it is no yes."),
        .integer(
            "hosting.rate_bits_per_second", 0...1_000_000_000, \.hosting.rateBitsPerSecond,
            "The most lent to neighbours on average, in bits a second."),
        .integer(
            "hosting.burst_bytes", 512...1_000_000_000, \.hosting.burstBytes,
            "The most lent at once on top of the rate, in bytes."),
        .integer(
            "hosting.month_megabytes", 0...1_000_000_000, \.hosting.monthMegabytes,
            "The most lent in any 31 days, in megabytes (1,000,000 bytes)."),
        .choices("hosting.classes", \.hosting.classes, "The classes carried for neighbours."),
        .windows(
            "hosting.schedule", \.hosting.schedule, absence: "at any time",
            "When this bridge is lent; outside these windows the answer is no."),
    ]

    private static let links: [SettingDefinition] = [
        .integer("links_max", 1...16, \.linksMaximum, "The most links held at once; small adapters hold 5 to 7.")
    ]

    private static let radio: [SettingDefinition] = [
        .choice("radio.kind", \.radio.kind, "The radio to use: Bluetooth adapters, or sockets for trying out."),
        .texts(
            "radio.bluez.adapters", .adapterName, atMost: 4, \.radio.adapters,
            "The Bluetooth adapters to use; `[]` for the first that is switched on."),
        .boolean(
            "radio.bluez.power_on", \.radio.powersOn, "Switch an adapter on that is found or comes powered off."),
        .text(
            "radio.virtual.air", .absolutePath(bytesMaximum: 70), \.radio.virtualAir,
            "The directory in which the radios of one virtual air meet."),
        .optionalText(
            "radio.virtual.name", .radioName, \.radio.virtualName, absence: "made from `name`",
            "This radio's name on the virtual air."),
    ]

    private static let mqtt: [SettingDefinition] = [
        .optionalText(
            "mqtt.host", .hostName, \.mqtt.host, absence: "nothing is delivered",
            "The MQTT broker that this home's events go to."),
        .optionalInteger(
            "mqtt.port", 1...65_535, \.mqtt.port, absence: "8883 with TLS, 1883 without", "The broker's port."),
        .boolean("mqtt.tls", \.mqtt.tls, "Encrypt the session and verify the broker's certificate."),
        .optionalText(
            "mqtt.ca_file", path, \.mqtt.caFile, absence: "the system's certificates",
            "Certificates (PEM) to verify the broker by."),
        .optionalText(
            "mqtt.username", .word(bytesMaximum: 256), \.mqtt.username, absence: "anonymous", "The user to log in as."),
        .optionalText(
            "mqtt.password_file", path, \.mqtt.passwordFile, absence: "no password",
            "A file whose first line is the password."),
        .optionalText(
            "mqtt.client_identifier", .word(bytesMaximum: 128), \.mqtt.clientIdentifier,
            absence: "made from the bridge's identity", "The MQTT client identifier."),
        .text("mqtt.topic_prefix", .topicPrefix, \.mqtt.topicPrefix, "What Sidegate's own topics begin with."),
        .text(
            "mqtt.discovery_prefix", .topicPrefix, \.mqtt.discoveryPrefix,
            "What Home Assistant's discovery topics begin with."),
    ]

    private static let metrics: [SettingDefinition] = [
        .optionalInteger(
            "metrics.port", 1...65_535, \.metricsPort, absence: "off",
            "The TCP port on 127.0.0.1 for Prometheus, without any identity in it; every user of the machine may read it."
        )
    ]

    /// The row of the key `path`; nil: there is no such key.
    static func definition(of path: String) -> SettingDefinition? {
        definitions.first { $0.path == path }
    }

    /// Whether `path` is a section, that is, keys stand under it.
    static func isSection(_ path: String) -> Bool {
        definitions.contains { $0.path.hasPrefix(path + ".") }
    }

    /// What to do about the unknown key `path`.
    static func remedy(forUnknown path: String) -> String {
        if !path.isEmpty, let definition = definition(of: path) {
            return
                "Write `\(definition.key)` on a line of its own under `\(definition.sections.joined(separator: "."))`"
        }
        let key = path.split(separator: ".").last.map(String.init) ?? path
        if let elsewhere = definitions.first(where: { $0.key == key }) {
            return "Did you mean `\(elsewhere.path)`? It stands elsewhere in the file"
        }
        let sections = definitions.flatMap { definition in
            (0..<definition.sections.count).map { definition.sections[0...$0].joined(separator: ".") }
        }
        if let near = Spelling.nearest(to: path, among: definitions.map(\.path) + sections) {
            return "Did you mean `\(near)`?"
        }
        if let near = Spelling.nearest(to: key, among: definitions.map(\.key)),
            let definition = definitions.first(where: { $0.key == near })
        {
            return "Did you mean `\(definition.path)`?"
        }
        return "Take it away, or see the list of keys in docs/settings.md"
    }
}
