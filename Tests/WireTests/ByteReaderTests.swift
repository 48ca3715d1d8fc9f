import Testing
import Wire

@Suite struct ByteReaderTests {
    @Test func readerNeverReadsBeyondItsBytes() {
        forAnyBytes(seed: 1, bytesMax: 40, starts: []) { bytes in
            for step in [1, 2, 4, 8, 16] {
                let read = outcome(bytes) { bytes throws(WireError) in
                    var reader = ByteReader(bytes)
                    while reader.remaining >= step { _ = try reader.bytes(step) }
                    let left = reader.remaining
                    var refused = false
                    do throws(WireError) { _ = try reader.bytes(step) } catch { refused = true }
                    return refused && reader.remaining == left && reader.offset + left == bytes.count
                }
                #expect(read == .success(true))
            }
        }
    }

    @Test func negativeCountsAreRefused() {
        #expect(
            refusal([1, 2]) { bytes throws(WireError) in
                var reader = ByteReader(bytes)
                return try reader.bytes(-1).count
            } == .wrongLength)
    }

    @Test func unreadBytesAreNoticed() {
        #expect(refusal([1]) { bytes throws(WireError) in try ByteReader(bytes).finish() } == .wrongLength)
        #expect(refusal([]) { bytes throws(WireError) in try ByteReader(bytes).finish() } == nil)
    }

    @Test func writerWritesNothingBeyondItsRoom() {
        for capacity in 0..<8 {
            #expect(throws: WireError.noRoom) {
                try written(capacity: capacity) { target throws(WireError) in
                    var writer = ByteWriter(target)
                    try writer.integer(UInt64.max)
                    return writer.count
                }
            }
        }
    }

    @Test func memberOrderIsThatOfTheBytesOnTheWire() {
        #expect(MemberOrder.isLower(0x0000_0000_0000_0200, 0x0000_0000_0000_0001))
        #expect(!MemberOrder.isLower(1, 1))
    }
}
