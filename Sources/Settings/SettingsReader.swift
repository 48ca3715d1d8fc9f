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
        static let depth = 8
        static let faults = 100
    }

    private var result: SettingsAssignments

    /// Reads `bytes`, one whole file.
    static func read(_ bytes: [UInt8]) -> SettingsAssignments {
        let (root, faults) = DocumentReader.read(bytes)
        var reader = SettingsReader(result: SettingsAssignments(faults: faults))
        if let root { reader.readDocument(root) }
        return reader.result
    }

    private mutating func readDocument(_ root: DocumentNode) {
        switch root.content {
        case .section(let entries):
            readSection(entries, path: "", depth: 0)
        case .nothing:
            return
        default:
            refuse(
                .wrongType, root.position, "The file holds no settings at its top level",
                "Write lines of the form `key: value`")
        }
    }

    private mutating func refuse(
        _ kind: SettingsProblem.Kind, _ position: SettingsPosition, _ what: String, _ remedy: String
    ) {
        guard result.faults.count < Limit.faults else { return }
        result.faults.append(SettingsFault(kind: kind, position: position, what: what, remedy: remedy))
    }

    private mutating func readSection(_ entries: [DocumentEntry], path: String, depth: Int) {
        for entry in entries { readKey(path.isEmpty ? entry.key : "\(path).\(entry.key)", entry, depth) }
    }

    private mutating func readKey(_ path: String, _ entry: DocumentEntry, _ depth: Int) {
        let isOneWord = !entry.key.isEmpty && !entry.key.contains(".")
        if isOneWord, let definition = SettingsTable.definition(of: path) {
            result.assignments.append(.init(definition: definition, value: Self.value(of: entry.value)))
        } else if isOneWord, SettingsTable.isSection(path) {
            readSubsection(path, entry.value, depth)
        } else {
            refuse(
                .unknownKey, entry.position, "There is no setting `\(SettingValue.shortened(path))`",
                SettingsTable.remedy(forUnknown: path))
        }
    }

    private mutating func readSubsection(_ path: String, _ node: DocumentNode, _ depth: Int) {
        switch node.content {
        case .section(let entries) where depth < Limit.depth:
            readSection(entries, path: path, depth: depth + 1)
        case .nothing:
            return  // A section all of whose keys are commented out.
        default:
            let keys = SettingsTable.definitions.filter { $0.path.hasPrefix(path + ".") }.map { "`\($0.path)`" }
            refuse(
                .wrongType, node.position, "`\(path)` is a section, not a value",
                "Give its keys under it, indented: \(keys.joined(separator: ", "))")
        }
    }

    private static func value(of node: DocumentNode) -> SettingValue {
        switch node.content {
        case .nothing: SettingValue(content: .nothing, position: node.position)
        case .scalar(let text, let quoted):
            SettingValue(content: .scalar(text, quoted: quoted), position: node.position)
        case .list(let members):
            // Lists of lists are of no use to any key: what is inside is left out.
            SettingValue(
                content: .list(
                    members.map { member in
                        if case .list = member.content {
                            return SettingValue(content: .section, position: member.position)
                        }
                        return value(of: member)
                    }), position: node.position)
        case .section: SettingValue(content: .section, position: node.position)
        }
    }
}
