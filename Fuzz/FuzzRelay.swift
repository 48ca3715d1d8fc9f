import Consent
import Wire

@testable import Relaying

/// Packets, answers, links, routes and noes in any order and at any time: every packet taken ends once, what is held
/// stays within its bounds, and nothing is lent beyond the cap or after the host's no.
func fuzzRelay(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    var run = RelayRun(&input)
    while !input.isAtEnd {
        run.step(&input)
        run.check()
    }
    run.relay.dropEverything(now: run.now)
    run.check()
    FuzzReach.note(run.relay.counts.confirmed > 0 ? "run with a confirmation" : "run without")
    require(run.relay.heldPackets == 0 && run.relay.heldBytes == 0, "held after everything was dropped")
}

/// Neighbours in the order in which they are preferred.
private struct Preference: NextHops {
    var order: [LinkNumber] = []

    func nextHop(for home: UInt64, excluding excluded: UInt16) -> LinkNumber? {
        order.first { excluded >> UInt16($0) & 1 == 0 }
    }
}

private struct RelayRun: ~Copyable {
    static let limits = LendingLimits(rateBits: 16_000, burstBytes: 8_000, monthBytes: 100_000_000)

    var relay: Relay
    var now = Moment(instant: Instant(seconds: 0), wall: FuzzNetwork.start)
    var hops = Preference()
    var frames: [(link: LinkNumber, number: UInt16)] = []
    var frame: UInt16 = 0
    var reservation: MonthAllowance.Reservation?
    var lentBytes = 0
    var ended: UInt64 = 0

    init(_ input: inout FuzzInput) {
        relay = Relay(
            limits: Self.limits, reservations: [], isHosting: true, seed: input.integer(), now: now)
        for link in 0..<LinkNumber(input.below(5)) { relay.linkStarted(link, now: now) }
        hops.order = [1, 0, 2]
        relay.advance(now: now, routes: hops)
        if let reservation = relay.reservation(now: now) { relay.reservationStored(reservation) }
    }

    mutating func step(_ input: inout FuzzInput) {
        let choice = input.byte()
        switch choice & 15 {
        case 0...3: offer(&input, count: choice >= 0xf0 ? Int(input.byte()) * 4 : 1)
        case 4: answer(&input)
        case 5: relay.confirmed(eventID(&input), from: link(&input), now: now)
        case 6: changeLink(&input)
        case 7: changeRoutes(&input)
        case 8: sayNo(&input)
        case 9, 10: pass(&input)
        case 11: queue(&input)
        case 12: reserve(&input)
        default: send(atMost: input.below(40) + 1)
        }
    }

    private func link(_ input: inout FuzzInput) -> LinkNumber { LinkNumber(input.byte() & 15) }
    private func eventID(_ input: inout FuzzInput) -> UInt64 { UInt64(input.byte() & 0x1f) }

    private mutating func offer(_ input: inout FuzzInput, count: Int) {
        var bytes = [UInt8](repeating: input.byte() & 3, count: input.bool() ? 228 : 123)
        let id = eventID(&input)
        let expiry = now.wall.minute &+ UInt32(input.byte() & 31) &- 1
        let facts = PacketFacts(
            grant: GrantIndex(input.byte() & 7), home: UInt64(input.byte() & 3),
            eventClass: EventClass.allCases[input.below(3)], mayHold: input.bool())
        let hopLimit = input.byte() & 15
        let link = input.byte() & 7 == 7 ? LinkNumbers.ownRadio : link(&input)
        for number in 0..<count {
            bytes[0] = PacketLayout.versionAndKind
            bytes[PacketLayout.offsetHopLimit] = hopLimit
            withUnsafeBytes(of: expiry.littleEndian) { bytes.replaceSubrange(6..<10, with: $0) }
            withUnsafeBytes(of: (id + UInt64(number) * 32).littleEndian) { bytes.replaceSubrange(18..<26, with: $0) }
            bytes.withUnsafeBytes { buffer in
                guard let packet = try? PacketView(buffer) else { return }
                _ = relay.offer(packet, facts, hopLimit: hopLimit, from: link, routes: hops, now: now)
            }
        }
    }

    private mutating func answer(_ input: inout FuzzInput) {
        let answer = Answer(byte: input.byte() & 3)
        let isReal = !frames.isEmpty && input.byte() < 230
        let (link, number) =
            isReal
            ? frames.remove(at: Int(input.integer(UInt16.self)) % frames.count) : (link(&input), input.integer())
        relay.answered(
            PacketAnswer(frameNumber: number, answer: answer), on: link, from: UInt64(input.byte() & 3), routes: hops,
            now: now)
    }

    private mutating func changeLink(_ input: inout FuzzInput) {
        let link = link(&input)
        switch input.byte() & 3 {
        case 0: relay.linkStarted(link, now: now)
        case 1: relay.linkEnded(link, now: now)
        case 2: relay.setWritable(link, false)
        default: relay.setWritable(link, true)
        }
    }

    private mutating func changeRoutes(_ input: inout FuzzInput) {
        hops.order = input.bytes(atMost: 6).map { LinkNumber($0 & 15) }
        for home in 0..<UInt64(4) { relay.routeChanged(home, routes: hops, now: now) }
    }

    private mutating func sayNo(_ input: inout FuzzInput) {
        switch input.byte() & 7 {
        case 0: relay.setHosting(false, now: now)
        case 1, 2: relay.setHosting(true, now: now)
        case 3: relay.grantEnded(GrantIndex(input.byte() & 7), reason: .revoked, now: now)
        case 4: relay.classEnded(EventClass.allCases[input.below(3)], now: now)
        case 5: relay.dropEverything(now: now)
        default: relay.configure(Self.limits, now: now)
        }
    }

    private mutating func pass(_ input: inout FuzzInput) {
        let amount = Int64(input.byte())
        let microseconds = amount << (input.byte() & 31)
        now.instant = now.instant.advanced(microseconds: microseconds)
        let seconds = input.byte() < 240 ? microseconds / 1_000_000 : -Int64(input.integer(UInt16.self))
        now.wall = now.wall.advanced(seconds: seconds)
        relay.advance(now: now, routes: hops)
    }

    private mutating func queue(_ input: inout FuzzInput) {
        let link = link(&input)
        switch input.byte() & 3 {
        case 0:
            // The frame number says whose answer it is.
            let (answer, number, isOwn) = (
                Answer(byte: input.byte() & 3), input.integer(UInt16.self) >> 1, input.bool()
            )
            let event = ConfirmedEvent(
                eventID: isOwn ? eventID(&input) | 1 << 63 : eventID(&input), grant: GrantIndex(input.byte() & 3))
            relay.answer(
                answer, of: input.bool() ? event : nil, to: isOwn ? number | 1 << 15 : number, on: link, isOwn: isOwn,
                now: now)
        case 1:
            relay.confirm(eventID(&input) | 1 << 63, grant: GrantIndex(input.byte() & 3), to: link, now: now)
        default:
            // The handle says what it costs whom.
            let (bytes, isLent) = (Int(input.byte()) * 2, input.bool())
            relay.queueMessage(
                UInt64(bytes) << 1 | (isLent ? 1 : 0), bytes: bytes, link: link, isFirst: input.bool(), isLent: isLent)
        }
    }

    private mutating func reserve(_ input: inout FuzzInput) {
        if let reservation {
            if input.byte() < 200 { relay.reservationStored(reservation) } else { relay.reservationFailed(reservation) }
            self.reservation = nil
        } else {
            reservation = relay.reservation(now: now)
        }
    }

    private mutating func send(atMost count: Int) {
        relay.advance(now: now, routes: hops)
        for _ in 0..<count {
            switch relay.next(now: now) {
            case .packet(let handle, let link):
                guard let bytes = relay.packet(handle) else { return require(false, "a packet that is not held") }
                require(relay.isHosting, "a packet after the host's no")
                lentBytes += AirtimeBytes.body(bytes.count)
                if frame & 63 != 63 { relay.sent(handle, frameNumber: frame, now: now) }
                frames.append((link, frame))
                if frames.count > 600 { frames.removeFirst() }
                frame &+= 1
            case .reply:
                if !isOwn(relay.reply) { lentBytes += AirtimeBytes.body(relay.reply.count - 1) }
            case .message(let handle, _):
                if handle & 1 == 1 { lentBytes += AirtimeBytes.body(Int(handle >> 1)) }
            case .nothing: return
            }
        }
    }

    /// Whether the answers or confirmations are about this home's own events: all of a message are, or none.
    private func isOwn(_ reply: UnsafeRawBufferPointer) -> Bool {
        var (own, others) = (0, 0)
        switch try? FrameView(reply) {
        case .confirm(let ids): for id in ids { if id >> 63 == 1 { own += 1 } else { others += 1 } }
        case .answers(let list): for entry in list { if entry.frameNumber >> 15 == 1 { own += 1 } else { others += 1 } }
        default: break
        }
        require((own > 0) != (others > 0), "a reply that is no frame, or both own and others'")
        return own > 0
    }

    mutating func check() {
        let counts = relay.counts
        require(
            counts.taken == counts.confirmed + counts.dropped + UInt64(relay.heldPackets), "packets unaccounted for")
        require(relay.heldPackets <= PacketPool.slotCount && relay.heldPackets >= 0, "too many packets")
        require((relay.heldBytes == 0) == (relay.heldPackets == 0) && relay.heldBytes <= 512 * 228, "bytes held")
        var ends: UInt64 = 0
        relay.takeEnds { _ in ends += 1 }
        ended += ends
        require(ended == counts.confirmed + counts.dropped, "ends not told")
        let seconds = Double(now.instant.microseconds) / 1_000_000
        let most = seconds * Double(Self.limits.rateBits) / 8 + Double(Self.limits.burstBytes)
        require(Double(lentBytes) <= most + 1, "more lent than the cap")
        _ = relay.nextDeadline
    }
}
