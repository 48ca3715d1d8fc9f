import Consent
import Wire

@testable import Relaying

/// Neighbours in the order in which they are preferred, for every home.
struct FixedHops: NextHops {
    var order: [LinkNumber] = []
    /// Homes that have one way of their own.
    var homes: [UInt64: LinkNumber] = [:]

    func nextHop(for home: UInt64, excluding excluded: UInt16) -> LinkNumber? {
        if let link = homes[home] { return excluded >> UInt16(link) & 1 == 0 ? link : nil }
        return order.first { excluded >> UInt16($0) & 1 == 0 }
    }
}

/// A relay with a clock, a disk that stores at once and neighbours that do as they are told.
struct RelayHarness: ~Copyable {
    struct Sent: Equatable {
        var link: LinkNumber
        var frameNumber: UInt16
        var bytes: [UInt8]
        var eventID: UInt64 { UInt64(bytes[18]) | UInt64(bytes[19]) << 8 | UInt64(bytes[20]) << 16 }
    }

    static let startSeconds: UInt32 = 1_700_000_000 / 60 * 60
    static let generous = LendingLimits(rateBits: 1 << 24, burstBytes: 200_000, monthBytes: 1 << 40)

    var relay: Relay
    var now: Int64 = 0
    var hops = FixedHops()
    var packets: [Sent] = []
    var confirms: [(link: LinkNumber, eventID: UInt64)] = []
    var answers: [(link: LinkNumber, frameNumber: UInt16, answer: Answer)] = []
    var lent: [AllowanceTests.Spending] = []
    var ends: [CustodyEnd] = []
    /// Grants of the events whose confirmation was believed.
    var believed: [GrantIndex] = []
    var nextFrame: UInt16 = 0
    var wake = Instant.distantFuture

    init(_ limits: LendingLimits = generous, links: Range<LinkNumber> = 0..<4, seed: UInt64 = 1) {
        let moment = Moment(instant: Instant(seconds: 0), wall: WallTime(seconds: Self.startSeconds))
        relay = Relay(limits: limits, reservations: [], isHosting: true, seed: seed, now: moment)
        for link in links { relay.linkStarted(link, now: moment) }
        // As if something had been lent before.
        _ = relay.scheduler.allowances.packets.month.standing(1, day: moment.wall.day)
        _ = relay.scheduler.allowances.registry.month.standing(1, day: moment.wall.day)
        store()
        now = 10_000_000
    }

    var moment: Moment {
        Moment(
            instant: Instant(microseconds: now),
            wall: WallTime(seconds: Self.startSeconds).advanced(seconds: now / 1_000_000))
    }

    static func packet(_ eventID: UInt64, junk: UInt8 = 0, minutes: UInt32 = 10, count: Int = 123) -> [UInt8] {
        var bytes = [UInt8](repeating: junk, count: count)
        bytes[0] = 0x11
        bytes[1] = 1
        let expiry = startSeconds / 60 + minutes
        for index in 0..<4 { bytes[6 + index] = UInt8(truncatingIfNeeded: expiry >> (8 * UInt32(index))) }
        for index in 0..<8 { bytes[18 + index] = UInt8(truncatingIfNeeded: eventID >> (8 * UInt64(index))) }
        bytes[26] = 8
        return bytes
    }

    static func facts(
        _ eventClass: EventClass = .event, grant: Int32 = 1, home: UInt64 = 100, hold: Bool = false
    ) -> PacketFacts {
        PacketFacts(
            grant: grant, home: home, eventClass: eventClass, mayHold: hold)
    }

    @discardableResult
    mutating func offer(
        _ bytes: [UInt8], _ facts: PacketFacts = facts(), hopLimit: UInt8 = 7, from link: LinkNumber = 0
    ) -> Answer? {
        let (hops, moment) = (hops, moment)
        return bytes.withUnsafeBytes { buffer in
            guard let view = try? PacketView(buffer) else { return nil }
            return relay.offer(view, facts, hopLimit: hopLimit, from: link, routes: hops, now: moment)
        }
    }

    mutating func answer(_ sent: Sent, _ answer: Answer, from member: UInt64 = 0) {
        let entry = PacketAnswer(frameNumber: sent.frameNumber, answer: answer)
        relay.answered(entry, on: sent.link, from: member, routes: hops, now: moment)
    }

    @discardableResult
    mutating func confirm(_ eventID: UInt64, from link: LinkNumber) -> Bool {
        let moment = moment
        return relay.confirmed(eventID, from: link, now: moment) { believed.append($0.grant) }
    }

    /// Lets time pass, without more ado.
    mutating func pass(seconds: Double) { now += Int64(seconds * 1_000_000) }

    /// Does what is due and sends what may be sent. Returns the packets sent.
    @discardableResult
    mutating func run() -> [Sent] {
        relay.advance(now: moment, routes: hops)
        let before = packets.count
        while true {
            switch relay.next(now: moment) {
            case .packet(let handle, let link): note(handle, link)
            case .reply(let link): note(Array(relay.reply), link)
            case .message: break
            case .nothing(let until):
                if store() { continue }
                wake = until
                relay.takeEnds { ends.append($0) }
                return Array(packets[before...])
            }
        }
    }

    /// Runs at every deadline up to `seconds` from now.
    @discardableResult
    mutating func runUntil(seconds: Double) -> [Sent] {
        let end = now + Int64(seconds * 1_000_000)
        var sent = run()
        while true {
            let next = min(relay.nextDeadline, wake).microseconds
            guard next <= end else { break }
            now = max(next, now + 1)
            sent += run()
        }
        now = end
        return sent + run()
    }

    /// Whether anything was to be stored.
    @discardableResult
    private mutating func store() -> Bool {
        var hasStored = false
        while let reservation = relay.reservation(now: moment) {
            relay.reservationStored(reservation)
            hasStored = true
        }
        return hasStored
    }

    private mutating func note(_ handle: PacketHandle, _ link: LinkNumber) {
        let bytes = relay.packet(handle).map { Array($0) } ?? []
        relay.sent(handle, frameNumber: nextFrame, now: moment)
        packets.append(Sent(link: link, frameNumber: nextFrame, bytes: bytes))
        nextFrame &+= 1
        lent.append(.init(microseconds: now, bytes: AirtimeBytes.body(bytes.count)))
    }

    private mutating func note(_ reply: [UInt8], _ link: LinkNumber) {
        lent.append(.init(microseconds: now, bytes: AirtimeBytes.body(reply.count - 1)))
        reply.withUnsafeBytes { bytes in
            switch try? FrameView(bytes) {
            case .confirm(let ids): for id in ids { confirms.append((link, id)) }
            case .answers(let list): for entry in list { answers.append((link, entry.frameNumber, entry.answer)) }
            default: break
            }
        }
    }
}
