import Bridging
import Consent
import Relaying
import Wire

/// Following events and links through the mesh, by what bridges tell the laboratory.
extension Mesh {
    static let hopsKeptMax = 64

    /// After one input: what it did.
    func follow(_ house: SimulatedHouse, _ running: RunningBridge) {
        for note in effects.notes {
            guard case .dropped(let reason, _) = note else { continue }
            meters.drops[Int(reason.rawValue)] += 1
            if Self.isWant(reason) { house.log.wantedAt = now }
        }
        // Ends come before what is taken in the same turn only by number: copies never go below what is held.
        let traces = effects.traces
        var notesPassed = 0
        for trace in traces {
            if case .ended(_, let reason?) = trace { checkDropCounted(reason, house, after: &notesPassed) }
            follow(trace, house, running)
        }
    }

    private static func isWant(_ reason: Reason) -> Bool {
        switch reason {
        case .cap, .room, .busy, .rate, .clock: true
        default: false
        }
    }

    private func follow(_ trace: BridgeTrace, _ house: SimulatedHouse, _ running: RunningBridge) {
        switch trace {
        case .sealed(let eventID, let isTaken): sealed(eventID, isTaken: isTaken, house, running)
        case .taken(let eventID, let id, let isHeld, let hopLimit):
            keep(eventID, hopLimit: hopLimit, isHeld: isHeld, house, running)
            taken(eventID, id, isHeld: isHeld, house, running)
        case .handed(let handle, let eventID, _, let id):
            let number = emissions.number(of: eventID)
            handed.append(HandedPacket(channel: id, emission: number ?? Emission.noNumber))
            checkHanded(eventID, house)
            noteLiars(eventID, house, over: id)
            guard let packet = running.bridge.packetBytes(handle) else { return }
            checkKeys(packet, house, running)
            guard let number else { return }
            checkSealed(packet, emissions[number], house)
        case .ended(let eventID, let reason): ended(eventID, reason, house, running)
        case .linkUp(let id): linkUp(id)
        case .linkDown(let id): if let (channel, end) = channels.channel(id) { noteLinkEnd(channel, end) }
        }
    }

    // MARK: Events

    private func sealed(_ eventID: UInt64, isTaken: Bool, _ house: SimulatedHouse, _ running: RunningBridge) {
        check(.optOut, !house.isNo, house) { "made a packet of an event though its host had said no" }
        guard let number = emissions.number(of: eventID) else { return }
        noteHeard(number, house)
        if isTaken {
            emissions[number].copies += 1
            keep(eventID, hopLimit: .max, isHeld: true, house, running)
            if house.isLiar, !countsLiars { emissions[number].hasMetLiar = true }
            if !house.clock.isRight(at: now) { emissions[number].hasDoubtfulTime = true }
        } else if emissions[number].copies == 0 {
            emissions[number].lastReason = Emission.refusedReason
        }
    }

    /// A bridge made a packet of the event, or its home heard it.
    func noteHeard(_ number: Int64, _ house: SimulatedHouse) {
        // What no device sent is nobody's event.
        guard !emissions[number].isForged else { return }
        emissions[number].sealers += 1
        if emissions[number].heardAt < 0 {
            emissions[number].heardAt = now
            meters.heard += 1
            houses[devices[Int(emissions[number].device)].home].log.ownHeard += 1
        }
        changeJourney(emissions[number].journey) { journey in
            guard journey.heardBy.count < Self.hopsKeptMax else { return }
            journey.heardBy.append(house.index)
            journey.heardMicroseconds.append(now)
        }
    }

    private func taken(
        _ eventID: UInt64, _ id: LinkChannel, isHeld: Bool, _ house: SimulatedHouse, _ running: RunningBridge
    ) {
        noteLiars(eventID, house, over: id)
        guard let number = emissions.number(of: eventID) else { return }
        if isHeld { emissions[number].copies += 1 }
        guard let (channel, end) = channels.channel(id) else { return }
        changeJourney(emissions[number].journey) { journey in
            guard journey.hops.count < Self.hopsKeptMax else { return }
            journey.hops.append(Journey.Hop(from: channel.peer(end), to: house.index, timeMicroseconds: now))
        }
    }

    /// A copy is in custody anew, or came once more: a higher hop limit is a new beginning.
    private func keep(
        _ eventID: UInt64, hopLimit: UInt8, isHeld: Bool, _ house: SimulatedHouse, _ running: RunningBridge
    ) {
        if isHeld {
            running.held.append(
                HeldCopy(
                    eventID: eventID, since: now, hopLimit: hopLimit,
                    secondsAhead: house.clock.offSeconds(at: now)))
        } else if let place = running.held.firstIndex(where: { $0.eventID == eventID && $0.hopLimit < hopLimit }) {
            (running.held[place].since, running.held[place].hopLimit) = (now, hopLimit)
        }
    }

    private func ended(
        _ eventID: UInt64, _ reason: Reason?, _ house: SimulatedHouse, _ running: RunningBridge
    ) {
        var secondsAhead = 0.0
        if reason == nil { running.confirmed += 1 } else { running.dropped += 1 }
        if let place = running.held.firstIndex(where: { $0.eventID == eventID }) {
            secondsAhead = running.held.remove(at: place).secondsAhead
        } else {
            breakPromise(.accounted, house, "ended custody of a packet that it had not taken")
        }
        guard let number = emissions.number(of: eventID) else { return }
        let wasConfirmed = emissions[number].lastReason == Emission.confirmedReason
        emissions[number].copies -= 1
        emissions[number].lastReason = reason?.rawValue ?? Emission.confirmedReason
        guard emissions[number].openedAt < 0, !emissions[number].isForged else { return }
        checkEnd(number, reason, house, running, wasConfirmed: wasConfirmed, secondsAhead: secondsAhead)
    }

    /// A packet goes from one house to another: where one of the two lies, nobody knows what becomes of it.
    private func noteLiars(_ eventID: UInt64, _ house: SimulatedHouse, over id: LinkChannel) {
        guard hasLied, let number = emissions.number(of: eventID), let (channel, end) = channels.channel(id) else {
            return
        }
        if house.isLiar || houses[channel.peer(end)].isLiar { emissions[number].hasMetLiar = true }
    }

    /// What a crash takes with it.
    func crashed(_ house: SimulatedHouse, _ running: RunningBridge) {
        for copy in running.held {
            guard let number = emissions.number(of: copy.eventID) else { continue }
            emissions[number].copies -= 1
            emissions[number].lastReason = Emission.crashReason
        }
        check(.accounted, running.held.count == running.bridge.figures.held, house) {
            "held \(running.bridge.figures.held) packets when the power went, not the \(running.held.count) it had taken"
        }
    }

    /// The event is on its home's disk.
    func delivered(_ eventID: UInt64, _ house: SimulatedHouse) {
        guard let number = emissions.number(of: eventID), emissions[number].openedAt < 0 else { return }
        if emissions[number].heardAt < 0 || emissions[number].sealers == 0 { noteHeard(number, house) }
        emissions[number].openedAt = now
        guard !emissions[number].isForged else { return }
        let emission = emissions[number]
        house.log.ownDelivered += 1
        meters.delivered += 1
        let eventClass = scenario.devices[devices[Int(emission.device)].plan].eventClass
        meters.latency.add(now - emission.time)
        meters.latencyByClass[Int(eventClass.rawValue)].add(now - emission.time)
        changeJourney(emission.journey) { $0.deliveredMicroseconds = now }
        guard let journey = journey(emission.journey) else { return }
        let hops = pathLength(journey, to: house.index)
        meters.hops.add(Int64(hops))
        if hops > 0 { meters.latencyPerHop.add((now - emission.heardAt) / Int64(hops)) }
        endJourney(number)
    }

    // MARK: Links

    private func linkUp(_ id: LinkChannel) {
        guard let (channel, end) = channels.channel(id) else { return }
        channel[end].isLink = true
        guard channel.isLink else { return }
        channel.linkedAt = now
        if houses.count <= Self.routesHousesMax {
            meters.routes.noteLink(channel.caller.house, channel.called.house, of: houses.count)
        }
        guard run.links.count < RunRecord.linkLivesMax else { return }
        channel.life = run.links.count
        run.links.append(LinkLife(channel.caller.house, channel.called.house, fromMicroseconds: now))
    }

    func noteLinkEnd(_ channel: SimulatedChannel, _ end: UInt8) {
        if channel.isLink {
            noteUpkeep(channel)
            if channel.life >= 0 { run.links[channel.life].toMicroseconds = now }
        }
        channel[end].isLink = false
    }

    func note(lent bytes: Int, _ house: SimulatedHouse) {
        let tenth = min(Int(now * 10 / max(scenario.durationMicroseconds, 1)), 9)
        while house.record.lentBytes.count <= tenth { house.record.lentBytes.append(0) }
        house.record.lentBytes[tenth] += UInt64(bytes)
    }
}
