import Bridging
import Wire

/// What goes wrong.
extension Mesh {
    /// Begins a fault at its houses.
    func begin(fault number: Int) {
        let timed = faults.timed[number]
        for index in timed.houses {
            begin(timed.fault, at: houses[index], number)
            noteState(houses[index])
        }
        if case .partition = timed.fault { cut(timed.houses) }
        guard run.faults.count < Scenario.faultsMax else { return }
        let span = timed.fault.spanMicroseconds ?? .max
        run.faults.append(
            FaultLine(now, houses: timed.houses, timed.fault.words, until: span < .max ? now + max(span, 1) : nil))
    }

    private func begin(_ fault: Fault, at house: SimulatedHouse, _ number: Int) {
        house.unsettledAt = now
        if let span = fault.spanMicroseconds {
            house.troubles.begun.append(Int32(number))
            if span < .max { endLater(number, house, after: span) }
        }
        switch fault {
        case .crash(_, let unwritten): crash(house.index, unwrittenMicroseconds: unwritten)
        case .clockWrong:
            // A house without power comes back with the wrong clock when its power does.
            let isUp = house.running != nil
            crash(house.index, unwrittenMicroseconds: 0)
            put(fault, at: house, number)
            if isUp { restart(house) }
        case .drift(let partsPerMillion): house.clock.setDrift(partsPerMillion, at: now)
        case .revoke: revokeOne(of: house)
        case .liar(let lie): begin(lie, at: house)
        default: put(fault, at: house, number)
        }
        switch fault {
        case .deaf, .mute: severAll(house)
        case .forged: beginForging(house)
        default: break
        }
        if fault.cutsWays { disturbRoutes() }
    }

    /// What a fault means for its house as long as it is in force.
    private func put(_ fault: Fault, at house: SimulatedHouse, _ number: Int) {
        switch fault {
        case .clockWrong(let seconds, _): house.clock.offsetSeconds = seconds
        case .partition: house.troubles.partition = Int64(number) + 1
        case .deaf: house.troubles.isDeaf = true
        case .mute: house.troubles.isMute = true
        case .altered(let permille, _): house.troubles.alteredPermille = permille
        case .duplicated(let permille, _): house.troubles.duplicatedPermille = permille
        case .delayed(let by, let permille, _):
            (house.troubles.delayMicroseconds, house.troubles.delayedPermille) = (by, permille)
        case .forged(let perMinute, _): house.troubles.forgedPerMinute = perMinute
        case .diskFull: house.troubles.isDiskFull = true
        case .optOut: setHosting(house, isOptedOut: true, isClosed: house.isClosed)
        case .crash, .drift, .revoke, .liar: break
        }
    }

    private func endLater(_ number: Int, _ house: SimulatedHouse, after span: Int64) {
        queue.add(
            Happening(kind: .faultEnds, house: 0, other: UInt32(house.index), number: Int64(number)),
            at: now + max(span, 1))
    }

    /// A fault ends at one house. Of others of its kind that go on there, the last to begin is in force from now on: a short
    /// one within a long one does not end that.
    func end(fault number: Int, at _: Int, _ index: Int) {
        let house = houses[index]
        let fault = faults.timed[number].fault
        guard let place = house.troubles.begun.firstIndex(of: Int32(number)) else { return }
        house.troubles.begun.remove(at: place)
        house.unsettledAt = now
        let other = house.troubles.begun.last { faults.timed[Int($0)].fault.place == fault.place }
        if let other { goOn(Int(other), at: house) } else { takeAway(fault, at: house) }
        noteState(house)
        // Once all its houses are where they were: those that were together stay so.
        if case .partition = fault, index == faults.timed[number].houses.last {
            cut(faults.timed[number].houses)
        }
        if fault.healsWays { disturbRoutes() }
    }

    /// A fault that another of its kind had covered is in force again.
    private func goOn(_ number: Int, at house: SimulatedHouse) {
        let fault = faults.timed[number].fault
        put(fault, at: house, number)
        if case .forged = fault { beginForging(house) }
    }

    /// One stranger at a time: whoever was there before has gone.
    private func beginForging(_ house: SimulatedHouse) {
        house.troubles.strangers += 1
        queue.add(Happening(kind: .forgery, house: Int32(house.index), number: house.troubles.strangers), at: now)
    }

    private func takeAway(_ fault: Fault, at house: SimulatedHouse) {
        switch fault {
        case .crash: restart(house)
        case .clockWrong: house.clock.offsetSeconds = 0
        case .partition: house.troubles.partition = 0
        case .deaf: house.troubles.isDeaf = false
        case .mute: house.troubles.isMute = false
        case .altered: house.troubles.alteredPermille = 0
        case .duplicated: house.troubles.duplicatedPermille = 0
        case .delayed: house.troubles.delayedPermille = 0
        case .forged: house.troubles.forgedPerMinute = 0
        case .diskFull: house.troubles.isDiskFull = false
        // Who never said yes does not say it because a no for a time is over.
        case .optOut: setHosting(house, isOptedOut: house.plan.isOptedOut, isClosed: house.isClosed)
        case .drift, .revoke, .liar: break
        }
    }

    private func restart(_ house: SimulatedHouse) {
        do { try start(house.index) } catch {
            breakPromise(.accounted, house, "did not start from its own disk: \(error)")
        }
    }

    /// The houses and all others no longer hear each other: channels between them end by silence.
    private func cut(_ cut: [Int]) {
        for index in cut {
            for channel in channels(of: houses[index]) {
                let (caller, called) = (houses[channel.caller.house], houses[channel.called.house])
                if caller.troubles.partition != called.troubles.partition { sever(channel) }
            }
        }
    }

    private func severAll(_ house: SimulatedHouse) { for channel in channels(of: house) { sever(channel) } }

    private func revokeOne(of house: SimulatedHouse) {
        let live = house.disk.devices.filter { devices[$0].grant != nil && !devices[$0].isRevoked }
        guard !live.isEmpty else { return }
        // Whatever other faults there are.
        var random = RandomStream(seed: plan.seed, purpose: 0x16 << 56 | UInt64(house.index) << 42 ^ UInt64(now))
        revoke(live[random.number(below: live.count)])
    }

    // MARK: Messages

    /// A message arrives altered, now and then: its channel's error check has missed it, or it was no radio's error.
    func spoil(_ message: UnsafeMutableRawBufferPointer, _ sender: SimulatedHouse, _ receiver: SimulatedHouse) {
        let permille = max(sender.troubles.alteredPermille, receiver.troubles.alteredPermille)
        guard permille > 0, !message.isEmpty, sender.chances.fault.number(below: 1_000) < permille else { return }
        message[sender.chances.fault.number(below: message.count)] ^= 1 << UInt8(sender.chances.fault.number(below: 8))
    }

    func isDuplicated(_ sender: SimulatedHouse, _ receiver: SimulatedHouse) -> Bool {
        let permille = max(sender.troubles.duplicatedPermille, receiver.troubles.duplicatedPermille)
        return permille > 0 && sender.chances.fault.number(below: 1_000) < permille
    }

    func delay(_ sender: SimulatedHouse, _ receiver: SimulatedHouse) -> Int64 {
        let permille = max(sender.troubles.delayedPermille, receiver.troubles.delayedPermille)
        guard permille > 0, sender.chances.fault.number(below: 1_000) < permille else { return 0 }
        return max(sender.troubles.delayMicroseconds, receiver.troubles.delayMicroseconds)
    }
}

extension Fault {
    /// How long it lasts, `max` for one that ends with the run; nil where nothing is to be ended.
    var spanMicroseconds: Int64? {
        switch self {
        case .crash(let span, _), .clockWrong(_, let span), .partition(let span), .deaf(let span), .mute(let span),
            .altered(_, let span), .duplicated(_, let span), .delayed(_, _, let span), .forged(_, let span),
            .diskFull(let span):
            span
        case .optOut(let span): span > 0 ? span : .max
        case .drift, .revoke, .liar: nil
        }
    }

    /// A number for its kind: none shares another's, or the end of either would be taken for the other's.
    var place: Int {
        switch self {
        case .crash: 0
        case .clockWrong: 1
        case .drift: 2
        case .partition: 3
        case .deaf: 4
        case .mute: 5
        case .altered: 6
        case .duplicated: 7
        case .delayed: 8
        case .forged: 9
        case .diskFull: 10
        case .optOut: 11
        case .revoke: 12
        case .liar: 13
        }
    }

    /// Whether links end with its beginning. An opt-out is noticed where the host's word changes, which a schedule does too.
    var cutsWays: Bool {
        switch self {
        case .crash, .clockWrong, .partition, .deaf, .mute: true
        case .drift, .altered, .duplicated, .delayed, .forged, .diskFull, .optOut, .revoke, .liar: false
        }
    }

    /// Whether houses hear each other again at its end. A wrong clock's house is up again at once.
    var healsWays: Bool { if case .clockWrong = self { false } else { cutsWays } }

    /// What it is, for time lines.
    public var words: String {
        switch self {
        case .crash(_, let unwritten):
            unwritten > 0 ? "crash, with what was written in the last \(unwritten / 1_000) ms" : "crash"
        case .clockWrong(let seconds, _): "clock wrong by \(seconds) s"
        case .drift(let partsPerMillion): "clock drifts by \(partsPerMillion) ppm"
        case .partition: "partition"
        case .deaf: "deaf"
        case .mute: "mute"
        case .altered(let permille, _): "\(permille) of 1,000 messages altered"
        case .duplicated(let permille, _): "\(permille) of 1,000 messages duplicated"
        case .delayed(let by, let permille, _): "\(permille) of 1,000 messages delayed by \(by / 1_000) ms"
        case .forged(let perMinute, _): "forged frames, \(perMinute) a minute"
        case .diskFull: "disk full"
        case .optOut: "opt-out"
        case .revoke: "revocation"
        case .liar(let lie): "lies: \(lie.rawValue)"
        }
    }
}
