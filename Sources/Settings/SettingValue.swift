/// What a file gives for one key, freed of the YAML library.
struct SettingValue: Equatable {
    indirect enum Content: Equatable {
        /// Nothing, `~` or `null`.
        case nothing
        /// A scalar; `quoted` when quotes made it text whatever it looks like.
        case scalar(String, quoted: Bool)
        case list([SettingValue])
        case section
    }

    let content: Content
    let position: SettingsPosition

    /// What it is, as the middle of a sentence.
    var summary: String {
        switch content {
        case .nothing: "nothing"
        case .scalar(let text, let quoted):
            quoted ? "the text \"\(Self.shortened(text))\"" : "`\(Self.shortened(text))`"
        case .list: "a list"
        case .section: "a section"
        }
    }

    /// A piece of a file as it may be shown in a message: one line, not long.
    static func shortened(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(40) {
            shown.unicodeScalars.append(TextRule.isControl(scalar) ? "\u{FFFD}" : scalar)
        }
        return text.unicodeScalars.count > 40 ? shown + "…" : shown
    }
}
