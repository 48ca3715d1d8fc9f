import SeededRandom
import Testing
import Wire

@testable import Sealing

struct KeyedHashTests {
    private static let key = "2b7e151628aed2a6abf7158809cf4f3c"
    private static let message = bytes(
        """
        6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
        30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710
        """)

    /// RFC 4493, section 4.
    @Test(arguments: [
        (0, "bb1d6929e95937287fa37d129b756746"), (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"), (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ])
    func tagMatchesRFC4493(length: Int, expected: String) throws {
        let hash = try KeyedHash(key: secret(Self.key))
        for _ in 0..<3 {
            Self.message.withUnsafeBytes { whole in
                let part = UnsafeRawBufferPointer(rebasing: whole.prefix(length))
                #expect(hash.tag16(over: part).array == bytes(expected))
                #expect(
                    hash.tag8(over: part) == bytes(expected).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
            }
        }
    }

    /// The figure is libcrypto's own CMAC over its tags of the first 0 to 600 bytes of the message.
    @Test func tagsOfEveryLengthAreThoseOfAnotherImplementation() throws {
        let hash = try KeyedHash(key: SecretBytes((0..<16).map { $0 * 7 + 1 }))
        let message = (0..<600).map { UInt8(truncatingIfNeeded: $0 * 31 + 5) }
        var tags: [UInt8] = []
        message.withUnsafeBytes { whole in
            for length in 0...600 {
                tags += hash.tag16(over: UnsafeRawBufferPointer(rebasing: whole.prefix(length))).array
            }
        }
        #expect(tags.withUnsafeBytes { hash.tag16(over: $0) }.hexadecimal == "f44d71429465a9fdcc0b5d3532be7f63")
        // However it is cut: chunks of the cipher and parts of the message have nothing to do with each other.
        for cut in [1, 15, 16, 255, 256, 257, 511, 599] {
            tags.withUnsafeBytes { whole in
                let head = UnsafeRawBufferPointer(rebasing: whole.prefix(cut))
                let rest = UnsafeRawBufferPointer(rebasing: whole.dropFirst(cut))
                #expect(hash.tag16(over: head, rest).hexadecimal == "f44d71429465a9fdcc0b5d3532be7f63")
            }
        }
    }

    @Test func tagOverPartsEqualsTagOverTheWholeWhereverItIsCut() throws {
        let hash = try KeyedHash(key: secret(Self.key))
        Self.message.withUnsafeBytes { whole in
            let expected = hash.tag16(over: whole)
            let short = hash.tag8(over: whole)
            for first in 0...64 {
                let head = UnsafeRawBufferPointer(rebasing: whole.prefix(first))
                let rest = UnsafeRawBufferPointer(rebasing: whole.dropFirst(first))
                #expect(hash.tag16(over: head, rest) == expected)
                #expect(hash.tag8(over: head, rest) == short)
                #expect(hash.verify8(short, over: head, rest))
                for second in stride(from: 0, through: rest.count, by: 7) {
                    let middle = UnsafeRawBufferPointer(rebasing: rest.prefix(second))
                    let tail = UnsafeRawBufferPointer(rebasing: rest.dropFirst(second))
                    #expect(hash.tag16(over: head, middle, tail) == expected)
                    #expect(hash.tag8(over: head, middle, tail) == short)
                    #expect(hash.verify8(short, over: head, middle, tail))
                }
            }
        }
    }

    @Test func verificationFailsForEveryFlippedBitOfTagAndMessage() throws {
        let hash = try KeyedHash(key: secret(Self.key))
        let tag = Self.message.withUnsafeBytes { hash.tag8(over: $0) }
        let long = Self.message.withUnsafeBytes { hash.tag16(over: $0) }
        Self.message.withUnsafeBytes { message in
            #expect(hash.verify8(tag, over: message))
            #expect(hash.verify16(long, over: message))
            for bit in 0..<64 { #expect(!hash.verify8(tag ^ (1 << UInt64(bit)), over: message)) }
            for bit in 0..<128 {
                var changed = long
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!hash.verify16(changed, over: message))
            }
        }
        for bit in 0..<(8 * Self.message.count) {
            flipping(bit: bit, of: Self.message).withUnsafeBytes { #expect(!hash.verify8(tag, over: $0)) }
        }
    }

    @Test func keptContextsOfManyKeysDoNotMix() throws {
        var random = SplitMix64(seed: 1)
        let keys = (0..<50).map { _ in SecretBytes(random.bytes(16)) }
        let kept = try keys.map { try KeyedHash(key: $0) }
        for _ in 0..<500 {
            let index = Int.random(in: 0..<50, using: &random)
            let message = random.bytes(Int.random(in: 0...250, using: &random))
            let fresh = try KeyedHash(key: keys[index])
            message.withUnsafeBytes { #expect(kept[index].tag16(over: $0) == fresh.tag16(over: $0)) }
        }
    }

    @Test func hashThatTookAnotherKeyIsThatOfAFreshOne() throws {
        var random = SplitMix64(seed: 3)
        let rekeyed = try KeyedHash(key: SecretBytes(random.bytes(16)))
        for _ in 0..<100 {
            let key = random.bytes(16)
            var taken = Bytes16()
            taken.withUnsafeMutableBytes { $0.copyBytes(from: key) }
            rekeyed.rekey(taken)
            let fresh = try KeyedHash(key: SecretBytes(key))
            for _ in 0..<3 {
                let message = random.bytes(Int.random(in: 0...80, using: &random))
                message.withUnsafeBytes { #expect(rekeyed.tag16(over: $0) == fresh.tag16(over: $0)) }
            }
        }
    }

    @Test(arguments: [0, 1, 15, 17, 24, 32])
    func keyOfAnotherLengthIsInvalid(length: Int) {
        #expect(throws: SealingError.invalidKey) {
            try KeyedHash(key: SecretBytes([UInt8](repeating: 1, count: length)))
        }
    }
}
