import Foundation
import SeededRandom

/// One street and all that befalls it, from one seed.
final class StreetCampaign: CampaignStreet {
    private static let monthBytes: [String: Int64] = ["small": 1_000_000]
    private static let monthBytesElsewhere: Int64 = 500_000_000
    private static let extras = ["a1", "a2", "a3"]

    private let seed: UInt64
    private let kills: Int
    private var random: SplitMix64
    private(set) var tally = Tally()
    private var wrong: [String] = []

    private var path = ""
    private(set) var houses: [String: House] = [:]
    private(set) var residents: [String: Resident] = [:]
    private var promises: [String: DiskPromises] = [:]
    private var broker: CampaignBroker?
    private(set) var near = Sensor(name: "near", address: "54:48:E6:8F:80:A5", air: "")
    private(set) var far = Sensor(name: "far", address: "54:48:E6:8F:80:A6", air: "")
    /// The frames of triggers so far, each with the number that tells it at the broker.
    private var triggers: [[UInt8]] = []
    private var farCounter: UInt32 = 0

    init(seed: UInt64, kills: Int) {
        self.seed = seed
        self.kills = kills
        random = SplitMix64(seed: seed)
    }

    /// Runs it all. Returns what was wrong.
    func run() -> [String] {
        do {
            try layOut()
            for number in 1...kills {
                try killOne()
                if number.isMultiple(of: 12) { try lookAtTheStreet() }
                guard wrong.isEmpty else { break }
            }
            if wrong.isEmpty { try settle() }
        } catch {
            wrong.append("\(error)")
        }
        for resident in residents.values {
            tally.acknowledged += resident.acknowledged
            tally.cutShort += resident.cutShort
        }
        clear()
        return wrong
    }

    // MARK: The street

    private func layOut() throws {
        path = "/tmp/campaign-\(getpid())-\(seed)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        near = Sensor(name: near.name, address: near.address, air: path)
        far = Sensor(name: far.name, address: far.address, air: path)
        let lines = [
            "left <-> middle", "middle <-> right", "left <-> small", "left <-> guest", "near -> left", "far -> right",
        ]
        try (lines.joined(separator: "\n") + "\n").write(toFile: "\(path)/street", atomically: true, encoding: .utf8)
        let broker = try CampaignBroker(in: path)
        self.broker = broker
        for name in ["left", "middle", "right", "small", "guest"] {
            let month = (Self.monthBytes[name] ?? Self.monthBytesElsewhere) / 1_000_000
            let house = try House(
                name, street: path,
                more: "hosting: {month_megabytes: \(month)}\n" + (name == "left" ? broker.settings : ""))
            houses[name] = house
            tally.startMilliseconds.append(try house.start())
            residents[name] = Resident(of: house, seed: random.next(), extras: name == "left" ? Self.extras : [])
        }
        try found(lending: ["middle", "right", "small"])
    }

    // MARK: One kill

    private func killOne() throws {
        let name = ["left", "left", "left", "middle", "middle", "right", "small", "guest"][random.below(8)]
        let (house, resident) = (try house(name), try resident(name))
        resident.beginCommands(inviter: try self.house("left"))
        if random.chance(80) { try sendTrigger() }
        if random.chance(50) { try sendFar() }
        usleep(UInt32(random.below(random.chance(10) ? 2_500_000 : 90_000)))
        let spent = random.chance(30) ? ledgerBytes(house) : nil
        if random.chance(30) { try sendTrigger() }
        house.kill()
        resident.endCommands()
        tally.kills += 1
        let disk = try house.readDisk()
        check(name, disk, resident, spent: spent)
        tally.startMilliseconds.append(try house.start())
        try checkAnswers(house, disk)
        if name == "left" { repeatTriggers() }
    }

    private func check(_ name: String, _ disk: DiskState, _ resident: Resident, spent: Int64?) {
        tally.databaseBytesMax = max(tally.databaseBytesMax, disk.bytes)
        tally.logBytesMax = max(tally.logBytesMax, disk.logBytes)
        let month = Self.monthBytes[name] ?? Self.monthBytesElsewhere
        wrong += promises[name, default: DiskPromises(monthBytes: month)].check(disk, resident, spent: spent)
            .map { "\(name): \($0)" }
    }

    /// The daemon that came back says what its disk says.
    private func checkAnswers(_ house: House, _ disk: DiskState) throws {
        let status = try house.tell("GET", "/v1/status")
        let lends = (status["hosting"] as? [String: Any])?["lends"] as? Bool ?? true
        if lends, disk.noes["hosting"] != false { wrong.append("\(house.name): lends against its no") }
        let caps = status["caps"] as? [String: Any]
        let used = caps?["monthUsedBytes"] as? Int ?? 0
        if used > caps?["monthLimitBytes"] as? Int ?? 0 {
            wrong.append("\(house.name): \(used) bytes used of the month")
        }
    }

    private func ledgerBytes(_ house: House) -> Int64? {
        guard let (status, ledger) = house.ask("GET", "/v1/ledger"), status == 200 else { return nil }
        let entries = ledger["entries"] as? [[String: Any]] ?? []
        return entries.reduce(0) { $0 + Int64($1["bytes"] as? Int ?? 0) }
    }

    // MARK: Events

    private func sendTrigger() throws {
        let number = triggers.count + 1
        guard number < 500 else { return }
        let way = number <= 255 ? "rotate_left:\(number)" : "rotate_right:\(number - 255)"
        let frame = try near.frame(UInt32(number), ["dimmer=\(way)"])
        triggers.append(frame)
        tally.triggersSent += 1
        near.send(frame)
    }

    /// As a neighbour's late copy, or somebody's recording.
    private func repeatTriggers() {
        for frame in triggers.suffix(4) {
            near.send(frame)
            tally.framesRepeated += 1
        }
    }

    private func sendFar() throws {
        farCounter += 1
        far.send(try far.frame(farCounter, ["count=\(farCounter)"]))
    }

    // MARK: The whole street

    /// Whatever happened: with everybody's yes an event crosses the street, and with a no that was killed it does not.
    private func lookAtTheStreet() throws {
        for name in ["middle", "right"] { try resident(name).tell(.say(false, "hosting")) }
        try crosses()
        guard random.chance(30) else { return }
        let middle = try house("middle")
        try resident("middle").tell(.say(true, "hosting"))
        middle.kill()
        tally.kills += 1
        check("middle", try middle.readDisk(), try resident("middle"), spent: nil)
        tally.startMilliseconds.append(try middle.start())
        _ = wait(60) { (middle.ask("GET", "/v1/status")?.1["links"] as? [Any])?.count == 2 }
        try sendFar()
        usleep(1_500_000)
        if broker?.heard.contains("sidegate/far/count \(farCounter)") == true {
            wrong.append("an event crossed a bridge whose host had said no")
        }
        tally.refusedByNo += 1
    }

    private func crosses() throws {
        let right = try house("right")
        _ = wait(120) { right.ask("GET", "/v1/status")?.1["routeCount"] as? Int ?? 0 >= 2 }
        try sendFar()
        let frame = try far.frame(farCounter, ["count=\(farCounter)"])
        let line = "sidegate/far/count \(farCounter)"
        let arrived = wait(120) { [self] in
            if broker?.heard.contains(line) == true { return true }
            far.send(frame)
            usleep(200_000)
            return false
        }
        if arrived { tally.statesOverTheStreet += 1 } else { wrong.append("no event crosses the street any more") }
    }

    /// At the end: the outbox runs empty, and no trigger has fired twice.
    private func settle() throws {
        try lookAtTheStreet()
        let left = try house("left")
        let isEmpty = wait(120) {
            (left.ask("GET", "/v1/status")?.1["broker"] as? [String: Any])?["outboxCount"] as? Int == 0
        }
        if !isEmpty { wrong.append("the outbox does not run empty") }
        usleep(300_000)
        var counts: [String: Int] = [:]
        for line in broker?.heard ?? [] where line.hasPrefix("sidegate/near/dimmer ") { counts[line, default: 0] += 1 }
        for (line, count) in counts where count > 1 { wrong.append("\(count) times at the broker: \(line)") }
        tally.triggersDelivered = counts.count
        if counts.isEmpty, triggers.count > 10 { wrong.append("no trigger ever arrived") }
    }

    private func wait(_ seconds: Double, _ condition: () -> Bool) -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if condition() { return true }
            usleep(50_000)
        }
        return condition()
    }

    private func clear() {
        for house in houses.values { house.kill() }
        broker?.stop()
        // What went wrong is left to be looked at.
        if wrong.isEmpty { try? FileManager.default.removeItem(atPath: path) } else { say("left in \(path)") }
    }
}
