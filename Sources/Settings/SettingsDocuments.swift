/// The documents that come from the table of settings, so that they cannot say anything else than the daemon does.
public enum SettingsDocuments {
    /// The sample file with every key, its default and a line of explanation; loading it gives the defaults.
    public static func sample() -> String {
        let heading = """
            # Settings of this bridge. Every key is shown with its default.
            # Drop-ins in conf.d/*.yaml, in the order of their names, override what stands here;
            # only `hosting.opt_out: true` stands whatever another file says.
            # Check with `sidegate config check`; load with `systemctl reload sidegate`.


            """
        return heading + lines(of: BridgeSettings(defaultName: ""), isSample: true)
    }

    /// `settings` as a file that loads to the same; absent values are commented out.
    public static func yaml(of settings: BridgeSettings) -> String {
        lines(of: settings, isSample: false)
    }

    /// The table of settings in Markdown, for `docs/settings.md`.
    public static func markdownTable() -> String {
        let defaults = BridgeSettings(defaultName: "")
        var table = "| key | value | default | what it does |\n|---|---|---|---|\n"
        for definition in SettingsTable.definitions {
            let value = definition.absence ?? definition.yaml(defaults).map { "`\($0)`" } ?? "none"
            let form = definition.form.summary
            table += "| `\(definition.path)` | \(form) | \(value) | \(definition.explanation) |\n"
        }
        return table
    }

    private static func lines(of settings: BridgeSettings, isSample: Bool) -> String {
        var text = ""
        var sections: [String] = []
        for definition in SettingsTable.definitions {
            let shared = zip(sections, definition.sections).prefix { $0 == $1 }.count
            for depth in shared..<max(shared, definition.sections.count) {
                text += indentation(depth) + definition.sections[depth] + ":\n"
            }
            sections = definition.sections
            let margin = indentation(sections.count)
            if isSample { text += "\(margin)# \(definition.explanation) \(capitalised(definition.form.summary)).\n" }
            let isAbsent = isSample && definition.absence != nil
            if !isAbsent, let value = definition.yaml(settings) {
                text += "\(margin)\(definition.key): \(value)\n"
            } else {
                text += "\(margin)# \(definition.key): (absent: \(definition.absence ?? "no value"))\n"
            }
        }
        return text
    }

    private static func indentation(_ depth: Int) -> String {
        String(repeating: "  ", count: depth)
    }

    private static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }
}
