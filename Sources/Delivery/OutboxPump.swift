import Wire

/// Moves messages from the outbox to the broker, in order: states at least once, triggers at most once and never late.
public actor OutboxPump {
    private static let batch = 20
    private static let retrySeconds: Int64 = 1

    private nonisolated let executor: any SerialExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let store: any OutboxStore
    private nonisolated let connection: BrokerConnection
    private let inbox = EventInbox()
    private let now: @Sendable () -> WallTime
    private let onNews: @Sendable (DeliveryNews) -> Void
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    private var isConnected = false
    /// The last message handed to this session.
    private var position: Int64 = 0
    /// Messages handed to this session and not confirmed: at most `BrokerConnection.inFlightMax`.
    private var inFlight: [Int64: (topic: String, isTrigger: Bool)] = [:]

    /// It works on `executor`, where `onNews` is called, which must not block.
    public init(
        settings: BrokerSettings, store: any OutboxStore, executor: any SerialExecutor,
        now: @escaping @Sendable () -> WallTime,
        onNews: @escaping @Sendable (DeliveryNews) -> Void
    ) {
        self.store = store
        self.executor = executor
        self.now = now
        self.onNews = onNews
        let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.wakes = wakes
        self.waker = waker
        let inbox = inbox
        connection = BrokerConnection(settings: settings) { event in
            inbox.add(event)
            waker.yield()
        }
    }

    /// Says that the outbox holds something new.
    public nonisolated func wake() { waker.yield() }

    /// The goodbye is for good: nothing of the bridge itself is to stay retained at the broker.
    public nonisolated func forgetBridge() { connection.forgetBridge() }

    /// Connects and delivers until the task is cancelled, then says goodbye to the broker. To be called once.
    public func run() async {
        connection.start()
        for await _ in wakes {
            takeEvents()
            if isConnected { deliver() }
        }
        await Self.stop(connection)
        takeEvents()
    }

    /// Waits for the broker's thread, and not where others want to work.
    private nonisolated static func stop(_ connection: BrokerConnection) async { connection.stop() }

    /// What the outbox has just been given, in order, by whoever works on the same executor: where nothing waits before
    /// it, it goes out without being read back. An outbox counts its identifiers without gaps.
    public func offer(_ entries: [(Int64, BrokerMessage)]) {
        takeEvents()
        guard isConnected else { return }
        guard entries.first?.0 == position + 1, entries.count <= Self.batch else { return deliver() }
        _ = handOver(entries)
    }

    private func takeEvents() {
        let events = inbox.take()
        confirm(events.published)
        for (identifier, reason) in events.rejected { reject(identifier, reason) }
        if events.didEnd { endSession(events.trouble) }
        if let isConnected = events.isConnected {
            self.isConnected = isConnected
            if isConnected { onNews(.connected) }
        }
        if events.isHomeAssistantOnline { onNews(.announcementsWanted) }
    }

    private func confirm(_ identifiers: [Int64]) {
        guard !identifiers.isEmpty else { return }
        for identifier in identifiers { inFlight[identifier] = nil }
        withStore { try store.delivered(identifiers) }
        onNews(.delivered(identifiers.count))
    }

    /// A message that the broker will never take would block or repeat for ever.
    private func reject(_ identifier: Int64, _ reason: String) {
        let topic = inFlight.removeValue(forKey: identifier)?.topic ?? ""
        withStore { try store.delivered([identifier]) }
        onNews(.rejected(topic: topic, reason: reason))
    }

    /// States in flight are sent again from the start of the outbox; triggers are gone.
    private func endSession(_ trouble: BrokerTrouble?) {
        abandon(inFlight.filter { $0.value.isTrigger }.keys.sorted())
        inFlight.removeAll()
        position = 0
        if let trouble { onNews(.disconnected(trouble)) }
    }

    /// Gives up triggers that were marked: nobody knows whether the broker has them.
    private func abandon(_ identifiers: [Int64]) {
        guard !identifiers.isEmpty else { return }
        withStore { try store.expired(identifiers) }
        onNews(.unconfirmed(identifiers.count))
    }

    /// Hands over what the session takes.
    private func deliver() {
        while connection.canPublish {
            var entries: [(Int64, BrokerMessage)] = []
            guard withStore({ entries = try store.pending(after: position, limit: Self.batch) }), !entries.isEmpty
            else { return }
            guard handOver(entries) else { return }
        }
    }

    /// Hands over what has not become stale. False if the rest has to wait.
    private func handOver(_ entries: [(Int64, BrokerMessage)]) -> Bool {
        let time = now()
        let stale = entries.filter { $0.1.isExpired(at: time) }.map(\.0)
        guard drop(stale) else { return false }
        for (identifier, message) in entries where !stale.contains(identifier) {
            guard hand(identifier, message, at: time) else { return false }
            position = identifier
        }
        if let last = entries.last?.0 { position = max(position, last) }
        return true
    }

    /// Takes expired triggers out of the outbox. False if the store failed.
    private func drop(_ identifiers: [Int64]) -> Bool {
        guard !identifiers.isEmpty else { return true }
        guard withStore({ try store.expired(identifiers) }) else { return false }
        onNews(.expired(identifiers.count))
        return true
    }

    /// Hands one message to the session. False if it has to wait, and all behind it.
    private func hand(_ identifier: Int64, _ message: BrokerMessage, at time: WallTime) -> Bool {
        guard connection.canPublish else { return false }
        if message.isTrigger {
            // A state of the same topic that were sent again, after a break, would undo the trigger that followed it.
            guard !inFlight.values.contains(where: { $0.topic == message.topic && !$0.isTrigger }) else { return false }
            var isMarked = false
            guard withStore({ isMarked = try store.sending(identifier) }) else { return false }
            guard isMarked else { return true }
        }
        switch connection.publish(identifier: identifier, message: message, now: time) {
        case .accepted:
            inFlight[identifier] = (message.topic, message.isTrigger)
            return true
        case .busy:
            guard message.isTrigger else { return false }
            abandon([identifier])
            return true
        case .impossible(let reason):
            withStore { try store.delivered([identifier]) }
            onNews(.rejected(topic: message.topic, reason: reason))
            return true
        }
    }

    /// Runs `body` on the store. If it fails, says so, comes back after a second and returns false.
    @discardableResult
    private func withStore(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            onNews(.storeFailed("\(error)"))
            Task { [waker] in
                try? await Task.sleep(for: .seconds(Self.retrySeconds))
                waker.yield()
            }
            return false
        }
    }
}
