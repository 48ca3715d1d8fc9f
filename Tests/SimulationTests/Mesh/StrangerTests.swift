import Testing
import Wire

@testable import Simulation

/// Strangers near a house, and how many an adapter can serve.
struct StrangerTests {
    private func street(_ faults: [FaultPlan]) -> Scenario {
        var scenario = Scenario()
        scenario.topology = .links(houses: 3, [RadioLink(0, 1, lossDecibels: 70), RadioLink(1, 2, lossDecibels: 70)])
        scenario.durationMicroseconds = 300_000_000
        scenario.devices = [DevicePlan()]
        scenario.faults = faults
        return scenario
    }

    private func forged(_ second: Int64 = 90) -> FaultPlan {
        FaultPlan(
            .forged(perMinute: 300, forMicroseconds: 150_000_000), houses: .houses([1]),
            when: .at(microseconds: second * 1_000_000))
    }

    /// Runs a street to its end. How many connections began.
    private func connections(_ mesh: Mesh) -> Int {
        var connections = 0
        mesh.tap = { frame in if case .connection = frame.content { connections += 1 } }
        mesh.runToEnd()
        mesh.tap = nil
        return connections
    }

    @Test func strangerCallsAndSaysRubbishAndNoLinkOfTheHouseEnds() throws {
        let quiet = try Mesh(street([]), seed: 5)
        let mesh = try Mesh(street([forged()]), seed: 5)
        #expect(connections(mesh) > connections(quiet) + 50)
        let house = mesh.houses[1]
        #expect(mesh.channels(of: house).count { $0.isLink } == 2)
        // Both have stood since before the strangers came.
        #expect(mesh.channels(of: house).allSatisfy { !$0.isLink || $0.linkedAt < 90_000_000 })
        #expect(mesh.record.broken == [])
    }

    /// A stranger's channel names the house at both of its ends.
    @Test func whatAStrangersRadioSendsIsBookedAtNoHouse() throws {
        let mesh = try Mesh(street([]), seed: 5)
        let (house, other) = (mesh.houses[1], mesh.houses[2])
        var transfer = Transfer()
        (transfer.senderMicroseconds, transfer.receiverMicroseconds) = (300, 80)
        mesh.noteAirtime(0, of: Emission.noNumber, transfer, house, house)
        #expect(house.record.airtimeUpkeepMicroseconds == 300 && mesh.meters.otherAirtime == 300)
        mesh.noteAirtime(0, of: Emission.noNumber, transfer, house, other)
        #expect(house.record.airtimeUpkeepMicroseconds == 600 && other.record.airtimeUpkeepMicroseconds == 80)
        #expect(mesh.meters.otherAirtime == 680)
    }

    @Test func strangersWhoCallAHouseThatCrashesLeaveNoChannelBehind() throws {
        let crash = FaultPlan(
            .crash(downMicroseconds: 5_000_000, unwrittenMicroseconds: 0), houses: .houses([1]),
            when: .again(meanSeconds: 12))
        let mesh = try Mesh(street([forged(), crash]), seed: 5)
        mesh.runToEnd()
        for case let channel? in mesh.channels.channels {
            for end in [UInt8(0), 1] where channel[end].isOpen {
                let running = mesh.houses[channel[end].house].running
                #expect(running?.channels.contains(channel.id(end)) == true)
            }
        }
        #expect(mesh.record.broken == [])
    }

    @Test(arguments: [true, false])
    func houseThatHearsNothingHearsNoStranger(isDeaf: Bool) throws {
        let deaf = FaultPlan(
            .deaf(forMicroseconds: 200_000_000), houses: .houses([1]), when: .at(microseconds: 80_000_000))
        let mesh = try Mesh(street((isDeaf ? [deaf] : []) + [forged()]), seed: 5)
        mesh.run(untilMicroseconds: 250_000_000)
        #expect(mesh.emissions.forged.isEmpty == isDeaf)
    }

    // MARK: Adapters

    @Test(arguments: [2, 5])
    func houseHasNoMoreConnectionsThanItsAdapterHolds(most: Int) throws {
        var scenario = Scenario()
        // House 0 hears all others, which do not hear each other.
        scenario.topology = .links(houses: 7, (1..<7).map { RadioLink(0, $0, lossDecibels: 70) })
        scenario.durationMicroseconds = 200_000_000
        scenario.devices = []
        scenario.hosts.linksMax = 16
        scenario.radio.connectionsMax = most
        let mesh = try Mesh(scenario, seed: 2)
        var fullest = 0
        for step in 1...1_000 {
            mesh.run(untilMicroseconds: Int64(step) * 200_000)
            fullest = max(fullest, mesh.houses[0].running?.channels.count ?? 0)
        }
        #expect(fullest == most)
        #expect(mesh.record.broken == [])
    }
}
