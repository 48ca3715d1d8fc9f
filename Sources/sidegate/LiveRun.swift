import ControlAPI
import Glibc
import Sealing
import Simulation
import Synchronization
import Wire

/// A scenario lived through by real daemons, in real time, and judged by what can be seen from outside.
final class LiveRun {
    /// What cannot be done to a daemon from outside is told and left out.
    private let scenario: Scenario
    private let seed: UInt64
    private let street: LiveStreet
    private let progress: ProgressLine
    private var joined: [Int] = []
    private var sensors: [LiveSensor] = []
    private let seen = LiveSightings()
    private var begun = LiveClock.microseconds()
    /// When something went wrong: nothing was done from then on, however late it became.
    private var endedEarlyAt: Int64?
    /// What each house's ledger told before the run, and when it was asked.
    private var lentBefore: [Int: (at: Int64, bytes: Int)] = [:]
    private var faults: [FaultLine] = []
    private var optOuts: [(house: Int, from: Int64, to: Int64?)] = []
    /// Faults under way, in the order of their beginnings.
    private var begunFaults: [Int] = []
    /// Devices whose owners have revoked them, and when their bridges said that it was done.
    private var revocations: [(device: Int, from: Int64)] = []

    /// What happens at one time.
    private enum Happening {
        case emission(device: Int)
        case fault(Int)
        case end(of: Int)
    }

    init(_ scenario: Scenario, seed: UInt64, progress: ProgressLine) throws {
        let explicit = scenario.eachDeviceAlone(seed: seed)
        (self.scenario, self.seed, self.progress) = (explicit, seed, progress)
        street = try LiveStreet(explicit)
    }

    /// What has run is judged also where something has gone wrong on the way; what that was.
    func run(keepsFiles: Bool) async throws -> (record: RunRecord, trouble: (any Error)?) {
        defer { street.end(keepsFiles: keepsFiles) }
        if keepsFiles { Console.complainAsIs("The bridges' files and logs are in \(street.directory)") }
        try street.writeStreet()
        for house in 0..<street.houses { try street.start(house) }
        for house in 0..<street.houses { try await street.waitForAnswer(house) }
        try await found()
        try await addDevices()
        let watches = joined.map { house in
            let (client, seen) = (street.client(house), seen)
            return Task.detached { await seen.watch(house, client) }
        }
        defer { for watch in watches { watch.cancel() } }
        for house in joined {
            let at = LiveClock.microseconds()
            if let bytes = await lent(house) { lentBefore[house] = (at, bytes) }
        }
        begun = LiveClock.microseconds()
        var trouble: (any Error)?
        do { try await live() } catch { (trouble, endedEarlyAt) = (error, now) }
        return (await record(), trouble)
    }

    private var now: Int64 { LiveClock.microseconds() - begun }

    // MARK: Beginning

    private func found() async throws {
        let order = street.joiningOrder()
        for (number, (house, inviter)) in order.enumerated() where !Interrupt.isWanted {
            progress.show(done: Int64(number), of: Int64(order.count), what: "houses joined")
            if let inviter {
                try await join(house, by: inviter)
            } else {
                _ = try await street.client(house).ask(.createNetwork(NetworkCreation(network: "live")))
            }
            if !street.host(house).isOptedOut { _ = try await street.client(house).ask(.sayYes(.hosting)) }
            joined.append(house)
        }
        progress.clear()
        if joined.count < street.houses {
            Console.complainAsIs("\(street.houses - joined.count) houses are out of the others' reach and take no part")
        }
    }

    private func join(_ house: Int, by inviter: Int) async throws {
        var last: (any Error)?
        for _ in 0..<5 where !Interrupt.isWanted {
            do {
                let answer = try await street.client(inviter).ask(.invite)
                let code = try ControlClient.decode(Invitation.self, from: answer).code
                _ = try await street.client(house).ask(.joinNetwork(NetworkJoining(code: code)))
                return
            } catch {
                last = error
            }
        }
        if Interrupt.isWanted { throw CommandEnd(130, "interrupted") }
        throw last ?? CommandEnd(ExitMeaning.refused, "house \(house) cannot join by house \(inviter)")
    }

    private func addDevices() async throws {
        for (number, plan) in scenario.devices.enumerated() {
            guard case .houses(let owners) = plan.owners, let owner = owners.first, joined.contains(owner) else {
                sensors.append(LiveSensor(number: number, owner: nil, seed: seed))
                continue
            }
            let sensor = LiveSensor(number: number, owner: owner, seed: seed)
            guard let key = BindKey(hexadecimal: sensor.keyText) else { continue }
            var scope: [ScopeStep] = []
            if plan.scope.contains(.relay) { scope.append(.relay) }
            if plan.scope.contains(.hold) { scope.append(.hold) }
            let addition = DeviceAddition(
                address: sensor.address, bindKey: key, name: sensor.name, trafficClass: Self.name(of: plan.eventClass),
                scope: scope, ratePerMinute: min(255, max(1, Int(plan.ratePerMinute))))
            _ = try await street.client(owner).ask(.addDevice(addition))
            sensors.append(sensor)
        }
    }

    static func name(of eventClass: EventClass) -> TrafficClass {
        switch eventClass {
        case .alarm: .alarm
        case .event: .event
        case .telemetry: .telemetry
        }
    }

    // MARK: Living

    private func happenings() -> [(time: Int64, what: Happening)] {
        var list: [(time: Int64, what: Happening)] = []
        for (number, plan) in scenario.devices.enumerated() {
            guard case .at(let times) = plan.traffic, sensors[number].owner != nil else { continue }
            list += times.map { ($0, .emission(device: number)) }
        }
        for (number, plan) in scenario.faults.enumerated() {
            guard case .at(let time) = plan.when else { continue }
            list.append((time, .fault(number)))
            if let span = Self.span(of: plan.fault) { list.append((time + span, .end(of: number))) }
        }
        return list.sorted { $0.time < $1.time }
    }

    private func live() async throws {
        let list = happenings()
        var next = 0
        while !Interrupt.isWanted {
            let time = min(next < list.count ? list[next].time : .max, scenario.durationMicroseconds)
            let wait = time - now
            if wait > 0 { try await Task.sleep(for: .microseconds(min(wait, 200_000))) }
            progress.show(microseconds: now, of: scenario.durationMicroseconds, houses: joined.count)
            guard now >= time else { continue }
            if next >= list.count || time >= scenario.durationMicroseconds { break }
            switch list[next].what {
            case .emission(let device): emit(device)
            case .fault(let number): try await begin(number)
            case .end(let number): try await end(number)
            }
            next += 1
        }
        // What is under way comes home, or does not.
        if !Interrupt.isWanted { try await Task.sleep(for: .seconds(5)) }
        progress.clear()
    }

    private func emit(_ number: Int) {
        let (sensor, plan, air, seen) = (sensors[number], scenario.devices[number], street.directory, seen)
        let counter = seen.emitted(number, LiveClock.unixMicroseconds())
        Task.detached {
            for turn in 0..<plan.advertisements {
                if turn > 0 { try? await Task.sleep(for: .microseconds(plan.advertisementIntervalMicroseconds)) }
                if sensor.send(counter: UInt32(counter), air: air) { seen.heard(number, counter) }
            }
        }
    }

    static func span(of fault: Fault) -> Int64? {
        switch fault {
        case .crash(let span, _), .partition(let span), .deaf(let span), .mute(let span): span
        case .optOut(let span): span > 0 ? span : nil
        default: nil
        }
    }

    private func begin(_ number: Int) async throws {
        let plan = scenario.faults[number]
        guard case .houses(let chosen) = plan.houses else { return }
        let houses = chosen.filter { joined.contains($0) }
        begunFaults.append(number)
        var what = plan.fault.words
        var ofHouse: [Int: String] = [:]
        switch plan.fault {
        case .crash:
            for house in houses { street.crash(house) }
        case .partition:
            for house in houses { street.setSide(house, number + 1) }
        case .deaf:
            for house in houses { street.setDeaf(house, true) }
        case .mute:
            for house in houses { street.setMute(house, true) }
        case .optOut:
            for house in houses {
                do {
                    _ = try await street.client(house).ask(.sayNo(.hosting))
                    optOuts.append((house, LiveClock.unixMicroseconds(), nil))
                } catch {
                    ofHouse[house] = "did not opt out: \(error)"
                }
            }
        case .revoke: for house in houses { ofHouse[house] = await revokeOne(of: house) }
        default: what += ", which live mode leaves out"
        }
        let alike = houses.filter { ofHouse[$0] == nil }
        let until = Self.span(of: plan.fault).map { now + $0 }
        if !alike.isEmpty { faults.append(FaultLine(now, houses: alike, what, until: until)) }
        for house in houses {
            if let own = ofHouse[house] { faults.append(FaultLine(now, houses: [house], own)) }
        }
        try street.writeStreet()
    }

    /// The owner in a house revokes one of the house's devices, drawn at random. What came of it, for the time line.
    private func revokeOne(of house: Int) async -> String {
        let live = sensors.filter { sensor in
            sensor.owner == house && !revocations.contains { $0.device == sensor.number }
        }
        guard !live.isEmpty else { return "has no device left to revoke" }
        var random = RandomStream(seed: seed, purpose: 0x7265_766f &+ UInt64(house) << 32 &+ UInt64(revocations.count))
        let sensor = live[random.number(below: live.count)]
        do {
            _ = try await street.client(house).ask(.revokeDevice(name: sensor.name))
        } catch {
            return "did not revoke \(sensor.name): \(error)"
        }
        revocations.append((sensor.number, LiveClock.unixMicroseconds()))
        return "\(sensor.name) revoked"
    }

    private func end(_ number: Int) async throws {
        let plan = scenario.faults[number]
        guard case .houses(let chosen) = plan.houses else { return }
        begunFaults.removeAll { $0 == number }
        var well: [Int] = []
        for house in chosen where joined.contains(house) {
            // A short fault within a long one of its kind does not end that.
            if let other = begunFaults.last(where: { strikes($0, house, as: plan.fault) }) {
                if case .partition = plan.fault { street.setSide(house, other + 1) }
                continue
            }
            // Who never said yes does not say it because a no for a time is over.
            if case .optOut = plan.fault, street.host(house).isOptedOut { continue }
            try await takeAway(plan.fault, at: house)
            well.append(house)
        }
        if !well.isEmpty { faults.append(FaultLine(now, houses: well, "well again")) }
        try street.writeStreet()
    }

    /// Kinds of the scenario's faults that live mode leaves out, in words.
    static func leftOut(_ scenario: Scenario) -> [String] {
        var kinds: [String] = []
        for plan in scenario.faults {
            switch plan.fault {
            case .crash, .partition, .deaf, .mute, .optOut, .revoke: continue
            default: if !kinds.contains(plan.fault.words) { kinds.append(plan.fault.words) }
            }
        }
        return kinds
    }

    /// Whether a fault is of the kind of another one, and at a house.
    private func strikes(_ number: Int, _ house: Int, as fault: Fault) -> Bool {
        guard case .houses(let chosen) = scenario.faults[number].houses, chosen.contains(house) else { return false }
        switch (scenario.faults[number].fault, fault) {
        case (.crash, .crash), (.partition, .partition), (.deaf, .deaf), (.mute, .mute), (.optOut, .optOut): return true
        default: return false
        }
    }

    private func takeAway(_ fault: Fault, at house: Int) async throws {
        switch fault {
        case .crash:
            try street.start(house)
            try await street.waitForAnswer(house)
            let (client, seen) = (street.client(house), seen)
            Task.detached { await seen.watch(house, client) }
        case .partition: street.setSide(house, 0)
        case .deaf: street.setDeaf(house, false)
        case .mute: street.setMute(house, false)
        case .optOut:
            let time = LiveClock.unixMicroseconds()
            for index in optOuts.indices where optOuts[index].house == house && optOuts[index].to == nil {
                optOuts[index].to = time
            }
            _ = try? await street.client(house).ask(.sayYes(.hosting))
        default: break
        }
    }

    // MARK: Judging

    private func record() async -> RunRecord {
        var record = RunRecord(scenario: scenario, seed: seed)
        record.policy = "sidegated"
        record.ranMicroseconds =
            endedEarlyAt.map { min($0, scenario.durationMicroseconds - 1) } ?? min(now, scenario.durationMicroseconds)
        record.houses = Layout.places(of: scenario.topology, seed: seed).map { HouseRecord(place: $0) }
        record.faults = faults
        for (number, plan) in scenario.devices.enumerated() {
            guard case .at(let place) = plan.placement, let owner = sensors[number].owner else { continue }
            record.devices.append(DeviceRecord(name: plan.name, home: owner, place: place))
        }
        let judge = LiveJudge(scenario: scenario, sightings: seen.all, sensors: sensors)
        judge.judge(&record, optOuts: optOuts, revocations: revocations, begun: begun)
        for house in joined { await judgeCap(house, &record) }
        record.note(.bounds, checks: joined.count)
        for house in street.ended() {
            record.broken.append(
                BrokenPromise(.bounds, at: record.ranMicroseconds, house: house, "the daemon ended by itself"))
        }
        return record
    }

    /// What the ledger says was lent since the run began, against what the cap allows in that time.
    private func judgeCap(_ house: Int, _ record: inout RunRecord) async {
        guard scenario.promises.contains(.cap), let before = lentBefore[house], let after = await lent(house) else {
            return
        }
        record.note(.cap, checks: 1)
        let lent = after - before.bytes
        let limits = street.host(house).lending
        // What is being sent as the ledger is read is in one reading or the other.
        let seconds = Double(LiveClock.microseconds() - before.at) / 1_000_000 + 1
        let allowed = Double(limits.rateBits) / 8 * seconds + Double(limits.burstBytes)
        record.houses[house].lentBytes = [UInt64(max(0, lent))]
        if Double(lent) > allowed {
            record.broken.append(
                BrokenPromise(.cap, at: record.ranMicroseconds, house: house, "\(lent) bytes lent of \(Int(allowed))"))
        }
    }

    /// All that the house's ledger tells of, in bytes. Nil where it does not answer.
    private func lent(_ house: Int) async -> Int? {
        guard let answer = try? await street.client(house).ask(.ledger(days: 2)),
            let ledger = try? ControlClient.decode(LedgerReport.self, from: answer)
        else { return nil }
        return ledger.entries.reduce(0) { $0 + $1.bytes }
    }
}
