/// One run of managed flooding.
final class ManagedFloodingRun {
    /// A network PDU: a segment of a message on its way to its destination, or an acknowledgement on its way back.
    private struct Unit {
        var message: Int32
        /// -1: an acknowledgement of the segments in `blocks`.
        var segment: Int8
        var blocks: UInt32 = 0
        var source: Int32
        var destination: Int32
    }

    private struct Message {
        var event: Int
        var source: Int
        var destination: Int
        var accessBytes: Int
        var segments: Int
        var acknowledged: UInt32 = 0
        var received: UInt32 = 0
        var attempts = 0
        /// Timers of earlier attempts are void.
        var timer: Int32 = 0
        var isAcknowledging = false
        var acknowledgementTimer: Int32 = 0
        var isOver = false
        var hops = 0
        /// Restarts of source and destination when they began with it.
        var sourceBoot: UInt32
        var destinationBoot: UInt32 = 0

        var all: UInt32 { segments >= 32 ? .max : 1 << UInt32(segments) - 1 }
    }

    private struct Node {
        /// Units seen last, oldest at `next`.
        var cache: [Int32]
        var next = 0
        var boot: UInt32 = 0
        /// Messages of this node that wait for another one to the same destination.
        var waiting: [Int32] = []
        var active: [Int32] = []
    }

    static let waitingMax = 64
    private enum Timer { static let (relay, retransmit, acknowledge): (UInt8, UInt8, UInt8) = (1, 2, 3) }

    let core: FloodCore
    private let settings: ManagedFlooding.Settings
    private let timeToLive: Int
    private var units: [Unit] = []
    private var messages: [Message] = []
    private var nodes: [Node]

    init(_ scenario: Scenario, _ street: FloodStreet, seed: UInt64, settings: ManagedFlooding.Settings) {
        self.settings = settings
        core = FloodCore(
            scenario, street, policy: ManagedFlooding.policy, seed: seed,
            intervalMicroseconds: settings.intervalMicroseconds, isSentByAll: settings.isSentByAll)
        timeToLive = ManagedFlooding.timeToLive(settings, street)
        nodes = Array(
            repeating: Node(cache: Array(repeating: -1, count: max(settings.cacheEntries, 2))),
            count: street.propagation.houses)
    }

    func run(isInterrupted: () -> Bool) -> RunRecord {
        var steps = 0
        while let step = core.next() {
            switch step {
            case .heard(let event): for house in core.hearers { originate(event, at: house) }
            case .received(let from, let frame):
                for reception in core.receptions { receive(frame, at: reception.house, from: from) }
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
        case Timer.relay: transmit(number, from: house, hopsLeft: Int(extra), times: settings.relayTransmissions)
        case Timer.retransmit: if messages[Int(number)].timer == extra { retransmit(number) }
        default: if messages[Int(number)].acknowledgementTimer == extra { acknowledge(number) }
        }
    }

    // MARK: Sending

    private func originate(_ event: Int, at house: Int) {
        let device = core.street.devices[Int(core.ledger.events[event].device)]
        // Which device it was, and what it said.
        let accessBytes = MeshSegments.bytesOpcode + 6 + device.serviceDataBytes
        guard let segments = MeshSegments.count(accessBytes: accessBytes) else { return core.ledger.drop("too long") }
        let number = Int32(messages.count)
        messages.append(
            Message(
                event: event, source: house, destination: device.owner, accessBytes: accessBytes,
                segments: segments, sourceBoot: core.boot(of: house)))
        refresh(house)
        let isBusy = nodes[house].active.contains { messages[Int($0)].destination == device.owner }
        guard isBusy, segments > 0 else { return begin(number) }
        guard nodes[house].waiting.count < Self.waitingMax else { return end(number, "too many messages") }
        nodes[house].waiting.append(number)
    }

    private func begin(_ number: Int32) {
        let message = messages[Int(number)]
        guard message.segments > 0 else {
            let unit = add(
                Unit(
                    message: number, segment: 0, source: Int32(message.source), destination: Int32(message.destination))
            )
            transmit(unit, from: message.source, hopsLeft: timeToLive, times: settings.ownTransmissions)
            return
        }
        nodes[message.source].active.append(number)
        retransmit(number)
    }

    /// Sends all segments that are not acknowledged, and again after a time (3.5.3.3: at least 200 ms + 50 ms x TTL).
    private func retransmit(_ number: Int32) {
        let message = messages[Int(number)]
        guard !message.isOver else { return }
        guard core.isUp(message.source), core.boot(of: message.source) == message.sourceBoot else {
            return end(number, "crash")
        }
        guard message.attempts <= settings.segmentRetransmissions else { return end(number, "not acknowledged") }
        messages[Int(number)].attempts += 1
        messages[Int(number)].timer += 1
        for segment in 0..<message.segments where message.acknowledged >> UInt32(segment) & 1 == 0 {
            let unit = add(
                Unit(
                    message: number, segment: Int8(segment), source: Int32(message.source),
                    destination: Int32(message.destination)))
            transmit(unit, from: message.source, hopsLeft: timeToLive, times: settings.ownTransmissions)
        }
        // The timer runs from the last segment's transmission.
        let sending = Int64(message.segments * settings.ownTransmissions) * (settings.intervalMicroseconds + 5_000)
        core.addTimer(
            kind: Timer.retransmit, house: message.source, number: number, extra: messages[Int(number)].timer,
            at: core.now + sending + 200_000 + 50_000 * Int64(timeToLive))
    }

    /// A message is over for its source.
    private func end(_ number: Int32, _ reason: String?) {
        guard !messages[Int(number)].isOver else { return }
        messages[Int(number)].isOver = true
        let message = messages[Int(number)]
        core.ledger.setPending(message.event, false)
        if let reason, !core.ledger.isDelivered(message.event) { core.ledger.drop(reason) }
        nodes[message.source].active.removeAll { $0 == number }
        let place = nodes[message.source].waiting.firstIndex { messages[Int($0)].destination == message.destination }
        if let place { begin(nodes[message.source].waiting.remove(at: place)) }
    }

    private func add(_ unit: Unit) -> Int32 {
        units.append(unit)
        return Int32(units.count - 1)
    }

    private func transmit(_ number: Int32, from house: Int, hopsLeft: Int, times: Int) {
        let unit = units[Int(number)]
        let message = messages[Int(unit.message)]
        let bytes =
            unit.segment < 0
            ? MeshSegments.bytesAcknowledgement
            : message.segments == 0
                ? MeshSegments.bytesUnsegmented(accessBytes: message.accessBytes)
                : MeshSegments.bytes(segment: Int(unit.segment), accessBytes: message.accessBytes)
        core.add(
            FloodFrame(
                number: number, hopsLeft: UInt8(hopsLeft), transmissions: UInt8(max(times, 1)),
                dataBytes: UInt8(bytes)), at: house)
    }

    // MARK: Receiving

    /// After a restart the cache is empty.
    private func refresh(_ house: Int) {
        let boot = core.boot(of: house)
        guard nodes[house].boot != boot else { return }
        let lost = nodes[house].active + nodes[house].waiting
        nodes[house] = Node(cache: Array(repeating: -1, count: nodes[house].cache.count))
        nodes[house].boot = boot
        for number in lost { end(number, "crash") }
    }

    private func isSeen(_ number: Int32, at house: Int) -> Bool {
        if nodes[house].cache.contains(number) { return true }
        nodes[house].cache[nodes[house].next] = number
        nodes[house].next = (nodes[house].next + 1) % nodes[house].cache.count
        return false
    }

    private func receive(_ frame: FloodFrame, at house: Int, from: Int) {
        refresh(house)
        let unit = units[Int(frame.number)]
        guard Int(unit.source) != house, !isSeen(frame.number, at: house) else { return }
        if unit.segment == 0 { core.ledger.hop(messages[Int(unit.message)].event, from: from, to: house, at: core.now) }
        guard Int(unit.destination) != house else {
            let hops = timeToLive - Int(frame.hopsLeft) + 1
            return unit.segment < 0 ? acknowledged(unit) : arrived(unit, hops: hops)
        }
        guard frame.hopsLeft >= 2, core.isRelaying(house) else { return }
        let wait = Int64(core.random.number(below: Int(max(settings.relayDelayMaxMicroseconds, 0)) + 1))
        core.addTimer(
            kind: Timer.relay, house: house, number: frame.number, extra: Int32(frame.hopsLeft) - 1,
            at: core.now + wait)
    }

    private func arrived(_ unit: Unit, hops: Int) {
        let number = Int(unit.message)
        let destination = messages[number].destination
        if messages[number].destinationBoot != core.boot(of: destination) {
            messages[number].destinationBoot = core.boot(of: destination)
            if messages[number].received != messages[number].all { messages[number].received = 0 }
        }
        guard messages[number].segments > 0 else {
            core.ledger.deliver(messages[number].event, hops: hops, at: core.now)
            return core.ledger.setPending(messages[number].event, false)
        }
        messages[number].received |= 1 << UInt32(unit.segment)
        messages[number].hops = max(messages[number].hops, hops)
        let isWhole = messages[number].received == messages[number].all
        if isWhole { core.ledger.deliver(messages[number].event, hops: messages[number].hops, at: core.now) }
        // The last segment is acknowledged at once, others after at least 150 ms + 50 ms x TTL (3.5.3.4).
        let wait = isWhole ? 0 : 150_000 + 50_000 * Int64(timeToLive)
        if isWhole || !messages[number].isAcknowledging {
            messages[number].isAcknowledging = true
            messages[number].acknowledgementTimer += 1
            core.addTimer(
                kind: Timer.acknowledge, house: destination, number: unit.message,
                extra: messages[number].acknowledgementTimer, at: core.now + wait)
        }
    }

    private func acknowledge(_ number: Int32) {
        let message = messages[Int(number)]
        messages[Int(number)].isAcknowledging = false
        guard core.isUp(message.destination), message.destinationBoot == core.boot(of: message.destination) else {
            return
        }
        let unit = add(
            Unit(
                message: number, segment: -1, blocks: message.received, source: Int32(message.destination),
                destination: Int32(message.source)))
        transmit(unit, from: message.destination, hopsLeft: timeToLive, times: settings.ownTransmissions)
    }

    /// What is still missing goes out again at once.
    private func acknowledged(_ unit: Unit) {
        let number = Int(unit.message)
        guard !messages[number].isOver else { return }
        messages[number].acknowledged |= unit.blocks
        if messages[number].acknowledged == messages[number].all {
            end(unit.message, nil)
        } else {
            retransmit(unit.message)
        }
    }
}
