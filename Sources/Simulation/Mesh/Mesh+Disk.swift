import Bridging
import Relaying
import Sealing
import Wire

/// Disk, crashes and restarts.
extension Mesh {
    func toDisk(_ task: DiskTask, _ house: SimulatedHouse, _ running: RunningBridge) {
        let wait = Int64(1 + house.chances.disk.number(below: 20)) * 1_000
        addDiskTask(task, house, running.boot, at: now + wait)
    }

    private func addDiskTask(_ task: DiskTask, _ house: SimulatedHouse, _ boot: UInt16, at time: Int64) {
        let place = freeDiskTasks.popLast() ?? diskTasks.count
        if place == diskTasks.count { diskTasks.append(task) } else { diskTasks[place] = task }
        let happening = Happening(kind: .disk, boot: boot, house: Int32(house.index), other: UInt32(place))
        queue.add(happening, at: time)
    }

    func perform(_ place: Int, _ index: Int, _ boot: UInt16) {
        guard let task = diskTasks[place] else { return }
        diskTasks[place] = nil
        freeDiskTasks.append(place)
        let house = houses[index]
        guard let running = house.running, running.boot == boot else { return }
        let soon = now + Int64(house.chances.disk.number(below: 5_000))
        switch task {
        case .open(let event) where house.troubles.isDiskFull:
            drive(index) { bridge, moment, effects in
                bridge.openingFailed(event.eventID, now: moment, into: &effects)
            }
        case .open(let event):
            commit(event, house)
            addDiskTask(.tellOpened(event.eventID), house, boot, at: soon)
        case .tellOpened(let eventID):
            drive(index) { bridge, moment, effects in bridge.openingStored(eventID, now: moment, into: &effects) }
        case .reserve(let reservation) where house.troubles.isDiskFull:
            drive(index) { bridge, _, _ in bridge.reservationFailed(reservation) }
        case .reserve(let reservation):
            house.disk.reserve(reservation)
            addDiskTask(.tellReserved(reservation), house, boot, at: soon)
        case .tellReserved(let reservation):
            drive(index) { bridge, _, _ in bridge.reservationStored(reservation) }
        case .join(let joined): join(joined, house)
        }
        _ = running
    }

    /// Counter, event id and delivery in one transaction.
    private func commit(_ event: OpenedEvent, _ house: SimulatedHouse) {
        note(UInt64(house.index) ^ event.eventID)
        checkOpening(event, house)
        if let device = house.disk.devices.first(where: { devices[$0].identifier == event.device }) {
            _ = devices[device].window.admit(counter: event.counter, frame: event.eventID)
        }
        delivered(event.eventID, house)
    }

    // MARK: Starts and crashes

    static let clockMarkMinutes: Int64 = 10

    /// Starts a house's bridge from what its disk holds.
    func start(_ index: Int) throws {
        let house = houses[index]
        guard house.running == nil else { return }
        house.boots &+= 1
        house.unsettledAt = now
        var seed = [UInt8](repeating: 0, count: 32)
        seed.withUnsafeMutableBytes { house.chances.bridge.fill($0) }
        let own = house.disk.devices.filter { !devices[$0].isRevoked }
        let stored = StoredState(
            network: house.disk.network, records: house.disk.records(),
            devices: try house.disk.devices.compactMap { try devices[$0].own() },
            grants: own.compactMap { devices[$0].grant }, reservations: house.disk.reservations,
            clock: house.disk.clock)
        let bridge = try Bridge(
            identity: house.disk.identity(), configuration: configuration(house), stored: stored,
            built: scenario.startsAt.advanced(seconds: -100 * 86_400), seed: SecretBytes(seed),
            now: moment(of: house))
        if house.boots > 1 { learnAnew(stored.records, house) }
        let running = RunningBridge(bridge: bridge, boot: house.boots)
        house.running = running
        house.startedAt = now
        drive(index) { _, _, _ in }
        raiseClock(house, running)
    }

    func configuration(_ house: SimulatedHouse) -> BridgeConfiguration {
        var lending = house.plan.lending
        if house.lies.contains(.ignoresCap) {
            lending = LendingLimits(rateBits: 1 << 31, burstBytes: 1 << 31, monthBytes: 1 << 53)
        }
        let ignoresNo = house.lies.contains(.ignoresOptOuts)
        return BridgeConfiguration(
            lending: lending, classesLent: house.plan.classesLent, linksMax: house.plan.linksMax,
            isOptedOut: house.isOptedOut && !ignoresNo, isScheduleClosed: house.isClosed && !ignoresNo)
    }

    /// The daemon notes how late it is when it starts, and every ten minutes from then on.
    func raiseClocks() {
        let minute = now / Self.lookSlowlyMicroseconds
        for house in houses {
            guard let running = house.running else { continue }
            let started = house.startedAt / Self.lookSlowlyMicroseconds
            if (minute - started) % Self.clockMarkMinutes == 0 { raiseClock(house, running) }
        }
    }

    private func raiseClock(_ house: SimulatedHouse, _ running: RunningBridge) {
        guard let mark = running.bridge.clockMark, !house.troubles.isDiskFull else { return }
        house.disk.raiseClock(to: mark, at: now)
    }

    /// The power goes: everything but the disk is lost, and neighbours notice by silence.
    func crash(_ index: Int, unwrittenMicroseconds: Int64) {
        let house = houses[index]
        guard let running = house.running else { return }
        note(UInt64(index) << 32 ^ 0xc)
        house.disk.lose(after: now - unwrittenMicroseconds)
        crashed(house, running)
        // Of a stranger's channel both ends seem to be here.
        for id in running.channels { if let (channel, end) = channels.channel(id) { loseSide(channel, end) } }
        noteBeacons(house)
        house.payloads = []
        house.advertising += 1
        house.running = nil
        house.unsettledAt = now
    }

    private func loseSide(_ channel: SimulatedChannel, _ end: UInt8) {
        for place in channel[end].kept { pool.remove(place) }
        channel[end].kept = []
        noteLinkEnd(channel, end)
        sever(channel)
        channel[end].isOpen = false
        channels.removeIfOver(channel)
    }
}
