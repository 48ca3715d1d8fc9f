import Wire

/// What can be wrong with an invitation's code that somebody typed.
public enum CodeProblem: Error, Equatable, Sendable {
    case length(Int)
    case character(Character)

    /// In words, for a person.
    public var message: String {
        switch self {
        case .length(let count):
            "a code has \(InvitationCode.characterCount) letters and digits, this one has \(count)"
        case .character(let character): "'\(character)' is in no code: it has digits and letters, but no U"
        }
    }
}

extension InvitationCode {
    /// Reads what a person typed, with dashes and spaces of any kind.
    public init(typed: String) throws(CodeProblem) {
        let dashes = "-_\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}"
        let characters = typed.filter { !$0.isWhitespace && !dashes.contains($0) }
        guard characters.count == Self.characterCount else { throw .length(characters.count) }
        for character in characters where !Self.knows(character) {
            throw .character(NameRule.printable(String(character)).first ?? "?")
        }
        do throws(TextError) {
            try self.init(characters)
        } catch {
            throw .length(characters.count)
        }
    }

    private static func knows(_ character: Character) -> Bool {
        character.isASCII && (try? InvitationCode(String(repeating: character, count: characterCount))) != nil
    }
}

/// In JSON a code is written in four groups, `ABCD-EFGH-JKMN-PQRS`, and read however it was typed.
extension InvitationCode: Codable {
    public init(from decoder: any Decoder) throws {
        let field = try decoder.singleValueContainer()
        let typed = try field.decode(String.self)
        do throws(CodeProblem) {
            try self.init(typed: typed)
        } catch {
            throw DecodingError.dataCorruptedError(in: field, debugDescription: error.message)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var field = encoder.singleValueContainer()
        try field.encode(text)
    }
}
