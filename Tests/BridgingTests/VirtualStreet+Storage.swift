import Bridging
import Relaying
import Wire

/// Something that a daemon has its disk do. It takes a while, and a crash undoes it.
enum DiskTask {
    case open(OpenedEvent)
    /// The event is on disk, and the bridge is to be told.
    case tellOpened(UInt64)
    case reserve(MonthAllowance.Reservation)
    case tellReserved(MonthAllowance.Reservation)
    case join(JoinedNetwork)
}

/// What the daemon does for its bridge: effects, the disk, crashes and restarts.
extension VirtualStreet {
    // MARK: Effects

    /// First the messages, then the actions, in order.
    func carryOut(_ index: Int, _ running: RunningBridge) {
        let node = nodes[index]
        for sent in running.effects.sends {
            let message = Array(running.effects.message(sent))
            checkLeaving(node, message)
            guard let channel = running.channels[sent.channel.rawValue] else {
                fail("node \(index) sent on a channel that it had been told is gone")
                continue
            }
            guard let end = channel.end(of: index) else { continue }
            send(message, on: channel, from: end, running)
        }
        watch(running.effects.notes, node)
        let actions = running.effects.actions
        running.effects.removeAll()
        for action in actions { carryOut(action, index, running) }
    }

    private func carryOut(_ action: BridgeAction, _ index: Int, _ running: RunningBridge) {
        let node = nodes[index]
        switch action {
        case .advertise(let payloads):
            node.payloads = payloads
            node.address = newAddress()
        case .connect(let attempt, let address): dial(attempt, address, from: index, running)
        case .close(let number):
            guard let channel = running.channels[number.rawValue], let end = channel.end(of: index) else { return }
            close(channel, end, running)
        case .store(let record, let id):
            note(UInt64(index), id)
            node.disk.store(record, id: id)
            noteRevocation(record, node)
        case .forget(let id): node.disk.forget(id)
        case .open(let event): toDisk(.open(event), index, running)
        case .reserveMonth(let reservation): toDisk(.reserve(reservation), index, running)
        case .joined(let joined): toDisk(.join(joined), index, running)
        case .joinFailed(let failure): node.joinFailure = failure
        case .invitationUsed: break
        }
    }

    private func toDisk(_ task: DiskTask, _ index: Int, _ running: RunningBridge) {
        var milliseconds = random.number(in: 1...20)
        if random.chance(settings.slowDiskPercent) { milliseconds = random.number(in: 500...4_000) }
        queue.add(.disk(node: index, boot: running.boot, task), at: time + Int64(milliseconds) * 1000)
    }

    // MARK: The disk

    func perform(_ task: DiskTask, _ index: Int, _ boot: Int) {
        let node = nodes[index]
        guard let running = node.running, running.boot == boot else { return }
        let soon = time + Int64(random.number(in: 0...5)) * 1000
        switch task {
        case .open(let event) where failingWrites > 0:
            failingWrites -= 1
            drive(index) { bridge, now, effects in bridge.openingFailed(event.eventID, now: now, into: &effects) }
        case .open(let event):
            checkOpening(node, event)
            node.disk.commit(event)
            node.disk.clock = max(node.disk.clock, moment(of: index).wall)
            queue.add(.disk(node: index, boot: boot, .tellOpened(event.eventID)), at: soon)
        case .tellOpened(let eventID):
            drive(index) { bridge, now, effects in bridge.openingStored(eventID, now: now, into: &effects) }
        case .reserve(let reservation):
            node.disk.reserve(reservation)
            queue.add(.disk(node: index, boot: boot, .tellReserved(reservation)), at: soon)
        case .tellReserved(let reservation):
            drive(index) { bridge, _, _ in bridge.reservationStored(reservation) }
        case .join(let joined):
            node.disk.network = StoredNetwork(
                networkKey: joined.networkKey, recognitionKey: joined.recognitionKey,
                founderSigningKey: joined.founderSigningKey)
            do {
                try drive(index) { bridge, now, effects in try bridge.joinStored(joined, now: now, into: &effects) }
            } catch {
                fail("node \(index) could not join what it had stored: \(error)")
            }
        }
    }

    // MARK: Crashes and stops

    /// The daemon is told to stop, and has two seconds.
    func stop(_ index: Int) {
        guard let boot = nodes[index].running?.boot else { return }
        drive(index) { bridge, now, effects in
            bridge.stop(by: now.instant.advanced(milliseconds: 1_500), now: now, into: &effects)
        }
        queue.add(.off(node: index, boot: boot), at: time + 2_000_000)
    }

    /// The daemon that was to stop ends.
    func turnOff(_ index: Int, _ boot: Int) {
        guard let running = nodes[index].running, running.boot == boot else { return }
        if !running.bridge.hasStopped { fail("node \(index) did not stop in time") }
        if !running.channels.isEmpty { fail("node \(index) stopped without closing its channels") }
        crash(index)
    }

    /// Starts a node's bridge from what its disk holds.
    func start(_ index: Int) throws {
        let node = nodes[index]
        guard node.running == nil else { return }
        var configuration = node.configuration
        configuration.isOptedOut = node.disk.isOptedOut
        node.boots += 1
        let offset = Int64(random.number(below: 1_000_000)) * 1_000_000
        let wall = moment(of: index).wall
        let now = Moment(instant: Instant(microseconds: time + offset), wall: wall)
        let bridge = try Bridge(
            identity: node.disk.identity(), configuration: configuration, stored: node.disk.state(),
            built: WallTime(seconds: UInt32(clamping: settings.builtWallSeconds)), seed: secret(32), now: now)
        node.running = RunningBridge(bridge: bridge, boot: node.boots, instantOffset: offset)
        drive(index) { _, _, _ in }
    }

    /// The power goes: everything but the disk is lost, and neighbours notice by silence.
    func crash(_ index: Int) {
        guard nodes[index].running != nil else { return }
        note(UInt64(index), 0xc)
        nodes[index].log.crash(held: heldPackets(index))
        nodes[index].running = nil
        nodes[index].payloads = []
        for channel in channels where channel.touches(index) { sever(channel) }
    }
}
