/// The one-use code of an invitation: 80 bits, spoken over the fence as 16 characters of Crockford's base 32.
/// It is a secret while the invitation is open, so it has no description.
@frozen public struct InvitationCode: Equatable, Sendable {
    /// Why a text is no code.
    @frozen public enum TextError: Error, Hashable, Sendable {
        /// Not 16 characters, apart from spaces and dashes.
        case wrongLength
        /// A character that stands for no digit.
        case unknownCharacter
    }

    public static let characterCount = 16
    static let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    /// Most significant bits first.
    public let bytes: Bytes10

    public init(_ bytes: Bytes10) { self.bytes = bytes }

    /// Reads a code as somebody typed it: `O` is 0, `I` and `L` are 1; case, spaces and dashes do not matter.
    public init(_ text: String) throws(TextError) {
        var bytes = Bytes10()
        var characters = 0
        for character in text.utf8 where character != UInt8(ascii: " ") && character != UInt8(ascii: "-") {
            guard characters < Self.characterCount else { throw .wrongLength }
            guard let digit = Self.digit(character) else { throw .unknownCharacter }
            for bit in 0..<5 where digit >> UInt8(4 - bit) & 1 == 1 {
                let place = characters * 5 + bit
                bytes[place / 8] |= 0x80 >> UInt8(place % 8)
            }
            characters += 1
        }
        guard characters == Self.characterCount else { throw .wrongLength }
        self.bytes = bytes
    }

    /// The 16 characters in four groups, joined by dashes.
    public var text: String {
        var text = ""
        for index in 0..<Self.characterCount {
            if index > 0, index % 4 == 0 { text.append("-") }
            var digit = 0
            for bit in 0..<5 {
                let place = index * 5 + bit
                digit = digit << 1 | Int(bytes[place / 8] >> UInt8(7 - place % 8) & 1)
            }
            text.unicodeScalars.append(Unicode.Scalar(Self.alphabet.utf8Start[digit]))
        }
        return text
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        let upper = character >= UInt8(ascii: "a") && character <= UInt8(ascii: "z") ? character - 32 : character
        switch upper {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: break
        }
        for index in 0..<32 where alphabet.utf8Start[index] == upper { return UInt8(index) }
        return nil
    }
}
