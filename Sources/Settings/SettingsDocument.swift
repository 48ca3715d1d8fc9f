/// A file's YAML as a tree in which everything has its place: freed of the YAML library, and of all forms that settings and
/// scenarios have no use for.
package struct DocumentNode: Sendable, Equatable {
    package indirect enum Content: Sendable, Equatable {
        /// Nothing, `~` or `null`.
        case nothing
        /// A scalar; `quoted` when quotes made it text whatever it looks like.
        case scalar(String, quoted: Bool)
        case list([DocumentNode])
        case section([DocumentEntry])
    }

    package var content: Content
    package var position: SettingsPosition

    package init(_ content: Content, _ position: SettingsPosition) {
        (self.content, self.position) = (content, position)
    }

    /// What it is, as the middle of a sentence.
    package var summary: String {
        switch content {
        case .nothing: "nothing"
        case .scalar(let text, let quoted):
            quoted ? "the text \"\(SettingValue.shortened(text))\"" : "`\(SettingValue.shortened(text))`"
        case .list: "a list"
        case .section: "a section"
        }
    }

    /// A piece of a file as it may be shown in a message: one line, not long.
    package static func shortened(_ text: String) -> String { SettingValue.shortened(text) }
}

/// A key with what is given for it.
package struct DocumentEntry: Sendable, Equatable {
    package let key: String
    package let position: SettingsPosition
    package var value: DocumentNode

    package init(key: String, position: SettingsPosition, value: DocumentNode) {
        (self.key, self.position, self.value) = (key, position, value)
    }
}

/// Text as YAML.
package enum DocumentText {
    /// `text` bare where that is safe, and in double quotes elsewhere: it reads back as the same.
    package static func scalar(_ text: String) -> String { YAMLText.scalar(text) }

    package static func isControl(_ scalar: Unicode.Scalar) -> Bool { TextRule.isControl(scalar) }
}
