/// The type and range of a setting's value.
enum SettingForm: Sendable {
    case boolean
    case integer(ClosedRange<Int>)
    case text(TextRule)
    case choice([String])
    case choices([String])
    case windows
    case texts(TextRule, atMost: Int)

    /// Type and range in words, for documents and remedies.
    var summary: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range): "a whole number, \(range.lowerBound) to \(range.upperBound)"
        case .text(let rule): "text: \(rule.summary)"
        case .choice(let names): names.count == 1 ? "`\(names[0])`" : "one of \(Self.listed(names))"
        case .choices(let names): "a list of any of \(Self.listed(names)); `[]` for none"
        case .texts(let rule, let limit): "a list of at most \(limit), each \(rule.summary)"
        case .windows:
            "a list of at most \(HostingSchedule.windowsMaximum) windows of local time such as `\"22:00-07:00\"`, "
                + "`\"mon-fri 09:00-17:00\"` or `\"sat,sun 00:00-24:00\"`; `[]` for never"
        }
    }

    private static func listed(_ names: [String]) -> String {
        names.map { "`\($0)`" }.joined(separator: ", ")
    }

    func boolean(_ value: SettingValue, path: String) throws(SettingsFaults) -> Bool {
        switch value.content {
        case .scalar("true", quoted: false): return true
        case .scalar("false", quoted: false): return false
        case .scalar(let text, quoted: false) where ["yes", "on", "y"].contains(text.lowercased()):
            throw wrongType(value, path: path, remedy: "Write `true`")
        case .scalar(let text, quoted: false) where ["no", "off", "n"].contains(text.lowercased()):
            throw wrongType(value, path: path, remedy: "Write `false`")
        default: throw wrongType(value, path: path)
        }
    }

    func integer(_ value: SettingValue, path: String) throws(SettingsFaults) -> Int {
        guard case .integer(let range) = self, case .scalar(let text, let quoted) = value.content else {
            throw wrongType(value, path: path)
        }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw wrongType(value, path: path)
        }
        if quoted { throw wrongType(value, path: path, remedy: "Take the quotes away") }
        guard let number = Int(text), range.contains(number) else {
            throw SettingsFaults(
                kind: .outOfRange, position: value.position,
                what:
                    "`\(path)` is \(SettingValue.shortened(text)), outside \(range.lowerBound) to \(range.upperBound)",
                remedy: "Give a number within that range")
        }
        return number
    }

    func text(_ value: SettingValue, path: String) throws(SettingsFaults) -> String {
        guard case .text(let rule) = self else { throw wrongType(value, path: path) }
        return try text(value, rule, path: path)
    }

    func texts(_ value: SettingValue, path: String) throws(SettingsFaults) -> [String] {
        guard case .texts(let rule, let limit) = self, case .list(let members) = value.content else {
            throw wrongType(value, path: path)
        }
        guard members.count <= limit else {
            throw SettingsFaults(
                kind: .outOfRange, position: value.position, what: "`\(path)` has \(members.count) entries",
                remedy: "Give at most \(limit)")
        }
        return try each(of: members, path: path, named: \.self) { member throws(SettingsFaults) in
            try text(member, rule, path: path)
        }
    }

    private func text(_ value: SettingValue, _ rule: TextRule, path: String) throws(SettingsFaults) -> String {
        guard case .scalar(let text, _) = value.content else { throw wrongType(value, path: path) }
        if let fault = rule.fault(in: text) {
            throw SettingsFaults(
                kind: .outOfRange, position: value.position, what: "`\(path)` \(fault)", remedy: "Give \(rule.summary)")
        }
        return text
    }

    func choice<Choice: RawRepresentable<String>>(
        _ value: SettingValue, path: String, as type: Choice.Type
    ) throws(SettingsFaults) -> Choice {
        guard case .scalar(let text, _) = value.content else { throw wrongType(value, path: path) }
        if let choice = Choice(rawValue: text) { return choice }
        let near = Spelling.nearest(to: text, among: names).map { "Did you mean `\($0)`? " } ?? ""
        throw SettingsFaults(
            kind: .outOfRange, position: value.position, what: "`\(path)` is \(value.summary)",
            remedy: "\(near)Give \(summary)")
    }

    func choices<Choice: RawRepresentable<String> & Equatable>(
        _ value: SettingValue, path: String, as type: Choice.Type
    ) throws(SettingsFaults) -> [Choice] {
        guard case .list(let members) = value.content else { throw wrongType(value, path: path) }
        return try each(of: members, path: path, named: \.rawValue) { member throws(SettingsFaults) in
            try choice(member, path: path, as: type)
        }
    }

    /// What each entry of a list stands for, none of them twice; or what is wrong with all those that are wrong.
    private func each<Entry: Equatable>(
        of members: [SettingValue], path: String, named: (Entry) -> String,
        _ read: (SettingValue) throws(SettingsFaults) -> Entry
    ) throws(SettingsFaults) -> [Entry] {
        var found: [Entry] = []
        var faults: [SettingsFault] = []
        for member in members {
            do throws(SettingsFaults) {
                let entry = try read(member)
                if found.contains(entry) { throw twice(named(entry), member, path: path) }
                found.append(entry)
            } catch {
                faults += error.faults
            }
        }
        guard faults.isEmpty else { throw SettingsFaults(faults) }
        return found
    }

    func windows(_ value: SettingValue, path: String) throws(SettingsFaults) -> HostingSchedule {
        guard case .list(let members) = value.content else { throw wrongType(value, path: path) }
        guard members.count <= HostingSchedule.windowsMaximum else {
            throw SettingsFaults(
                kind: .outOfRange, position: value.position, what: "`\(path)` has \(members.count) windows",
                remedy: "Give at most \(HostingSchedule.windowsMaximum)")
        }
        var windows: [HostingSchedule.Window] = []
        var wrong: [SettingValue] = []
        for member in members {
            guard case .scalar(let text, _) = member.content else { throw wrongType(member, path: path) }
            if let window = HostingSchedule.Window(text) { windows.append(window) } else { wrong.append(member) }
        }
        if let first = wrong.first {
            let what = wrong.map(\.summary).joined(separator: ", ")
            throw SettingsFaults(
                kind: .outOfRange, position: first.position,
                what: "`\(path)` has \(what), which \(wrong.count == 1 ? "is no window" : "are no windows")",
                remedy: "Write each in quotes: hours 00:00 to 24:00, days mon to sun before them if not every day, as "
                    + "`\"22:00-07:00\"` or `\"sat,sun 08:00-20:00\"`")
        }
        return HostingSchedule(windows: windows)
    }

    private var names: [String] {
        switch self {
        case .choice(let names), .choices(let names): names
        default: []
        }
    }

    private func twice(_ text: String, _ member: SettingValue, path: String) -> SettingsFaults {
        SettingsFaults(
            kind: .outOfRange, position: member.position, what: "`\(path)` names `\(text)` twice",
            remedy: "Take one of them away")
    }

    private func wrongType(_ value: SettingValue, path: String, remedy: String? = nil) -> SettingsFaults {
        var advice = remedy ?? "Give \(summary)"
        if case .nothing = value.content { advice += ", or take the line away for the default" }
        return SettingsFaults(
            kind: .wrongType, position: value.position, what: "`\(path)` is \(value.summary)", remedy: advice)
    }
}
