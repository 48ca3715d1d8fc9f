/// A misspelt field must not pass for an absent one: what was meant to narrow a consent would widen it in silence.
/// So requests refuse keys they do not know, and every complaint names its field.
extension Decoder {
    func strictContainer<Key: CodingKey & CaseIterable>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let known = Key.allCases.map(\.stringValue)
        for key in try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).sorted() where !known.contains(key) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: codingPath + [AnyKey(stringValue: String(key.prefix(40)))],
                    debugDescription: "is not a field of this request; there are \(known.joined(separator: ", "))"))
        }
        return try container(keyedBy: type)
    }
}

extension KeyedDecodingContainer {
    /// The error that says what is wrong with the field `key`.
    func problem(_ key: Key, _ what: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath + [key], debugDescription: what))
    }

    func checked(_ text: String, _ key: Key, _ rule: NameRule) throws -> String {
        if let problem = rule.problem(with: text) { throw self.problem(key, problem) }
        return text
    }

    func checked(_ number: Int, _ key: Key, in range: ClosedRange<Int>) throws -> Int {
        guard range.contains(number) else {
            throw problem(key, "must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
