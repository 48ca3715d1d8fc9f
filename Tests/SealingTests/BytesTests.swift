import SeededRandom
import Testing
import Wire

@testable import Sealing

struct BytesTests {
    private static func check<Value: FixedBytes>(_ type: Value.Type, count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        #expect(Value.count == count)
        #expect(MemoryLayout<Value>.size == count)
        for length in [0, 1, count - 1, count + 1, 2 * count] {
            let wrong = [UInt8](repeating: 1, count: length)
            #expect(Value(wrong) == nil)
            #expect(Value(wrong.span.bytes) == nil)
            #expect(wrong.withUnsafeBytes { Value($0) } == nil)
            #expect(Value(hexadecimal: String(repeating: "01", count: length)) == nil)
        }
        for _ in 0..<100 {
            let (left, right) = (random.bytes(count), random.bytes(count))
            var value = try #require(Value(left))
            let other = try #require(Value(right))
            #expect(value.array == left)
            #expect((0..<count).map { value[$0] } == left)
            #expect(Value(left.span.bytes) == value)
            #expect(Value(hexadecimal: value.hexadecimal) == value)
            #expect(Value(hexadecimal: value.hexadecimal.uppercased()) == value)
            #expect((value < other) == left.lexicographicallyPrecedes(right))
            #expect((other < value) == right.lexicographicallyPrecedes(left))
            #expect(!(value < value))
            // One byte apart: every byte counts, in comparison and in equality.
            let index = Int.random(in: 0..<count, using: &random)
            let before = value
            value[index] ^= 0x80
            #expect(value != before)
            #expect((before < value) == (left[index] < 0x80))
            var target = [UInt8](repeating: 0xa5, count: count + 1)
            #expect(target.withUnsafeMutableBytes { value.write(into: $0) } == count)
            #expect(target == value.array + [0xa5])
        }
        var short = [UInt8](repeating: 0xa5, count: count - 1)
        #expect(short.withUnsafeMutableBytes { Value().write(into: $0) } == 0)
        #expect(short.allSatisfy { $0 == 0xa5 })
        #expect(Value(hexadecimal: String(repeating: "0g", count: count)) == nil)
    }

    @Test func fixedBytesKeepCompareAndWriteEveryByte() throws {
        try Self.check(Bytes16.self, count: 16)
        try Self.check(Bytes20.self, count: 20)
        try Self.check(Bytes32.self, count: 32)
        try Self.check(Bytes64.self, count: 64)
    }

    @Test func secretsAreEqualOnlyIfEveryByteIs() {
        let secret = [UInt8](0..<40)
        #expect(SecretBytes(secret) == SecretBytes(secret))
        #expect(SecretBytes([]) == SecretBytes([]))
        for bit in 0..<320 { #expect(SecretBytes(flipping(bit: bit, of: secret)) != SecretBytes(secret)) }
        #expect(SecretBytes(secret) != SecretBytes(Array(secret.dropLast())))
        #expect(SecretBytes([]) != SecretBytes([0]))
    }

    @Test func secretCopiesItsSourceAndPartsAreChecked() throws {
        var source: [UInt8] = [1, 2, 3, 4]
        let secret = source.withUnsafeBytes { SecretBytes(copying: $0) }
        source[0] = 9
        #expect(secret.array == [1, 2, 3, 4])
        #expect(secret.count == 4)
        #expect(try secret.part(1..<3).array == [2, 3])
        #expect(try secret.part(4..<4).array == [])
        #expect(throws: SealingError.wrongLength) { try secret.part(3..<5) }
        #expect(throws: SealingError.wrongLength) { try secret.part(-1..<1) }
    }

    @Test func secretIsNotPrinted() {
        let secret = SecretBytes([0xde, 0xad, 0xbe, 0xef])
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            for shown in ["222, 173", "- 222", "deadbeef", "de ad"] { #expect(!text.contains(shown)) }
        }
    }

    @Test func wipingLeavesZerosOnly() {
        var buffer = [UInt8](repeating: 7, count: 33)
        buffer.withUnsafeMutableBytes { SecretBytes.wipe($0) }
        #expect(buffer.allSatisfy { $0 == 0 })
    }

    @Test func failureWhileFillingASecretReachesTheCaller() {
        #expect(throws: SealingError.wrongLength) {
            try SecretBytes(count: 4) { _ throws(SealingError) in throw .wrongLength }
        }
    }
}
