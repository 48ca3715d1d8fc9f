import Testing

@testable import Simulation

/// How houses are from time to time, for whoever looks at a run afterwards.
struct HouseStateTests {
    private func mesh(_ faults: [FaultPlan], seconds: Int64 = 300) throws -> Mesh {
        var scenario = Scenario()
        scenario.topology = .links(houses: 3, [0, 1].map { RadioLink($0, $0 + 1, lossDecibels: 76) })
        scenario.durationMicroseconds = seconds * 1_000_000
        scenario.devices = [DevicePlan()]
        scenario.faults = faults
        return try Mesh(scenario, seed: 5)
    }

    private func at(_ seconds: Int64, _ house: Int, _ fault: Fault) -> FaultPlan {
        FaultPlan(fault, houses: .houses([house]), when: .at(microseconds: seconds * 1_000_000))
    }

    @Test func everyStateIsToldFromItsBeginningToItsEnd() throws {
        let mesh = try mesh([
            at(100, 0, .crash(downMicroseconds: 20_000_000, unwrittenMicroseconds: 0)),
            at(110, 1, .optOut(forMicroseconds: 30_000_000)), at(130, 1, .deaf(forMicroseconds: 40_000_000)),
            at(150, 2, .liar(.keeps)), at(180, 0, .drift(partsPerMillion: 40)),
        ])
        mesh.runToEnd()
        let told = mesh.record.states.map { ($0.timeMicroseconds / 1_000_000, $0.house, $0.state) }
        let wanted: [(Int64, Int, HouseState)] = [
            (100, 0, .isDown), (110, 1, .optedOut), (120, 0, []), (130, 1, [.optedOut, .isTroubled]),
            (140, 1, .isTroubled), (150, 2, .lies), (170, 1, []), (180, 0, .isTroubled),
        ]
        #expect(told.elementsEqual(wanted) { $0 == $1 }, "\(told)")
        let ends = mesh.record.faults.map { $0.untilMicroseconds.map { $0 / 1_000_000 } }
        #expect(ends == [120, 140, 170, nil, nil])
    }

    @Test func hostWhoLendsNothingFromTheStartIsToldAtTheStart() throws {
        var scenario = Scenario()
        scenario.durationMicroseconds = 200_000_000
        scenario.hosts.isOptedOut = true
        let mesh = try Mesh(scenario, seed: 1)
        mesh.runToEnd()
        #expect(mesh.record.states.map(\.house) == Array(mesh.houses.indices))
        #expect(mesh.record.states.allSatisfy { $0.timeMicroseconds == 0 && $0.state == .optedOut })
    }

    @Test func changesAreBounded() throws {
        let mesh = try mesh([])
        let house = mesh.houses[0]
        for _ in 0...RunRecord.statesMax {
            house.isOptedOut.toggle()
            mesh.noteState(house)
        }
        #expect(mesh.record.states.count == RunRecord.statesMax)
    }

    @Test func reportHasWhatTheAnimationShows() throws {
        let mesh = try mesh([at(100, 0, .crash(downMicroseconds: 20_000_000, unwrittenMicroseconds: 0))])
        mesh.runToEnd()
        let data = ReportData.text(of: [mesh.record])
        #expect(data.contains("\"states\":[[100000,0,4],[120000,0,0]]"), "\(data.suffix(300))")
        #expect(HTMLReport.text(of: [mesh.record]).contains(">2:00.0</"))
    }
}
