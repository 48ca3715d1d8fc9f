/// One row of the table of settings: a key's name, type, range and explanation, and where its value lives.
struct SettingDefinition: Sendable {
    /// The key with its sections, such as `hosting.opt_out`.
    let path: String
    /// Type and range.
    let form: SettingForm
    /// What the setting does, in one line.
    let explanation: String
    /// What holds where the key is absent, in words, for keys whose default is no plain value.
    let absence: String?
    /// Checks `value` and puts it into a snapshot.
    let apply: @Sendable (_ value: SettingValue, _ settings: inout BridgeSettings) throws(SettingsFaults) -> Void
    /// The value in a snapshot as YAML; nil where it is absent.
    let yaml: @Sendable (BridgeSettings) -> String?

    /// The sections, from the outermost.
    var sections: [String] {
        Array(path.split(separator: ".").dropLast().map(String.init))
    }

    /// The key without its sections.
    var key: String {
        path.split(separator: ".").last.map(String.init) ?? path
    }

    typealias Place<Value> = WritableKeyPath<BridgeSettings, Value> & Sendable

    static func boolean(_ path: String, _ place: Place<Bool>, _ explanation: String) -> Self {
        let form = SettingForm.boolean
        return Self(
            path: path, form: form, explanation: explanation, absence: nil,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.boolean(value, path: path)
            },
            yaml: { $0[keyPath: place] ? "true" : "false" })
    }

    static func optionalBoolean(
        _ path: String, _ place: Place<Bool?>, absence: String, _ explanation: String
    ) -> Self {
        let form = SettingForm.boolean
        return Self(
            path: path, form: form, explanation: explanation, absence: absence,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.boolean(value, path: path)
            },
            yaml: { $0[keyPath: place].map { $0 ? "true" : "false" } })
    }

    static func integer(
        _ path: String, _ range: ClosedRange<Int>, _ place: Place<Int>, _ explanation: String
    ) -> Self {
        let form = SettingForm.integer(range)
        return Self(
            path: path, form: form, explanation: explanation, absence: nil,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.integer(value, path: path)
            },
            yaml: { String($0[keyPath: place]) })
    }

    static func optionalInteger(
        _ path: String, _ range: ClosedRange<Int>, _ place: Place<Int?>, absence: String, _ explanation: String
    ) -> Self {
        let form = SettingForm.integer(range)
        return Self(
            path: path, form: form, explanation: explanation, absence: absence,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.integer(value, path: path)
            },
            yaml: { $0[keyPath: place].map { String($0) } })
    }

    static func text(
        _ path: String, _ rule: TextRule, _ place: Place<String>, absence: String? = nil, _ explanation: String
    ) -> Self {
        let form = SettingForm.text(rule)
        return Self(
            path: path, form: form, explanation: explanation, absence: absence,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.text(value, path: path)
            },
            yaml: { YAMLText.scalar($0[keyPath: place]) })
    }

    static func optionalText(
        _ path: String, _ rule: TextRule, _ place: Place<String?>, absence: String, _ explanation: String
    ) -> Self {
        let form = SettingForm.text(rule)
        return Self(
            path: path, form: form, explanation: explanation, absence: absence,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.text(value, path: path)
            },
            yaml: { $0[keyPath: place].map(YAMLText.scalar) })
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ path: String, _ place: Place<Choice>, _ explanation: String
    ) -> Self {
        let form = SettingForm.choice(Choice.allCases.map(\.rawValue))
        return Self(
            path: path, form: form, explanation: explanation, absence: nil,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.choice(value, path: path, as: Choice.self)
            },
            yaml: { $0[keyPath: place].rawValue })
    }

    static func choices<Choice: RawRepresentable<String> & CaseIterable & Equatable & Sendable>(
        _ path: String, _ place: Place<[Choice]>, _ explanation: String
    ) -> Self {
        let form = SettingForm.choices(Choice.allCases.map(\.rawValue))
        return Self(
            path: path, form: form, explanation: explanation, absence: nil,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.choices(value, path: path, as: Choice.self)
            },
            yaml: { "[" + $0[keyPath: place].map(\.rawValue).joined(separator: ", ") + "]" })
    }

    static func texts(
        _ path: String, _ rule: TextRule, atMost limit: Int, _ place: Place<[String]>, _ explanation: String
    ) -> Self {
        let form = SettingForm.texts(rule, atMost: limit)
        return Self(
            path: path, form: form, explanation: explanation, absence: nil,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.texts(value, path: path)
            },
            yaml: { "[" + $0[keyPath: place].map(YAMLText.scalar).joined(separator: ", ") + "]" })
    }

    static func windows(
        _ path: String, _ place: Place<HostingSchedule?>, absence: String, _ explanation: String
    ) -> Self {
        let form = SettingForm.windows
        return Self(
            path: path, form: form, explanation: explanation, absence: absence,
            apply: { value, settings throws(SettingsFaults) in
                settings[keyPath: place] = try form.windows(value, path: path)
            },
            yaml: { settings in
                settings[keyPath: place].map { "[" + $0.texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
            })
    }
}

/// Writes text as YAML that reads back as the same text.
enum YAMLText {
    /// `text` bare where that is safe, and in double quotes elsewhere.
    static func scalar(_ text: String) -> String {
        let bare = text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "/", ".", "_", "-": true
            default: false
            }
        }
        let isWord = text.unicodeScalars.first.map { ("a"..."z").contains($0) || $0 == "/" } ?? false
        if bare && isWord && !["true", "false", "null", "yes", "no", "on", "off"].contains(text) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
