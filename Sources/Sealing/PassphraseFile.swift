/// A secret in a file under a passphrase: JWE in its compact form (RFC 7516, section 7.1) with PBES2-HS512+A256KW and
/// A256GCM (RFC 7518, sections 4.8 and 5.3), so that other tools open it too.
///
/// ```
/// BASE64URL(header) . BASE64URL(wrapped key) . BASE64URL(nonce) . BASE64URL(ciphertext) . BASE64URL(tag)
/// ```
public enum PassphraseFile {
    /// Rounds of PBKDF2 in what is made here.
    public static let countMade = 600_000
    /// What is read: fewer protect nothing, more would only keep the machine busy.
    public static let countRead = 1_000...5_000_000
    /// Bytes of a file, and of what it holds.
    public static let bytesMax = 24 * 1024 * 1024
    public static let plaintextBytesMax = 16 * 1024 * 1024
    static let headerBytesMax = 1_024

    /// What is random about one file: salt 16, content key 32, nonce 12.
    public struct Randomness: Sendable {
        let salt: [UInt8]
        let contentKey: SecretBytes
        let nonce: [UInt8]

        /// `wrongLength` unless `bytes` are 60.
        public init(_ bytes: SecretBytes) throws(SealingError) {
            guard bytes.count == 60 else { throw .wrongLength }
            salt = bytes.withUnsafeBytes { Array($0[..<16]) }
            contentKey = try bytes.part(16..<48)
            nonce = bytes.withUnsafeBytes { Array($0[48...]) }
        }
    }

    /// Why a file does not open.
    public enum Failure: Error, Equatable, Sendable {
        /// Too long, cut off, or no JWE in its compact form.
        case notAFile
        /// Another algorithm, or a number of rounds out of bounds.
        case unsupported
        /// Another passphrase, or the file was altered.
        case passphrase
        case libraryFailure
    }

    /// What seals one file, once: its nonce must not be used again. Making it takes the time that a passphrase costs.
    public struct Sealer: Sendable {
        private let randomness: Randomness
        private let wrapped: [UInt8]
        private let count: Int

        /// `wrongLength` for an empty passphrase.
        public init(
            passphrase: SecretBytes, randomness: Randomness, count: Int = countMade
        ) throws(SealingError) {
            let key = try PassphraseKey.derive(passphrase, salt: randomness.salt, count: count)
            wrapped = try PassphraseKey.wrap(randomness.contentKey, under: key)
            self.randomness = randomness
            self.count = count
        }

        /// `type` says in the header what the file holds ("cty"): letters, digits, `-`, `+`, `.` and `/`.
        public func seal(
            _ plaintext: UnsafeRawBufferPointer, type: StaticString
        ) throws(SealingError) -> [UInt8] {
            guard plaintext.count <= plaintextBytesMax else { throw .wrongLength }
            let salt = String(decoding: Base64URL.encode(randomness.salt), as: UTF8.self)
            let header =
                "{\"alg\":\"\(PassphraseKey.algorithm)\",\"enc\":\"A256GCM\",\"p2s\":\"\(salt)\",\"p2c\":\(count),"
                + "\"cty\":\"\(type)\"}"
            let protected = Base64URL.encode(Array(header.utf8))
            let (ciphertext, tag) = try AES256GCM.seal(
                key: randomness.contentKey, nonce: randomness.nonce, associatedData: protected, plaintext: plaintext)
            var file = protected
            for part in [wrapped, randomness.nonce, ciphertext, tag] {
                file.append(UInt8(ascii: "."))
                file += Base64URL.encode(part)
            }
            return file
        }
    }

    /// What the file holds. White space around it is passed over.
    public static func open(_ file: [UInt8], passphrase: SecretBytes) throws(Failure) -> SecretBytes {
        guard file.count <= bytesMax else { throw .notAFile }
        let isSpace = { (byte: UInt8) in byte == 0x20 || (9...13).contains(byte) }
        let text = file.drop(while: isSpace)
        let end = text.lastIndex { !isSpace($0) } ?? text.startIndex
        let parts = text[..<(text.isEmpty ? end : end + 1)].split(
            separator: UInt8(ascii: "."), maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].count <= headerBytesMax, let headerBytes = Base64URL.decode(parts[0]),
            let wrapped = Base64URL.decode(parts[1]), let nonce = Base64URL.decode(parts[2]),
            let ciphertext = Base64URL.decode(parts[3]), let tag = Base64URL.decode(parts[4])
        else { throw .notAFile }
        let header = try FlatHeader(headerBytes)
        guard header.text("alg") == "PBES2-HS512+A256KW", header.text("enc") == "A256GCM", !header.has("crit"),
            !header.has("zip"), let count = header.number("p2c"), countRead.contains(count),
            let salt = header.text("p2s").flatMap({ Base64URL.decode(Array($0.utf8)[...]) }), salt.count >= 8
        else { throw .unsupported }
        do throws(SealingError) {
            let key = try PassphraseKey.derive(passphrase, salt: salt, count: count)
            let contentKey = try PassphraseKey.unwrap(wrapped, under: key)
            return try AES256GCM.open(
                key: contentKey, nonce: nonce, associatedData: Array(parts[0]), ciphertext: ciphertext, tag: tag)
        } catch {
            throw error == .libraryFailure ? .libraryFailure : .passphrase
        }
    }
}

/// The header of a JWE: one flat JSON object of texts without escapes and of whole numbers. Anything else is refused.
struct FlatHeader {
    private enum Value {
        case text(String)
        case number(Int)
    }
    private static let membersMax = 16

    private var members: [(name: String, value: Value)] = []

    init(_ bytes: [UInt8]) throws(PassphraseFile.Failure) {
        var rest = bytes[...]
        Self.skip(&rest)
        try Self.take("{", &rest)
        Self.skip(&rest)
        if rest.first == UInt8(ascii: "}") {
            rest.removeFirst()
        } else {
            while true {
                guard members.count < Self.membersMax else { throw .unsupported }
                let name = try Self.text(&rest)
                guard !has(name) else { throw .unsupported }
                Self.skip(&rest)
                try Self.take(":", &rest)
                Self.skip(&rest)
                members.append((name, try Self.value(&rest)))
                Self.skip(&rest)
                if rest.first == UInt8(ascii: "}") { break }
                try Self.take(",", &rest)
                Self.skip(&rest)
            }
            rest.removeFirst()
        }
        Self.skip(&rest)
        guard rest.isEmpty else { throw .notAFile }
    }

    func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    func text(_ name: String) -> String? {
        if case .text(let text)? = members.first(where: { $0.name == name })?.value { text } else { nil }
    }

    func number(_ name: String) -> Int? {
        if case .number(let number)? = members.first(where: { $0.name == name })?.value { number } else { nil }
    }

    private static func skip(_ rest: inout ArraySlice<UInt8>) {
        rest = rest.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
    }

    private static func take(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) throws(PassphraseFile
        .Failure)
    {
        guard rest.first == UInt8(ascii: character) else { throw .notAFile }
        rest.removeFirst()
    }

    private static func text(_ rest: inout ArraySlice<UInt8>) throws(PassphraseFile.Failure) -> String {
        try take("\"", &rest)
        let text = rest.prefix { $0 != UInt8(ascii: "\"") }
        guard text.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else { throw .unsupported }
        rest = rest.dropFirst(text.count)
        try take("\"", &rest)
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(_ rest: inout ArraySlice<UInt8>) throws(PassphraseFile.Failure) -> Value {
        if rest.first == UInt8(ascii: "\"") { return .text(try text(&rest)) }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...10).contains(digits.count), let number = Int(String(decoding: digits, as: UTF8.self)) else {
            throw .unsupported
        }
        rest = rest.dropFirst(digits.count)
        return .number(number)
    }
}

/// Base 64 with the alphabet for URLs and without padding (RFC 4648, section 5; RFC 7515, appendix C).
public enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    public static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var (held, bits): (UInt32, Int) = (0, 0)
        for byte in bytes {
            held = held << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(held >> UInt32(bits)) & 63])
            }
            held &= 1 << UInt32(bits) - 1
        }
        if bits > 0 { text.append(alphabet[Int(held << UInt32(6 - bits)) & 63]) }
        return text
    }

    /// Nil for another character, a length that no bytes have, or bits left over that are not zero.
    public static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var (held, bits): (UInt32, Int) = (0, 0)
        for character in text {
            let value = values[Int(character)]
            guard value < 64 else { return nil }
            held = held << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: held >> UInt32(bits)))
                held &= 1 << UInt32(bits) - 1
            }
        }
        return bits < 6 && held == 0 ? bytes : nil
    }
}
