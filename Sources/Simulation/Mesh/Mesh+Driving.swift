import Bridging
import Consent
import Wire

/// How a bridge is driven: as its daemon does it.
extension Mesh {
    /// A timer comes a moment late, so that a deadline which stays in the past shows as many wakes.
    static let timerMicroseconds: Int64 = 100

    func moment(of house: SimulatedHouse) -> Moment {
        let clock = house.clock
        let wall = startsAtSeconds &+ clock.run(at: now) / 1_000_000 &+ clock.offsetSeconds
        return Moment(
            instant: Instant(microseconds: clock.instant(at: now)), wall: WallTime(seconds: UInt32(clamping: wall)))
    }

    /// Gives a bridge one input as its daemon would: random bytes, the input, `advance`, then the effects. Nil if it
    /// does not run.
    @discardableResult
    func drive<Result>(
        _ index: Int, advances: Bool = true, _ input: (inout Bridge, Moment, inout Effects) throws -> Result
    ) rethrows -> Result? {
        let house = houses[index]
        guard let running = house.running else { return nil }
        let moment = moment(of: house)
        topUp(house, running)
        let result = try input(&running.bridge, moment, &effects)
        if house.isLiar { lie(before: house, running, moment) }
        if advances { running.bridge.advance(now: moment, into: &effects) }
        if !effects.isEmpty || !effects.traces.isEmpty { carryOut(house, running) }
        if advances { keepPromises(house, running) }
        if advances {
            running.dueAt = time(of: running.bridge.due, house)
        } else {
            // Hearing a beacon brings nothing else nearer.
            running.dueAt = min(running.dueAt, time(of: running.bridge.lookDeadline, house))
        }
        setTimer(house, running)
        return result
    }

    func topUp(_ house: SimulatedHouse, _ running: RunningBridge) {
        running.bridge.random.fill { house.chances.bridge.fill($0) }
    }

    private func time(of deadline: Instant, _ house: SimulatedHouse) -> Int64 {
        deadline.microseconds < .max ? house.clock.time(at: deadline.microseconds) : .max
    }

    private func setTimer(_ house: SimulatedHouse, _ running: RunningBridge) {
        let due = max(running.dueAt, now + Self.timerMicroseconds)
        guard due < running.wakeAt else { return }
        running.wakeAt = due
        queue.add(Happening(kind: .wake, boot: running.boot, house: Int32(house.index)), at: due)
    }

    func wake(_ index: Int, _ boot: UInt16) {
        let house = houses[index]
        guard let running = house.running, running.boot == boot, running.wakeAt == now else { return }
        running.wakeAt = .max
        // What was due may have been done, or put off, by another input.
        if house.clock.partsPerMillion != 0 { running.dueAt = time(of: running.bridge.due, house) }
        guard running.dueAt <= now else { return setTimer(house, running) }
        countWake(house, dueAt: running.dueAt)
        drive(index) { _, _, _ in }
    }

    // MARK: Effects

    /// First the messages, then the actions, in order.
    func carryOut(_ house: SimulatedHouse, _ running: RunningBridge) {
        handed.removeAll(keepingCapacity: true)
        if !effects.traces.isEmpty || !effects.notes.isEmpty { follow(house, running) }
        var passed = 0
        for sent in effects.sends {
            let isPacket = sent.type == MessageType.packet.rawValue
            let emission = isPacket ? takeHanded(on: sent.channel, after: &passed) : Emission.noNumber
            guard let (channel, end) = channels.channel(sent.channel), channel[end].isOpen else {
                breakPromise(.bounds, house, "sent on a channel that it had been told is gone")
                continue
            }
            checkLeaving(house, type: sent.type)
            checkLent(sent.count, type: sent.type, house)
            send(effects.message(sent), type: sent.type, of: emission, on: channel, from: end, running)
        }
        guard !effects.actions.isEmpty else { return effects.removeAll() }
        let actions = effects.actions
        effects.removeAll()
        for action in actions { carryOut(action, house, running) }
    }

    private func carryOut(_ action: BridgeAction, _ house: SimulatedHouse, _ running: RunningBridge) {
        switch action {
        case .advertise(let payloads): advertise(payloads, house)
        case .connect(let attempt, let address): dial(attempt, address, from: house, running)
        case .close(let id): if let (channel, end) = channels.channel(id) { close(channel, end, running) }
        case .store(let record, let id):
            store(record, id, house)
            if KeptMessageRules.endsGrants(record) { dropKept(house) { $0 == MessageType.packet.rawValue } }
        case .forget(let id):
            house.disk.forget(id, at: now)
            if let device = deviceByGrant[id] { house.knowledge.forgetGrant(devices[device].localIndex) }
        case .open(let event): toDisk(.open(event), house, running)
        case .reserveMonth(let reservation): toDisk(.reserve(reservation), house, running)
        case .joined(let joined): toDisk(.join(joined), house, running)
        case .joinFailed: joinEnded(house.index)
        case .invitationUsed: break
        }
    }

    private func store(_ record: [UInt8], _ id: UInt64, _ house: SimulatedHouse) {
        note(UInt64(house.index) ^ id)
        if !house.troubles.isDiskFull { house.disk.store(record, id: id, at: now) }
        learn(record, house)
    }
}
