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

    /// The whole number of the field `key`; nil if it is absent. Read as a fraction first: a decoder that is asked for
    /// a whole number and finds 1.5 does not tell the field.
    func wholeNumberIfPresent(_ key: Key, in range: ClosedRange<Int>) throws -> Int? {
        guard let number = try decodeIfPresent(Double.self, forKey: key) else { return nil }
        guard let whole = Int(exactly: number), range.contains(whole) else {
            throw problem(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
