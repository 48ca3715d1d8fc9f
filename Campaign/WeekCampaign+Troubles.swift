import Foundation
import SeededRandom

/// What befalls a house: how it begins, what is promised meanwhile, and how it ends.
extension WeekCampaign {
    /// One trouble and its hour.
    func befall(_ trouble: WeekTrouble, _ name: String, hour: Int) throws {
        switch trouble {
        case .kill: try killEverybody()
        case .powerLoss: try losePower(name)
        case .fullDisk: try fillDisk(name)
        case .readOnly, .laterVersion: try lockDatabase(name, isLater: trouble == .laterVersion)
        case .damagedBeginning: try damageBeginning(name)
        case .damagedPages: try damagePages(name)
        case .clockUnset: try unsetClock(name)
        case .clockAhead: try leapAhead(name)
        case .clockBack: try setBack(name)
        case .brokerAwayHour: try takeBrokerAway(backAt: hour)
        case .brokerAwayDay: try takeBrokerAway(backAt: hour + 24)
        case .restarts: try restart(name)
        case .settingsBroken: try breakSettings(name) { try $0.writeSettings("hosting: {optt_out: maybe\n") }
        case .settingsMissing: try breakSettings(name) { $0.removeSettings() }
        case .airGone: try takeAirAway()
        }
    }

    /// The hour goes by, with commands and a press at its beginning and the home's own events at its end.
    private func passHour(at name: String, isHomeWell: Bool = true) throws {
        try resident(name).giveCommands(random.below(6), inviter: try house("left"))
        // By the home's clock what it hears now is stale in an hour.
        try sendTrigger(becomesStale: brokerBackAt != nil)
        pass(Self.hourSeconds)
        if isHomeWell { try ownGoesOn() }
    }

    private func killAndStart(_ name: String) throws {
        try killAndLook(name)
        try start(name)
    }

    private func status(_ name: String) throws -> [String: Any] { try house(name).ask("GET", "/v1/status")?.1 ?? [:] }

    private func noes(_ name: String) throws -> [String] {
        (try status(name)["hosting"] as? [String: Any])?["noes"] as? [String] ?? []
    }

    /// Lending is suspended for this reason, and so nothing crosses that house.
    private func expectSuspended(_ name: String, _ reason: String) throws {
        let isSuspended = wait(20) { (try? noes(name))?.contains { $0.contains(reason) } == true }
        if !isSuspended { wrong.append("lending is not suspended, or not because of \(reason): \(try noes(name))") }
        if isSuspended, ["middle", "right"].contains(name) { try mustNotCross() }
    }

    private func expectOver(_ name: String, _ reason: String) throws {
        let isOver = wait(60) { (try? noes(name))?.contains { $0.contains(reason) } == false }
        if !isOver { wrong.append("lending stays suspended: \(try noes(name))") }
    }

    // MARK: Machines

    private func killEverybody() throws {
        try passHour(at: "left")
        for name in Self.names { try killAndLook(name) }
        for name in Self.names { try start(name) }
    }

    private func restart(_ name: String) throws {
        try passHour(at: name)
        for _ in 0..<10 {
            try house(name).kill()
            tally.kills += 1
            try start(name)
        }
        try killAndStart(name)
    }

    /// Of what was on its way to the log any sector is as it should be or zero, or all of it ends somewhere.
    private func losePower(_ name: String) throws {
        try passHour(at: name)
        let (house, page) = (try house(name), try page(name))
        page.diesAtSync = 1 + random.below(5)
        try resident(name).beginCommands(inviter: try self.house("left"))
        if !house.waitForEnd(seconds: 5) { house.kill() }
        try resident(name).endCommands()
        page.diesAtSync = 0
        house.kill()
        tally.kills += 1
        try tear(house.file + "-wal", page.unsynced)
        try look(name)
        try start(name)
    }

    private func tear(_ file: String, _ range: Range<Int>) throws {
        guard let handle = FileHandle(forUpdatingAtPath: file) else { return }
        defer { try? handle.close() }
        let end = min(range.upperBound, Int(try handle.seekToEnd()))
        guard range.lowerBound < end else { return }
        tally.tornBytes += end - range.lowerBound
        if random.chance(40) {
            return try handle.truncate(atOffset: UInt64(range.lowerBound + random.below(end - range.lowerBound)))
        }
        var place = range.lowerBound
        while place < end {
            let next = min(end, (place / 512 + 1) * 512)
            if random.chance(40) {
                try handle.seek(toOffset: UInt64(place))
                try handle.write(contentsOf: [UInt8](repeating: 0, count: next - place))
            }
            place = next
        }
    }

    private func takeAirAway() throws {
        try FileManager.default.moveItem(atPath: air, toPath: air + "-gone")
        for name in Self.names {
            let isDown = wait(20) { ((try? status(name))?["radio"] as? [String: Any])?["isUp"] as? Bool == false }
            if !isDown { wrong.append("\(name) does not say that its radio is down") }
        }
        try passHour(at: "left", isHomeWell: false)
        try FileManager.default.moveItem(atPath: air + "-gone", toPath: air)
        for name in Self.names { try killAndStart(name) }
    }

    // MARK: Disks

    private func fillDisk(_ name: String) throws {
        let page = try page(name)
        page.isDiskFull = true
        if try house(name).ask("POST", "/v1/yeses", #"{"what":"requests"}"#)?.0 == 200 {
            wrong.append("a command was acknowledged by a full disk")
        }
        try expectSuspended(name, "the disk fails")
        // Own events are refused while the home's disk is full, so that their senders keep them.
        try passHour(at: name, isHomeWell: name != "left")
        page.isDiskFull = false
        try expectOver(name, "the disk fails")
        try killAndStart(name)
    }

    /// The file cannot be used, and stays as it is; a copy in memory stands in for it, also over restarts.
    private func lockDatabase(_ name: String, isLater: Bool) throws {
        let house = try house(name)
        try killAndLook(name)
        try isLater ? markLater(house, true) : setMode(house, directory: 0o500, file: 0o400)
        let before = FileManager.default.contents(atPath: house.file)
        for isFirst in [true, false] {
            try house.start(withoutOverride: true)
            try expectSuspended(name, "cannot be used")
            if house.ask("POST", "/v1/yeses", #"{"what":"hosting"}"#)?.0 == 200 {
                wrong.append("a change was taken although the database cannot be used")
            }
            if isFirst { try passHour(at: name) } else { try ownGoesOn() }
            house.kill()
        }
        if FileManager.default.contents(atPath: house.file) != before {
            wrong.append("the database that could not be used was changed")
        }
        try isLater ? markLater(house, false) : setMode(house, directory: 0o700, file: 0o600)
        try start(name)
        try killAndStart(name)
    }

    private func setMode(_ house: House, directory: mode_t, file: mode_t) throws {
        guard chmod(house.directory, 0o700) == 0, chmod(house.file, file) == 0, chmod(house.directory, directory) == 0
        else { throw CampaignFailure("the modes of \(house.directory) cannot be changed") }
    }

    private func markLater(_ house: House, _ isLater: Bool) throws {
        try house.change(
            isLater
                ? "INSERT INTO grdb_migrations VALUES ('9 later')"
                : "DELETE FROM grdb_migrations WHERE identifier = '9 later'")
    }

    /// Costs nothing but a yes to hosting, or nothing at all where the log still has the first page.
    private func damageBeginning(_ name: String) throws {
        try killAndLook(name)
        let house = try house(name)
        let hasNoLog = random.chance(70)
        if hasNoLog { try house.change("PRAGMA wal_checkpoint(TRUNCATE)") }
        try house.overwrite(at: 0, [UInt8](repeating: 0xEE, count: 16 + random.below(4_081)))
        let told = house.logSize
        try start(name)
        if house.log(since: told).contains("the database was damaged") {
            try resident(name).belief.acknowledged(.say(true, "hosting"))
            try expectSuspended(name, "opted out by command")
            if access("\(house.directory)/damaged/sidegate.sqlite", F_OK) != 0 {
                wrong.append("the damaged database was not kept")
            }
            tally.rescues += 1
        } else if hasNoLog {
            wrong.append("the damage was not found, or not told")
        }
        try passHour(at: name)
        try killAndStart(name)
    }

    /// What stood on the pages may be gone, and is told; a yes to hosting is gone in any case, a no is not.
    private func damagePages(_ name: String) throws {
        try passHour(at: name)
        try killAndLook(name)
        let house = try house(name)
        try house.change("PRAGMA wal_checkpoint(TRUNCATE)")
        guard let whole = FileManager.default.contents(atPath: house.file) else { return }
        for _ in 0..<1 + random.below(3) {
            try house.overwrite(
                at: random.below(whole.count / 4_096) * 4_096,
                (0..<4_096).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
        let damaged = FileManager.default.contents(atPath: house.file)
        let told = house.logSize
        try page(name).forgetUnsynced()
        if try house.tryStart() {
            try takeRescue(name, house.log(since: told))
        } else {
            if !house.log(since: told).contains("Restore the file from a copy") { wrong.append("no remedy is told") }
            if FileManager.default.contents(atPath: house.file) != damaged {
                wrong.append("what could not be rescued was changed")
            }
            try whole.write(to: URL(fileURLWithPath: house.file))
            tally.refusals += 1
            try start(name)
        }
        try killAndStart(name)
    }

    private func takeRescue(_ name: String, _ log: String) throws {
        // A page that held nothing.
        guard log.contains("the database was damaged") else { return }
        tally.rescues += 1
        let resident = try resident(name)
        resident.belief.acknowledged(.say(true, "hosting"))
        try expectSuspended(name, "opted out by command")
        let line = log.split(separator: "\n").first { $0.contains("something may be missing of: ") } ?? ""
        let lost = line.components(separatedBy: "something may be missing of: ").last ?? ""
        lose(name, month: lost.contains("month_reservation"), clock: lost.contains("mark"))
        // An unreadable no stands.
        if lost.split(separator: ",").contains(where: { $0.trimmingCharacters(in: .whitespaces) == "no" }) {
            resident.belief.acknowledged(.say(true, "requests"))
        }
        if lost.contains("moved") { try house(name).tell("POST", "/v1/home/resume") }
        guard try status(name)["network"] as? [String: Any] == nil else { return }
        if !lost.contains("network") { wrong.append("the network is gone, and it was not told: \(lost)") }
        resident.believe(network: false)
        try resident.join(by: try house("left"), tries: 3)
    }

    // MARK: Clocks

    private func isTrusted(_ name: String) throws -> Bool {
        (try status(name)["clock"] as? [String: Any])?["isTrusted"] as? Bool == true
    }

    private func expectDistrusted(_ name: String) throws {
        if !wait(20, { (try? isTrusted(name)) == false }) { wrong.append("a wrong clock is trusted") }
        if ["middle", "right"].contains(name) { try mustNotCross() }
    }

    private func setRight(_ name: String) throws {
        try page(name).wallSeconds = 0
        if !wait(60, { (try? isTrusted(name)) == true }) { wrong.append("the right time is not trusted") }
    }

    private func unsetClock(_ name: String) throws {
        try killAndLook(name)
        let page = try page(name)
        page.wallSeconds = 4 - Int64(Date().timeIntervalSince1970) - page.steadySeconds
        try start(name)
        try expectDistrusted(name)
        try passHour(at: name)
        try setRight(name)
        try killAndStart(name)
    }

    private func leapAhead(_ name: String) throws {
        try page(name).wallSeconds = Int64(600 + random.below(5 * 86_400))
        pass(2_400)
        try ownGoesOn()
        try setRight(name)
        pass(Self.hourSeconds - 2_400)
        try killAndStart(name)
    }

    /// Hours behind, also after a restart.
    private func setBack(_ name: String) throws {
        try page(name).wallSeconds = -Int64(8_000 + random.below(30_000))
        try expectDistrusted(name)
        try passHour(at: name)
        // What a daemon that starts knows of the time is the mark on its disk.
        try killAndLook(name)
        let mark = try house(name).readDisk().clockMark
        let page = try page(name)
        page.wallSeconds =
            mark - Int64(8_000 + random.below(30_000)) - page.steadySeconds - Int64(Date().timeIntervalSince1970)
        try start(name)
        try expectDistrusted(name)
        try setRight(name)
    }

    // MARK: Brokers and settings

    private func takeBrokerAway(backAt hour: Int) throws {
        try broker().pause()
        brokerBackAt = hour
        try sendTrigger(becomesStale: true)
        try ownComesToTheOutbox()
        try passHour(at: "left")
        try killAndStart("left")
    }

    private func breakSettings(_ name: String, _ damage: (House) throws -> Void) throws {
        let house = try house(name)
        try damage(house)
        try expectSuspended(name, "the settings are wrong")
        try passHour(at: name)
        try house.writeSettings(house.settings)
        try expectOver(name, "the settings are wrong")
        try killAndStart(name)
    }
}
