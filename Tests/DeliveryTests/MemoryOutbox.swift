import Synchronization
import Wire

@testable import Delivery

/// An outbox that keeps the store's promises in memory.
final class MemoryOutbox: OutboxStore {
    struct Failure: Error {}

    private struct State {
        var rows: [(identifier: Int64, message: BrokerMessage, isSending: Bool)] = []
        var last: Int64 = 0
        var failures = 0
        var reads = 0
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.rows.count { !$0.isSending } } }

    /// How often it was asked what is pending.
    var reads: Int { state.withLock { $0.reads } }

    /// Rows of any sort, those that are being sent too.
    var rowCount: Int { state.withLock { $0.rows.count } }

    /// Lets the next calls fail.
    func fail(times: Int) { state.withLock { $0.failures = times } }

    @discardableResult
    func add(_ message: BrokerMessage) -> Int64 {
        state.withLock { state in
            if let key = message.coalescingKey { state.rows.removeAll { $0.message.coalescingKey == key } }
            state.last += 1
            state.rows.append((state.last, message, false))
            return state.last
        }
    }

    func pending(after identifier: Int64, limit: Int) throws -> [(Int64, BrokerMessage)] {
        try failIfAsked()
        return state.withLock { state in
            state.reads += 1
            return state.rows.filter { $0.identifier > identifier && !$0.isSending }.prefix(limit)
                .map { ($0.identifier, $0.message) }
        }
    }

    func sending(_ identifier: Int64) throws -> Bool {
        try failIfAsked()
        return state.withLock { state in
            guard let position = state.rows.firstIndex(where: { $0.identifier == identifier && !$0.isSending }) else {
                return false
            }
            state.rows[position].isSending = true
            return true
        }
    }

    func delivered(_ identifiers: [Int64]) throws { try remove(identifiers) }
    func expired(_ identifiers: [Int64]) throws { try remove(identifiers) }

    private func remove(_ identifiers: [Int64]) throws {
        try failIfAsked()
        state.withLock { state in state.rows.removeAll { identifiers.contains($0.identifier) } }
    }

    private func failIfAsked() throws {
        try state.withLock { state in
            guard state.failures > 0 else { return }
            state.failures -= 1
            throw Failure()
        }
    }
}

/// A pump at work, with its outbox and what it tells.
final class RunningPump {
    let outbox: MemoryOutbox
    let news = Collector<DeliveryNews>()
    private let pump: OutboxPump
    private let task: Task<Void, Never>

    init(_ settings: BrokerSettings, outbox: MemoryOutbox = MemoryOutbox(), now: UInt32 = 1000) {
        self.outbox = outbox
        let pump = OutboxPump(
            settings: settings, store: outbox, executor: QueueExecutor(), now: { WallTime(seconds: now) },
            onNews: { [news] in news.add($0) })
        self.pump = pump
        task = Task { await pump.run() }
    }

    deinit { task.cancel() }

    func add(_ message: BrokerMessage) {
        outbox.add(message)
        pump.wake()
    }

    /// Adds messages and offers them at once. Returns how often the outbox was read for it.
    func offer(_ messages: [BrokerMessage]) async -> Int { await pump.add(messages, to: outbox) }

    func wake() { pump.wake() }
    func forgetBridge() { pump.forgetBridge() }

    func stop() async {
        task.cancel()
        await task.value
    }

    func connected(times: Int = 1) async throws {
        try await waitUntil("the session") { news.all.count { $0 == .connected } >= times }
    }

    func emptied() async throws { try await waitUntil("the outbox to empty") { outbox.count == 0 } }

    func count(_ value: (DeliveryNews) -> Int?) -> Int { news.all.compactMap(value).reduce(0, +) }

    var trouble: BrokerTrouble? {
        news.all.compactMap { if case .disconnected(let trouble) = $0 { trouble } else { nil } }.first
    }

    func firstTrouble() async throws -> BrokerTrouble {
        try await waitUntil("the trouble") { trouble != nil }
        guard let trouble else { throw TestFailure(description: "lost the trouble") }
        return trouble
    }
}

extension BrokerMessage {
    static func state(_ topic: String, _ payload: String) -> BrokerMessage { .state(topic: topic, payload: payload) }

    static func trigger(_ topic: String, _ payload: String, notAfter: UInt32 = 2000) -> BrokerMessage {
        BrokerMessage(
            topic: topic, payload: Array(payload.utf8), retained: false, notAfter: WallTime(seconds: notAfter))
    }
}

extension OutboxPump {
    fileprivate func add(_ messages: [BrokerMessage], to outbox: MemoryOutbox) -> Int {
        let reads = outbox.reads
        offer(messages.map { (outbox.add($0), $0) })
        return outbox.reads - reads
    }
}
