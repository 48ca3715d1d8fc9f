/// One run of contention flooding.
final class ContentionFloodingRun {
    private struct Packet {
        var event: Int
        /// The packet that this one answers; -1 for an event.
        var answers: Int32 = -1
        var source: Int
        var destination: Int
        var dataBytes: Int
        var hopLimit: Int
        var sends = 0
        var isOver = false
        var sourceBoot: UInt32
    }

    private struct Entry {
        var packet: Int32 = -1
        var hopsLeft: Int16 = 0
    }

    private struct Pending {
        var packet: Int32
        var hopsLeft: Int
        var turn: Int32
    }

    private struct Node {
        /// Packets seen last, oldest at `next`.
        var history: [Entry]
        var next = 0
        var boot: UInt32 = 0
        /// Relays that wait for their slot.
        var pending: [Pending] = []
        var turn: Int32 = 0
    }

    /// Packets that a node's queue holds.
    static let pendingMax = 16
    private enum Timer { static let (relay, again, first): (UInt8, UInt8, UInt8) = (1, 2, 3) }

    let core: FloodCore
    private let settings: ContentionFlooding.Settings
    private let hopLimit: Int
    private var packets: [Packet] = []
    private var nodes: [Node]

    init(_ scenario: Scenario, _ street: FloodStreet, seed: UInt64, settings: ContentionFlooding.Settings) {
        self.settings = settings
        hopLimit = ContentionFlooding.hopLimit(settings, street)
        core = FloodCore(
            scenario, street, policy: ContentionFlooding.policy, seed: seed,
            intervalMicroseconds: settings.slotMicroseconds, isSentByAll: settings.isSentByAll)
        nodes = Array(
            repeating: Node(history: Array(repeating: Entry(), count: max(settings.historyEntries, 2))),
            count: street.propagation.houses)
    }

    func run(isInterrupted: () -> Bool) -> RunRecord {
        var steps = 0
        while let step = core.next() {
            switch step {
            case .heard(let event): for house in core.hearers { originate(event, at: house) }
            case .received(let from, let frame):
                for reception in core.receptions { receive(frame, reception, from: from) }
            case .timer(let kind, let house, let number, let extra): timer(kind, house, number, extra)
            case .nothing: break
            }
            steps += 1
            if steps & 0xfff == 0, isInterrupted() { return core.ledger.finished(at: core.now) }
        }
        return core.ledger.finished(at: core.street.durationMicroseconds)
    }

    private func timer(_ kind: UInt8, _ house: Int, _ number: Int32, _ extra: Int32) {
        switch kind {
        case Timer.first: transmit(number, from: house, hopsLeft: packets[Int(number)].hopLimit)
        case Timer.again: if packets[Int(number)].sends == Int(extra) { send(number) }
        default:
            refresh(house)
            guard let place = nodes[house].pending.firstIndex(where: { $0.turn == extra }) else { return }
            let pending = nodes[house].pending.remove(at: place)
            transmit(pending.packet, from: house, hopsLeft: pending.hopsLeft)
        }
    }

    // MARK: Sending

    private func originate(_ event: Int, at house: Int) {
        let device = core.street.devices[Int(core.ledger.events[event].device)]
        add(
            Packet(
                event: event, source: house, destination: device.owner,
                dataBytes: ContentionFlooding.bytesHeader + ContentionFlooding.bytesPayloadFrame + 6
                    + device.serviceDataBytes,
                hopLimit: hopLimit, sourceBoot: core.boot(of: house)))
    }

    private func add(_ packet: Packet) {
        let number = Int32(packets.count)
        packets.append(packet)
        refresh(packet.source)
        _ = isSeen(number, hopsLeft: packet.hopLimit, at: packet.source)
        send(number)
    }

    /// Sends a packet of its own, and again if nobody is heard to relay it. An answer goes once.
    private func send(_ number: Int32) {
        let packet = packets[Int(number)]
        guard !packet.isOver else { return }
        guard core.isUp(packet.source), core.boot(of: packet.source) == packet.sourceBoot else {
            return end(number, "crash")
        }
        guard packet.sends < settings.sendsMax else { return end(number, "not acknowledged") }
        packets[Int(number)].sends += 1
        let slots = core.random.number(below: 1 << settings.windowMin)
        let begin = core.now + Int64(slots) * settings.slotMicroseconds
        core.addTimer(kind: Timer.first, house: packet.source, number: number, at: begin)
        guard packet.answers < 0 else { return }
        let wait = ContentionFlooding.retransmissionMicroseconds(
            airtimeMicroseconds: Airtime.auxiliaryMicroseconds(dataBytes: packet.dataBytes), settings)
        core.addTimer(
            kind: Timer.again, house: packet.source, number: number, extra: Int32(packet.sends) + 1,
            at: core.now + wait)
    }

    private func end(_ number: Int32, _ reason: String?) {
        guard !packets[Int(number)].isOver else { return }
        packets[Int(number)].isOver = true
        guard packets[Int(number)].answers < 0 else { return }
        let event = packets[Int(number)].event
        core.ledger.setPending(event, false)
        if let reason, !core.ledger.isDelivered(event) { core.ledger.drop(reason) }
    }

    private func transmit(_ number: Int32, from house: Int, hopsLeft: Int) {
        core.add(
            FloodFrame(
                number: number, hopsLeft: UInt8(hopsLeft), transmissions: 1,
                dataBytes: UInt8(packets[Int(number)].dataBytes), isExtended: true), at: house)
    }

    // MARK: Receiving

    private func refresh(_ house: Int) {
        let boot = core.boot(of: house)
        guard nodes[house].boot != boot else { return }
        nodes[house] = Node(history: Array(repeating: Entry(), count: nodes[house].history.count))
        nodes[house].boot = boot
    }

    /// The most hops that a packet was seen to have left before; nil if it is new. Notes it either way.
    private func isSeen(_ number: Int32, hopsLeft: Int, at house: Int) -> Int? {
        if let place = nodes[house].history.firstIndex(where: { $0.packet == number }) {
            let before = Int(nodes[house].history[place].hopsLeft)
            nodes[house].history[place].hopsLeft = Int16(max(before, hopsLeft))
            return before
        }
        nodes[house].history[nodes[house].next] = Entry(packet: number, hopsLeft: Int16(hopsLeft))
        nodes[house].next = (nodes[house].next + 1) % nodes[house].history.count
        return nil
    }

    private func receive(_ frame: FloodFrame, _ reception: FloodReception, from: Int) {
        let (house, number, hopsLeft) = (reception.house, frame.number, Int(frame.hopsLeft))
        refresh(house)
        let packet = packets[Int(number)]
        // Whoever hears its own packet knows that it was relayed, and takes that for an acknowledgement.
        guard packet.source != house else { return end(number, nil) }
        if let before = isSeen(number, hopsLeft: hopsLeft, at: house) {
            return receiveAgain(packet, number, hopsLeft, before, reception)
        }
        if packet.answers < 0 { core.ledger.hop(packet.event, from: from, to: house, at: core.now) }
        guard packet.destination != house else { return arrived(packet, number, hopsLeft: hopsLeft) }
        // Who hears the answer need not carry the question any more.
        if packet.answers >= 0 { nodes[house].pending.removeAll { $0.packet == packet.answers } }
        plan(number, hopsLeft: hopsLeft, reception)
    }

    private func receiveAgain(
        _ packet: Packet, _ number: Int32, _ hopsLeft: Int, _ before: Int, _ reception: FloodReception
    ) {
        let house = reception.house
        guard packet.destination != house else { return }
        let isPending = nodes[house].pending.contains { $0.packet == number }
        if hopsLeft > before, isPending {
            // A copy that may go farther takes the place of the one that waits.
            nodes[house].pending.removeAll { $0.packet == number }
            plan(number, hopsLeft: hopsLeft, reception)
        } else if hopsLeft == packet.hopLimit {
            // The sender itself sends again: somebody must not have heard.
            if !isPending { plan(number, hopsLeft: hopsLeft, reception) }
        } else {
            nodes[house].pending.removeAll { $0.packet == number }
        }
    }

    private func plan(_ number: Int32, hopsLeft: Int, _ reception: FloodReception) {
        let house = reception.house
        guard hopsLeft > 0, core.isRelaying(house) else { return }
        guard nodes[house].pending.count < Self.pendingMax else { return core.ledger.drop("queue full") }
        nodes[house].turn += 1
        nodes[house].pending.append(Pending(packet: number, hopsLeft: hopsLeft - 1, turn: nodes[house].turn))
        let wait = ContentionFlooding.relayDelayMicroseconds(
            dBm: reception.dBm, sensitivityDBm: core.street.plan.sensitivityDBm, settings, random: &core.random)
        core.addTimer(
            kind: Timer.relay, house: house, number: number, extra: nodes[house].turn, at: core.now + wait)
    }

    private func arrived(_ packet: Packet, _ number: Int32, hopsLeft: Int) {
        guard packet.answers < 0 else { return end(packet.answers, nil) }
        let hops = packet.hopLimit - hopsLeft + 1
        core.ledger.deliver(packet.event, hops: hops, at: core.now)
        core.ledger.setPending(packet.event, false)
        // An answer may take two hops more than its question took, up to the limit.
        add(
            Packet(
                event: packet.event, answers: number, source: packet.destination, destination: packet.source,
                dataBytes: ContentionFlooding.bytesHeader + ContentionFlooding.bytesAnswer,
                hopLimit: min(hops - 1 + 2, packet.hopLimit), sourceBoot: core.boot(of: packet.destination)))
    }
}
