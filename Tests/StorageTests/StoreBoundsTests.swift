import Foundation
import Testing

@testable import Storage

/// How large the files can become: what docs/reliability.md states.
@Suite struct StoreBoundsTests {
    private static let outboxBytesMax = 130_000_000
    private static let logBytesMax = 8_000_000

    @Test func fullestOutboxStaysWithinItsBoundAndGivesItsPagesBackToWhatComesLater() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let payload = [UInt8](repeating: 0x41, count: StorageLimit.payloadBytes)
        func fill(_ rounds: Int) throws {
            for round in 0..<rounds {
                try store.enqueue(
                    (0..<250).map { number in
                        OutboxMessage(
                            topic: String(repeating: "t", count: StorageLimit.topicBytes), payload: payload,
                            isRetained: true, notAfter: nil, coalescingKey: nil, created: Int64(round * 250 + number))
                    })
            }
        }
        try fill(StorageLimit.outbox / 250)
        #expect(try store.outboxCount() == StorageLimit.outbox)
        let full = folder.bytes(folder.file).count
        #expect(full > 80_000_000)
        #expect(full < Self.outboxBytesMax)
        try fill(4)
        #expect(try store.outboxCount() == StorageLimit.outbox)
        #expect(folder.bytes(folder.file).count < full + 4_000_000)
        #expect(folder.bytes(folder.log).count < Self.logBytesMax)
        try store.close()
        #expect(folder.bytes(folder.log).isEmpty)
    }
}
