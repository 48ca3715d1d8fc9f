import Foundation

/// A real mosquitto for one street, and what was published there.
final class CampaignBroker {
    private let path: String
    private let port: Int
    private var log: String { "\(path)/heard" }
    private var broker: pid_t = 0
    private var listener: pid_t = 0
    private var probes = 0

    init(in path: String) throws {
        self.path = path
        port = try Machine.freePort()
        var text = "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\n"
        if getuid() == 0 { text += "user root\n" }
        try text.write(toFile: "\(path)/mosquitto.conf", atomically: true, encoding: .utf8)
        try resume()
    }

    /// The broker goes away; whoever listens waits for it.
    func pause() {
        Machine.end(broker)
        broker = 0
    }

    /// Starts it, and waits until what is published is heard.
    func resume() throws {
        broker = try Machine.start(
            [Machine.tool("mosquitto"), "-c", "\(path)/mosquitto.conf"], log: "\(path)/mosquitto.log")
        let place = ["-h", "127.0.0.1", "-p", "\(port)"]
        probes += 1
        for _ in 0..<100 {
            if listener == 0 || Machine.hasEnded(listener) {
                // It ends when nobody answers it yet.
                listener = try Machine.start(
                    [Machine.tool("mosquitto_sub")] + place
                        + ["-v", "-q", "2", "-t", "sidegate/#", "-t", "probe"], log: log)
            }
            usleep(100_000)
            let probe = try Machine.start(
                [Machine.tool("mosquitto_pub")] + place + ["-t", "probe", "-m", "\(probes)"],
                log: "\(path)/mosquitto.log")
            usleep(200_000)
            Machine.end(probe)
            if heard.contains("probe \(probes)") { return }
        }
        throw CampaignFailure("the broker does not answer")
    }

    var settings: String { "mqtt: {host: 127.0.0.1, port: \(port), tls: false}" }

    /// What came in, a line each: topic and payload.
    var heard: [String] {
        ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    func stop() {
        Machine.end(broker)
        Machine.end(listener)
        (broker, listener) = (0, 0)
    }
}
