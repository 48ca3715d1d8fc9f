import SeededRandom
import Testing
import Wire

@testable import Sealing

struct LinkCipherTests {
    private static let key = SecretBytes([UInt8](0..<32))

    private static func pair() throws -> (sender: LinkCipher, receiver: LinkCipher) {
        (try LinkCipher(key: key), try LinkCipher(key: key))
    }

    @Test func everyLengthOpensToWhatWasSealed() throws {
        var random = SplitMix64(seed: 3)
        let (sender, receiver) = try Self.pair()
        for length in 0...300 {
            let (plaintext, data) = (random.bytes(length), random.bytes(Int.random(in: 0...40, using: &random)))
            let sealed = try sender.seal(plaintext, associatedData: data)
            #expect(try receiver.open(sealed, associatedData: data) == plaintext)
        }
        #expect(sender.counter == 301)
        #expect(receiver.counter == 301)
    }

    @Test func everyFlippedBitFailsWithoutLosingTheGenuineMessage() throws {
        let (sender, receiver) = try Self.pair()
        let data: [UInt8] = [1, 2, 3]
        let sealed = try sender.seal([UInt8](repeating: 0x77, count: 40), associatedData: data)
        for bit in 0..<(8 * sealed.count) {
            #expect(throws: SealingError.authenticationFailed) {
                try receiver.open(flipping(bit: bit, of: sealed), associatedData: data)
            }
        }
        for bit in 0..<24 {
            #expect(throws: SealingError.authenticationFailed) {
                try receiver.open(sealed, associatedData: flipping(bit: bit, of: data))
            }
        }
        #expect(receiver.counter == 0)
        #expect(try receiver.open(sealed, associatedData: data) == [UInt8](repeating: 0x77, count: 40))
    }

    @Test func replayedSkippedAndReorderedMessagesFail() throws {
        let (sender, receiver) = try Self.pair()
        let sealed = try (0..<3).map { try sender.seal([UInt8($0)]) }
        #expect(throws: SealingError.authenticationFailed) { try receiver.open(sealed[1]) }
        #expect(try receiver.open(sealed[0]) == [0])
        #expect(throws: SealingError.authenticationFailed) { try receiver.open(sealed[0]) }
        #expect(throws: SealingError.authenticationFailed) { try receiver.open(sealed[2]) }
        #expect(try receiver.open(sealed[1]) == [1])
        #expect(try receiver.open(sealed[2]) == [2])
    }

    @Test func failedOpeningLeavesNoPlaintext() throws {
        let (sender, receiver) = try Self.pair()
        let plaintext = [UInt8](repeating: 0x77, count: 64)
        var frame = try flipping(bit: 0, of: sender.seal(plaintext))
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        _ = frame.withUnsafeMutableBytes { buffer in
            #expect(throws: SealingError.authenticationFailed) {
                try receiver.open(associatedData: nothing, sealed: UnsafeRawBufferPointer(buffer), into: buffer)
            }
        }
        #expect(frame.prefix(64).allSatisfy { $0 == 0 })
    }

    @Test func workInPlaceGivesTheSameBytes() throws {
        let (sender, receiver) = try Self.pair()
        let apart = try LinkCipher(key: Self.key)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        for length in [0, 1, 15, 16, 17, 63, 64, 65, 200, 245] {
            let plaintext = (0..<length).map { UInt8($0 & 0xff) }
            let expected = try apart.seal(plaintext)
            var buffer = plaintext + [UInt8](repeating: 0, count: 16)
            let sealedLength = try buffer.withUnsafeMutableBytes { whole in
                let input = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(whole).prefix(length))
                return try sender.seal(associatedData: nothing, plaintext: input, into: whole)
            }
            #expect(sealedLength == length + 16)
            #expect(buffer == expected)
            let openedLength = try buffer.withUnsafeMutableBytes { whole in
                let input = UnsafeRawBufferPointer(whole)
                return try receiver.open(associatedData: nothing, sealed: input, into: whole)
            }
            #expect(openedLength == length)
            #expect(Array(buffer.prefix(length)) == plaintext)
        }
    }

    @Test func countersEndBeforeTheReservedNonce() throws {
        let sender = try LinkCipher(key: Self.key, counter: .max - 1)
        let receiver = try LinkCipher(key: Self.key, counter: .max - 1)
        #expect(try receiver.open(sender.seal([5])) == [5])
        #expect(throws: SealingError.nonceExhausted) { try sender.seal([5]) }
        #expect(throws: SealingError.nonceExhausted) { try receiver.open([UInt8](repeating: 0, count: 17)) }
        #expect(sender.counter == .max)
    }

    @Test func nonceIsTheWholeCounterLeastSignificantByteFirst() throws {
        for counter: UInt64 in [0, 1, 0xffff_ffff, 0x1_0000_0000, 0x0102_0304_0506_0708] {
            let nonce = ChaChaPoly.Nonce(counter: counter)
            let expected = [0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(8 * $0)) }
            #expect(withUnsafeBytes(of: nonce) { Array($0) } == expected)
        }
    }

    @Test func wrongLengthsAreTypedErrorsAndChangeNothing() throws {
        let (sender, receiver) = try Self.pair()
        for length in 0..<16 {
            #expect(throws: SealingError.wrongLength) { try receiver.open([UInt8](repeating: 0, count: length)) }
        }
        let sealed = try sender.seal([1, 2, 3, 4])
        var small = [UInt8](repeating: 0xa5, count: 3)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        small.withUnsafeMutableBytes { small in
            sealed.withUnsafeBytes { sealed in
                #expect(throws: SealingError.bufferTooSmall) {
                    try receiver.open(associatedData: nothing, sealed: sealed, into: small)
                }
                #expect(throws: SealingError.bufferTooSmall) {
                    try sender.seal(associatedData: nothing, plaintext: nothing, into: small)
                }
            }
        }
        #expect(small == [0xa5, 0xa5, 0xa5])
        #expect(sender.counter == 1)
        #expect(try receiver.open(sealed) == [1, 2, 3, 4])
    }
}
