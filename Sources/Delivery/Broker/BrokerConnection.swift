import Dispatch
import Synchronization
import Wire

/// A lasting connection to the broker: it connects, and connects again, on a thread of its own, and tells of it by
/// `onEvent`, which that thread calls and which must not block.
///
/// What a session leaves unconfirmed is not sent again by itself: that is for `OutboxPump` to decide.
public final class BrokerConnection: Sendable {
    /// Messages that may wait for their confirmation.
    public static var inFlightMax: Int { BrokerSession.inFlightMax }
    /// A session that lasted so long was a good one: the next attempt need not wait long.
    private static let goodSessionSeconds: Int64 = 10
    private static let stopMilliseconds = 1500

    private let settings: BrokerSettings
    private let onEvent: @Sendable (BrokerEvent) -> Void
    /// Signalled to cut a wait short.
    private let stopSignal = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    private struct State: Sendable {
        var session: BrokerSession?
        var thread: DaemonThread?
        var isStopping = false
        var isForgetting = false
    }

    public init(settings: BrokerSettings, onEvent: @escaping @Sendable (BrokerEvent) -> Void) {
        self.settings = settings
        self.onEvent = onEvent
    }

    /// Starts connecting. A connection that was stopped is not started again.
    public func start() {
        state.withLock { state in
            guard state.thread == nil, !state.isStopping else { return }
            state.thread = DaemonThread { self.run() }
        }
    }

    /// When it is stopped, nothing of the bridge itself is to stay retained at the broker.
    public func forgetBridge() { state.withLock { $0.isForgetting = true } }

    /// Tells the broker that this bridge is away, and ends the session; waits 1.5 s at most.
    public func stop() {
        let (session, thread, isForgetting) = state.withLock { state in
            state.isStopping = true
            return (state.session, state.thread, state.isForgetting)
        }
        stopSignal.signal()
        session?.stop(forgetting: isForgetting)
        _ = thread?.wait(milliseconds: Self.stopMilliseconds)
    }

    /// Whether a message would be taken now.
    public var canPublish: Bool { state.withLock { $0.session }?.canPublish ?? false }

    /// Hands a message to the broker; `published(identifier)` tells when the broker has it. `now` limits the life of a
    /// trigger at the broker; one that has expired is the caller's to hold back.
    public func publish(identifier: Int64, message: BrokerMessage, now: WallTime) -> PublishOutcome {
        guard let session = state.withLock({ $0.session }) else { return .busy }
        let remaining = message.notAfter.map { $0 > now ? $0.seconds - now.seconds : 1 }
        return session.publish(identifier: identifier, message: message, remainingSeconds: remaining)
    }

    private func run() {
        var delay = ReconnectDelay(
            millisecondsMin: settings.reconnectMillisecondsMin, millisecondsMax: settings.reconnectMillisecondsMax)
        var generator = SystemRandomNumberGenerator()
        var isMQTT5 = settings.prefersMQTT5
        while let session = beginSession(isMQTT5: isMQTT5) {
            let start = ContinuousClock.now
            let end = session.run()
            if state.withLock({ $0.isStopping }) { return }
            if end.wantsOlderProtocol {
                isMQTT5 = false
                continue
            }
            onEvent(.disconnected(end.trouble))
            if end.wasConnected, ContinuousClock.now - start > .seconds(Self.goodSessionSeconds) { delay.reset() }
            let wait = DispatchTimeInterval.milliseconds(delay.next(using: &generator))
            if stopSignal.wait(timeout: .now() + wait) == .success { return }
        }
    }

    /// The next session, or nil if there is to be none.
    private func beginSession(isMQTT5: Bool) -> BrokerSession? {
        state.withLock { state in
            guard !state.isStopping else { return nil }
            let session = BrokerSession(settings: settings, isMQTT5: isMQTT5, onEvent: onEvent)
            state.session = session
            return session
        }
    }
}
