import Settings
import Simulation

/// One section of a scenario's file, in one of three turns: it is read, written, or described for the manual. One pass over
/// its keys serves all three, so that they cannot differ.
final class Section {
    enum Turn { case reading, writing, describing }

    /// A key as the manual shows it.
    struct Description {
        let key: String
        let form: String
        let absence: String
        let explanation: String
    }

    let turn: Turn
    let path: String
    private let problems: Problems
    private var entries: [DocumentEntry]
    private var known: [String] = []
    /// The key that decides which others there are, where its value was not understood.
    private var unclearKey: String?
    private(set) var descriptions: [Description] = []
    /// What has been written, line by line, without indentation.
    private(set) var lines: [String] = []

    init(_ turn: Turn, path: String, entries: [DocumentEntry] = [], problems: Problems) {
        (self.turn, self.path, self.entries, self.problems) = (turn, path, entries, problems)
    }

    /// A value. Where the file does not give it, or gives it wrongly, it becomes `absent`.
    /// - Returns: false where the file gives it wrongly.
    @discardableResult
    func item<Value>(
        _ key: String, _ form: Form<Value>, _ value: inout Value, absent: Value, _ explanation: String,
        absence: String? = nil
    ) -> Bool {
        know(key)
        switch turn {
        case .reading:
            value = absent
            guard let entry = entry(key) else { return true }
            return read(entry, form, &value)
        case .writing:
            if value != absent { write(key, form.write(value)) }
        case .describing:
            descriptions.append(
                Description(
                    key: key, form: form.summary, absence: absence ?? "`\(form.write(absent))`",
                    explanation: explanation))
        }
        return true
    }

    /// A value that must be there.
    /// - Parameters:
    ///   - summary: what the manual says of its form, where that depends on other keys.
    ///   - absence: when it need not be there after all.
    /// - Returns: false where the file does not give it, or gives it wrongly.
    @discardableResult
    func required<Value>(
        _ key: String, _ form: Form<Value>, _ value: inout Value, _ explanation: String, summary: String? = nil,
        absence: String? = nil
    ) -> Bool {
        know(key)
        switch turn {
        case .reading:
            guard let entry = entry(key) else {
                if unclearKey != nil { return false }
                problems.add(
                    SettingsFault(
                        kind: .missing, position: problems.place(of: path), what: "`\(path(of: key))` is missing",
                        remedy: "Give \(form.summary)" + (absence.map { ", unless \($0)" } ?? "")))
                return false
            }
            return read(entry, form, &value)
        case .writing: write(key, form.write(value))
        case .describing:
            descriptions.append(
                Description(
                    key: key, form: summary ?? form.summary, absence: absence ?? "must be given",
                    explanation: explanation))
        }
        return true
    }

    private func read<Value>(_ entry: DocumentEntry, _ form: Form<Value>, _ value: inout Value) -> Bool {
        do throws(SettingsFault) {
            value = try form.read(entry.value, path(of: entry.key))
            return true
        } catch {
            problems.add(error)
            return false
        }
    }

    /// The kind that decides which other keys there are. Where it is not understood nobody knows which those are: none is
    /// called wrong or missing, and the values of those that the likeliest kind has are looked at.
    /// - Parameter absent: nil: it must be there.
    /// - Returns: whether there is a kind to go on with.
    func kind<Value>(
        _ key: String, _ words: [Word<Value>], _ kind: inout Value, absent: Value? = nil, _ explanation: String
    ) -> Bool {
        let form = Form<Value>.choice(words)
        let isRight =
            if let absent {
                item(key, form, &kind, absent: absent, explanation)
            } else {
                required(key, form, &kind, explanation)
            }
        guard turn == .reading else { return true }
        let misspelt = gives(key) ? nil : entries.first { isMisspelt($0.key, key) }
        if isRight, misspelt == nil { return true }
        leaveOthers(of: key)
        guard let entry = misspelt ?? entries.first(where: { $0.key == key }),
            case .scalar(let text, _) = entry.value.content,
            let likeliest = Spelling.nearest(to: text, among: words.map(\.name)),
            let word = words.first(where: { $0.name == likeliest })
        else { return false }
        kind = word.value
        return true
    }

    /// The value of `key` decides which others there are, and is not understood.
    func leaveOthers(of key: String) { unclearKey = key }

    private func isMisspelt(_ key: String, _ wanted: String) -> Bool {
        Spelling.nearest(to: key, among: [wanted]) != nil
    }

    /// Keys under a key.
    func section(_ key: String, _ explanation: String, _ pass: (Section) -> Void) {
        know(key)
        let inner: Section
        switch turn {
        case .reading:
            guard let entries = sectionEntries(key), !entries.isEmpty else { return }
            inner = Section(.reading, path: path(of: key), entries: entries, problems: problems)
            pass(inner)
            inner.end()
        case .writing:
            inner = Section(.writing, path: path(of: key), problems: problems)
            pass(inner)
            if !inner.lines.isEmpty { lines += ["\(key):"] + inner.lines.map { "  " + $0 } }
        case .describing:
            descriptions.append(
                Description(key: key, form: "a section", absence: "its keys' defaults", explanation: explanation))
        }
    }

    /// A list of sections under a key.
    func sections<Value>(
        _ key: String, _ values: inout [Value], new: Value, atMost limit: Int, _ explanation: String,
        _ pass: (Section, inout Value) -> Void
    ) {
        know(key)
        switch turn {
        case .reading:
            values = []
            for (number, node) in members(key, atMost: limit).enumerated() {
                let memberPath = "\(path(of: key))[\(number)]"
                problems.note(memberPath, node.position)
                guard case .section(let entries) = node.content else {
                    problems.add(FormFault(node: node, path: memberPath).wrongType("Give its keys: `- key: value`"))
                    continue
                }
                let inner = Section(.reading, path: memberPath, entries: entries, problems: problems)
                var value = new
                pass(inner, &value)
                inner.end()
                values.append(value)
            }
        case .writing:
            if values.isEmpty { return }
            lines.append("\(key):")
            for var value in values {
                let inner = Section(.writing, path: path(of: key), problems: problems)
                pass(inner, &value)
                let written = inner.lines.isEmpty ? ["{}"] : inner.lines
                lines += written.enumerated().map { ($0.offset == 0 ? "  - " : "    ") + $0.element }
            }
        case .describing:
            descriptions.append(
                Description(key: key, form: "a list of sections", absence: "none", explanation: explanation))
        }
    }

    /// Whether the file gives the key; false where nothing is read.
    func gives(_ key: String) -> Bool { turn == .reading && entries.contains { $0.key == key } }

    /// A list that is written though it is empty: it says more than none.
    func emptyList(_ key: String) {
        if turn == .writing { write(key, "[]") }
    }

    /// Complains about a key that the file gives.
    func refuse(_ key: String, _ what: String, _ remedy: String) {
        // So that it has a place, and is told once.
        if entry(key) != nil { know(key) }
        problems.add(
            SettingsFault(
                kind: .contradiction, position: problems.place(of: path(of: key)), what: "`\(path(of: key))` \(what)",
                remedy: remedy))
    }

    /// The list of links in a file beside the scenario; nil where nothing is read, and where it cannot be.
    func links(inFile name: String, key: String) -> [RadioLink]? {
        guard turn == .reading, !name.isEmpty else { return nil }
        switch problems.files.links(inFile: name) {
        case .success(let links): return links
        case .failure(let fault):
            refuse(key, fault.what, fault.remedy)
            return nil
        }
    }

    /// Tells the keys that nobody has asked for.
    func end() {
        if unclearKey == nil, refuseChangedKind() { return }
        for entry in entries where !known.contains(entry.key) {
            if let unclearKey, !isMisspelt(entry.key, unclearKey) { continue }
            let near = Spelling.nearest(to: entry.key, among: known)
            let keys = known.map { "`\($0)`" }.joined(separator: ", ")
            let remedy = near.map { "Did you mean `\($0)`?" } ?? "Take it away; the keys here are \(keys)"
            let name = DocumentNode.shortened(path(of: entry.key))
            problems.add(
                SettingsFault(
                    kind: .unknownKey, position: entry.position, what: "There is no `\(name)` here", remedy: remedy))
        }
    }

    /// Whether the command line gives a section of the file another kind, and there are keys that this kind does not have:
    /// those are not misspelt, and the file need not be mended.
    private func refuseChangedKind() -> Bool {
        let strange = entries.filter { !known.contains($0.key) }
        guard let kind = entries.first(where: { $0.key == "kind" || $0.key == "fault" }), kind.value.position.line == 0,
            let first = strange.first, first.position.line != 0, case .scalar(let word, _) = kind.value.content
        else { return false }
        let shown = strange.prefix(5).map { "`\($0.key)`" }.joined(separator: ", ")
        let name = DocumentNode.shortened(word)
        problems.add(
            SettingsFault(
                kind: .contradiction, position: kind.value.position,
                what: "The file's section has keys of another kind, which `\(name)` does not have: \(shown)",
                remedy: "Replace the whole section: `--set '\(path)={\(kind.key): \(name), ...}'`"))
        return true
    }

    private func know(_ key: String) {
        if !known.contains(key) { known.append(key) }
    }

    private func write(_ key: String, _ text: String) {
        let pieces = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let first = pieces.first ?? ""
        lines += [first.isEmpty ? "\(key):" : "\(key): \(first)"] + pieces.dropFirst()
    }

    private func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func entry(_ key: String) -> DocumentEntry? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        problems.note(path(of: key), entry.value.position)
        if case .list(let members) = entry.value.content {
            for (number, member) in members.enumerated() {
                problems.note("\(path(of: key))[\(number)]", member.position)
            }
        }
        return entry
    }

    private func sectionEntries(_ key: String) -> [DocumentEntry]? {
        guard let entry = entry(key) else { return [] }
        switch entry.value.content {
        case .section(let entries): return entries
        case .nothing: return []
        default:
            problems.add(
                FormFault(node: entry.value, path: path(of: key)).wrongType("Give its keys under it, indented"))
            return nil
        }
    }

    private func members(_ key: String, atMost limit: Int) -> ArraySlice<DocumentNode> {
        guard let entry = entry(key) else { return [] }
        let fault = FormFault(node: entry.value, path: path(of: key))
        switch entry.value.content {
        case .list(let members):
            if members.count > limit {
                problems.add(fault.outOfRange("has \(members.count) entries", "Give at most \(limit)"))
            }
            return members.prefix(limit)
        case .nothing: return []
        default:
            problems.add(fault.wrongType("Give a list, each entry begun with `- `"))
            return []
        }
    }
}
