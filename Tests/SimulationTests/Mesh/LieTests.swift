import Consent
import Relaying
import Sealing
import Testing
import Wire

@testable import Bridging
@testable import Simulation

/// That each lie does what it says, and what comes of it: honest bridges refuse it for the reason they should, and what
/// does not pass the liar goes on as before.
struct LieTests {
    private static let liar = 2

    /// Five houses in a row. Of the two ends' devices, which speak beside house 3, the first one's events pass the liar.
    private func street(_ lie: Lie?, at liar: Int = liar, seconds: Int64 = 500) -> Scenario {
        var scenario = Scenario()
        scenario.topology = .links(houses: 5, (1..<5).map { RadioLink($0 - 1, $0, lossDecibels: 76) })
        scenario.durationMicroseconds = seconds * 1_000_000
        var device = DevicePlan()
        device.owners = .houses([0, 4])
        device.placement = .beside(house: 3)
        device.traffic = .periodic(seconds: 10)
        scenario.devices = [device]
        if let lie {
            scenario.faults = [FaultPlan(.liar(lie), houses: .houses([liar]), when: .at(microseconds: 70_000_000))]
        }
        return scenario
    }

    private func run(_ scenario: Scenario) throws -> Mesh {
        let mesh = try Mesh(scenario, seed: 3)
        mesh.runToEnd()
        #expect(mesh.record.broken == [])
        return mesh
    }

    /// How often a house has refused for a reason.
    private func refused(_ reason: Reason, by house: Int, _ mesh: Mesh) -> UInt64 {
        mesh.houses[house].running?.bridge.counters.drops[Int(reason.rawValue)] ?? 0
    }

    /// The part of a home's heard events that it has opened.
    private func delivered(to house: Int, _ mesh: Mesh) -> Double {
        Double(mesh.houses[house].log.ownDelivered) / Double(max(mesh.houses[house].log.ownHeard, 1))
    }

    @Test func alteredHeadersAreRefusedEachForItsReason() throws {
        let mesh = try run(street(.altersHeaders, seconds: 900))
        let (honest, liar) = (try run(street(nil, seconds: 900)), mesh.houses[Self.liar].liar)
        for way in HeaderAlteration.allCases {
            #expect(liar.alterations[Int(way.rawValue)] >= 3, "\(way)")
            // What neighbours cannot tell, the home can.
            let refuser = way.reason == .notOpened ? 0 : 1
            #expect(refused(way.reason, by: refuser, mesh) >= 3, "\(way)")
            #expect(refused(way.reason, by: refuser, honest) == 0, "\(way)")
        }
        // What honest neighbours pass on under an altered id is held to the promises all the same.
        #expect(mesh.emissions.forged.contains { $0.sealers == 0 && mesh.devices[Int($0.device)].home == 0 })
        #expect(delivered(to: 0, honest) > 0.9 && delivered(to: 4, honest) > 0.9)
        // A hop limit is nobody's word, and is set anew with the next copy: so that what is tried again comes home in the end.
        #expect(delivered(to: 0, mesh) < delivered(to: 0, honest))
        #expect(delivered(to: 4, mesh) > 0.9)
    }

    @Test func replayedPacketsAreTakenForWhatTheyAreAndOpenNothingTwice() throws {
        var scenario = street(.replays, seconds: 1_200)
        // A life of ten minutes.
        scenario.devices[0].scope = [.relay]
        let mesh = try run(scenario)
        #expect(mesh.houses[Self.liar].liar.told > 500)
        // Live ones are known already; the others have expired.
        #expect(refused(.expired, by: 1, mesh) > 50 && refused(.expired, by: 3, mesh) > 50)
        #expect(mesh.keeper.counts.contains { $0.name == "once" && $0.count > 100 })
        #expect(delivered(to: 0, mesh) > 0.9 && delivered(to: 4, mesh) > 0.9)
    }

    @Test func floodIsStoppedByTheRateOfItsGrantAndOpensNothing() throws {
        let mesh = try run(street(.floods))
        #expect(mesh.houses[Self.liar].liar.told > 5_000)
        #expect(refused(.rate, by: 1, mesh) > 1_000 && refused(.rate, by: 3, mesh) > 1_000)
        // What got through is junk to the homes.
        #expect(refused(.notOpened, by: 0, mesh) > 10 && refused(.notOpened, by: 4, mesh) > 10)
        // The rate counts by link: what house 3 hears itself has its own.
        #expect(delivered(to: 4, mesh) > 0.9)
    }

    @Test func falseRoutesDrawPacketsThatComeHomeAllTheSame() throws {
        func nextHouse(_ mesh: Mesh) -> Int? {
            guard let bridge = mesh.houses[2].running else { return nil }
            let home = mesh.houses[4].memberID
            guard let link = bridge.bridge.neighbours.nextHop(for: home, excluding: 0),
                let session = bridge.bridge.sessions.link(link),
                let (channel, end) = mesh.channels.channel(session.channel)
            else { return nil }
            return channel.peer(end)
        }
        let mesh = try run(street(.falseRoutes, at: 1))
        #expect(mesh.houses[1].liar.announced > 500)
        #expect(try nextHouse(run(street(nil))) == 3)
        #expect(nextHouse(mesh) == 1)
    }

    // MARK: Keys

    @Test func noBridgeOpensWhatItCarriesForAnotherWithAllItsKeys() throws {
        let mesh = try Mesh(street(nil, seconds: 200), seed: 3)
        mesh.triesKeys = true
        mesh.runToEnd()
        #expect(mesh.record.broken == [])
        let counts = mesh.keeper.counts
        let checks = counts.first { $0.name == "sealed" }?.count ?? 0
        // Beside what shows in the clear, of each packet handed on, and what homes open.
        #expect(checks > 60)
    }

    @Test func keyThatLeaksIsFound() throws {
        let mesh = try Mesh(street(nil, seconds: 200), seed: 3)
        mesh.triesKeys = true
        mesh.leakedKeys[1] = [try AgreementKey(mesh.devices[0].secrets.sealingKey)]
        mesh.runToEnd()
        let broken = mesh.record.broken
        #expect(!broken.isEmpty)
        #expect(broken.allSatisfy { $0.promise == .sealed && $0.house == 1 })
    }
}
