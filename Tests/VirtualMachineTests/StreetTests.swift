import BluetoothStreet
import ControlAPI
import Foundation
import Testing

/// Four real daemons in a row over BlueZ, a real broker, and a sensor that knows nothing of them. In the order in which
/// they stand, on one street that all of them use.
@Suite(.enabled(if: Machine.isHere), .serialized) struct StreetTests {
    private static let opened = "sidegate/letter_box/opening ON"
    private static let closed = "sidegate/letter_box/opening OFF"
    private static let shared = Result { try Street.opened(airs: Machine.airs) }
    private static let events = Events()
    /// A daemon whose receiver gives way to another program's scan hears nothing for 6.5 s; a sensor repeats itself here
    /// each second.
    private static let givesWaySeconds = 8

    /// Runs `body` on the street; when it fails, the daemons' logs are told.
    private func onStreet(_ body: @escaping @Sendable (Street) throws -> Void) async throws {
        try await apart {
            let street = try Self.shared.get()
            do {
                try body(street)
            } catch {
                throw Trouble("\(error)\n\(street.logs)")
            }
        }
    }

    /// Lets the sensor say something new, for `seconds`, and waits until it has come to the broker, once. `again`: after
    /// that time it says the same once more, for the emulator repeats nothing to a controller that filters duplicates.
    private static func eventArrives(_ street: Street, saidFor seconds: Int = 20, again: Bool = false) throws {
        let (counter, isOpen) = events.next()
        let line = isOpen ? opened : closed
        let before = street.broker.count(line)
        try street.sensor.say(counter, isOpen ? "1101" : "1100", seconds: seconds)
        let end = Machine.seconds + Double(seconds)
        while again, Machine.seconds < end, street.broker.count(line) == before { usleep(100_000) }
        if again, street.broker.count(line) == before {
            try street.sensor.say(counter, isOpen ? "1101" : "1100", seconds: seconds)
        }
        try Machine.wait("event \(counter) at the broker", seconds: 20) { street.broker.count(line) > before }
        #expect(street.broker.count(line) == before + 1, "event \(counter)")
    }

    @Test func eventOfAnIndependentSensorComesHomeOverFourBridges() async throws {
        try await onStreet { street in
            try Self.eventArrives(street)
            for house in street.houses.dropFirst() { #expect(street.lentPackets(house) >= 1, "\(house.name)") }
            #expect(street.houses.allSatisfy { $0.status()?.radio.kind == "bluez" })
        }
    }

    @Test func strangersAreRefusedAndLinksStayAsTheyAre() async throws {
        try await onStreet { street in
            let (stranger, victim) = (Machine.airs[0][2], street.home)
            let before = try Self.births(victim)
            let failed = victim.handshakesFailed
            let address = try Machine.address(victim.adapters[0])
            try Machine.manage(stranger, "power", "on")
            try Stranger.saysNothing(from: stranger, to: address)
            try Stranger.talksRubbish(from: stranger, to: address)
            try Stranger.breaksOffItsHandshake(from: stranger, to: address)
            let visits = try Stranger.comesAndGoes(from: stranger, to: address, times: 50)
            Machine.say("of 50 who came and went \(visits.taken) were taken and \(visits.refused) refused")
            // The kernel keeps 16 for a bridge that takes none at all, and the bridge lets as many in at once.
            #expect(visits.taken >= 16)
            try Stranger.runsAnEchoTest(from: stranger, to: address)
            let after = try Self.births(victim)
            // Each kind of rubbish, each broken handshake and the echo test were counted.
            #expect(victim.handshakesFailed >= failed + 11, "\(victim.status()?.troubles ?? [])")
            #expect(before.keys.sorted() == ["second"] && after.keys.sorted() == ["second"])
            // To the second, and a second for each of two roundings.
            for (peer, born) in before { #expect(abs(born - (after[peer] ?? 0)) <= 2, "it is the same link") }
            try Self.eventArrives(street)
        }
    }

    /// Somebody with the network's keys gets as far as the reply. Then it says nothing more, or rubbish.
    @Test func halfAHandshakeOfWhoHoldsTheKeysEndsInItsTimeAndLinksStayAsTheyAre() async throws {
        try await onStreet { street in
            let (adapter, victim) = (Machine.airs[0][2], street.home)
            let before = try Self.births(victim)
            let address = try Machine.address(victim.adapters[0])
            let holder = try KeyHolder(of: "\(street.path)/second")
            let beacons = try KeyHolder.beacons(heardBy: adapter, count: 2)

            let silent = try holder.begin(from: adapter, to: address, beacons: beacons)
            let replied = Machine.seconds
            let watch = EndWatch(silent.channel, withinSeconds: 20)
            let failed = victim.handshakesFailed
            for rubbish in [[0x31] + Self.rubbish(64), [0x21] + Self.rubbish(98), Self.rubbish(512), [0]] {
                let channel = try holder.begin(from: adapter, to: address, beacons: beacons).channel
                try channel.send(rubbish)
                #expect(channel.isEnded(withinSeconds: 5), "\(rubbish.count) bytes of rubbish")
            }
            // It has 6 s from when the bridge was told of its channel, which is after the call and before the reply. The
            // bridge is a debug build in an emulated processor.
            let ended = try #require(watch.ended(), "it may stay")
            #expect(ended - silent.called >= 5, "out after \(ended - silent.called) s")
            #expect(ended - replied <= 6 + 6, "out \(ended - replied) s after the reply")
            #expect(victim.handshakesFailed >= failed + 4)
            let after = try Self.births(victim)
            #expect(after.keys.sorted() == ["second"])
            for (peer, born) in before { #expect(abs(born - (after[peer] ?? 0)) <= 2, "it is the same link") }
            try Self.eventArrives(street)
        }
    }

    private static func rubbish(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }

    /// When each link of a house came up, in this machine's seconds, by peer.
    private static func births(_ house: House) throws -> [String: Double] {
        let links = try #require(house.status()?.links)
        return Dictionary(links.map { ($0.peer, Machine.seconds - Double($0.upSeconds)) }) { $1 }
    }

    @Test func linksThatWereCutHeal() async throws {
        try await onStreet { street in
            // The air between the second and the third is cut.
            let peer = try Machine.address(street.houses[2].adapters[0])
            try Machine.manage(street.houses[1].adapters[1], "disconnect", "-t", "1", peer)
            try Machine.wait("the cut is noticed") { street.houses[1].links() != ["first", "third"] }
            try street.awaitLinks()
            // A house goes without a word and comes back.
            try street.houses[2].end(SIGKILL)
            try Machine.wait("its end is noticed") {
                street.houses[1].links() == ["first"] && street.end.links().isEmpty
            }
            try street.houses[2].launch()
            try street.awaitLinks()
            try street.awaitWayHome()
            try Self.eventArrives(street)
        }
    }

    @Test func adapterThatIsSwitchedOffIsNamedAndUsedAgainAfterwards() async throws {
        try await onStreet { street in
            let (house, adapter) = (street.houses[1], street.houses[1].adapters[1])
            try Machine.manage(adapter, "power", "off")
            try Machine.wait("the daemon says so") {
                house.status()?.radio.detail?.contains("\(adapter) is switched off: ") == true
            }
            try Machine.wait("the link over it is gone") { house.links() == ["first"] }
            try Machine.manage(adapter, "power", "on")
            try street.awaitLinks()
            try street.awaitWayHome()
            try Self.eventArrives(street)
        }
    }

    /// bluetoothd's scan, its advertisement and the daemon's hearing, on one adapter, each shown by something that began
    /// only while all three went on.
    @Test func bluetoothdBesideADaemonAdvertisesAndScansUndisturbed() async throws {
        try await onStreet { street in
            let (beside, listener) = (street.end.adapters[1], Machine.airs[3][2])
            let desk = try BluetoothDesk(on: beside)
            try Machine.manage(listener, "power", "on")
            try desk.advertise("beside")
            desk.scan()
            let newcomer = "C0:00:00:00:00:01"
            let advertiser = try BareAdvertiser(on: listener, as: newcomer)
            try advertiser.load([2, 1, 6])
            #expect(!desk.hasFound(newcomer))
            _ = try advertiser.begin()
            try Self.eventArrives(street, saidFor: Self.givesWaySeconds, again: true)
            do {
                try Machine.wait("bluetoothd's scan finds the newcomer", seconds: 30) { desk.hasFound(newcomer) }
            } catch {
                throw Trouble("\(error)\n\(desk.words)")
            }
            // While bluetoothd scans, what it says is heard.
            try advertiser.end()
            try desk.awaitAdvertisement("beside", heardBy: listener)
            #expect(try desk.isAdvertising())
            try desk.endScan()
            desk.end()
            try Self.eventArrives(street)
        }
    }

    @Test func optOutOfAHostHoldsWithinASecond() async throws {
        try await onStreet { street in
            let host = street.houses[2]
            try Self.eventArrives(street)
            try host.tell("opt-out", "hosting")
            let end = Machine.seconds + 1
            let (counter, isOpen) = Self.events.next()
            let line = isOpen ? Self.opened : Self.closed
            let (before, lent) = (street.broker.count(line), street.lentPackets(host))
            usleep(UInt32(max(0, end - Machine.seconds) * 1e6))
            try street.sensor.say(counter, isOpen ? "1101" : "1100", seconds: 2)
            usleep(3_000_000)
            #expect(street.broker.count(line) == before)
            #expect(street.lentPackets(host) == lent)
            try host.tell("opt-in", "hosting")
            try street.awaitWayHome()
            try Self.eventArrives(street)
        }
    }

    /// Waits for a channel's end on a thread of its own.
    private final class EndWatch: @unchecked Sendable {
        private let done = DispatchSemaphore(value: 0)
        private var end: Double?

        init(_ channel: RawChannel, withinSeconds seconds: Int) {
            Thread.detachNewThread { [self] in
                if channel.isEnded(withinSeconds: seconds) { end = Machine.seconds }
                done.signal()
            }
        }

        /// When it ended; nil if it has not. Waits until that is known; asked once.
        func ended() -> Double? {
            done.wait()
            return end
        }
    }

    /// Counters of the sensor, rising, and its door: opened and closed in turn.
    private final class Events: @unchecked Sendable {
        private let lock = NSLock()
        private var last = 1_000
        func next() -> (counter: Int, isOpen: Bool) {
            lock.withLock {
                last += 1
                return (last, last % 2 == 1)
            }
        }
    }
}
