import Testing

@testable import Simulation

/// `route_convergence` where the answer is known by other means: the lives of links.
struct RouteConvergenceTests {
    private static let cut: Int64 = 120_000_000
    private static let down: Int64 = 60_000_000

    private func street(
        _ faults: [Fault], at house: Int, houses: Int = 5, isRing: Bool = false, lossDecibels: Double = 76
    ) throws -> Mesh {
        var scenario = Scenario()
        var links = (1..<houses).map { RadioLink($0 - 1, $0, lossDecibels: lossDecibels) }
        if isRing { links.append(RadioLink(0, houses - 1, lossDecibels: lossDecibels)) }
        scenario.topology = .links(houses: houses, links)
        scenario.durationMicroseconds = 300_000_000
        scenario.devices = [DevicePlan()]
        scenario.faults = faults.map { FaultPlan($0, houses: .houses([house]), when: .at(microseconds: Self.cut)) }
        return try Mesh(scenario, seed: 5)
    }

    private func figure(_ mesh: Mesh, _ name: String) -> Figure? { mesh.record.figure(name) }

    /// When the last link of `house` came that came after a time, in seconds.
    private func lastLink(_ mesh: Mesh, of house: Int, after time: Int64) throws -> Double {
        let lives = mesh.record.links.filter { ($0.first == house || $0.second == house) && $0.fromMicroseconds > time }
        return Double(try #require(lives.map(\.fromMicroseconds).max()) - time) / 1_000_000
    }

    @Test func houseInTheMiddleOfALineThatComesBackCountsUntilBothItsLinksAreBack() throws {
        let mesh = try street([.crash(downMicroseconds: Self.down, unwrittenMicroseconds: 0)], at: 2)
        mesh.runToEnd()
        let convergence = try #require(figure(mesh, "route_convergence"))
        let links = try lastLink(mesh, of: 2, after: Self.cut + Self.down)
        // The cut leaves no way to be found, so that it is not counted.
        #expect(convergence.count == 1)
        #expect(links > 0.5 && (links...links + 2).contains(convergence.maximum), "\(links) \(convergence.maximum)")
        #expect(figure(mesh, "routes_unconverged")?.mean == 0)
    }

    /// A little weaker than what receivers are said to need, links come all the same.
    @Test func houseThatFaintRadioJoinsWithOthersCountsOnceItHasHadALink() throws {
        let loss = 1 - RadioPlan().sensitivityDBm
        let mesh = try street(
            [.crash(downMicroseconds: Self.down, unwrittenMicroseconds: 0)], at: 2, lossDecibels: loss)
        mesh.runToEnd()
        let convergence = try #require(figure(mesh, "route_convergence"))
        let links = try lastLink(mesh, of: 2, after: Self.cut + Self.down)
        #expect(convergence.count == 1 && convergence.maximum > 0.5 && links > 0.5, "\(links) \(convergence.maximum)")
    }

    @Test func cutOfARingCountsFromTheCutUntilWaysLeadTheOtherWayRound() throws {
        let mesh = try street(
            [.crash(downMicroseconds: 3_600_000_000, unwrittenMicroseconds: 0)], at: 0, houses: 6, isRing: true)
        mesh.runToEnd()
        let convergence = try #require(figure(mesh, "route_convergence"))
        // Neighbours miss it once the supervision time of 4 s is over, and only then look for another way.
        #expect(convergence.count == 1 && (4...8).contains(convergence.maximum), "\(convergence.maximum)")
    }

    @Test func hostsNoInARingCountsUntilNobodyGoesOverIt() throws {
        let mesh = try street([.optOut(forMicroseconds: 0)], at: 0, houses: 6, isRing: true)
        mesh.runToEnd()
        let convergence = try #require(figure(mesh, "route_convergence"))
        #expect(convergence.count == 1 && (0.1...2).contains(convergence.maximum), "\(convergence.maximum)")
    }

    @Test(arguments: [
        Fault.crash(downMicroseconds: 3_600_000_000, unwrittenMicroseconds: 0), .optOut(forMicroseconds: 0),
        .drift(partsPerMillion: 40), .diskFull(forMicroseconds: 30_000_000), .revoke, .liar(.keeps),
        .duplicated(permille: 100, forMicroseconds: 30_000_000),
    ]) func whatLeavesNoWayToBeFoundIsNotCounted(fault: Fault) throws {
        // Of a line that loses its middle the halves have no way to each other, and keep their own.
        let mesh = try street([fault], at: 2)
        mesh.runToEnd()
        #expect(mesh.record.faults.count == 1)
        #expect(figure(mesh, "route_convergence") == nil && figure(mesh, "routes_unconverged") == nil)
    }

    @Test func partedHousesThatNeverFindEachOtherAgainAreToldAsUnconverged() throws {
        let mesh = try street([.partition(forMicroseconds: Self.down)], at: 4)
        mesh.run(untilMicroseconds: Self.cut + Self.down + 100_000)
        // The radio joins them again, and no link can have come yet.
        let unconverged = try #require(figure(mesh, "routes_unconverged"))
        #expect(unconverged.count == 1 && unconverged.mean == 1)
        #expect(figure(mesh, "route_convergence") == nil)
    }

    /// The radio joins the houses again, and each link that comes is cut as soon as it makes a way: for 60 s or more no way
    /// stands, though bridges believe for seconds that one does. Then links may stay.
    @Test(arguments: [false, true])
    func housesWhoseLinksNeverStandStayUnconvergedUntilOneDoes(endsWell: Bool) throws {
        let mesh = try street([.partition(forMicroseconds: Self.down)], at: 4)
        let healed = Self.cut + Self.down
        mesh.run(untilMicroseconds: healed)
        let end = healed + (endsWell ? 60_000_000 : 120_000_000)
        var ways = 0
        for time in stride(from: healed, through: end, by: 5_000) {
            mesh.run(untilMicroseconds: time)
            let links = mesh.channels(of: mesh.houses[4]).filter { $0.isLink && !$0.isSevered }
            guard !links.isEmpty, mesh.routesWork() else { continue }
            ways += 1
            links.forEach(mesh.sever)
        }
        mesh.runToEnd()
        #expect(ways > 2, "ways came, and were cut")
        let convergence = figure(mesh, "route_convergence")
        #expect(figure(mesh, "routes_unconverged")?.mean == (endsWell ? 0 : 1))
        #expect(convergence?.count == (endsWell ? 1 : nil))
        if endsWell { #expect((60...120).contains(convergence?.maximum ?? 0), "\(convergence?.maximum ?? 0)") }
    }

    @Test func wayThatIsCutBehindTheNextHouseDoesNotWork() throws {
        let mesh = try street([], at: 0)
        mesh.run(untilMicroseconds: Self.cut)
        #expect(mesh.routesWork())
        let far = try #require(mesh.channels(of: mesh.houses[4]).first { $0.isLink })
        mesh.sever(far)
        // House 0 has a next hop for it still.
        #expect(mesh.houses[0].running?.bridge.hasRoute(to: mesh.houses[4].memberID) == true)
        #expect(!mesh.routesWork())
    }
}
