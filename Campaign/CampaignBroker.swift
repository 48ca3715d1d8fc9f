import Foundation

/// A real mosquitto for one street, and what was published there.
final class CampaignBroker {
    private let log: String
    private let port: Int
    private var processes: [pid_t] = []

    init(in path: String) throws {
        log = "\(path)/heard"
        port = try Machine.freePort()
        var text = "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\n"
        if getuid() == 0 { text += "user root\n" }
        try text.write(toFile: "\(path)/mosquitto.conf", atomically: true, encoding: .utf8)
        processes.append(
            try Machine.start(
                [Machine.tool("mosquitto"), "-c", "\(path)/mosquitto.conf"], log: "\(path)/mosquitto.log"))
        let place = ["-h", "127.0.0.1", "-p", "\(port)"]
        for _ in 0..<100 where processes.count == 1 {
            // It ends when nobody answers it yet.
            let listener = try Machine.start(
                [Machine.tool("mosquitto_sub")] + place + ["-v", "-q", "2", "-t", "sidegate/#", "-t", "probe"], log: log
            )
            usleep(200_000)
            let probe = try Machine.start(
                [Machine.tool("mosquitto_pub")] + place + ["-t", "probe", "-m", "ready"], log: "\(path)/mosquitto.log")
            usleep(200_000)
            Machine.end(probe)
            if heard.contains("probe ready") { processes.append(listener) } else { Machine.end(listener) }
        }
        guard processes.count == 2 else { throw CampaignFailure("the broker does not answer") }
    }

    var settings: String { "mqtt: {host: 127.0.0.1, port: \(port), tls: false}" }

    /// What came in, a line each: topic and payload.
    var heard: [String] {
        ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    func stop() {
        for process in processes { Machine.end(process) }
        processes = []
    }
}
