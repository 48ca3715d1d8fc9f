import CMosquitto
import Glibc

// libmosquitto's and the broker's codes in words, with the remedy.
extension BrokerTrouble {
    /// A session that libmosquitto ended with `code`.
    init(code: Int32, systemError: Int32, settings: BrokerSettings, wasConnected: Bool, logLines: [String]) {
        let place = "\(settings.host):\(settings.port)"
        switch code {
        case MOSQ_ERR_TLS.code, MOSQ_ERR_TLS_HANDSHAKE.code:
            self.init(tlsLines: logLines, settings: settings)
        case MOSQ_ERR_EAI.code, MOSQ_ERR_LOOKUP.code:
            self.init(
                kind: .unreachable,
                explanation: "the name \(settings.host) is unknown: check mqtt.host and the network's name service")
        case MOSQ_ERR_ERRNO.code where !wasConnected && !logLines.isEmpty && settings.tls:
            self.init(tlsLines: logLines, settings: settings)
        case MOSQ_ERR_ERRNO.code where !wasConnected:
            self.init(
                kind: .unreachable,
                explanation: "nothing answers at \(place) (\(String(cString: strerror(systemError)))): check "
                    + "mqtt.host and mqtt.port, and that the broker runs and listens for others than itself")
        case _ where !wasConnected:
            self.init(
                kind: .unreachable,
                explanation: "\(place) took the connection and closed it without an answer: if that port is one for "
                    + "TLS, set mqtt.tls to true, if not, to false")
        default:
            self.init(
                kind: .lost,
                explanation: "the broker at \(place) is gone (\(String(cString: mosquitto_strerror(code)))): the "
                    + "connection is tried again")
        }
    }

    private init(tlsLines: [String], settings: BrokerSettings) {
        let detail = tlsLines.isEmpty ? "no further detail" : tlsLines.joined(separator: "; ")
        let remedy: String
        if detail.contains("host name verification") {
            remedy = "its certificate names another host: set mqtt.host to a name that stands in the certificate"
        } else if detail.contains("certificate verify failed") {
            remedy =
                settings.caFile == nil
                ? "its certificate is signed by nobody the system trusts: name the signing certificate in mqtt.ca_file"
                : "its certificate is not signed by the one in mqtt.ca_file: name the right one, or renew the "
                    + "broker's certificate if it has expired"
        } else {
            remedy = "check that mqtt.port is the broker's port for TLS (usually 8883)"
        }
        self.init(
            kind: .tls,
            explanation: "the broker at \(settings.host):\(settings.port) could not be verified, so nothing was sent: "
                + "\(remedy) (\(detail))")
    }

    /// A connection that the broker refused: codes of MQTT 3.1.1 (3.2.2.3) up to 5, of MQTT 5 (3.2.2.2) from 128.
    init(connectReason reason: Int32, isMQTT5: Bool, settings: BrokerSettings) {
        let text = String(cString: reason < 128 ? mosquitto_connack_string(reason) : mosquitto_reason_string(reason))
        let credentials: [Int32] = [
            4, 5, Int32(MQTT_RC_BAD_USERNAME_OR_PASSWORD.rawValue), Int32(MQTT_RC_NOT_AUTHORIZED.rawValue),
        ]
        guard credentials.contains(reason) else {
            self.init(kind: .refused, explanation: "the broker refuses the connection (\(text)): see the broker's log")
            return
        }
        let remedy =
            settings.username == nil
            ? "it wants a user: set mqtt.username and mqtt.password_file"
            : "check mqtt.username and the first line of mqtt.password_file"
        self.init(kind: .credentials, explanation: "the broker does not let Sidegate in (\(text)): \(remedy)")
    }

    /// A session that the broker ended with a reason (MQTT 5, 3.14.2.1).
    init(disconnectReason reason: Int32, settings: BrokerSettings) {
        let text = String(cString: mosquitto_reason_string(reason))
        guard reason == Int32(MQTT_RC_SESSION_TAKEN_OVER.rawValue) else {
            self.init(kind: .refused, explanation: "the broker ended the session (\(text)): see the broker's log")
            return
        }
        self.init(
            kind: .refused,
            explanation: "another client called \(settings.clientIdentifier) has taken the session over: give this "
                + "bridge a mqtt.client_identifier of its own")
    }
}
