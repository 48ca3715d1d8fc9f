import Foundation

/// A real mosquitto, and what was published there.
public final class Broker {
    public static let port = 18_830
    private let server: Tool
    private let listener: Tool

    public init(in directory: String) throws {
        let file = "\(directory)/mosquitto.conf"
        try "listener \(Self.port) 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        server = try Tool("mosquitto", ["-c", file])
        let address = ["-h", "127.0.0.1", "-p", String(Self.port)]
        try Machine.wait("the broker answers") {
            try Tool.run("mosquitto_pub", address + ["-t", "probe", "-m", "ready"]).code == 0
        }
        // Time of arrival, topic, payload.
        let listener = try Tool(
            "mosquitto_sub", address + ["-F", "%U %t %p", "-q", "1", "-t", "sidegate/#", "-t", "probe"])
        self.listener = listener
        try Machine.wait("the broker is listened to") {
            _ = try Tool.run("mosquitto_pub", address + ["-t", "probe", "-m", "ready"])
            return listener.output.contains("probe ready")
        }
    }

    public var settings: String { "mqtt: {host: 127.0.0.1, port: \(Self.port), tls: false}" }

    /// Grows with whatever comes; to be asked for at nearly no cost.
    public var bytesHeard: Int { listener.outputBytes }

    /// How often `line`, topic and payload, came.
    public func count(_ line: String) -> Int { arrivals(line).count }

    /// When `line` came each time, in seconds since 1970.
    public func arrivals(_ line: String) -> [Double] {
        listener.output.split(separator: "\n").compactMap { entry in
            let parts = entry.split(separator: " ", maxSplits: 1)
            return parts.count == 2 && parts[1] == line ? Double(parts[0]) : nil
        }
    }
}
