import Testing
import Wire

@testable import Sealing

struct HashChainTests {
    private static let seed = [UInt8](1...20)

    /// The chain as the document defines it, without the code under test.
    private static func values(length: Int) -> [[UInt8]] {
        var values = [seed]
        for index in (0..<length).reversed() {
            let input = Array("sidegate 1 validity".utf8) + [UInt8(index & 0xff), UInt8(index >> 8)] + values[0]
            values.insert(Array(SHA256.hash(input).array.prefix(20)), at: 0)
        }
        return values
    }

    @Test(arguments: [1, 2, 180, 181, 300, 366])
    func valuesFollowTheDefinitionAndVerify(length: Int) throws {
        let chain = try HashChain(seed: SecretBytes(Self.seed), length: length)
        let expected = Self.values(length: length)
        #expect(chain.target.array == expected[0])
        for day in 0...length {
            let value = try chain.value(day: day)
            #expect(value.array == expected[day])
            #expect(HashChain.verify(value, day: day, target: chain.target))
        }
    }

    @Test func laterValueVerifiesAfterEveryEarlierOneAndNoOther() throws {
        let chain = try HashChain(seed: SecretBytes(Self.seed), length: 40)
        let values = try (0...40).map { try chain.value(day: $0) }
        for verified in 0...40 {
            for day in 0...40 {
                let holds = HashChain.verify(values[day], day: day, after: values[verified], verifiedDay: verified)
                #expect(holds == (day >= verified))
            }
        }
    }

    @Test func valueOfOneDayServesForNoOther() throws {
        let chain = try HashChain(seed: SecretBytes(Self.seed), length: 30)
        for day in 0...30 {
            let value = try chain.value(day: day)
            for claimed in 0...31 {
                #expect(HashChain.verify(value, day: claimed, target: chain.target) == (claimed == day))
            }
        }
    }

    @Test func everyFlippedBitOfAValueFails() throws {
        let chain = try HashChain(seed: SecretBytes(Self.seed), length: 30)
        let value = try chain.value(day: 17).array
        for bit in 0..<160 {
            let changed = try #require(Bytes20(flipping(bit: bit, of: value)))
            #expect(!HashChain.verify(changed, day: 17, target: chain.target))
        }
    }

    @Test func daysBeyondTheLimitsAreRefusedWithoutWork() throws {
        let chain = try HashChain(seed: SecretBytes(Self.seed), length: 366)
        let last = try chain.value(day: 366)
        #expect(HashChain.verify(last, day: 366, target: chain.target))
        for day in [-1, 367, Int.max, Int.min] {
            #expect(!HashChain.verify(last, day: day, target: chain.target))
            #expect(!HashChain.verify(last, day: day, after: last, verifiedDay: day))
            #expect(throws: SealingError.wrongLength) { try chain.value(day: day) }
        }
        for length in [-1, 0, 367, Int.max] {
            #expect(throws: SealingError.wrongLength) {
                try HashChain(seed: SecretBytes(Self.seed), length: length)
            }
        }
        for count in [0, 19, 21, 32] {
            #expect(throws: SealingError.invalidKey) {
                try HashChain(seed: SecretBytes([UInt8](repeating: 0, count: count)), length: 10)
            }
        }
    }

    @Test func lockFollowsTheDefinitionAndOpensForItsSecretAndEndOnly() throws {
        let secret = try #require(Bytes20(Self.seed))
        let end = WallTime(seconds: 0x0102_0304)
        let target = HashLock.target(secret: secret, optInEnd: end)
        let input = Array("sidegate 1 revocation".utf8) + Self.seed + [4, 3, 2, 1]
        #expect(target.array == Array(SHA256.hash(input).array.prefix(20)))
        #expect(try HashLock.target(secret: SecretBytes(Self.seed), optInEnd: end) == target)
        #expect(HashLock.opens(target, secret: secret, optInEnd: end))
        for bit in 0..<160 {
            let changed = try #require(Bytes20(flipping(bit: bit, of: Self.seed)))
            #expect(!HashLock.opens(target, secret: changed, optInEnd: end))
        }
        for bit in 0..<32 {
            let other = WallTime(seconds: end.seconds ^ (1 << UInt32(bit)))
            #expect(!HashLock.opens(target, secret: secret, optInEnd: other))
        }
        #expect(throws: SealingError.invalidKey) {
            try HashLock.target(secret: SecretBytes([1, 2]), optInEnd: end)
        }
    }
}
