import SeededRandom
import Testing
import Wire

@testable import Sealing

struct HashTests {
    /// FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func hashMatchesFIPS180(text: String, expected: String) {
        let message = Array(text.utf8)
        #expect(SHA256.hash(message).hexadecimal == expected)
        var hasher = SHA256()
        message.withUnsafeBytes { hasher.update($0) }
        #expect(hasher.finish20().array == Array(bytes(expected).prefix(20)))
    }

    @Test func hashOfPartsEqualsHashOfTheWholeAndOneContextServesAgain() {
        var random = SplitMix64(seed: 2)
        var hasher = SHA256()
        for _ in 0..<100 {
            let parts = (0..<3).map { _ in random.bytes(Int.random(in: 0...100, using: &random)) }
            let expected = SHA256.hash(parts[0] + parts[1] + parts[2])
            for part in parts { part.withUnsafeBytes { hasher.update($0) } }
            #expect(hasher.finish() == expected)
            parts[0].withUnsafeBytes { first in
                (parts[1] + parts[2]).withUnsafeBytes { rest in
                    #expect(SHA256.hash(first, rest) == expected)
                }
            }
        }
    }

    @Test func numbersAndTextAreHashedAsTheirBytes() {
        var hasher = SHA256()
        hasher.update("ab")
        hasher.update(littleEndian: UInt32(0x0102_0304))
        hasher.update(Bytes16())
        #expect(hasher.finish() == SHA256.hash([0x61, 0x62, 4, 3, 2, 1] + [UInt8](repeating: 0, count: 16)))
    }

    /// RFC 4231, sections 4.2 to 4.8 (4.6 truncates), and keys about as long as a block.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "4869205468657265",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            String(repeating: "aa", count: 131),
            "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            String(repeating: "aa", count: 131),
            hexadecimal(
                "This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
        // Keys about as long as a block: figures of Python's hmac.
        (
            (0..<63).map { hex(UInt8($0)) }.joined(), hexadecimal("sidegate"),
            "90a266e9a15dfe00ca12aa7fb7f1324de9aa53e1393413d884b5be95cba113b7"
        ),
        (
            (0..<64).map { hex(UInt8($0)) }.joined(), hexadecimal("sidegate"),
            "99c569892202981474db706530c030ff0310346ceb273c3d188f4f0e9ca558bc"
        ),
        (
            (0..<65).map { hex(UInt8($0)) }.joined(), hexadecimal("sidegate"),
            "97cbbc8b1108dda193a4952a918f44ff998da3a22c0cf3319e40521323bd70a9"
        ),
    ])
    func codeMatchesRFC4231(key: String, message: String, expected: String) {
        #expect(HMACSHA256.code(key: secret(key), over: bytes(message)).hexadecimal == expected)
        var kept = HMACSHA256(key: secret(key))
        for _ in 0..<2 {
            for byte in bytes(message) { [byte].withUnsafeBytes { kept.update($0) } }
            #expect(kept.finish().hexadecimal == expected)
        }
    }

    /// RFC 5869, appendix A.1 to A.3.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 22), "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        (
            (0..<80).map { hex(UInt8($0)) }.joined(), (0x60..<0xb0).map { hex(UInt8($0)) }.joined(),
            (0xb0..<0x100).map { hex(UInt8($0)) }.joined(),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            """
            b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
            da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87
            """
        ),
        (
            String(repeating: "0b", count: 22), "", "",
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ])
    func derivationMatchesRFC5869(
        material: String, salt: String, info: String, key: String, expected: String
    ) throws {
        let extracted = bytes(salt).withUnsafeBytes { salt in
            bytes(material).withUnsafeBytes { KeyDerivation.extract(salt: salt, keyMaterial: $0) }
        }
        #expect(extracted.array == bytes(key))
        let output = bytes(expected)
        #expect(try KeyDerivation.expand(extracted, label: bytes(info), length: output.count).array == output)
    }

    @Test func expansionIsAPrefixOfALongerOneAndLabelJoinsContext() throws {
        let key = SecretBytes([UInt8](repeating: 7, count: 32))
        let longest = try KeyDerivation.expand(key, label: "ab", context: [1, 2], length: KeyDerivation.lengthMax)
        #expect(longest.count == 8160)
        for length in [1, 31, 32, 33, 64, 8159] {
            let shorter = try KeyDerivation.expand(key, label: [0x61, 0x62, 1, 2], length: length)
            #expect(shorter.array == Array(longest.array.prefix(length)))
        }
    }

    @Test(arguments: [-1, 0, 8161, Int.max])
    func expansionOfAnImpossibleLengthIsRefused(length: Int) {
        let key = SecretBytes([UInt8](repeating: 7, count: 32))
        #expect(throws: SealingError.wrongLength) { try KeyDerivation.expand(key, label: "ab", length: length) }
    }
}

private func hex(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
}

private func hexadecimal(_ text: String) -> String { text.utf8.map(hex).joined() }
