import Foundation

/// How long after a host's no something of a third party still reaches the next house.
final class OptOutFigures {
    private static let rounds = 5

    private let path: String
    private let tell: (String, Double, String, Double) -> Void
    private let sensor: Sensor
    private var counter: UInt32 = 0

    init(path: String, tell: @escaping (String, Double, String, Double) -> Void) {
        self.path = path
        self.tell = tell
        sensor = Sensor(name: "far", address: "54:48:E6:8F:80:A6", air: path)
    }

    /// A sensor that speaks all the time, two hosts and the home, which tells when each event has come.
    func measure() throws {
        try "left <-> middle\nmiddle <-> right\nfar -> right\n".write(
            toFile: "\(path)/street", atomically: true, encoding: .utf8)
        let houses = try ["left", "middle", "right"].map { try House($0, street: path) }
        defer { for house in houses { house.kill() } }
        for house in houses { _ = try house.start() }
        let residents = houses.map { Resident(of: $0, seed: 1, extras: []) }
        try houses[0].tell("POST", "/v1/network", #"{"network":"Elm Street"}"#)
        try residents[1].join(by: houses[0], tries: 3)
        try residents[2].join(by: houses[1], tries: 3)
        for resident in residents.dropFirst() { try resident.tell(.say(false, "hosting")) }
        try residents[0].tell(.add("far", address: sensor.address))
        let home = try Watcher(houses[0], "opened")
        let middle = try Watcher(houses[1], "relayed")
        defer {
            home.stop()
            middle.stop()
        }
        var (afterCommand, afterFile) = (0.0, 0.0)
        for _ in 0..<Self.rounds {
            try flow(home, middle)
            try residents[1].tell(.say(true, "hosting"))
            afterCommand = max(afterCommand, try lateness(home, middle))
            try residents[1].tell(.say(false, "hosting"))
        }
        tell(
            "Something of a neighbour at the radio after `opt-out hosting` had returned, worst of \(Self.rounds)",
            afterCommand, "ms", 100)
        let file = "\(path)/middle.yaml"
        let settings = try String(contentsOfFile: file, encoding: .utf8)
        for _ in 0..<Self.rounds {
            try flow(home, middle)
            try (settings + "hosting: {opt_out: true}\n").write(toFile: file, atomically: true, encoding: .utf8)
            afterFile = max(afterFile, try lateness(home, middle))
            try settings.write(toFile: file, atomically: true, encoding: .utf8)
        }
        tell("The same after the settings file had changed", afterFile, "ms", 1_000)
    }

    private func send() throws {
        counter += 1
        sensor.send(try sensor.frame(counter, ["count=\(counter)"]))
        usleep(15_000)
    }

    /// Sends until events cross the middle.
    private func flow(_ home: Watcher, _ middle: Watcher) throws {
        let start = home.count
        let end = Date().addingTimeInterval(60)
        // The grant allows 255 a minute: what is above is not carried, and no event then waits behind others.
        while home.count < start + 3 {
            guard Date() < end else { throw CampaignFailure("no event crosses the street") }
            try send()
            usleep(120_000)
        }
    }

    /// Milliseconds from now, when the no was acknowledged, to the last event that the middle still sent or that the home
    /// still opened, while the sensor goes on.
    private func lateness(_ home: Watcher, _ middle: Watcher) throws -> Double {
        let said = Date()
        while Date().timeIntervalSince(said) < 2.5 {
            try send()
            usleep(60_000)
        }
        return max(0, max(home.last, middle.last).timeIntervalSince(said) * 1000)
    }
}

/// Listens to a daemon's events and notes when the last of one kind came.
final class Watcher: @unchecked Sendable {
    private let descriptor: Int32
    private let kind: String
    private let lock = NSLock()
    private var times: [Date] = []

    init(_ house: House, _ kind: String) throws {
        self.kind = kind
        descriptor = Machine.socket(SOCK_STREAM, house.socket, binds: false, timeoutSeconds: 0)
        guard descriptor >= 0 else { throw CampaignFailure("\(house.name) cannot be watched") }
        let request = Array("GET /v1/watch HTTP/1.1\r\nHost: sidegate\r\n\r\n".utf8)
        _ = Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL))
        Thread { [self] in listen() }.start()
    }

    var count: Int { lock.withLock { times.count } }
    var last: Date { lock.withLock { times.last ?? .distantPast } }

    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func listen() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var rest = ""
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            rest += String(decoding: buffer.prefix(count), as: UTF8.self)
            while let end = rest.firstIndex(of: "\n") {
                let line = rest[..<end]
                if line.hasPrefix("data:"), line.contains("\"\(kind)\"") { lock.withLock { times.append(Date()) } }
                rest = String(rest[rest.index(after: end)...])
            }
        }
        close(descriptor)
    }
}
