import Consent
import Relaying
import Testing
import Wire

@testable import Bridging

/// A member that keeps no rule: it knows every relay key, and may claim any event id.
struct ClaimedEventTests {
    /// The liar hears the victim's sensor, and gives its own packet the same event id before the neighbour hears it.
    @Test(arguments: [true, false])
    func memberThatClaimsAnEventsIDUnderItsOwnGrantStopsNothing(isLiarFirst: Bool) throws {
        let street = try VirtualStreet.chain(4, seed: 140)
        let victim = try street.adoptSensor(home: 0)
        let own = try street.adoptSensor(home: 3)
        #expect(street.run(atMost: 120) { street.isOpen(victim) && street.isOpen(own) })
        try street.sensors[victim].emit(temperature: 200, at: street.time)
        let eventID = street.sensors[victim].emissions[0].eventID
        if !isLiarFirst { street.repeatLast(victim, near: [2]) }
        #expect(try claim(eventID, under: own, towards: 0, at: 3, street) == .accepted)
        street.run(seconds: 1)
        if isLiarFirst {
            #expect(street.nodes[2].running?.bridge.relay.heldPackets == 1, "the liar's packet is there first")
            street.repeatLast(victim, near: [2])
        }
        #expect(street.sensors[victim].emissions[0].sealers == [2])
        #expect(street.run(atMost: 20) { street.nodes[0].disk.openings.count == 1 })
    }

    /// Puts a packet of junk with this event id into custody at `liar`, to be carried towards another home.
    private func claim(
        _ eventID: UInt64, under sensor: Int, towards home: Int, at liar: Int, _ street: VirtualStreet
    ) throws -> Answer? {
        let grantID = street.sensors[sensor].grantID
        let towards = street.nodes[home].running?.bridge.identity.memberID ?? 0
        let answer = try street.drive(liar) { bridge, now, _ -> Answer? in
            guard let network = bridge.network, let grant = network.registry.grantIndex(of: grantID) else {
                return nil
            }
            let header = PacketHeader(
                consentBits: [.relay, .hold], slot: now.wall.slot, expiryMinute: now.wall.minute + 10,
                token: network.registry.token(of: grant, slot: now.wall.slot) ?? 0, eventID: eventID)
            var bytes = [UInt8](repeating: 7, count: PacketLayout.bytesSmall)
            return try bytes.withUnsafeMutableBytes { target in
                let packet = try MutablePacket(starting: header, hopLimit: 8, plaintextBytes: 40, in: target)
                packet.setRelayTag(network.registry.relayTag(of: grant, for: packet.view) ?? 0)
                let facts = PacketFacts(grant: grant, home: towards, eventClass: .event, mayHold: true)
                return bridge.relay.offer(
                    packet.view, facts, hopLimit: 8, from: LinkNumbers.ownRadio, routes: bridge.neighbours, now: now)
            }
        }
        return answer ?? nil
    }
}
