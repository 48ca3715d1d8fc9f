import Yams

/// What one file says, checked for form and for known keys; the values are not checked yet.
struct SettingsAssignments {
    struct Assignment {
        let definition: SettingDefinition
        let value: SettingValue
    }

    var assignments: [Assignment] = []
    var faults: [SettingsFault] = []
}

/// Reads one file of settings: any bytes in, assignments and faults out.
struct SettingsReader {
    private enum Limit {
        static let duplicates = 32
        static let depth = 8
        static let faults = 100
    }

    private var lines: [[Unicode.Scalar]]
    private var result = SettingsAssignments()
    /// Places of keys already reported as duplicates, and renamed.
    private var duplicatePositions: Set<SettingsPosition> = []

    /// Reads `bytes`, one whole file.
    static func read(_ bytes: [UInt8]) -> SettingsAssignments {
        do throws(SettingsFault) {
            let text = try SettingsText(bytes: bytes)
            let refused = TextGuard.faults(in: text.lines)
            if !refused.isEmpty { return SettingsAssignments(faults: refused) }
            var reader = SettingsReader(lines: text.lines)
            reader.readDocument(text.text)
            return reader.result
        } catch {
            return SettingsAssignments(faults: [error])
        }
    }

    private init(lines: [[Unicode.Scalar]]) {
        self.lines = lines
    }

    private mutating func readDocument(_ text: String) {
        guard let root = compose(text) else { return }
        switch root {
        case .mapping(let mapping):
            readSection(mapping, path: "", depth: 0)
        case .scalar(let scalar) where Self.isNothing(scalar):
            return
        default:
            refuse(
                .wrongType, Self.position(of: root), "The file holds no settings at its top level",
                "Write lines of the form `key: value`")
        }
    }

    private mutating func refuse(
        _ kind: SettingsProblem.Kind, _ position: SettingsPosition, _ what: String, _ remedy: String
    ) {
        guard result.faults.count < Limit.faults else { return }
        result.faults.append(SettingsFault(kind: kind, position: position, what: what, remedy: remedy))
    }

    // MARK: Composing

    /// Composes the file's one document. The library stops at the first duplicate key; to report them all, each is
    /// reported, renamed to something unique and of the same width, and the text composed again.
    private mutating func compose(_ text: String) -> Node? {
        var text = text
        for _ in 0..<Limit.duplicates {
            do {
                return try Yams.compose(yaml: text, .default, .default, .utf8)
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let first = Self.position(context.mark)
                guard let name = names.first, renameDuplicate(of: name, after: first) else {
                    reportDuplicate(names.first ?? "", at: first, of: nil)
                    return nil
                }
                text = lines.map { line in String(String.UnicodeScalarView(line)) }.joined(separator: "\n")
            } catch {
                report(error)
                return nil
            }
        }
        return nil
    }

    private mutating func reportDuplicate(_ name: String, at position: SettingsPosition, of first: SettingsPosition?) {
        let before = first.map { "on line \($0.line) already" } ?? "more than once"
        refuse(
            .duplicateKey, position, "`\(SettingValue.shortened(name))` is given \(before)", "Take one of them away")
    }

    /// Finds the next line that gives the key again in the same section, reports and renames it there.
    private mutating func renameDuplicate(of name: String, after first: SettingsPosition) -> Bool {
        let forms = [name, "\"\(name)\"", "'\(name)'"].map { Array($0.unicodeScalars) }
        let column = first.column - 1
        var index = first.line
        while index < lines.count {
            let line = lines[index]
            let indentation = line.prefix { $0 == " " }.count
            let isEmpty = indentation == line.count || line[indentation] == "#"
            if !isEmpty && indentation < column { return false }
            if indentation == column, let form = forms.first(where: { Self.isKey($0, in: line, at: column) }) {
                let position = SettingsPosition(line: index + 1, column: column + 1)
                reportDuplicate(name, at: position, of: first)
                return rename(at: position, width: form.count)
            }
            index += 1
        }
        return false
    }

    private mutating func rename(at position: SettingsPosition, width: Int) -> Bool {
        // Private-use characters: allowed in YAML, and in no key of ours.
        let offset = UInt32(duplicatePositions.count)
        guard width > 0, let unique = Unicode.Scalar(0xE000 + offset) else { return false }
        let range = (position.column - 1)..<(position.column - 1 + width)
        lines[position.line - 1].replaceSubrange(range, with: repeatElement(unique, count: width))
        duplicatePositions.insert(position)
        return true
    }

    private static func isKey(_ key: [Unicode.Scalar], in line: [Unicode.Scalar], at column: Int) -> Bool {
        line.dropFirst(column).starts(with: key) && line.dropFirst(column + key.count).first { $0 != " " } == ":"
    }

    private mutating func report(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let position = Self.position(mark)
            let character = scalar(at: position)
            let what = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
            let remedy =
                character == "\t"
                ? "Indent with spaces instead of the tab here"
                : "Check colons, quotes, brackets and indentation here and just above"
            refuse(.notYAML, position, "This is not YAML: \(what)", remedy)
        case .reader(let problem, _, _, _):
            refuse(.notYAML, SettingsPosition(line: 1, column: 1), "This is not YAML: \(problem)", "Save it as UTF-8")
        default:
            refuse(
                .notYAML, SettingsPosition(line: 1, column: 1), "This is not YAML",
                "Check colons, quotes, brackets and indentation")
        }
    }

    private func scalar(at position: SettingsPosition) -> Unicode.Scalar? {
        guard lines.indices.contains(position.line - 1) else { return nil }
        let line = lines[position.line - 1]
        return line.indices.contains(position.column - 1) ? line[position.column - 1] : nil
    }

    // MARK: Keys

    private mutating func readSection(_ mapping: Node.Mapping, path: String, depth: Int) {
        for (keyNode, valueNode) in mapping {
            let position = Self.position(of: keyNode)
            if duplicatePositions.contains(position) { continue }
            guard case .scalar(let scalar) = keyNode else {
                refuse(.unknownKey, position, "A key must be a word", "Write `key: value`")
                continue
            }
            readKey(
                path.isEmpty ? scalar.string : "\(path).\(scalar.string)", scalar.string, position, valueNode, depth)
        }
    }

    private mutating func readKey(
        _ path: String, _ key: String, _ position: SettingsPosition, _ node: Node, _ depth: Int
    ) {
        let isOneWord = !key.isEmpty && !key.contains(".")
        if isOneWord, let definition = SettingsTable.definition(of: path) {
            let value = Self.value(of: node, or: position)
            result.assignments.append(.init(definition: definition, value: value))
        } else if isOneWord, SettingsTable.isSection(path) {
            readSubsection(path, node, depth)
        } else {
            refuse(
                .unknownKey, position, "There is no setting `\(SettingValue.shortened(path))`",
                SettingsTable.remedy(forUnknown: path))
        }
    }

    private mutating func readSubsection(_ path: String, _ node: Node, _ depth: Int) {
        switch node {
        case .mapping(let mapping) where depth < Limit.depth:
            readSection(mapping, path: path, depth: depth + 1)
        case .scalar(let scalar) where Self.isNothing(scalar):
            return  // A section all of whose keys are commented out.
        default:
            let keys = SettingsTable.definitions.filter { $0.path.hasPrefix(path + ".") }.map { "`\($0.path)`" }
            refuse(
                .wrongType, Self.position(of: node), "`\(path)` is a section, not a value",
                "Give its keys under it, indented: \(keys.joined(separator: ", "))")
        }
    }

    // MARK: Nodes

    private static func value(of node: Node, or position: SettingsPosition) -> SettingValue {
        let place = node.mark.map(Self.position) ?? position
        switch node {
        case .scalar(let scalar) where isNothing(scalar):
            return SettingValue(content: .nothing, position: position)
        case .scalar(let scalar):
            return SettingValue(content: .scalar(scalar.string, quoted: scalar.style != .plain), position: place)
        case .sequence(let sequence):
            let members = sequence.map { member in
                // Lists of lists are of no use to any key: what is inside is left out.
                if case .scalar = member { return value(of: member, or: place) }
                return SettingValue(content: .section, position: member.mark.map(Self.position) ?? place)
            }
            return SettingValue(content: .list(members), position: place)
        case .mapping, .alias:
            return SettingValue(content: .section, position: place)
        }
    }

    private static func isNothing(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func position(_ mark: Mark) -> SettingsPosition {
        SettingsPosition(line: max(1, mark.line), column: max(1, mark.column))
    }

    private static func position(of node: Node) -> SettingsPosition {
        node.mark.map(position) ?? SettingsPosition(line: 1, column: 1)
    }
}
