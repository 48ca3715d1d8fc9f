import Bridging
import Consent
import Relaying
import Wire

/// What must hold at every step, whatever happens, at bridges that do not lie.
extension Mesh {
    /// Promises count for bridges that do not lie. The line that calls says which check it was.
    func check(
        _ promise: PromiseName, _ holds: Bool, _ house: SimulatedHouse, line: Int = #line,
        file: StaticString = #fileID, _ what: () -> String
    ) {
        guard keeper.watches(promise), isHonest(house) else { return }
        keeper.count(promise)
        if !holds { keeper.note(promise, at: now, house: house.index, what(), check: "\(file):\(line)") }
    }

    func breakPromise(
        _ promise: PromiseName, _ house: SimulatedHouse, _ what: @autoclosure () -> String, line: Int = #line,
        file: StaticString = #fileID
    ) {
        check(promise, false, house, line: line, file: file, what)
    }

    func isHonest(_ house: SimulatedHouse) -> Bool { house.lies.isEmpty || countsLiars }

    // MARK: After each input

    func keepPromises(_ house: SimulatedHouse, _ running: RunningBridge) {
        let figures = running.bridge.figures
        let isKept =
            figures.links <= max(house.plan.linksMax, 1) && figures.held <= Relay.packetsMax
            && figures.strangers <= Bridge.strangersMax && figures.attempts <= Bridge.attemptsMax
        check(.bounds, isKept, house) { "exceeds a limit: \(figures)" }
        running.inputs &+= 1
        if running.inputs % Self.inputsPerLook == 0 { checkTables(house, running) }
        if figures.held > house.record.heldMax { house.record.heldMax = figures.held }
        let ended = figures.confirmed &+ figures.dropped &+ UInt64(figures.held)
        check(.accounted, figures.taken == ended, house) {
            "took \(figures.taken) packets, of which \(ended) ended or are held"
        }
        checkEnds(figures, house, running)
        readLedger(house, running)
    }

    /// What the bridge counts is what it told the laboratory, packet by packet.
    private func checkEnds(_ figures: BridgeFigures, _ house: SimulatedHouse, _ running: RunningBridge) {
        let isTold =
            figures.dropped == running.dropped && figures.confirmed == running.confirmed
            && figures.held == running.held.count
        check(.accounted, isTold, house) {
            "counts \(figures.dropped) drops, \(figures.confirmed) confirmations and \(figures.held) packets held, "
                + "not the \(running.dropped), \(running.confirmed) and \(running.held.count) that it told of"
        }
    }

    /// A packet that ended for a reason is one of the drops that reports count, in the order in which both are told;
    /// what was refused and never taken stands between them.
    func checkDropCounted(_ reason: Reason, _ house: SimulatedHouse, after passed: inout Int) {
        let notes = effects.notes
        while passed < notes.count {
            defer { passed += 1 }
            if case .dropped(reason, _) = notes[passed] { return check(.accounted, true, house) { "" } }
        }
        breakPromise(.accounted, house, "ended custody of a packet as \(reason.name), and no drop was counted")
    }

    /// What the host lent by its own ledger: everything, replies and records too.
    private func readLedger(_ house: SimulatedHouse, _ running: RunningBridge) {
        let bytes = running.bridge.drainBytesLent()
        guard bytes > 0 else { return }
        note(lent: bytes, house)
        let limits = house.plan.lending
        house.log.lent.note(bytes, at: now, rateBits: limits.rateBits)
        // Where the allowance is short, what is queued may wait for long, and nothing is refused that tells it.
        if house.log.lent.isSpent(
            at: now, rateBits: limits.rateBits, burstBytes: limits.burstBytes, monthBytes: limits.monthBytes)
        {
            house.log.wantedAt = now
        }
        let isWithin = house.log.ledgerCap.take(
            bytes, at: house.clock.run(at: now), rateBits: limits.rateBits, burstBytes: limits.burstBytes,
            monthBytes: limits.monthBytes)
        check(.cap, isWithin, house) { "lent more than its cap, by its own ledger" }
    }

    // MARK: What leaves

    /// A message is about to leave a bridge, or a daemon that kept it.
    func checkLeaving(_ house: SimulatedHouse, type: UInt8) {
        guard house.isNo, type == MessageType.packet.rawValue else { return }
        breakPromise(.optOut, house, "sent a packet though its host had said no")
    }

    /// A bridge gives a message of so many bytes to a channel. All packets are lent; of other messages nobody outside
    /// knows which are the host's own.
    func checkLent(_ bytes: Int, type: UInt8, _ house: SimulatedHouse) {
        guard type == MessageType.packet.rawValue else { return }
        let limits = house.plan.lending
        let isWithin = house.log.packetCap.take(
            AirtimeBytes.message(bytes), at: house.clock.run(at: now), rateBits: limits.rateBits,
            burstBytes: limits.burstBytes, monthBytes: limits.monthBytes)
        check(.cap, isWithin, house) { "sent more packets than its cap allows" }
    }

    /// A packet of an event leaves a bridge.
    func checkHanded(_ eventID: UInt64, _ house: SimulatedHouse) {
        check(.optOut, !house.isNo, house) { "relayed though its host had said no" }
        guard let number = emissions.number(of: eventID) else {
            // Where nobody lies there is none; a liar may still say what was forged long ago, of which nothing is known.
            if !hasLied { breakPromise(.grant, house, "relayed an event that no device sent") }
            return
        }
        let place = Int(emissions[number].device)
        let local = devices[place].localIndex
        check(.revocation, !house.knowledge.isRevoked(local), house) {
            "relayed \(devices[place].name)'s event though it holds the revocation"
        }
        guard !house.knowledge.isRevoked(local) else { return }
        check(.grant, holdsLiveGrant(devices[place], house), house) {
            "relayed \(devices[place].name)'s event without a live grant"
        }
    }

    /// The packet must not show what it holds: none of it, in the clear or under the device's own cipher.
    func checkSealed(_ packet: UnsafeRawBufferPointer, _ emission: Emission, _ house: SimulatedHouse) {
        guard keeper.watches(.sealed), !emission.data.isEmpty, !emission.isForged else { return }
        let isShown = emission.data.withUnsafeBytes { data in
            data.count >= 15 && Self.contains(packet, UnsafeRawBufferPointer(rebasing: data[7..<15]))
        }
        check(.sealed, !isShown, house) { "sent a packet that shows what it holds" }
    }

    /// No bridge but the home can open it, with whatever keys it has.
    func checkKeys(_ packet: UnsafeRawBufferPointer, _ house: SimulatedHouse, _ running: RunningBridge) {
        guard triesKeys, keeper.watches(.sealed) else { return }
        let isOpened = running.bridge.opens(packet, others: leakedKeys[house.index] ?? [])
        check(.sealed, !isOpened, house) { "can open a packet that it carries for another" }
    }

    private static func contains(_ bytes: UnsafeRawBufferPointer, _ wanted: UnsafeRawBufferPointer) -> Bool {
        guard wanted.count == 8 else { return false }
        let word = wanted.loadUnaligned(as: UInt64.self)
        var offset = 0
        while offset &+ 8 <= bytes.count {
            if bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == word { return true }
            offset &+= 1
        }
        return false
    }

    // MARK: What is opened

    /// An opened event is about to be committed and delivered.
    func checkOpening(_ event: OpenedEvent, _ house: SimulatedHouse) {
        guard let number = emissions.number(of: event.eventID), !emissions[number].isForged else {
            return check(.sealed, false, house) { "opened an event that no device of its owner sent" }
        }
        let device = devices[Int(emissions[number].device)]
        check(.sealed, device.home == house.index && device.identifier == event.device, house) {
            "opened an event of \(device.name), which is not its owner's"
        }
        check(.once, emissions[number].openedAt < 0, house) { "opened an event of \(device.name) twice" }
    }
}
