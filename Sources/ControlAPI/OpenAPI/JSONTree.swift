/// JSON as it is built here, without any type behind it.
enum JSONTree: Encodable, Sendable {
    case object([String: JSONTree])
    case list([JSONTree])
    case text(String)
    case number(Int)
    case boolean(Bool)

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members):
            var container = encoder.container(keyedBy: Key.self)
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                try container.encode(value, forKey: Key(stringValue: name))
            }
        case .list(let members):
            var container = encoder.unkeyedContainer()
            for member in members { try container.encode(member) }
        case .text(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .number(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .boolean(let boolean):
            var container = encoder.singleValueContainer()
            try container.encode(boolean)
        }
    }
}

/// JSON Schemas (2020-12), as the description of the API needs them.
extension JSONTree {
    static let anyText = JSONTree.object(["type": .text("string")])
    static let flag = JSONTree.object(["type": .text("boolean")])
    /// Not negative.
    static let count = JSONTree.object(["type": .text("integer"), "minimum": .number(0)])
    /// Seconds since 1970, UTC.
    static let time = JSONTree.object([
        "type": .text("integer"), "description": .text("Seconds since 1970-01-01 00:00 UTC."),
    ])

    static func name(_ rule: NameRule) -> JSONTree {
        .object([
            "type": .text("string"), "minLength": .number(1), "maxLength": .number(rule.bytesMax),
            "description": .text("At most \(rule.bytesMax) bytes, no control characters, no space at either end."),
        ])
    }

    static func whole(_ range: ClosedRange<Int>) -> JSONTree {
        .object([
            "type": .text("integer"), "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
        ])
    }

    static func pattern(_ pattern: String) -> JSONTree {
        .object(["type": .text("string"), "pattern": .text(pattern)])
    }

    static func words(_ words: [String]) -> JSONTree {
        .object(["type": .text("string"), "enum": .list(words.map(JSONTree.text))])
    }

    static func words<Word: RawRepresentable<String> & CaseIterable>(of type: Word.Type) -> JSONTree {
        words(Word.allCases.map(\.rawValue))
    }

    static func many(_ member: JSONTree, max: Int? = nil) -> JSONTree {
        var list: [String: JSONTree] = ["type": .text("array"), "items": member]
        if let max { list["maxItems"] = .number(max) }
        return .object(list)
    }

    static func reference(_ name: String) -> JSONTree { .object(["$ref": .text("#/components/schemas/\(name)")]) }

    /// An object with these fields and no others.
    static func record(_ required: [String: JSONTree], optional: [String: JSONTree] = [:]) -> JSONTree {
        .object([
            "type": .text("object"), "additionalProperties": .boolean(false),
            "required": .list(required.keys.sorted().map(JSONTree.text)),
            "properties": .object(required.merging(optional) { first, _ in first }),
        ])
    }
}
