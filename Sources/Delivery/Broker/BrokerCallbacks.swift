import CMosquitto

/// Leads libmosquitto's callbacks to the session that they belong to. The session outlives them: it holds the handle, and
/// callbacks come from within its `run` alone.
enum BrokerCallbacks {
    private static let logLineBytesMax = 300

    static func install(on handle: MosquittoHandle) {
        mosquitto_connect_v5_callback_set(handle.pointer) { _, context, reason, _, _ in
            BrokerCallbacks.session(context)?.didConnect(reason: reason)
        }
        mosquitto_disconnect_v5_callback_set(handle.pointer) { _, context, reason, _ in
            BrokerCallbacks.session(context)?.didDisconnect(reason: reason)
        }
        mosquitto_publish_v5_callback_set(handle.pointer) { _, context, number, reason, _ in
            BrokerCallbacks.session(context)?.didPublish(number: number, reason: reason)
        }
        mosquitto_message_v5_callback_set(handle.pointer) { _, context, message, _ in
            guard let message = message?.pointee, let topic = message.topic else { return }
            let payload = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
            BrokerCallbacks.session(context)?.didReceive(topic: String(cString: topic), payload: payload)
        }
        mosquitto_log_callback_set(handle.pointer) { _, context, level, line in
            guard level == MOSQ_LOG_ERR, let line else { return }
            BrokerCallbacks.session(context)?.didLogError(
                String(String(cString: line).prefix(BrokerCallbacks.logLineBytesMax)))
        }
    }

    private static func session(_ context: UnsafeMutableRawPointer?) -> BrokerSession? {
        context.map { Unmanaged<BrokerSession>.fromOpaque($0).takeUnretainedValue() }
    }
}
