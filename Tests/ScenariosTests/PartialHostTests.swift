import Simulation
import Testing

@testable import Scenarios

/// A host on the shortest way that lends to some classes only, or nothing, and a longer way around.
@Suite struct PartialHostTests {
    /// A soak found this: the event was refused there and went nowhere, for the neighbour on the other side was not
    /// nearer to the home, and so no feasible next hop.
    @Test(arguments: [5, 6, 7]) func eventsGoRoundAHostThatLendsToAlarmsAlone(houses: Int) throws {
        try expectEventsToGoRound(host: "classes: [alarm]", houses: houses)
    }

    @Test(arguments: ["rate: 0 kbit/s", "month: 0 MB"], [5, 6]) func eventsGoRoundAHostWhoseCapIsZero(
        host: String, houses: Int
    ) throws {
        try expectEventsToGoRound(host: host, houses: houses)
    }

    private func expectEventsToGoRound(host: String, houses: Int) throws {
        let links = (0..<houses).map { "\($0)-\(($0 + 1) % houses) 70 dB" }.joined(separator: ", ")
        let text = """
            duration: 10 min
            topology: {kind: links, houses: \(houses), links: [\(links)]}
            other_hosts: [{houses: 1, \(host)}]
            devices: [{owners: [2], place: beside 0, scope: [relay], traffic: {every: 1 min}}]
            """
        let read = try #require(scenario(text), "\(problems(text))")
        let mesh = try Mesh(read, seed: read.seed)
        mesh.runToEnd()
        let journeys = mesh.record.journeys
        #expect(mesh.record.broken.isEmpty, "\(mesh.record.broken)")
        #expect(journeys.count >= 8)
        // At once, not by a copy that is handed on after 15 s; the last event may still be on its way.
        let latencies = journeys.dropLast().map { ($0.deliveredMicroseconds ?? .max) - $0.emittedMicroseconds }
        #expect(latencies.allSatisfy { $0 < 5_000_000 }, "\(latencies)")
    }
}
