import CMosquitto

/// One libmosquitto client. It serves for a single session: libmosquitto would otherwise send again, in the next, what
/// the last did not confirm, and a trigger must not be sent twice.
///
/// Sendable because libmosquitto locks within, once `mosquitto_threaded_set` has told it to.
final class MosquittoHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    private static let isLibraryReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.code

    /// `context` is handed to every callback. Nil if libmosquitto has no memory.
    init?(clientIdentifier: String, context: UnsafeMutableRawPointer) {
        guard Self.isLibraryReady, let pointer = mosquitto_new(clientIdentifier, true, context) else { return nil }
        self.pointer = pointer
        mosquitto_threaded_set(pointer, true)
        mosquitto_int_option(pointer, MOSQ_OPT_TCP_NODELAY, 1)
    }

    deinit { mosquitto_destroy(pointer) }

    func setProtocol(isMQTT5: Bool) {
        mosquitto_int_option(pointer, MOSQ_OPT_PROTOCOL_VERSION, isMQTT5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311)
    }

    func setCredentials(_ settings: BrokerSettings) throws(BrokerTrouble) {
        guard let username = settings.username else { return }
        guard let path = settings.passwordFile else {
            mosquitto_username_pw_set(pointer, username, nil)
            return
        }
        _ = try PasswordFile.withPassword(path) { mosquitto_username_pw_set(pointer, username, $0) }
    }

    /// Verification of certificate and name is libmosquitto's default, and nothing here turns it off.
    func setTLS(_ settings: BrokerSettings) throws(BrokerTrouble) {
        guard settings.tls else { return }
        guard let caFile = settings.caFile else {
            mosquitto_int_option(pointer, MOSQ_OPT_TLS_USE_OS_CERTS, 1)
            return
        }
        guard mosquitto_tls_set(pointer, caFile, nil, nil, nil, nil) == MOSQ_ERR_SUCCESS.code else {
            throw BrokerTrouble(
                kind: .settings,
                explanation: "the file of certificates \(caFile) cannot be read: mqtt.ca_file must name the "
                    + "certificate, in PEM form, that signed the broker's")
        }
    }

    func setLastWill(topic: String, payload: String) {
        let bytes = Array(payload.utf8)
        mosquitto_will_set(pointer, topic, Int32(bytes.count), bytes, 1, true)
    }

    /// Puts a message on its way. Returns libmosquitto's code and the message's number in this session.
    func publish(
        topic: String, payload: [UInt8], quality: Int32 = 1, retained: Bool, expirySeconds: UInt32? = nil
    ) -> (code: Int32, number: Int32) {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if let expirySeconds {
            let expiry = Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue)
            let code = mosquitto_property_add_int32(&properties, expiry, expirySeconds)
            guard code == MOSQ_ERR_SUCCESS.code else { return (code, 0) }
        }
        var number: Int32 = 0
        let code = mosquitto_publish_v5(
            pointer, &number, topic, Int32(payload.count), payload, quality, retained, properties)
        return (code, number)
    }
}

extension mosq_err_t {
    /// The value as libmosquitto's functions return it.
    var code: Int32 { Int32(rawValue) }
}
