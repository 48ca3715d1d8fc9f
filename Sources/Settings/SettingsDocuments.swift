/// The documents that come from the table of settings, so that they cannot say anything else than the daemon does.
public enum SettingsDocuments {
    /// The sample file with every key, its default and a line of explanation; loading it gives the defaults.
    public static func sample() -> String {
        let heading = """
            # Settings of this bridge. Every key is shown with its default.
            # Drop-ins in conf.d/*.yaml, in the order of their names, override what stands here;
            # only `hosting.opt_out: true` stands whatever another file says.
            # Check with `sidegate config check`; load with `systemctl reload sidegated`.


            """
        return heading
            + lines(of: BridgeSettings(defaultName: ""), isSample: true) { definition in
                ["\(definition.explanation) \(capitalised(definition.form.summary))."]
            }
    }

    /// Every key with its value in force, its default, what it does and where the value comes from.
    public static func entries(of settings: BridgeSettings, origins: [String: SettingOrigin]) -> [SettingEntry] {
        let defaults = BridgeSettings(defaultName: "")
        return SettingsTable.definitions.map { definition in
            SettingEntry(
                key: definition.path, value: definition.yaml(settings), defaultText: defaultText(definition, defaults),
                form: definition.form.summary, explanation: definition.explanation, origin: origins[definition.path])
        }
    }

    /// The settings in force as a file that loads to the same, each key with its default, a line of explanation, and the
    /// file and line that its value comes from.
    public static func dump(of settings: BridgeSettings, origins: [String: SettingOrigin]) -> String {
        let defaults = BridgeSettings(defaultName: "")
        return "# The settings in force, and where each comes from.\n\n"
            + lines(of: settings) { definition in
                var origin = "default"
                if let found = origins[definition.path] {
                    origin = "from \(oneLine(found.file)):\(found.position.line)"
                }
                return [
                    "\(definition.explanation) \(capitalised(definition.form.summary)).",
                    "Default: \(defaultText(definition, defaults)). This value: \(origin).",
                ]
            }
    }

    private static func defaultText(_ definition: SettingDefinition, _ defaults: BridgeSettings) -> String {
        definition.absence ?? definition.yaml(defaults) ?? "none"
    }

    /// `text` without anything that would end a comment's line.
    private static func oneLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { TextRule.isControl($0) ? "\u{FFFD}" : $0 }))
    }

    /// `settings` as a file that loads to the same; absent values are commented out.
    public static func yaml(of settings: BridgeSettings) -> String {
        lines(of: settings) { _ in [] }
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

    private static func lines(
        of settings: BridgeSettings, isSample: Bool = false, comments: (SettingDefinition) -> [String]
    ) -> String {
        var text = ""
        var sections: [String] = []
        for definition in SettingsTable.definitions {
            let shared = zip(sections, definition.sections).prefix { $0 == $1 }.count
            for depth in shared..<max(shared, definition.sections.count) {
                text += indentation(depth) + definition.sections[depth] + ":\n"
            }
            sections = definition.sections
            let margin = indentation(sections.count)
            for comment in comments(definition) { text += "\(margin)# \(comment)\n" }
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

/// One key of the settings as it stands.
public struct SettingEntry: Sendable, Equatable {
    /// With its sections, such as `hosting.opt_out`.
    public let key: String
    /// In force, as YAML; nil: absent, and the default says what then holds.
    public let value: String?
    /// The default, as YAML or in words.
    public let defaultText: String
    /// Type and range in words.
    public let form: String
    /// What the setting does, in one line.
    public let explanation: String
    /// Nil: no file gives it.
    public let origin: SettingOrigin?
}
