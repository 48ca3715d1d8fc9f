import Testing

@testable import Sealing

/// Files under a passphrase, against the RFCs' published examples.
struct PassphraseFileTests {
    private func decoded(_ text: String) throws -> [UInt8] {
        try #require(Base64URL.decode(Array(text.utf8)[...]))
    }

    private func secret(_ text: String) -> SecretBytes { SecretBytes(Array(text.utf8)) }

    private func randomness(_ seed: UInt8) throws -> PassphraseFile.Randomness {
        try PassphraseFile.Randomness(SecretBytes((0..<60).map { seed &+ $0 }))
    }

    private func file(_ plaintext: [UInt8], _ passphrase: String = "correct horse", count: Int = 1_000) throws
        -> [UInt8]
    {
        let randomness = try randomness(7)
        return try plaintext.withUnsafeBytes { bytes in
            try PassphraseFile.Sealer(passphrase: secret(passphrase), randomness: randomness, count: count)
                .seal(bytes, type: "test")
        }
    }

    /// RFC 7520, section 5.3: the key of PBES2-HS512+A256KW from its passphrase, and the content key that it wraps.
    @Test func keyUnwrapsAsInRFC7520() throws {
        let key = try PassphraseKey.derive(
            secret("entrap_o\u{2013}peter_long\u{2013}credit_tun"), salt: decoded("8Q1SzinasR3xchYz6ZZcHA"), count: 8192
        )
        let wrapped = try decoded("d3qNhUWfqheyPp4H8sjOWsDYajoej4c5Je6rlUtFPWdgtURtmeDV1g")
        let contentKey = try PassphraseKey.unwrap(wrapped, under: key)
        #expect(try contentKey == SecretBytes(decoded("uwsjJXaBK407Qaf0_zpcpmr1Cs0CC50hIUEyGNEt3m0")))
        #expect(try PassphraseKey.wrap(contentKey, under: key) == wrapped)
        for place in wrapped.indices {
            var damaged = wrapped
            damaged[place] ^= 1
            #expect(throws: SealingError.authenticationFailed) { try PassphraseKey.unwrap(damaged, under: key) }
        }
    }

    /// RFC 7516, appendix A.1: the content under A256GCM.
    @Test func contentIsSealedAsInRFC7516() throws {
        let key = SecretBytes([
            177, 161, 244, 128, 84, 143, 225, 115, 63, 180, 3, 255, 107, 154, 212, 246, 138, 7, 110, 91, 112, 46, 34,
            105,
            47, 130, 203, 46, 122, 234, 64, 252,
        ])
        let header = Array("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ".utf8)
        let nonce = try decoded("48V1_ALb6US04U3b")
        let ciphertext = try decoded(
            "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A")
        let tag = try decoded("XFBoMYUZodetZdvTiFvSkQ")
        let plaintext = Array("The true sign of intelligence is not knowledge but imagination.".utf8)
        let opened = try AES256GCM.open(
            key: key, nonce: nonce, associatedData: header, ciphertext: ciphertext, tag: tag)
        #expect(opened == SecretBytes(plaintext))
        let sealed = try plaintext.withUnsafeBytes {
            try AES256GCM.seal(key: key, nonce: nonce, associatedData: header, plaintext: $0)
        }
        #expect(sealed.ciphertext == ciphertext && sealed.tag == tag)
    }

    @Test(arguments: [0, 1, 2, 3, 100, 70_000]) func fileOpensToWhatWasPutIn(count: Int) throws {
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try file(plaintext)
        #expect(try PassphraseFile.open(file, passphrase: secret("correct horse")) == SecretBytes(plaintext))
        #expect(
            try PassphraseFile.open([10, 32] + file + [13, 10], passphrase: secret("correct horse")).count == count)
        #expect(throws: PassphraseFile.Failure.passphrase) {
            try PassphraseFile.open(file, passphrase: secret("correct horsf"))
        }
    }

    /// However a file is altered or cut off: it does not open, and says why.
    @Test func damagedFileNeverOpens() throws {
        let file = try file(Array("what is inside".utf8))
        for place in file.indices {
            for other in [UInt8(ascii: "A"), UInt8(ascii: "."), 0xff] where file[place] != other {
                var damaged = file
                damaged[place] = other
                #expect(throws: PassphraseFile.Failure.self) {
                    try PassphraseFile.open(damaged, passphrase: secret("correct horse"))
                }
            }
            #expect(throws: PassphraseFile.Failure.self) {
                try PassphraseFile.open(Array(file[..<place]), passphrase: secret("correct horse"))
            }
        }
    }

    private static let headers = [
        "{}", "", "[]", "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000}",
        "{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A128GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000}",
        "{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A256GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":999}",
        "{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A256GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":5000001}",
        "{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A256GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":99999999999999999999}",
        "{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A256GCM\",\"p2s\":\"AAAA\",\"p2c\":1000}",
        "{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A256GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000,\"p2c\":1000}",
        "{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A256GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000,\"crit\":\"a\"}",
        "{\"alg\":\"PBES2-HS512+A256KW\",\"enc\":\"A256GCM\",\"p2s\":\"AAAAAAAAAAA\",\"p2c\":1000} x",
        "{\"alg\":\"PBES2\\u002d\",\"enc\":1}", "{\"a\":{}}", "{\"a\"", "{\"a\":\"", "{,}",
    ]

    /// No header makes it work for long, or under another algorithm.
    @Test(arguments: headers) func headerThatIsNotOursIsRefused(header: String) throws {
        let parts = try file([1]).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let forged = [Base64URL.encode(Array(header.utf8))] + parts.dropFirst().map { Array($0) }
        #expect(throws: PassphraseFile.Failure.self) {
            try PassphraseFile.open(Array(forged.joined(separator: [UInt8(ascii: ".")])), passphrase: secret("a"))
        }
    }

    @Test func whatIsTooLongIsRefused() throws {
        let long = [UInt8](repeating: UInt8(ascii: "A"), count: PassphraseFile.bytesMax + 1)
        #expect(throws: PassphraseFile.Failure.notAFile) { try PassphraseFile.open(long, passphrase: secret("a")) }
        #expect(throws: SealingError.wrongLength) {
            try file([UInt8](repeating: 0, count: PassphraseFile.plaintextBytesMax + 1))
        }
        #expect(throws: SealingError.wrongLength) { try PassphraseFile.Randomness(SecretBytes([1])) }
        #expect(PassphraseFile.countMade >= 600_000 && PassphraseFile.countRead.contains(PassphraseFile.countMade))
    }

    @Test func base64OfAnyBytesComesBackAndOtherTextIsRefused() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)[...]) == bytes)
        }
        for text in ["A", "AB=", "AA+A", "AB", "AAB", "A A"] { #expect(Base64URL.decode(Array(text.utf8)[...]) == nil) }
    }
}
