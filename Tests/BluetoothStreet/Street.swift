import ControlAPI
import Foundation

/// Four houses in a row, joined by Bluetooth: each neighbouring pair has an air to itself, and so has the sensor with
/// the house at the end. The first has a broker; those in the middle have an adapter in either air.
public final class Street: @unchecked Sendable {
    public let path: String
    public let houses: [House]
    public let broker: Broker
    public let sensor: Sensor
    public static let deviceName = "Letter box"

    /// Takes the first two controllers of each of four airs. `settings` are for every house.
    public init(airs: [[String]], settings: String = "") throws {
        guard airs.count >= 4, airs.allSatisfy({ $0.count >= 2 }) else { throw Trouble("wrong airs: \(airs)") }
        path = "/tmp/street-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        broker = try Broker(in: path)
        sensor = try Sensor(on: airs[3][1])
        houses = [
            try House("first", adapters: [airs[0][0]], in: path, more: "\(broker.settings)\n\(settings)"),
            try House("second", adapters: [airs[0][1], airs[1][0]], in: path, more: settings),
            try House("third", adapters: [airs[1][1], airs[2][0]], in: path, more: settings),
            try House("last", adapters: [airs[2][1], airs[3][0]], in: path, more: settings),
        ]
    }

    /// A street that is up: see `open`. When that fails, the daemons' logs are told.
    public static func opened(airs: [[String]], settings: String = "") throws -> Street {
        let street = try Street(airs: airs, settings: settings)
        do {
            try street.open()
        } catch {
            throw Trouble("\(error)\n\(street.logs)")
        }
        return street
    }

    /// Ends everything.
    public func clear() {
        for house in houses { try? house.end() }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// What every daemon says of its links and its radio, and the end of its log.
    public var logs: String {
        houses.map { "\($0.name): \($0.state)\nlog of \($0.name):\n\($0.log.suffix(4_000))\n" }.joined()
    }

    /// Packets that each house sent for others, as its ledger has it.
    public func lentPackets(_ house: House) -> Int {
        let ledger: LedgerReport? = house.answer("/v1/ledger?days=2")
        return ledger?.entries.reduce(0) { $0 + ($1.trafficClass == .registry ? 0 : $1.packets) } ?? 0
    }

    public var home: House { houses[0] }
    public var end: House { houses[3] }

    /// Starts the daemons, founds a network, lets each house join by a code over Bluetooth, and enrols the sensor.
    public func open() throws {
        for house in houses { try house.launch() }
        for house in houses { try Machine.wait("\(house.name) answers") { house.status() != nil } }
        Machine.say("all houses answer")
        try home.tell("network", "create", "Elm Street")
        for (inviter, joiner) in zip(houses, houses.dropFirst()) {
            let text = try inviter.tell("network", "invite", "--json")
            let invitation = try ControlJSON.decode(Invitation.self, from: Array(text.utf8))
            try joiner.tell("network", "join", invitation.code.text)
            Machine.say("\(joiner.name) has joined")
            try joiner.tell("opt-in", "hosting")
        }
        try Sensor.key.write(toFile: "\(path)/bind-key", atomically: true, encoding: .utf8)
        chmod("\(path)/bind-key", 0o600)
        try home.tell(
            "device", "add", "--bthome", sensor.address, "--bind-key-file", "\(path)/bind-key", "--name",
            Self.deviceName, "--class", "event", "--scope", "relay", "--rate", "60")
        Machine.say("the sensor is enrolled")
        try awaitWayHome()
        Machine.say("the last house knows the grant and a way home")
    }

    /// Waits until the house at the end would take the sensor's events up and knows a way home for them.
    public func awaitWayHome(seconds: Double = 90) throws {
        try Machine.wait("the last house knows the grant and a way home", seconds: seconds) {
            guard let status = end.status() else { return false }
            return status.liveGrants == 1 && status.routeCount >= 3
        }
    }

    public func awaitLinks(seconds: Double = 90) throws {
        try Machine.wait("all houses are linked", seconds: seconds) {
            houses.map { $0.links().count } == [1, 2, 2, 1]
        }
    }
}
