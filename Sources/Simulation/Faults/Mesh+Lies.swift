import Bridging
import Wire

/// What a liar remembers.
struct LiarMemory {
    static let packetsMax = 64
    /// Packets that it carried, for replays.
    private(set) var packets: [[UInt8]] = []
    /// Of each of them a word made of its bytes, beside it: a bridge that holds many asks for each of them at every turn
    /// whether it is among these, and words tell all but the same apart without looking at bytes.
    private var words: [UInt64] = []
    /// What its bridge had taken when it last looked.
    var takenBefore: UInt64 = 0
    var began = false
    /// Packets in its custody that it has altered, by a word that each has for itself: none is altered twice as long as it
    /// is there.
    private var altered: Set<UInt64> = []
    private var present: Set<UInt64> = []
    /// How often it has altered a packet in each way.
    private(set) var alterations = [Int](repeating: 0, count: HeaderAlteration.allCases.count)
    /// Messages that no honest bridge would have sent, and those of them that announced routes.
    var told = 0
    var announced = 0

    /// Keeps a packet unless it is there, and then in the place of some other where there is no room.
    mutating func remember(_ packet: [UInt8], place: () -> Int) {
        let word = Self.word(of: packet)
        for index in words.indices where words[index] == word && packets[index] == packet { return }
        guard packets.count >= Self.packetsMax else {
            packets.append(packet)
            words.append(word)
            return
        }
        let place = place()
        (packets[place], words[place]) = (packet, word)
    }

    /// Of all its bytes, eight at a time: copies of one event differ in the hop limit alone.
    private static func word(of packet: [UInt8]) -> UInt64 {
        packet.withUnsafeBytes { bytes in
            var word = UInt64(bytes.count)
            var offset = 0
            while offset &+ 8 <= bytes.count {
                word = (word ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9e37_79b9_7f4a_7c15
                word ^= word >> 32
                offset &+= 8
            }
            while offset < bytes.count {
                word = (word ^ UInt64(bytes[offset])) &* 0x9e37_79b9_7f4a_7c15
                offset &+= 1
            }
            return word
        }
    }

    /// The way in which it alters a packet, one after another; nil for one that is altered.
    mutating func alteration(of word: UInt64) -> HeaderAlteration? {
        present.insert(word)
        guard !altered.contains(word) else { return nil }
        let number = alterations.reduce(0, +) % alterations.count
        alterations[number] += 1
        return HeaderAlteration.allCases[number]
    }

    /// It has looked at all that it holds: what comes again after it left is altered again.
    mutating func lookedAtAll() {
        swap(&altered, &present)
        present.removeAll(keepingCapacity: true)
    }
}

/// Bridges that have the network's keys and keep no rules: each a real bridge, with code of the laboratory that uses its
/// keys.
extension Mesh {
    static let lieMicroseconds: Int64 = 500_000
    static let floodAtOnce = 8

    func begin(_ lie: Lie, at house: SimulatedHouse) {
        guard !house.lies.contains(lie) else { return }
        house.lies.append(lie)
        hasLied = !countsLiars
        if let running = house.running, lie == .ignoresCap || lie == .ignoresOptOuts {
            let configuration = configuration(house)
            drive(house.index) { bridge, moment, effects in
                bridge.configure(configuration, now: moment, into: &effects)
            }
            _ = running
        }
        guard !house.liar.began else { return }
        house.liar.began = true
        queue.add(Happening(kind: .lie, house: Int32(house.index)), at: now + Self.lieMicroseconds)
    }

    /// Between an input and `advance`: what was accepted a moment ago is still here.
    func lie(before house: SimulatedHouse, _ running: RunningBridge, _ moment: Moment) {
        if house.lies.contains(.replays) { remember(house, running) }
        if house.lies.contains(.keeps) { running.bridge.loseHeld(now: moment) }
        if house.lies.contains(.altersHeaders) { alterHeaders(house, running) }
    }

    /// What goes on under another id is followed under that: honest neighbours may pass it on, with the device's consent.
    private func alterHeaders(_ house: SimulatedHouse, _ running: RunningBridge) {
        func ids() -> [UInt64] {
            running.bridge.heldPacketBytes.map { packet in
                packet.withUnsafeBytes { (try? PacketView($0))?.eventID } ?? 0
            }
        }
        let before = ids()
        guard !before.isEmpty else { return house.liar.lookedAtAll() }
        running.bridge.alterHeld { house.liar.alteration(of: $0) }
        house.liar.lookedAtAll()
        for (old, new) in zip(before, ids()) where old != new && new != 0 && emissions.number(of: new) == nil {
            guard let number = emissions.number(of: old) else { continue }
            let device = emissions[number].device
            _ = emissions.add(Emission(device: device, eventID: new, time: now, isForged: true, data: []))
        }
    }

    /// Keeps copies of what passes, the latest in the place of some other.
    private func remember(_ house: SimulatedHouse, _ running: RunningBridge) {
        let taken = running.bridge.figures.taken
        guard taken != house.liar.takenBefore else { return }
        house.liar.takenBefore = taken
        for packet in running.bridge.heldPacketBytes {
            house.liar.remember(packet) { house.chances.fault.number(below: LiarMemory.packetsMax) }
        }
    }

    /// From time to time.
    func tellLies(_ index: Int) {
        let house = houses[index]
        guard house.isLiar else { return }
        queue.add(
            Happening(kind: .lie, house: Int32(index)),
            at: now + Self.lieMicroseconds + Int64(house.chances.fault.number(below: 100_000)))
        guard house.running != nil else { return }
        if house.lies.contains(.falseRoutes) { announceFalseRoutes(house) }
        if house.lies.contains(.replays) { replay(house) }
        if house.lies.contains(.floods) { flood(house, packets: Self.floodAtOnce) }
        if house.lies.contains(.ignoresCap) { flood(house, packets: 1) }
    }

    /// Every home is just here, and has been heard of this moment.
    private func announceFalseRoutes(_ house: SimulatedHouse) {
        drive(house.index) { bridge, moment, effects in
            let homes = bridge.memberIDs.prefix(FrameLayout.routesMax)
            let sequenceNumber = UInt16(truncatingIfNeeded: moment.instant.microseconds / 1_000_000)
            let entries = homes.map { RouteEntry(home: $0, sequenceNumber: sequenceNumber, metric: 1) }
            guard !entries.isEmpty else { return }
            var frame = [UInt8](repeating: 0, count: FrameLayout.bytesFrameMax)
            let count = frame.withUnsafeMutableBytes { try? FrameWriter.routes(entries, into: $0) }
            guard let count else { return }
            for channel in bridge.linkChannels {
                let isSaid = frame.withUnsafeBytes {
                    bridge.utter(UnsafeRawBufferPointer(rebasing: $0[..<count]), on: channel, into: &effects)
                }
                if isSaid { house.liar.announced += 1 }
            }
        }
    }

    /// Sends packets that it carried once more, over all links.
    private func replay(_ house: SimulatedHouse) {
        guard !house.liar.packets.isEmpty else { return }
        let packet = house.liar.packets[house.chances.fault.number(below: house.liar.packets.count)]
        utter(packet: packet, house)
    }

    /// Makes packets of junk under real grants, which nobody but the home can tell from true ones.
    private func flood(_ house: SimulatedHouse, packets: Int) {
        let granted = networks[house.network].devices.filter { devices[$0].grant != nil }
        guard !granted.isEmpty else { return }
        for _ in 0..<packets {
            let number = granted[house.chances.fault.number(below: granted.count)]
            guard let grant = devices[number].grant else { continue }
            let (eventID, junk) = (house.chances.fault.next(), UInt8(truncatingIfNeeded: house.chances.fault.next()))
            let scope = grant.record.scope
            let packet = drive(house.index) { bridge, moment, _ in
                bridge.forgedPacket(
                    grantID: grant.id, eventID: eventID, consentBits: scope, hopLimit: 15, junk: junk, now: moment)
            }
            guard case let packet?? = packet else { continue }
            _ = emissions.add(
                Emission(device: Int32(number), eventID: eventID, time: now, isForged: true, data: []))
            utter(packet: packet, house)
        }
    }

    /// It hears a device whose grant it knows to be revoked, and sends its event on all the same.
    func lieAboutHeard(_ data: [UInt8], device number: Int, at house: SimulatedHouse) {
        guard house.lies.contains(.ignoresRevocations), house.knowledge.isRevoked(devices[number].localIndex),
            let grant = devices[number].grant, data.count > 7
        else { return }
        let address = devices[number].address
        let packet = drive(house.index) { bridge, moment, _ in
            data.withUnsafeBytes {
                bridge.sealedPacket(
                    address: address, serviceData: UnsafeRawBufferPointer(rebasing: $0[7...]), grantID: grant.id,
                    now: moment)
            }
        }
        if case let packet?? = packet { utter(packet: packet, house) }
    }

    /// Sends a packet over all links, past scheduler and cap.
    private func utter(packet: [UInt8], _ house: SimulatedHouse) {
        let frame = [MessageType.packet.rawValue] + packet
        let eventID = packet.withUnsafeBytes { (try? PacketView($0))?.eventID } ?? 0
        let sent = drive(house.index) { bridge, _, effects in
            bridge.linkChannels.count { channel in
                frame.withUnsafeBytes { bridge.utter($0, on: channel, into: &effects) }
            }
        }
        house.liar.told += sent ?? 0
        for _ in 0..<(sent ?? 0) { checkHanded(eventID, house) }
    }
}
