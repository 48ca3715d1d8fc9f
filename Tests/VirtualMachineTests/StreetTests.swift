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

    /// Lets the sensor say something new until it has come to the broker.
    ///
    /// More than once only where `attempts` says so: just after links have healed a way home may not be back.
    private static func eventArrives(_ street: Street, attempts: Int = 1) throws {
        for attempt in 1...attempts {
            let (counter, isOpen) = events.next()
            let line = isOpen ? opened : closed
            let before = street.broker.count(line)
            try street.sensor.say(counter, isOpen ? "1101" : "1100")
            do {
                try Machine.wait("event \(counter) at the broker", seconds: 20) { street.broker.count(line) > before }
                return
            } catch  where attempt < attempts {}
        }
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
            let before = try #require(victim.status()?.links.first)
            let address = try Machine.address(victim.adapters[0])
            try Machine.manage(stranger, "power", "on")
            try Stranger.saysNothing(from: stranger, to: address)
            try Stranger.talksRubbish(from: stranger, to: address)
            try Stranger.comesAndGoes(from: stranger, to: address, times: 50)
            try Stranger.runsAnEchoTest(from: stranger, to: address)
            let after = try #require(victim.status()?.links.first)
            #expect(victim.links() == ["second"])
            #expect(after.upSeconds >= before.upSeconds, "it is the same link")
            try Self.eventArrives(street)
        }
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
            try Self.eventArrives(street, attempts: 3)
        }
    }

    @Test func adapterThatIsSwitchedOffIsNamedAndUsedAgainAfterwards() async throws {
        try await onStreet { street in
            let (house, adapter) = (street.houses[1], street.houses[1].adapters[1])
            try Machine.manage(adapter, "power", "off")
            try Machine.wait("the daemon says so") { house.status()?.radio.detail?.contains(adapter) == true }
            try Machine.wait("the link over it is gone") { house.links() == ["first"] }
            try Machine.manage(adapter, "power", "on")
            try street.awaitLinks()
            try street.awaitWayHome()
            try Self.eventArrives(street, attempts: 3)
        }
    }

    @Test func bluetoothdBesideADaemonAdvertisesAndScansUndisturbed() async throws {
        try await onStreet { street in
            let desk = try BluetoothDesk(on: street.end.adapters[1])
            try desk.advertise("beside")
            try desk.awaitAdvertisement("beside", heardBy: Machine.airs[3][2])
            try desk.scan()
            try Self.eventArrives(street)
            try Machine.wait("bluetoothd's scan finds the sensor") { desk.hasFound(street.sensor.address) }
            #expect(try desk.isScanning())
            #expect(try desk.isAdvertising())
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
            try street.sensor.say(counter, isOpen ? "1101" : "1100")
            usleep(3_000_000)
            #expect(street.broker.count(line) == before)
            #expect(street.lentPackets(host) == lent)
            try host.tell("opt-in", "hosting")
            try street.awaitWayHome()
            try Self.eventArrives(street, attempts: 3)
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
