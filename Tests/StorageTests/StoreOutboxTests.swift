import Testing

@testable import Storage

@Suite struct StoreOutboxTests {
    private func texts(_ store: BridgeStore, after id: Int64 = 0) throws -> [String] {
        try store.pending(after: id, limit: 100).map { String(decoding: $0.message.payload, as: UTF8.self) }
    }

    @Test func messagesComeBackWholeAndInOrder() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let messages = [Sample.state(nil, "a"), Sample.trigger(notAfter: 9, ""), Sample.state("k", "c")]
        try store.enqueue(messages)
        let rows = try store.pending(after: 0, limit: 10)
        #expect(rows.map(\.message) == messages)
        #expect(rows.map(\.id) == rows.map(\.id).sorted())
        #expect(try store.pending(after: rows[0].id, limit: 1).map(\.message) == [messages[1]])
        #expect(try store.pending(after: rows[2].id, limit: 10).isEmpty)
        #expect(try store.pending(after: 0, limit: -1).isEmpty)
    }

    @Test func newerMessageTakesThePlaceOfAnUnsentOneOfItsKeyOnly() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.enqueue([Sample.state("k", "1"), Sample.state("other", "2"), Sample.state("k", "3")])
        #expect(try texts(store) == ["2", "3"])
        let third = try #require(try store.pending(after: 0, limit: 10).last).id
        #expect(try store.markSending(third))
        try store.enqueue([Sample.state("k", "4"), Sample.state("k", "5")])
        #expect(try texts(store) == ["2", "5"])
        #expect(try store.outboxCount() == 3)
        #expect(try store.resetSending() == 0)
        #expect(try texts(store) == ["2", "5"])
    }

    @Test func messageIsMarkedOnceAndOnlyWhileItIsThere() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.enqueue([Sample.state("k", "1")])
        let id = try #require(try store.pending(after: 0, limit: 1).first).id
        #expect(try store.markSending(id))
        #expect(try !store.markSending(id))
        #expect(try texts(store).isEmpty)
        try store.delivered([id, id, 77])
        #expect(try !store.markSending(id))
        #expect(try store.outboxCount() == 0)
    }

    @Test func triggerBeingSentIsDroppedAtRestartAndStateIsSentAgain() throws {
        let folder = try StoreFolder()
        var store = try folder.open()
        try store.enqueue([
            Sample.trigger(notAfter: 100, "sent trigger"), Sample.state("k", "sent state"),
            Sample.state(nil, "sent plain"),
            Sample.trigger(notAfter: 100, "unsent trigger"),
        ])
        for row in try store.pending(after: 0, limit: 3) { #expect(try store.markSending(row.id)) }
        try store.close()
        store = try folder.open()
        #expect(try texts(store) == ["unsent trigger"])
        #expect(try store.resetSending() == 1)
        #expect(try texts(store) == ["sent state", "sent plain", "unsent trigger"])
        #expect(try store.resetSending() == 0)
    }

    @Test func outboxDropsTheOldestUnsentBeyondItsLimitAndCountsThem() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let limit = StorageLimit.outbox
        #expect(try store.enqueue((0..<limit).map { Sample.state(nil, "\($0)") }) == 0)
        let first = try #require(try store.pending(after: 0, limit: 1).first).id
        #expect(try store.markSending(first))
        #expect(try store.enqueue([Sample.state(nil, "x"), Sample.state(nil, "y")]) == 2)
        #expect(try store.outboxCount() == limit)
        #expect(try texts(store).first == "3")
        try store.delivered([first])
        #expect(try store.outboxCount() == limit - 1)
        let device = try store.addDevice(Sample.device("a"))
        #expect(try store.commit([Sample.opening(device, 1, messages: 3)]).messagesDropped == 2)
    }

    @Test func commitTellsWhatTheOutboxNowHoldsOfIt() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        try store.enqueue([Sample.state("key", "old")])
        let last = try #require(try store.pending(after: 0, limit: 1).first).id
        var openings = (1...3).map { Sample.opening(device, $0) }
        for index in openings.indices {
            openings[index].messages = [Sample.state("key", "\(index)"), Sample.state(nil, "plain \(index)")]
        }
        let rows = try store.commit(openings).rows
        #expect(rows == (try store.pending(after: 0, limit: 100)))
        #expect(rows.map(\.id) == [1, 3, 4, 5].map { last + 1 + $0 })
        #expect(try store.commit([openings[0]]).rows.isEmpty, "opened before")
    }

    @Test func idIsNeverUsedAgain() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.enqueue([Sample.state(nil)])
        let first = try #require(try store.pending(after: 0, limit: 1).first).id
        try store.delivered([first])
        try store.enqueue([Sample.state(nil)])
        #expect(try #require(try store.pending(after: 0, limit: 1).first).id > first)
    }

    @Test func messageBeyondItsLimitsIsRefusedAndNothingOfItsBatchStays() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        var atLimit = Sample.state(String(repeating: "k", count: 512))
        atLimit.topic = String(repeating: "t", count: 512)
        atLimit.payload = [UInt8](repeating: 0, count: 8_192)
        try store.enqueue([atLimit])
        var longTopic = atLimit
        longTopic.topic += "t"
        var longPayload = atLimit
        longPayload.payload.append(0)
        var longKey = atLimit
        longKey.coalescingKey = String(repeating: "k", count: 513)
        var noTopic = atLimit
        noTopic.topic = ""
        var cutTopic = atLimit
        cutTopic.topic = "a\0b"
        for bad in [longTopic, longPayload, longKey, noTopic, cutTopic] {
            do throws(StorageError) {
                try store.enqueue([Sample.state(nil), bad])
                Issue.record("took a message beyond its limits")
            } catch {
                #expect(error.kind == .invalidValue)
            }
            #expect(try store.outboxCount() == 1)
        }
    }
}
