@testable import Settings

/// The manual page of the settings, made from their table.
enum SettingsManual {
    /// One paragraph a key, as `man` reads it.
    static func keys() -> String {
        let defaults = BridgeSettings(defaultName: "")
        return SettingsTable.definitions.map { definition in
            let value = definition.absence ?? definition.yaml(defaults) ?? "none"
            return """
                .TP
                .B \(escaped(definition.path))
                \(escaped(definition.explanation))
                .br
                Value: \(escaped(definition.form.summary)). Default: \(escaped(value)).

                """
        }.joined()
    }

    /// `text` as a line of roff that shows it as it is, with what stands in backticks in bold.
    static func escaped(_ text: String) -> String {
        var line = ""
        var isBold = false
        for character in text {
            switch character {
            case "\\": line += "\\e"
            case "-": line += "\\-"
            case "`":
                isBold.toggle()
                line += isBold ? "\\fB" : "\\fP"
            default: line.append(character)
            }
        }
        return line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
    }
}
