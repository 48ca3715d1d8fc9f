import Consent
import Relaying
import Sealing
import Wire

/// A test that is on its way: which neighbours were asked, each with bytes of its own, and what has come back.
struct DeviceTest {
    struct Ask {
        let neighbour: UInt64
        let eventID: UInt64
        var cameBack: (at: Instant, via: UInt64, hopLimit: UInt8)?
    }

    static let secondsBetween: Int64 = 10

    let device: Int64
    let started: Instant
    var asks: [Ask] = []
}

/// How often each neighbour may have this bridge take up a test. As many entries as there can be links.
struct TestQuota {
    static let secondsBetween: Int64 = 5
    static let perHourMax = 12

    private struct Entry {
        let member: UInt64
        var last: Instant
        var hour: Instant
        var count: Int
    }

    private var entries: [Entry] = []

    /// Whether `member` may have one now; if so it is counted.
    mutating func allows(_ member: UInt64, now: Instant) -> Bool {
        guard let place = entries.firstIndex(where: { $0.member == member }) else {
            // Who was away longest makes room. A newcomer is no more than one link, however often it comes.
            if entries.count == LinkNumbers.countMax,
                let oldest = entries.indices.min(by: { entries[$0].last < entries[$1].last })
            {
                entries.remove(at: oldest)
            }
            entries.append(Entry(member: member, last: now, hour: now, count: 1))
            return true
        }
        guard now >= entries[place].last.advanced(seconds: Self.secondsBetween) else { return false }
        if now >= entries[place].hour.advanced(seconds: 3600) {
            entries[place].hour = now
            entries[place].count = 0
        }
        guard entries[place].count < Self.perHourMax else { return false }
        entries[place].count += 1
        entries[place].last = now
        return true
    }
}

/// What came of a test, neighbour by neighbour.
public struct DeviceTestOutcome: Sendable {
    public struct Neighbour: Sendable {
        public let name: String
        /// Nil: it has not come back by this neighbour.
        public let milliseconds: Int64?
        /// The neighbour that handed it over, and how many bridges it passed.
        public let via: String
        public let bridgesPassed: ClosedRange<Int>
    }

    public let neighbours: [Neighbour]
    public var isComplete: Bool { neighbours.allSatisfy { $0.milliseconds != nil } }
}

/// A marked event along the real way. The home asks each neighbour to act as the bridge that heard the device; the
/// neighbour does so only for a grant of the asking home, seldom, and from there everything is as with any event: its
/// host's yes, the filter, sealing, caps. It comes home under its event's id and is never delivered.
extension Bridge {
    /// Asks all linked neighbours. Returns how many were asked.
    public mutating func startTest(
        device identifier: Int64, now: Moment, into effects: inout Effects
    ) throws(BridgeError) -> Int {
        guard let network else { throw .noNetwork }
        guard let place = home.place(of: identifier) else { throw .unknownDevice }
        if let test, now.instant < test.started.advanced(seconds: DeviceTest.secondsBetween) { throw .testTooSoon }
        let grantID = home.devices[place].grantID
        guard let grant = network.registry.grantIndex(of: grantID) else { throw .grantNotHeld }
        var test = DeviceTest(device: identifier, started: now.instant)
        for case let session? in sessions.links {
            guard let neighbour = session.member,
                let random = (try? random.draw(16)).flatMap({ Bytes16($0) })
            else { continue }
            let request = TestRequest(grantID: grantID, random: random)
            guard let eventID = Self.withTest(request, { network.registry.eventID(of: grant, for: $0) }) else {
                continue
            }
            test.asks.append(DeviceTest.Ask(neighbour: neighbour, eventID: eventID))
            send(session, into: &effects) { target throws(WireError) in
                try FrameWriter.testRequest(request, into: target)
            }
        }
        self.test = test
        home.noteTest(at: place, asked: test.asks.count, now: now.wall)
        return test.asks.count
    }

    /// What has come back of the last test.
    public var testOutcome: DeviceTestOutcome? {
        guard let test else { return nil }
        return DeviceTestOutcome(
            neighbours: test.asks.map { ask in
                var facts = DeviceFacts()
                facts.packetHopLimit = ask.cameBack?.hopLimit ?? 0
                return DeviceTestOutcome.Neighbour(
                    name: memberName(ask.neighbour),
                    milliseconds: ask.cameBack.map { $0.at.microseconds(since: test.started) / 1000 },
                    via: ask.cameBack.map { memberName($0.via) } ?? "", bridgesPassed: facts.bridgesPassed)
            })
    }

    private func memberName(_ id: UInt64) -> String {
        network?.registry.membership.member(id: id)?.record?.name.text ?? ""
    }

    /// A neighbour asks this bridge to act as the one that heard its device.
    mutating func takeUp(_ request: TestRequest, _ session: LinkSession, now: Moment, into effects: inout Effects) {
        guard let member = session.member, let network, let grant = network.registry.grantIndex(of: request.grantID),
            network.registry.grant(at: grant)?.record.home == member, testQuota.allows(member, now: now.instant)
        else {
            counters.messagesIgnored &+= 1
            return
        }
        clock.judge(now)
        let serviceData = request.serviceData
        serviceData.withUnsafeBytes { bytes in
            let heard = HeardAdvertisement(
                addressKind: TestRequest.addressKind, address: TestRequest.address, serviceData: bytes)
            hear(test: heard, grant: grant, now: now, into: &effects)
        }
    }

    /// Whether what a packet held is a test advertisement: of no device, and never to be opened as one's.
    static func isTest(_ event: HeardEvent) -> Bool {
        event.address == TestRequest.address && event.addressKind == TestRequest.addressKind
    }

    /// A test came home: at most once for each neighbour that was asked. One of a test that is over is let go.
    mutating func testCameBack(_ packet: PacketView, grant: GrantIndex, from link: LinkNumber, now: Moment) {
        seen.mark(packet.eventID, grant: grant, .confirmed, expiryMinute: packet.expiryMinute, minute: now.wall.minute)
        guard let device = test?.device,
            let place = test?.asks.firstIndex(where: { $0.eventID == packet.eventID && $0.cameBack == nil })
        else { return }
        home.noteTestBack(device: device)
        test?.asks[place].cameBack = (now.instant, sessions.link(link)?.member ?? 0, packet.hopLimit)
    }

    private static func withTest<Result>(_ request: TestRequest, _ body: (HeardAdvertisement) -> Result) -> Result {
        request.serviceData.withUnsafeBytes { bytes in
            body(
                HeardAdvertisement(
                    addressKind: TestRequest.addressKind, address: TestRequest.address, serviceData: bytes))
        }
    }
}
