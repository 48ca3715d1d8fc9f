import Yams

/// Reads one file's YAML: any bytes in, a tree and faults out.
package struct DocumentReader {
    private enum Limit {
        static let duplicates = 32
        static let faults = 100
    }

    private var lines: [[Unicode.Scalar]]
    private var faults: [SettingsFault] = []
    /// Places of keys already reported as duplicates, and renamed.
    private var duplicatePositions: Set<SettingsPosition> = []

    /// Reads `bytes`, one whole file. Duplicate keys are left out of the tree, and reported; nil: there is no tree.
    package static func read(_ bytes: [UInt8]) -> (root: DocumentNode?, faults: [SettingsFault]) {
        do throws(SettingsFault) {
            let text = try SettingsText(bytes: bytes)
            let refused = TextGuard.faults(in: text.lines)
            if !refused.isEmpty { return (nil, refused) }
            var reader = DocumentReader(lines: text.lines)
            guard let root = reader.compose(text.text) else { return (nil, reader.faults) }
            let tree = reader.node(of: root, or: SettingsPosition(line: 1, column: 1))
            return (tree, reader.faults)
        } catch {
            return (nil, [error])
        }
    }

    private init(lines: [[Unicode.Scalar]]) {
        self.lines = lines
    }

    private mutating func refuse(
        _ kind: SettingsProblem.Kind, _ position: SettingsPosition, _ what: String, _ remedy: String
    ) {
        guard faults.count < Limit.faults else { return }
        faults.append(SettingsFault(kind: kind, position: position, what: what, remedy: remedy))
    }

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

    // MARK: Nodes

    private mutating func node(of node: Node, or position: SettingsPosition) -> DocumentNode {
        let place = node.mark.map(Self.position) ?? position
        switch node {
        case .scalar(let scalar) where Self.isNothing(scalar):
            return DocumentNode(.nothing, position)
        case .scalar(let scalar):
            return DocumentNode(.scalar(scalar.string, quoted: scalar.style != .plain), place)
        case .sequence(let sequence):
            var members: [DocumentNode] = []
            for member in sequence { members.append(self.node(of: member, or: place)) }
            return DocumentNode(.list(members), place)
        case .mapping(let mapping):
            return DocumentNode(.section(entries(of: mapping)), place)
        case .alias:
            // Refused before: no tree has one.
            return DocumentNode(.section([]), place)
        }
    }

    private mutating func entries(of mapping: Node.Mapping) -> [DocumentEntry] {
        var entries: [DocumentEntry] = []
        for (keyNode, valueNode) in mapping {
            let position = keyNode.mark.map(Self.position) ?? SettingsPosition(line: 1, column: 1)
            if duplicatePositions.contains(position) { continue }
            guard case .scalar(let scalar) = keyNode else {
                refuse(.unknownKey, position, "A key must be a word", "Write `key: value`")
                continue
            }
            entries.append(
                DocumentEntry(key: scalar.string, position: position, value: node(of: valueNode, or: position)))
        }
        return entries
    }

    private static func isNothing(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func position(_ mark: Mark) -> SettingsPosition {
        SettingsPosition(line: max(1, mark.line), column: max(1, mark.column))
    }
}
