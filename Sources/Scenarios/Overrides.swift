import Settings

/// A `--set key=value`: the same keys as in the file, with `[n]` for the entries of a list.
struct Override {
    enum Step: Equatable {
        case key(String)
        case entry(Int)
    }

    let steps: [Step]
    let value: DocumentNode

    /// Reads `topology.houses=9` or `devices[0].traffic.every=30 s`.
    /// - Parameter number: which one of the command line's it is: errors are told by it.
    init(_ text: String, number: Int) throws(SettingsFault) {
        let position = Override.position(number)
        func fault(_ what: String, _ remedy: String) -> SettingsFault {
            SettingsFault(kind: .notText, position: position, what: what, remedy: remedy)
        }
        guard let equals = text.firstIndex(of: "=") else {
            throw fault("There is no `=`", "Write it as `key=value`, such as `topology.houses=9`")
        }
        guard let steps = Override.steps(String(text[..<equals]).trimmed) else {
            throw fault("The key is none", "Write it as `topology.houses` or `devices[0].traffic.every`")
        }
        let given = DocumentReader.read(Array(("value: " + text[text.index(after: equals)...]).utf8))
        if let first = given.faults.first { throw fault(first.what, first.remedy) }
        guard case .section(let entries)? = given.root?.content, let entry = entries.first, entries.count == 1 else {
            throw fault("The value is none", "Write it as in a scenario's file")
        }
        self.steps = steps
        value = Override.moved(entry.value, to: position)
    }

    /// Places on the command line stand in line 0, one column an option.
    static func position(_ number: Int) -> SettingsPosition { SettingsPosition(line: 0, column: number + 1) }

    private static func moved(_ node: DocumentNode, to position: SettingsPosition) -> DocumentNode {
        switch node.content {
        case .nothing, .scalar: DocumentNode(node.content, position)
        case .list(let members): DocumentNode(.list(members.map { moved($0, to: position) }), position)
        case .section(let entries):
            DocumentNode(
                .section(
                    entries.map { DocumentEntry(key: $0.key, position: position, value: moved($0.value, to: position)) }
                ),
                position)
        }
    }

    private static func steps(_ text: String) -> [Step]? {
        var steps: [Step] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            guard let key = pieces.first, !key.isEmpty, pieces.count <= 3 else { return nil }
            steps.append(.key(String(key)))
            for piece in pieces.dropFirst() {
                guard piece.hasSuffix("]"), let number = UInt16(piece.dropLast()) else { return nil }
                steps.append(.entry(Int(number)))
            }
        }
        return steps.count <= 8 ? steps : nil
    }

    /// Puts the value into a tree in place of what is there.
    func apply(to root: inout DocumentNode) throws(SettingsFault) {
        try apply(steps[...], to: &root)
    }

    private func apply(_ steps: ArraySlice<Step>, to node: inout DocumentNode) throws(SettingsFault) {
        switch steps.first {
        case nil:
            node = value
        case .key(let key):
            var entries: [DocumentEntry] = []
            if case .section(let present) = node.content { entries = present }
            if !entries.contains(where: { $0.key == key }) {
                entries.append(
                    DocumentEntry(key: key, position: value.position, value: DocumentNode(.nothing, value.position)))
            }
            for index in entries.indices where entries[index].key == key {
                try apply(steps.dropFirst(), to: &entries[index].value)
            }
            node = DocumentNode(.section(entries), node.position)
        case .entry(let number):
            var members: [DocumentNode] = []
            if case .list(let present) = node.content { members = present }
            guard number <= members.count else {
                throw SettingsFault(
                    kind: .outOfRange, position: value.position, what: "There is no entry [\(number)]",
                    remedy: "The list has \(members.count) entries, from [0]; one more may be added")
            }
            if number == members.count { members.append(DocumentNode(.nothing, value.position)) }
            try apply(steps.dropFirst(), to: &members[number])
            node = DocumentNode(.list(members), node.position)
        }
    }
}
