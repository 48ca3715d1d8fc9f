/// An invitation's code, as it is read over the fence: 16 characters of Crockford's base 32, 80 bits.
/// Case, dashes and spaces mean nothing, and O is taken for 0, I and L for 1.
/// It is a secret for as long as it is good, so it has no description; `canonical` and `spoken` give it out.
public struct InvitationCode: Sendable, Equatable {
    public static let characterCount = 16
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The 16 characters in capitals, without dashes.
    public let canonical: String

    /// What can be wrong with a code that somebody typed.
    public enum Problem: Error, Equatable, Sendable {
        case length(Int)
        case character(Character)

        /// In words, for a person.
        public var message: String {
            switch self {
            case .length(let count): "a code has 16 letters and digits, this one has \(count)"
            case .character(let character): "'\(character)' is in no code: it has digits and letters, but no U"
            }
        }
    }

    /// Reads what a person typed.
    public init(typed: String) throws(Problem) {
        var characters: [UInt8] = []
        var count = 0
        for character in typed {
            if character.isWhitespace || "-_\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}".contains(character) { continue }
            count += 1
            guard count <= Self.characterCount else { continue }
            guard let value = Self.value(of: character) else {
                throw .character(Self.isPrintable(character) ? character : "?")
            }
            characters.append(Self.alphabet[Int(value)])
        }
        guard count == Self.characterCount else { throw .length(count) }
        canonical = String(decoding: characters, as: UTF8.self)
    }

    /// The code that stands for 80 bits; nil unless `bytes` are 10.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 10 else { return nil }
        var characters: [UInt8] = []
        for half in [bytes[0..<5], bytes[5..<10]] {
            let bits = half.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            for shift in stride(from: 35, through: 0, by: -5) {
                characters.append(Self.alphabet[Int(bits >> UInt64(shift) & 31)])
            }
        }
        canonical = String(decoding: characters, as: UTF8.self)
    }

    /// The 10 bytes the code stands for, first character in the highest bits.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var bits: UInt64 = 0
        for (index, character) in canonical.enumerated() {
            bits = bits << 5 | UInt64(Self.value(of: character) ?? 0)
            guard index % 8 == 7 else { continue }
            for shift in stride(from: 32, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
            }
            bits = 0
        }
        return bytes
    }

    /// In four groups, for reading aloud: `ABCD-EFGH-JKMN-PQRS`.
    public var spoken: String {
        var text = ""
        for (index, character) in canonical.enumerated() {
            if index > 0, index % 4 == 0 { text.append("-") }
            text.append(character)
        }
        return text
    }

    private static func value(of character: Character) -> UInt8? {
        guard let ascii = character.asciiValue else { return nil }
        let capital = ascii >= 97 && ascii <= 122 ? ascii - 32 : ascii
        switch capital {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return alphabet.firstIndex(of: capital).map { UInt8($0) }
        }
    }

    private static func isPrintable(_ character: Character) -> Bool {
        character.unicodeScalars.count == 1 && NameRule.member.problem(with: String(character)) == nil
    }
}

extension InvitationCode: Codable {
    public init(from decoder: any Decoder) throws {
        let field = try decoder.singleValueContainer()
        let typed = try field.decode(String.self)
        do throws(Problem) {
            try self.init(typed: typed)
        } catch {
            throw DecodingError.dataCorruptedError(in: field, debugDescription: error.message)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var field = encoder.singleValueContainer()
        try field.encode(spoken)
    }
}
