import Foundation
import Testing

/// A street of real processes in a directory of its own: houses with daemons, perhaps a broker, and a sensor.
final class TestStreet {
    static let bindKey = "231d39c1d7cc1ab1aee224cd096db932"
    static let sensor = "54:48:E6:8F:80:A5"
    static let deviceName = "Letter box"

    let path: String
    private(set) var houses: [StreetHouse] = []
    private(set) var broker: TestBroker?

    static let executable: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let runner = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        return (runner as NSString).deletingLastPathComponent + "/sidegate"
    }()

    private init() throws {
        // Short, for a socket's path has little room.
        path = "/tmp/street-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try Self.bindKey.write(toFile: "\(path)/bind-key", atomically: true, encoding: .utf8)
        chmod("\(path)/bind-key", 0o600)
    }

    /// Runs `body` on a new street. Whatever happens, nothing is left running; on failure the logs are told.
    static func with(_ body: (TestStreet) async throws -> Void) async throws {
        let street = try TestStreet()
        do {
            try await body(street)
        } catch {
            for house in street.houses { Issue.record("log of \(house.name):\n\(house.log.suffix(3000))") }
            await street.clear()
            throw error
        }
        await street.clear()
    }

    private func clear() async {
        for house in houses { _ = try? await house.end(SIGKILL) }
        broker?.stop()
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Who hears whom, as the file `street` has it.
    func lay(_ lines: String...) throws {
        try (lines.joined(separator: "\n") + "\n").write(toFile: "\(path)/street", atomically: true, encoding: .utf8)
    }

    func house(_ name: String) -> StreetHouse {
        let house = StreetHouse(name, on: self)
        houses.append(house)
        return house
    }

    func startBroker() async throws -> TestBroker {
        let broker = try TestBroker(in: path)
        self.broker = broker
        try await broker.start()
        return broker
    }

    /// Lets `inviter` invite `joiner`.
    func join(_ joiner: StreetHouse, by inviter: StreetHouse) async throws {
        guard let code = try await inviter.json("network", "invite")["code"] as? String else {
            throw StreetFailure("no code")
        }
        try await joiner.tell("network", "join", code)
    }

    /// Enrols the sensor at `home`.
    func enrol(at home: StreetHouse) async throws {
        try await home.tell(
            "device", "add", "--bthome", Self.sensor, "--bind-key-file", "\(path)/bind-key", "--name", Self.deviceName,
            "--class", "event", "--scope", "relay", "--rate", "60")
    }

    /// Lets the sensor say `objects` with `counter`.
    func emit(_ counter: Int, _ objects: String...) async throws {
        let arguments = [
            "device", "emit", "--air", path, "--from", "sensor", "--address", Self.sensor, "--bind-key-file",
            "\(path)/bind-key", "--counter", String(counter),
        ]
        let outcome = try await ControlCommandTests.run(arguments + objects)
        guard outcome.code == 0 else { throw StreetFailure("emit: \(outcome.complaint)") }
    }

    private static let looksMin = 50

    /// Waits until `condition` holds; a time-out is a failure that says what was waited for.
    func wait(_ what: String, seconds: Double = 20, _ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        // Where other tests hold up the pool of threads, time passes without anybody having looked.
        var looks = 0
        while ContinuousClock.now < end || looks < Self.looksMin {
            if try await condition() { return }
            looks += 1
            try await Task.sleep(for: .milliseconds(100))
        }
        throw StreetFailure("after \(seconds) s still not: \(what)")
    }

    /// Three bridges in a row, linked, of which the two on the right lend; the one on the left has a broker and the
    /// sensor's grant, and only the one on the right hears the sensor.
    func layOut() async throws -> (left: StreetHouse, middle: StreetHouse, right: StreetHouse) {
        try lay("left <-> middle", "middle <-> right", "sensor -> right")
        let broker = try await startBroker()
        let (left, middle, right) = (house("left"), house("middle"), house("right"))
        try left.write(broker.settings)
        for other in [middle, right] { try other.write() }
        for one in houses { try await one.start() }
        try await left.tell("network", "create", "Elm Street")
        try await join(middle, by: left)
        try await join(right, by: middle)
        try await middle.tell("opt-in", "hosting")
        try await right.tell("opt-in", "hosting")
        try await enrol(at: left)
        try await wait("right knows the grant", seconds: 30) { try await right.liveGrants() == 1 }
        try await wait("right has a way home") { try await right.json("status")["routeCount"] as? Int ?? 0 >= 2 }
        return (left, middle, right)
    }
}
