import Foundation
import SeededRandom

/// A street that lives through so many hours, each with its trouble, from one seed.
///
/// Hours pass by the page that each daemon shares with the campaign (`TroublePage`): all its clocks leap together, and
/// timers that fall due go off, as on machines that slept.
final class WeekCampaign: CampaignStreet {
    static let names = ["left", "middle", "right", "small"]
    static let hourSeconds: Int64 = 3_600

    private let seed: UInt64
    private let hours: Int
    var random: SplitMix64
    var wrong: [String] = []
    var tally = WeekTally()

    var path = ""
    var air: String { path + "/air" }
    var houses: [String: House] = [:]
    var pages: [String: TroublePage] = [:]
    private(set) var residents: [String: Resident] = [:]
    private var promises: [String: DiskPromises] = [:]
    private var brokerProcess: CampaignBroker?
    private(set) var near = Sensor(name: "near", address: "54:48:E6:8F:80:A5", air: "")
    private(set) var far = Sensor(name: "far", address: "54:48:E6:8F:80:A6", air: "")
    private var nearCounter: UInt32 = 0
    private var farCounter: UInt32 = 0
    private var triggers = 0
    /// Frames of this hour's triggers, to be sent again after restarts.
    private var recentTriggers: [[UInt8]] = []
    /// Lines of triggers that came to the home while the broker was away for longer than they live.
    private var staleTriggers: [String] = []
    /// The hour in which an absent broker comes back.
    var brokerBackAt: Int?
    private var deck: [WeekTrouble] = []
    private var decks = 0

    init(seed: UInt64, hours: Int) {
        self.seed = seed
        self.hours = hours
        random = SplitMix64(seed: seed)
    }

    /// Returns the exit code.
    func run() -> Int32 {
        let start = Date()
        do {
            try layOut()
            for hour in 1...hours where wrong.isEmpty { try live(hour) }
            if wrong.isEmpty { try settle() }
        } catch {
            wrong.append("\(error)")
        }
        for house in houses.values { house.kill() }
        brokerProcess?.stop()
        for resident in residents.values { tally.add(resident) }
        tally.triggersSent = triggers
        say(tally.text)
        for failure in wrong { say("seed \(seed), hour \(tally.hours): FAILED: \(failure)") }
        let minutes = Date().timeIntervalSince(start) / 60
        say(
            String(format: "%d of %d hours in %.1f minutes, %d failures", tally.hours, hours, minutes, wrong.count))
        if wrong.isEmpty { try? FileManager.default.removeItem(atPath: path) } else { say("left in \(path)") }
        return wrong.isEmpty ? 0 : 1
    }

    // MARK: The street

    private func layOut() throws {
        path = "/tmp/week-\(getpid())-\(seed)"
        for directory in [path, air] {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
        near = Sensor(name: near.name, address: near.address, air: air)
        far = Sensor(name: far.name, address: far.address, air: air)
        let lines = ["left <-> middle", "middle <-> right", "left <-> small", "near -> left", "far -> right"]
        try (lines.joined(separator: "\n") + "\n").write(toFile: "\(air)/street", atomically: true, encoding: .utf8)
        let broker = try CampaignBroker(in: path)
        brokerProcess = broker
        for name in Self.names {
            let month = name == "small" ? 1 : 500
            let house = try House(
                name, street: path, air: air,
                more: "hosting: {month_megabytes: \(month)}\n" + (name == "left" ? broker.settings : ""))
            let page = try TroublePage("\(path)/\(name).page")
            house.environment = page.environment
            (houses[name], pages[name]) = (house, page)
            promises[name] = DiskPromises(monthBytes: Int64(month) * 1_000_000)
            residents[name] = Resident(of: house, seed: random.next(), extras: name == "left" ? ["a1", "a2"] : [])
            try house.start()
        }
        try found(lending: Self.names)
        try crosses()
    }

    func page(_ name: String) throws -> TroublePage {
        guard let page = pages[name] else { throw CampaignFailure("\(name) has no page") }
        return page
    }

    func broker() throws -> CampaignBroker {
        guard let brokerProcess else { throw CampaignFailure("there is no broker") }
        return brokerProcess
    }

    // MARK: An hour

    private func live(_ hour: Int) throws {
        let trouble = draw()
        let name = trouble.houses[random.below(trouble.houses.count)]
        tally.hours = hour
        tally.troubles[trouble.rawValue, default: 0] += 1
        do {
            try befall(trouble, name, hour: hour)
            if let back = brokerBackAt, back <= hour { try bringBrokerBack() }
            try lookAtEverybody()
        } catch {
            wrong.append("\(error)")
        }
        if !wrong.isEmpty { wrong = wrong.map { "\(trouble.rawValue), at \(name): \($0)" } }
        if hour.isMultiple(of: 24) { say("seed \(seed): \(hour) of \(hours) hours, \(wrong.count) failures") }
    }

    /// From a shuffled deck, so that each comes as often as the others; but a day without a broker every sixth time only.
    private func draw() -> WeekTrouble {
        if deck.isEmpty {
            deck = WeekTrouble.allCases.filter { $0 != .brokerAwayDay || decks.isMultiple(of: 6) }
                .shuffled(using: &random)
            decks += 1
        }
        let trouble = deck.removeLast()
        let isOfBroker = trouble == .brokerAwayHour || trouble == .brokerAwayDay
        guard brokerBackAt != nil, isOfBroker || trouble.isOfClock else { return trouble }
        // While the broker is away it cannot go; and what is stale by then is told by a home whose clock is right.
        deck.insert(trouble, at: 0)
        return .kill
    }

    /// All clocks go on, by some minutes at a time, and all that was waiting for them.
    func pass(_ seconds: Int64) {
        for _ in 0..<12 {
            for page in pages.values { page.steadySeconds += seconds / 12 }
            // Long enough for everybody to see it.
            usleep(60_000)
        }
    }

    /// Nothing that was put into a broker's outbox is lost or late.
    private func bringBrokerBack() throws {
        try broker().resume()
        brokerBackAt = nil
        try ownGoesOn()
        usleep(1_000_000)
        let heard = Set(try broker().heard)
        for line in staleTriggers where heard.contains(line) {
            wrong.append("a trigger of before the broker went fired after it came back: \(line)")
        }
        staleTriggers = []
    }

    /// With everybody's yes an event crosses the street, nobody lends against a no, and no trigger has fired twice.
    private func lookAtEverybody() throws {
        for name in ["middle", "right"] { try resident(name).tell(.say(false, "hosting")) }
        for name in Self.names {
            let house = try house(name)
            if wait(20, { house.ask("GET", "/v1/status")?.0 == 200 }) { try checkStatus(name) }
        }
        try triggersOnce()
        try crosses()
        try ownGoesOn()
    }

    private func triggersOnce() throws {
        var counts: [String: Int] = [:]
        for line in try broker().heard where line.hasPrefix("sidegate/near/dimmer ") { counts[line, default: 0] += 1 }
        for (line, count) in counts where count > 1 { wrong.append("\(count) times at the broker: \(line)") }
        tally.triggersDelivered = counts.count
    }

    func checkStatus(_ name: String) throws {
        let status = try house(name).tell("GET", "/v1/status")
        let lends = (status["hosting"] as? [String: Any])?["lends"] as? Bool ?? true
        if lends, try !resident(name).belief["no hosting"].contains("false") {
            wrong.append("\(name): lends against its no")
        }
        guard let caps = status["caps"] as? [String: Any], promises[name]?.isMonthLost == false else { return }
        let used = caps["monthUsedBytes"] as? Int ?? 0
        if used > caps["monthLimitBytes"] as? Int ?? 0 { wrong.append("\(name): \(used) bytes used of the month") }
    }

    // MARK: Looking at disks

    /// Kills the house while its people give commands, and looks at what is left.
    func killAndLook(_ name: String) throws {
        let (house, resident) = (try house(name), try resident(name))
        let spent = ledgerBytes(house)
        resident.beginCommands(inviter: try self.house("left"))
        usleep(UInt32(random.below(150_000)))
        house.kill()
        resident.endCommands()
        tally.kills += 1
        try look(name, spent: spent)
    }

    func look(_ name: String, spent: Int64? = nil) throws {
        let disk = try house(name).readDisk()
        let resident = try resident(name)
        wrong += (promises[name]?.check(disk, resident, spent: spent) ?? []).map { "\(name): \($0)" }
        tally.databaseBytesMax = max(tally.databaseBytesMax, disk.bytes)
    }

    /// What a damaged disk has lost nobody can hold it to.
    func lose(_ name: String, month: Bool, clock: Bool) {
        if month { promises[name]?.loseMonth() }
        if clock { promises[name]?.clockMark = 0 }
    }

    func start(_ name: String) throws {
        try page(name).forgetUnsynced()
        try house(name).start()
        if name == "left" { repeatTriggers() }
    }

    private func ledgerBytes(_ house: House) -> Int64? {
        guard let (status, ledger) = house.ask("GET", "/v1/ledger?days=400"), status == 200 else { return nil }
        let entries = ledger["entries"] as? [[String: Any]] ?? []
        return entries.reduce(0) { $0 + Int64($1["bytes"] as? Int ?? 0) }
    }

    // MARK: Events

    /// One press, as the home hears it; at the broker at most once.
    func sendTrigger(becomesStale: Bool = false) throws {
        guard triggers < 500 else { return }
        triggers += 1
        nearCounter += 1
        let way = triggers <= 255 ? "rotate_left:\(triggers)" : "rotate_right:\(triggers - 255)"
        let frame = try near.frame(nearCounter, ["dimmer=\(way)"])
        let (left, broker) = (try house("left"), try broker())
        let before = Self.received("near", at: left)
        near.send(frame)
        let line = Self.line(of: triggers)
        guard becomesStale else {
            recentTriggers = (recentTriggers + [frame]).suffix(3)
            // It may be lost, but is not to become stale while it is on its way.
            _ = wait(1) { broker.heard.contains(line) }
            return
        }
        if wait(1, { Self.hasReceived("near", at: left, since: before) }) { staleTriggers.append(line) }
    }

    private static func line(of trigger: Int) -> String {
        let (way, steps) = trigger <= 255 ? ("left", trigger) : ("right", trigger - 255)
        return "sidegate/near/dimmer {\"event_type\":\"rotate_\(way)\",\"steps\":\(steps)}"
    }

    /// As a neighbour's late copy, or somebody's recording.
    private func repeatTriggers() {
        for frame in recentTriggers { near.send(frame) }
    }

    /// What this home's own device says next to it arrives.
    func ownGoesOn() throws {
        nearCounter += 1
        if try !arrives(near, "near", nearCounter, seconds: 120) { wrong.append("an own device does not go on") }
        tally.ownStates += 1
    }

    /// What the device at the other end says crosses the street.
    func crosses() throws {
        let right = try house("right")
        _ = wait(60) { right.ask("GET", "/v1/status")?.1["routeCount"] as? Int ?? 0 >= 2 }
        farCounter += 1
        if try arrives(far, "far", farCounter, seconds: 120) {
            tally.statesOverTheStreet += 1
        } else {
            wrong.append("no event crosses the street any more")
        }
    }

    /// What the device at the other end says does not cross a house that does not lend now.
    func mustNotCross() throws {
        guard brokerBackAt == nil else { return }
        farCounter += 1
        if try arrives(far, "far", farCounter, seconds: 1.5) {
            wrong.append("an event crossed a house that must not lend")
        }
        tally.heldBack += 1
    }

    /// At the broker; while that is away, at the home.
    private func arrives(_ sensor: Sensor, _ name: String, _ counter: UInt32, seconds: Double) throws -> Bool {
        let frame = try sensor.frame(counter, ["count=\(counter)"])
        let line = "sidegate/\(name)/count \(counter)"
        let (broker, left) = (try broker(), try house("left"))
        let before = Self.received(name, at: left)
        return wait(seconds) {
            if brokerBackAt == nil, broker.heard.contains(line) { return true }
            if brokerBackAt != nil, Self.hasReceived(name, at: left, since: before) { return true }
            sensor.send(frame)
            usleep(200_000)
            return false
        }
    }

    private static func hasReceived(_ name: String, at left: House, since before: Int?) -> Bool {
        guard let before, let now = received(name, at: left) else { return false }
        return now > before
    }

    /// How many frames of the device were opened.
    private static func received(_ name: String, at left: House) -> Int? {
        let devices = left.ask("GET", "/v1/devices")?.1["devices"] as? [[String: Any]] ?? []
        return devices.first { $0["name"] as? String == name }?["received"] as? Int
    }

    /// Waits until the home has put something into its outbox while the broker is away.
    func ownComesToTheOutbox() throws {
        let left = try house("left")
        func count() -> Int {
            (left.ask("GET", "/v1/status")?.1["broker"] as? [String: Any])?["outboxCount"] as? Int ?? 0
        }
        nearCounter += 1
        let frame = try near.frame(nearCounter, ["count=\(nearCounter)"])
        let came = wait(30) { [near] in
            near.send(frame)
            usleep(100_000)
            return count() > 0
        }
        if !came { wrong.append("nothing waits for the broker") }
    }

    private func settle() throws {
        if brokerBackAt != nil { try bringBrokerBack() }
        for name in Self.names {
            try killAndLook(name)
            try start(name)
        }
        try lookAtEverybody()
        let left = try house("left")
        let isEmpty = wait(60) {
            (left.ask("GET", "/v1/status")?.1["broker"] as? [String: Any])?["outboxCount"] as? Int == 0
        }
        if !isEmpty { wrong.append("the outbox does not run empty") }
    }

    func wait(_ seconds: Double, _ condition: () -> Bool) -> Bool {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if condition() { return true }
            usleep(50_000)
        }
        return condition()
    }
}
