import ControlAPI
import Glibc
import NIOCore
import NIOPosix
import Settings

/// Looks at the way to the MQTT broker.
enum BrokerExamination {
    private static let remedy = "see that it runs, and set mqtt.* right; then sudo systemctl reload sidegated"
    private static let connectSeconds: Int64 = 3

    static func finding(_ settings: MQTTSettings, _ status: StatusReport?) async -> Finding {
        guard let host = settings.host else {
            return Finding(
                "broker", .note, "none is set: what own devices say is delivered nowhere",
                remedy: "set mqtt.host, then systemctl reload sidegated")
        }
        let place = "\(host) port \(settings.effectivePort)"
        if let broker = status?.broker {
            let detail = broker.detail.map { ": \($0)" } ?? ""
            return broker.state == .connected
                ? Finding("broker", .fine, "connected\(detail)")
                : Finding(
                    "broker", .bad, "not connected\(detail)", remedy: remedy)
        }
        if let unread = unreadableFile(settings) { return unread }
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(connectSeconds))
                .connect(host: host, port: settings.effectivePort).get()
            try? await channel.close()
            return Finding("broker", .note, "\(place) answers; the daemon would tell whether it is let in")
        } catch {
            return Finding(
                "broker", .bad, "\(place) does not answer", remedy: remedy)
        }
    }

    /// A file of the settings that is not there, or that the administrator may not read either.
    private static func unreadableFile(_ settings: MQTTSettings) -> Finding? {
        for (key, path) in [("mqtt.ca_file", settings.caFile), ("mqtt.password_file", settings.passwordFile)] {
            // A credential is there while the service runs.
            guard let path, !path.hasPrefix("/run/credentials/"), access(path, R_OK) != 0 else { continue }
            let number = errno
            // The daemon's user may be let in where this one is not.
            guard number != EACCES || geteuid() == 0 else { continue }
            return Finding(
                "broker", .bad, "\(key) \(path): \(String(cString: strerror(number)))",
                remedy: "make it a file that the daemon's user may read; then sudo systemctl reload sidegated")
        }
        return nil
    }
}
