import Delivery
import Foundation
import Storage
import Synchronization
import Testing
import Wire

@testable import Daemon

/// The broker is away for a day of virtual time, with everything else as it is in the daemon.
@Suite struct BrokerAwayTests {
    private static let morning: Int64 = 1_800_000_000
    private static let devices = 20
    private static let triggerSeconds: Int64 = 600

    @Test func afterADayWithoutItsBrokerTheNewestStatesArriveAndNoStaleTrigger() async throws {
        let folder = "/tmp/away-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try BridgeStore(directory: folder + "/state")
        let end = try Self.passADay(store)
        #expect(try store.outboxCount() <= StorageLimit.outbox)

        let broker = try TestBroker(in: folder)
        try await broker.start()
        defer { broker.stop() }
        let expired = Mutex(0)
        let pump = OutboxPump(
            settings: Self.settings(broker), store: StoredOutbox(store: store),
            executor: try EventLoopThread(name: "pump"), now: { end },
            onNews: { news in
                if case .expired(let count) = news { expired.withLock { $0 += count } }
            })
        let running = Task.detached { await pump.run() }
        let deadline = ContinuousClock.now + .seconds(120)
        while try store.outboxCount() > 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try store.outboxCount() == 0)
        running.cancel()
        await running.value
        try await Task.sleep(for: .milliseconds(500))

        for device in 0..<Self.devices {
            #expect(
                broker.heard.filter { $0.hasPrefix("sidegate/d\(device)/state ") } == ["sidegate/d\(device)/state 1439"]
            )
        }
        let presses = broker.heard.filter { $0.hasPrefix("sidegate/button ") }
        #expect(Set(presses).count == presses.count, "a trigger arrived twice")
        let minutes = presses.compactMap { Int($0.split(separator: " ")[1].split(separator: "/")[0]) }
        #expect(minutes.allSatisfy { $0 >= 1429 }, "a stale trigger arrived")
        #expect(presses.count == 11 * Self.devices)
        #expect(expired.withLock { $0 } > 1_000)
    }

    /// Each minute every device tells a state and is pressed, which makes more triggers than an outbox holds.
    private static func passADay(_ store: BridgeStore) throws -> WallTime {
        for minute in 0..<1_440 as Range<Int64> {
            let now = morning + minute * 60
            let messages = (0..<devices).flatMap { device in
                [
                    OutboxMessage(
                        topic: "sidegate/d\(device)/state", payload: Array("\(minute)".utf8), isRetained: true,
                        notAfter: nil, coalescingKey: "sidegate/d\(device)/state", created: now),
                    OutboxMessage(
                        topic: "sidegate/button", payload: Array("\(minute)/\(device)".utf8), isRetained: false,
                        notAfter: now + triggerSeconds, coalescingKey: nil, created: now),
                ]
            }
            try store.enqueue(messages)
        }
        return WallTime(seconds: UInt32(morning + 1_439 * 60))
    }

    private static func settings(_ broker: TestBroker) -> BrokerSettings {
        var settings = BrokerSettings(
            host: "127.0.0.1", port: broker.port, clientIdentifier: "away",
            topics: BrokerTopics(bridge: "bridge_away", prefix: "sidegate", discoveryPrefix: "homeassistant"))
        settings.tls = false
        settings.prefersMQTT5 = false
        return settings
    }
}
