import CMosquitto
import Glibc
import Synchronization

/// One session with the broker, from the attempt to connect to its end, on the thread that calls `run`.
///
/// Lock order: libmosquitto's own locks are never held while it calls back, so `state` may be held while calling it.
final class BrokerSession: Sendable {
    /// Messages that the broker has not confirmed yet.
    static let inFlightMax = 20
    private static let loopMilliseconds: Int32 = 1000
    private static let logLinesMax = 4

    private let settings: BrokerSettings
    private let isMQTT5: Bool
    private let onEvent: @Sendable (BrokerEvent) -> Void
    private let state = Mutex(State())

    private struct State: Sendable {
        var handle: MosquittoHandle?
        var isConnected = false
        var wasConnected = false
        var isStopping = false
        /// Identifiers by the number that the message has in this session.
        var inFlight: [Int32: Int64] = [:]
        /// Why the broker refused to connect, or ended the session.
        var trouble: BrokerTrouble?
        /// The broker asks for MQTT 3.1.1.
        var wantsOlderProtocol = false
        /// The last errors that libmosquitto logged: the only place where it tells why TLS failed.
        var logLines: [String] = []
    }

    /// How a session ended.
    struct End: Sendable {
        var trouble: BrokerTrouble
        var wasConnected: Bool
        var wantsOlderProtocol: Bool
    }

    init(settings: BrokerSettings, isMQTT5: Bool, onEvent: @escaping @Sendable (BrokerEvent) -> Void) {
        self.settings = settings
        self.isMQTT5 = isMQTT5
        self.onEvent = onEvent
    }

    /// Connects and serves the session until it ends.
    func run() -> End {
        var trouble: BrokerTrouble
        do throws(BrokerTrouble) {
            trouble = serve(try makeHandle())
        } catch {
            trouble = error
        }
        return state.withLock { state in
            state.isConnected = false
            state.handle = nil
            return End(
                trouble: state.trouble ?? trouble, wasConnected: state.wasConnected,
                wantsOlderProtocol: state.wantsOlderProtocol)
        }
    }

    /// Says goodbye and ends the session: the broker will not send the last will, so availability is told before, and
    /// taken away from the broker if the bridge is to be forgotten there.
    func stop(forgetting: Bool) {
        state.withLock { state in
            state.isStopping = true
            guard let handle = state.handle else { return }
            if state.isConnected, settings.announcesBridge {
                // Quality 0: what waits for confirmations must not hold it back. Nothing at all is what the broker
                // forgets a retained message by; whoever listens now has heard that the bridge is away.
                for payload in forgetting ? ["offline", ""] : ["offline"] {
                    _ = handle.publish(
                        topic: settings.topics.availability, payload: Array(payload.utf8), quality: 0, retained: true)
                }
            }
            mosquitto_disconnect(handle.pointer)
        }
    }

    var canPublish: Bool { state.withLock { $0.isConnected && $0.inFlight.count < Self.inFlightMax } }

    func publish(identifier: Int64, message: BrokerMessage, remainingSeconds: UInt32?) -> PublishOutcome {
        state.withLock { state in
            guard state.isConnected, let handle = state.handle, state.inFlight.count < Self.inFlightMax else {
                return .busy
            }
            // An older broker would keep a retained trigger for ever.
            let retained = message.retained && (isMQTT5 || !message.isTrigger)
            let (code, number) = handle.publish(
                topic: message.topic, payload: message.payload, retained: retained,
                expirySeconds: isMQTT5 ? remainingSeconds : nil)
            switch code {
            case MOSQ_ERR_SUCCESS.code:
                // Under the lock, so that the confirmation cannot overtake it.
                state.inFlight[number] = identifier
                return .accepted
            case MOSQ_ERR_NO_CONN.code, MOSQ_ERR_CONN_LOST.code, MOSQ_ERR_NOMEM.code: return .busy
            default: return .impossible(String(cString: mosquitto_strerror(code)))
            }
        }
    }

    private func makeHandle() throws(BrokerTrouble) -> MosquittoHandle {
        let context = Unmanaged.passUnretained(self).toOpaque()
        guard let handle = MosquittoHandle(clientIdentifier: settings.clientIdentifier, context: context) else {
            throw BrokerTrouble(kind: .settings, explanation: "libmosquitto refuses the client identifier")
        }
        handle.setProtocol(isMQTT5: isMQTT5)
        try handle.setCredentials(settings)
        try handle.setTLS(settings)
        if settings.announcesBridge { handle.setLastWill(topic: settings.topics.availability, payload: "offline") }
        BrokerCallbacks.install(on: handle)
        return handle
    }

    private func serve(_ handle: MosquittoHandle) -> BrokerTrouble {
        let isStopping = state.withLock { state in
            state.handle = handle
            return state.isStopping
        }
        var code = isStopping ? MOSQ_ERR_NO_CONN.code : connect(handle)
        var systemError = errno
        while code == MOSQ_ERR_SUCCESS.code {
            code = mosquitto_loop(handle.pointer, Self.loopMilliseconds, 1)
            systemError = errno
            if state.withLock({ $0.isStopping && !$0.isConnected }) { break }
        }
        let (wasConnected, logLines) = state.withLock { ($0.wasConnected, $0.logLines) }
        return BrokerTrouble(
            code: code, systemError: systemError, settings: settings, wasConnected: wasConnected, logLines: logLines)
    }

    private func connect(_ handle: MosquittoHandle) -> Int32 {
        mosquitto_connect_bind_v5(
            handle.pointer, settings.host, Int32(settings.port), Int32(settings.keepAliveSeconds), nil, nil)
    }
}

/// What became of a message handed to the broker's session.
public enum PublishOutcome: Hashable, Sendable {
    /// It is on its way; `published` or the end of the session follows.
    case accepted
    /// No session, or too many messages on their way: try again later.
    case busy
    /// The broker cannot take it, now or later.
    case impossible(String)
}

// What libmosquitto calls, on the thread that runs the session.
extension BrokerSession {
    func didConnect(reason: Int32) {
        guard reason == 0 else {
            state.withLock { state in
                state.trouble = BrokerTrouble(connectReason: reason, isMQTT5: isMQTT5, settings: settings)
                let isVersion = reason == Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue)
                state.wantsOlderProtocol = isMQTT5 && (isVersion || reason == 1)
            }
            return
        }
        let mayAnnounce = state.withLock { state -> Bool in
            guard let handle = state.handle, !state.isStopping else { return false }
            state.isConnected = true
            state.wasConnected = true
            mosquitto_subscribe(handle.pointer, nil, settings.topics.homeAssistantStatus, 1)
            if settings.announcesBridge {
                _ = handle.publish(topic: settings.topics.availability, payload: Array("online".utf8), retained: true)
            }
            return true
        }
        if mayAnnounce { onEvent(.connected) }
    }

    func didDisconnect(reason: Int32) {
        state.withLock { state in
            state.isConnected = false
            // From 128 on it is the broker that gives a reason; below, libmosquitto gives its own code.
            guard reason >= 128, state.trouble == nil else { return }
            state.trouble = BrokerTrouble(disconnectReason: reason, settings: settings)
        }
    }

    func didPublish(number: Int32, reason: Int32) {
        guard let identifier = state.withLock({ $0.inFlight.removeValue(forKey: number) }) else { return }
        guard reason >= 128 else { return onEvent(.published(identifier)) }
        onEvent(.rejected(identifier, reason: String(cString: mosquitto_reason_string(reason))))
    }

    func didReceive(topic: String, payload: UnsafeRawBufferPointer) {
        guard topic == settings.topics.homeAssistantStatus, payload.elementsEqual("online".utf8) else { return }
        onEvent(.homeAssistantOnline)
    }

    func didLogError(_ line: String) {
        state.withLock { state in
            if state.logLines.count >= Self.logLinesMax { state.logLines.removeFirst() }
            state.logLines.append(line)
        }
    }
}
