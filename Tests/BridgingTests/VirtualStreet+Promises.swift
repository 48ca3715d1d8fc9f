import Consent
import Relaying
import Wire

@testable import Bridging

/// What must hold at every step, whatever happens.
extension VirtualStreet {
    /// Sizes of a sealed `packet` message: protocol, section 5. No other message on a street of so few homes has them.
    static let packetMessageBytes = [140, 245]
    static let heldPacketsMax = 512
    static let wakesPerSecondMax = 200

    /// A message is about to leave a bridge.
    func checkLeaving(_ node: StreetNode, _ message: [UInt8]) {
        guard Self.packetMessageBytes.contains(message.count) else { return }
        node.log.packetSized += 1
        checkHosting(node, message)
        if !sensors.isEmpty, sensors.indices.allSatisfy({ knowsRevoked(node, $0) }) {
            fail("node \(node.index) relayed under a grant that it knew to be revoked")
        }
    }

    func checkHosting(_ node: StreetNode, _ message: [UInt8]) {
        guard node.disk.isOptedOut, Self.packetMessageBytes.contains(message.count) else { return }
        fail("a packet left node \(node.index), whose host had opted out")
    }

    /// What the bridge told its watcher.
    func watch(_ notes: [BridgeNote], _ node: StreetNode) {
        for note in notes {
            switch note {
            case .heard:
                node.log.sealed += 1
                if node.disk.isOptedOut { fail("node \(node.index) sealed an event though its host had opted out") }
            case .relayed(let bytes, _):
                node.log.relayed += 1
                if !node.log.lent.take(AirtimeBytes.body(bytes), at: time, node.configuration.lending) {
                    fail("node \(node.index) sent more than its host lends")
                }
            case .opened: node.log.opened += 1
            case .dropped(let reason, _): node.log.drop(reason.name)
            case .linkUp: node.log.linksUp += 1
            case .linkDown: node.log.linksDown += 1
            }
        }
    }

    /// After each input.
    func check(_ index: Int, _ running: RunningBridge) {
        let node = nodes[index]
        if node.log.relayed != node.log.packetSized {
            fail("node \(index) sent \(node.log.packetSized) packets but told of \(node.log.relayed)")
            node.log.relayed = node.log.packetSized
        }
        node.log.handshakesFailed = running.bridge.counters.handshakesFailed
        checkCustody(node, running)
        let sessions = running.bridge.sessions
        if sessions.linkCount > node.configuration.linksMax { fail("node \(index) has \(sessions.linkCount) links") }
        if sessions.strangerCount > SessionTable.strangersMax || sessions.attemptCount > SessionTable.attemptsMax {
            fail("node \(index) has too many sessions that are no links")
        }
    }

    /// Whatever was taken was confirmed or dropped, once, or is held.
    private func checkCustody(_ node: StreetNode, _ running: RunningBridge) {
        let held = running.bridge.relay.heldPackets
        if held > Self.heldPacketsMax { fail("node \(node.index) holds \(held) packets") }
        let counts = running.bridge.relay.counts
        if counts.taken != counts.confirmed + counts.dropped + UInt64(held) {
            fail("node \(node.index) took \(counts.taken) packets, which is not what \(counts) and \(held) held make")
        }
        node.log.current = counts
        while let day = running.bridge.drainLedger() {
            for reason in Reason.allCases { node.log.ledgerDrops += day.drops(reason) }
            var lentBytes = 0
            for lentClass in LentClass.allCases {
                node.log.ledgerConfirmed += day[lentClass].confirmed
                lentBytes += Int(day[lentClass].bytesOut)
            }
            if !node.log.ledgerLent.take(lentBytes, at: time, node.configuration.lending) {
                fail("node \(node.index) lent more than its host lends, by its own ledger")
            }
        }
    }

    /// An opened event is about to be committed and delivered.
    func checkOpening(_ node: StreetNode, _ event: OpenedEvent) {
        note(UInt64(node.index), event.eventID)
        if node.disk.openings.contains(event.eventID) { fail("node \(node.index) opened an event twice") }
        let isHeard = sensors.contains { sensor in
            sensor.home == node.index && sensor.identifier == event.device
                && sensor.emissions.contains { $0.eventID == event.eventID }
        }
        if !isHeard { fail("node \(node.index) opened an event that no sensor of its owner sent") }
    }

    /// A record has been stored: it may be a revocation.
    func noteRevocation(_ record: [UInt8], _ node: StreetNode) {
        guard let sensor = sensors.firstIndex(where: { $0.revocation == record }) else { return }
        while node.log.knowsRevoked.count <= sensor { node.log.knowsRevoked.append(false) }
        node.log.knowsRevoked[sensor] = true
    }

    func knowsRevoked(_ node: StreetNode, _ sensor: Int) -> Bool {
        node.log.knowsRevoked.indices.contains(sensor) && node.log.knowsRevoked[sensor]
    }

    /// A bridge whose deadline stays in the past would keep its machine busy for nothing.
    func countWake(_ index: Int) {
        let second = time / 1_000_000
        if nodes[index].log.wakesSecond != second {
            nodes[index].log.wakesSecond = second
            nodes[index].log.wakes = 0
        }
        nodes[index].log.wakes += 1
        if nodes[index].log.wakes == Self.wakesPerSecondMax { fail("node \(index) wakes without an end") }
    }

    // MARK: Questions

    func heldPackets(_ index: Int) -> Int { nodes[index].running?.bridge.relay.heldPackets ?? 0 }
    var heldPackets: Int { nodes.indices.reduce(0) { $0 + heldPackets($1) } }

    func links(_ index: Int) -> Int { nodes[index].running?.bridge.sessions.linkCount ?? 0 }

    func hasRoute(_ index: Int, to home: Int) -> Bool {
        guard index != home, let running = nodes[index].running, let bridge = nodes[home].running?.bridge.identity
        else { return index == home }
        return running.bridge.neighbours.nextHop(for: bridge.memberID, excluding: 0) != nil
    }

    func isDelivered(_ eventID: UInt64, home: Int) -> Bool { nodes[home].disk.openings.contains(eventID) }

    /// Whether a bridge would let a sensor's events pass now.
    func isLive(_ sensor: Int, at index: Int) -> Bool {
        guard let running = nodes[index].running,
            let standing = running.bridge.standing(ofGrant: sensors[sensor].grantID, now: moment(of: index).wall)
        else { return false }
        return standing.no == nil
    }
}

extension VirtualStreet {
    /// Houses in a row, all members of one network, founded by the first.
    static func chain(
        _ count: Int, seed: UInt64, settings: StreetSettings = StreetSettings()
    ) throws -> VirtualStreet {
        let street = VirtualStreet(seed: seed, settings: settings)
        for _ in 0..<count { try street.addNode() }
        for node in 1..<count { street.connect(node - 1, node) }
        try street.foundAndInviteAll()
        return street
    }

    /// Whether every house knows the sensor's grant and a way to its home.
    func isOpen(_ sensor: Int) -> Bool {
        nodes.indices.allSatisfy { isLive(sensor, at: $0) && hasRoute($0, to: sensors[sensor].home) }
    }

    /// Whether some bridge made a packet of the emission, or its home heard it, and it has not been delivered.
    func isOwed(_ sensor: Int, _ emission: Int) -> Bool {
        !sensors[sensor].emissions[emission].sealers.isEmpty && !isDelivered(sensor, emission)
    }

    func isSeenConfirmed(_ eventID: UInt64, at index: Int) -> Bool {
        guard let running = nodes[index].running, let network = running.bridge.network else { return false }
        var grants: [GrantIndex] = []
        network.registry.grantIndices(into: &grants)
        return grants.contains { running.bridge.seen.state(of: eventID, grant: $0) == .confirmed }
    }

    func isDelivered(_ sensor: Int, _ emission: Int) -> Bool {
        isDelivered(sensors[sensor].emissions[emission].eventID, home: sensors[sensor].home)
    }
}
