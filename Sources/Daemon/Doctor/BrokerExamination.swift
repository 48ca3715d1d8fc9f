import ControlAPI
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
}
