import Simulation
import Testing

/// Meshes that run as they should.
struct MeshTests {
    static func scenario(_ topology: Topology, beginning: Scenario.Beginning = .members) -> Scenario {
        var scenario = Scenario()
        scenario.topology = topology
        scenario.beginning = beginning
        scenario.durationMicroseconds = 300_000_000
        var device = DevicePlan()
        device.placement = .away
        scenario.devices = [device]
        return scenario
    }

    @Test func streetOfMembersLinksItselfAndDeliversWhatItHears() throws {
        let mesh = try Mesh(Self.scenario(.grid(columns: 3, rows: 3, spacingMetres: 12)), seed: 1)
        mesh.runToEnd()
        let record = mesh.record
        #expect(record.broken == [])
        let delivery = try #require(record.figures.first { $0.name == "delivery_ratio" })
        #expect(delivery.count > 20)
        #expect(delivery.median == 1)
        #expect(record.figures.contains { $0.name == "links_connected_after" })
        #expect(record.journeys.contains { $0.hops.count > 1 })
    }

    @Test func streetOfStrangersJoinsAndDelivers() throws {
        var scenario = Self.scenario(.line(houses: 4, spacingMetres: 12), beginning: .joining)
        scenario.settleMicroseconds = 200_000_000
        scenario.durationMicroseconds = 500_000_000
        let mesh = try Mesh(scenario, seed: 2)
        mesh.runToEnd()
        let record = mesh.record
        #expect(record.broken == [])
        let delivery = try #require(record.figures.first { $0.name == "delivery_ratio" })
        #expect(delivery.median > 0.9)
    }

    @Test(arguments: [Scenario.Beginning.members, .joining])
    func sameSeedGivesTheSameHistoryAndAnotherSeedAnother(beginning: Scenario.Beginning) throws {
        var scenario = Self.scenario(.line(houses: 4, spacingMetres: 12), beginning: beginning)
        scenario.durationMicroseconds = 200_000_000
        let records = try ([7, 7, 8] as [UInt64]).map { seed in
            let mesh = try Mesh(scenario, seed: seed)
            mesh.runToEnd()
            return mesh.record
        }
        #expect(records[0].fingerprint == records[1].fingerprint)
        #expect(records[0].steps == records[1].steps)
        #expect(records[0].fingerprint != records[2].fingerprint)
    }

    /// A sniffer beside the street misses no beacon, not even those with which it begins.
    @Test func whoeverIsCalledHasAdvertisedBefore() throws {
        var advertised: Set<UInt64> = []
        var (calls, unknown) = (0, 0)
        _ = try RealRuns.record(seed: 3) { frame in
            switch frame.content {
            case .advertisement(let address, isConnectable: true, _): advertised.insert(address.value)
            case .connection(_, _, let peripheral, _):
                calls += 1
                if !advertised.contains(peripheral.value) { unknown += 1 }
            default: break
            }
        }
        #expect(calls > 20 && unknown == 0)
    }
}
