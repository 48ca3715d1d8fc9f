import ControlAPI
import Delivery
import Logging
import Settings
import Storage
import Synchronization

/// Keeps the outbox flowing to the broker that the settings name, if they name one.
final class BrokerDesk: Sendable {
    private struct State {
        var settings: BrokerSettings?
        var pump: OutboxPump?
        var task: Task<Void, Never>?
        var report = StatusReport.Broker(state: .off)
    }

    private let store: BridgeStore
    private let worker: StoreWorker
    private let logger: Logger
    private let state = Mutex(State())
    private let turnstile = Turnstile()

    init(store: BridgeStore, worker: StoreWorker, logger: Logger) {
        self.store = store
        self.worker = worker
        self.logger = logger
    }

    /// For the status; the outbox is counted by whoever asks.
    var report: StatusReport.Broker { state.withLock { $0.report } }

    /// Says that the outbox holds something new.
    func wake() { state.withLock { $0.pump }?.wake() }

    /// From the store's thread: what has come into the outbox, or nothing if the pump has to look.
    func take(_ rows: [OutboxRow]) {
        guard let pump = state.withLock({ $0.pump }) else { return }
        guard !rows.isEmpty else { return pump.wake() }
        pump.assumeIsolated { $0.offer(rows.map { ($0.id, BrokerMessage($0.message)) }) }
    }

    /// Connects as the host is called now.
    func use(_ host: BridgeHost) async {
        let (word, hasHome) = await host.brokerName
        await use(await host.settings.mqtt, bridgeWord: word, hasHome: hasHome)
    }

    /// Connects to the broker that `settings` name, in place of any other. Several that come at once have their turns.
    /// A bridge without a home is somebody else at every start, and says nothing of itself.
    func use(_ settings: MQTTSettings, bridgeWord: String, hasHome: Bool) async {
        var wanted = Self.brokerSettings(settings, bridgeWord: bridgeWord)
        wanted?.announcesBridge = hasHome
        let asked = wanted
        await turnstile.run { [self] in await use(asked) }
    }

    private func use(_ wanted: BrokerSettings?) async {
        let (settings, standing) = state.withLock { ($0.settings, $0.pump) }
        guard wanted != settings else { return }
        if wanted?.announcesBridge == false, settings?.announcesBridge == true { standing?.forgetBridge() }
        await stop()
        await worker.setHomeAssistant(wanted.map { HomeAssistant(topics: $0.topics, version: DaemonVersion.text) })
        guard let wanted else { return }
        settle()
        let pump = OutboxPump(
            settings: wanted, store: StoredOutbox(store: store), executor: worker.thread, now: { SystemTime.now.wall },
            onNews: { [weak self] news in self?.take(news) })
        let place = "\(wanted.host):\(wanted.port)"
        state.withLock { state in
            state.settings = wanted
            state.pump = pump
            state.report = .init(state: .connecting, detail: place)
            // Last: it may have a session, and say so, before this returns.
            state.task = Task.detached { await pump.run() }
        }
    }

    /// Says goodbye to the broker. What is not delivered stays on disk.
    func stop() async {
        let task = state.withLock { state in
            defer { state = State() }
            return state.task
        }
        task?.cancel()
        await task?.value
    }

    private static func brokerSettings(_ settings: MQTTSettings, bridgeWord: String) -> BrokerSettings? {
        guard let host = settings.host else { return nil }
        let identifier = settings.clientIdentifier ?? "sidegate-\(bridgeWord)"
        var broker = BrokerSettings(
            host: host, port: settings.effectivePort, clientIdentifier: identifier,
            topics: BrokerTopics(
                bridge: bridgeWord, prefix: settings.topicPrefix, discoveryPrefix: settings.discoveryPrefix))
        broker.tls = settings.tls
        broker.caFile = settings.caFile
        broker.username = settings.username
        broker.passwordFile = settings.passwordFile
        return broker
    }

    /// Called from the pump's task.
    private func take(_ news: DeliveryNews) {
        switch news {
        case .connected:
            logger.info("connected to the broker")
            setState(.connected)
            announce()
        case .announcementsWanted: announce()
        case .disconnected(let trouble):
            logger.warning("no session with the broker: \(trouble.explanation)")
            setState(.connecting, detail: trouble.explanation)
        case .delivered(let count): logger.debug("\(count) messages are at the broker")
        case .expired(let count): logger.notice("\(count) triggers were too old to be sent")
        case .unconfirmed(let count):
            logger.notice("\(count) triggers were on their way when the session broke; they are not sent again")
        case .rejected(let topic, let reason): logger.warning("the broker refused \(topic): \(reason)")
        case .storeFailed(let what): logger.error("the outbox cannot be read: \(what)")
        }
    }

    private func setState(_ new: StatusReport.Broker.State, detail: String? = nil) {
        state.withLock { state in
            guard let settings = state.settings else { return }
            state.report = .init(state: new, detail: detail ?? "\(settings.host):\(settings.port)")
        }
    }

    /// Puts every device's announcement into the outbox: a broker may have lost what it had retained.
    private func announce() {
        Task { [worker] in
            await worker.deliver { $0.announcements(now: SystemTime.now.wall) }
            wake()
        }
    }

    /// What was on its way when the process before ended.
    private func settle() {
        do throws(StorageError) {
            _ = try store.resetSending()
        } catch {
            logger.error("\(error.description)")
        }
    }
}
