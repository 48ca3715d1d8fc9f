import Bridging
import Consent
import Testing
import Wire

@testable import Simulation

/// That each way of losing an event is found, and blamed on the house that lost it.
struct CustodyPromiseTests {
    private func line(seconds: Int64 = 400, scope: ConsentBits = [.relay, .hold]) -> Scenario {
        .line(seconds: seconds, scope: scope)
    }

    /// Runs from 220 s on until a house holds the only copy of an event of house 0's.
    private func runUntilHeld(_ mesh: Mesh, by house: Int) throws -> Int64 {
        var time: Int64 = 220_000_000
        while time < 300_000_000 {
            mesh.run(untilMicroseconds: time)
            time += 1_000
            guard let held = mesh.houses[house].running?.held, held.count == 1,
                let number = mesh.emissions.number(of: held[0].eventID)
            else { continue }
            let emission = mesh.emissions[number]
            if mesh.devices[Int(emission.device)].home == 0, emission.openedAt < 0, emission.copies == 1 {
                return number
            }
        }
        throw Missing.event
    }

    private enum Missing: Error { case event }

    private func custody(_ record: RunRecord) -> UInt64 { record.checks.first { $0.name == "custody" }?.count ?? 0 }

    @Test func honestStreetIsCheckedAndKeepsIt() throws {
        for scope in [ConsentBits([.relay]), [.relay, .hold]] {
            let mesh = try Mesh(line(scope: scope), seed: 3)
            mesh.runToEnd()
            #expect(mesh.record.broken == [])
            #expect(custody(mesh.record) > 10)
        }
    }

    @Test(arguments: Reason.allCases)
    func eventLetGoWithoutAReasonThatExcusesIsBlamedOnItsHouse(reason: Reason) throws {
        let mesh = try Mesh(line(), seed: 3)
        _ = try runUntilHeld(mesh, by: 2)
        mesh.drive(2) { bridge, moment, _ in bridge.letGoHeld(as: reason, now: moment) }
        mesh.runToEnd()
        #expect(mesh.record.broken.map(\.promise) == [.custody])
        #expect(mesh.record.broken.map(\.house) == [2])
    }

    /// That a host lends to some classes only excuses the loss of the others alone.
    @Test func hostThatLendsToAClassMayNotLoseItsEventsAsNotLent() throws {
        var scenario = line()
        var plan = scenario.hosts
        plan.classesLent = [.alarm, scenario.devices[0].eventClass]
        scenario.otherHosts = [HostException(houses: .houses([2]), plan: plan)]
        let mesh = try Mesh(scenario, seed: 3)
        _ = try runUntilHeld(mesh, by: 2)
        mesh.drive(2) { bridge, moment, _ in bridge.letGoHeld(as: .classNotLent, now: moment) }
        mesh.runToEnd()
        #expect(mesh.record.broken.map(\.promise) == [.custody] && mesh.record.broken.map(\.house) == [2])
    }

    @Test func noOfHostAndOwnerExcuses() throws {
        let mesh = try Mesh(line(), seed: 3)
        let number = try runUntilHeld(mesh, by: 2)
        mesh.setHosting(mesh.houses[2], isOptedOut: true, isClosed: false)
        #expect(mesh.emissions[number].copies == 0)
        mesh.runToEnd()
        #expect(mesh.record.broken == [])
        let revoked = try Mesh(line(), seed: 3)
        _ = try runUntilHeld(revoked, by: 2)
        for device in revoked.devices.indices { revoked.revoke(device) }
        revoked.runToEnd()
        #expect(revoked.record.broken == [])
    }

    @Test(arguments: [(0, true), (86_000, true), (86_395, false)] as [(Double, Bool)])
    func whatAClockThatWasAheadTookMayExpireAsMuchEarlierAndNoMore(secondsAhead: Double, isBlamed: Bool) throws {
        let mesh = try Mesh(line(), seed: 3)
        _ = try runUntilHeld(mesh, by: 2)
        mesh.crash(0, unwrittenMicroseconds: 0)
        mesh.run(untilMicroseconds: mesh.timeMicroseconds + 30_000_000)
        let running = try #require(mesh.houses[1].running)
        #expect(!running.held.isEmpty)
        for place in running.held.indices { running.held[place].secondsAhead = secondsAhead }
        mesh.drive(1) { bridge, moment, _ in bridge.letGoHeld(as: .expired, now: moment) }
        #expect(mesh.record.broken.isEmpty != isBlamed)
    }

    @Test func howFarAClockWasAheadIsRememberedOfWhatItTook() throws {
        let mesh = try Mesh(line(), seed: 3)
        _ = try runUntilHeld(mesh, by: 2)
        mesh.crash(0, unwrittenMicroseconds: 0)
        mesh.houses[1].clock.offsetSeconds = 560
        mesh.run(untilMicroseconds: mesh.timeMicroseconds + 30_000_000)
        mesh.houses[1].clock.offsetSeconds = 0
        #expect(mesh.houses[1].running?.held.contains { $0.secondsAhead == 560 } == true)
    }

    @Test(arguments: [(40, true), (50_000, false)] as [(Double, Bool)])
    func houseIsBlamedThoughItsClockDriftsAsClocksDo(partsPerMillion: Double, isBlamed: Bool) throws {
        let mesh = try Mesh(line(seconds: 900), seed: 3)
        mesh.run(untilMicroseconds: 150_000_000)
        mesh.houses[1].clock.setDrift(partsPerMillion, at: mesh.timeMicroseconds)
        mesh.run(untilMicroseconds: 200_000_000)
        // It believes its radio to take nothing, and goes on believing it.
        mesh.drive(1) { bridge, _, _ in for channel in bridge.linkChannels { bridge.blocked(channel) } }
        mesh.runToEnd()
        #expect(mesh.record.broken.contains { $0.house == 1 } == isBlamed)
    }

    @Test func falseConfirmationIsFoundWhereItIsBelieved() throws {
        let mesh = try Mesh(line(), seed: 3)
        let number = try runUntilHeld(mesh, by: 2)
        let eventID = mesh.emissions[number].eventID
        var time = mesh.timeMicroseconds
        while mesh.houses[1].running?.held.contains(where: { $0.eventID == eventID }) != true, time < 320_000_000 {
            time += 1_000
            mesh.run(untilMicroseconds: time)
        }
        mesh.crash(0, unwrittenMicroseconds: 0)
        try confirm(eventID, from: 1, mesh)
        mesh.run(untilMicroseconds: time + 5_000_000)
        #expect(mesh.emissions[number].openedAt < 0)
        #expect(mesh.record.broken.map(\.house) == [2] && mesh.record.broken.map(\.promise) == [.custody])
    }

    private func confirm(_ eventID: UInt64, from house: Int, _ mesh: Mesh) throws {
        var frame = [UInt8](repeating: 0, count: 64)
        let count = try frame.withUnsafeMutableBytes { try FrameWriter.confirm([eventID], into: $0) }
        mesh.drive(house) { bridge, _, effects in
            for channel in bridge.linkChannels {
                frame.withUnsafeBytes {
                    _ = bridge.utter(UnsafeRawBufferPointer(rebasing: $0[..<count]), on: channel, into: &effects)
                }
            }
        }
    }

    @Test func eventThatNobodyBringsHomeThoughAWayStandsIsBlamedOnWhoKeepsIt() throws {
        let mesh = try Mesh(line(seconds: 900), seed: 3)
        mesh.run(untilMicroseconds: 200_000_000)
        // House 1 believes its radio to take nothing, and goes on believing it.
        mesh.drive(1) { bridge, _, _ in for channel in bridge.linkChannels { bridge.blocked(channel) } }
        mesh.runToEnd()
        // Later its neighbour has no way either, as no announcement comes through.
        #expect(mesh.record.broken.first?.house == 1)
        #expect(mesh.record.broken.allSatisfy { $0.promise == .custody && ($0.house == 1 || $0.house == 2) })
    }

    @Test func bridgeThatKeepsWhatItShouldHandOnIsFoundWhereItIsHeldToIt() throws {
        for isHeld in [true, false] {
            var scenario = line()
            scenario.faults = [FaultPlan(.liar(.keeps), houses: .houses([1]), when: .at(microseconds: 70_000_000))]
            scenario.holdsLiars = isHeld
            let mesh = try Mesh(scenario, seed: 3)
            mesh.runToEnd()
            #expect(mesh.record.broken.contains { $0.promise == .custody } == isHeld)
            #expect(mesh.record.broken.allSatisfy { $0.house == 1 })
        }
    }

    @Test func liarExcusesOnlyWhatMetIt() throws {
        var scenario = line()
        // It has no part in the way from house 2 to house 0.
        scenario.faults = [FaultPlan(.liar(.keeps), houses: .houses([3]), when: .at(microseconds: 70_000_000))]
        scenario.devices[0].owners = .houses([0])
        let mesh = try Mesh(scenario, seed: 3)
        _ = try runUntilHeld(mesh, by: 2)
        mesh.drive(2) { bridge, moment, _ in bridge.letGoHeld(as: .notDelivered, now: moment) }
        mesh.runToEnd()
        #expect(mesh.record.broken.map(\.house) == [2])
    }

    @Test func eventsGoAroundABridgeThatKeepsThem() throws {
        var scenario = Scenario()
        scenario.topology = .links(
            houses: 4, [(0, 1), (1, 3), (0, 2), (2, 3)].map { RadioLink($0.0, $0.1, lossDecibels: 76) })
        scenario.durationMicroseconds = 400_000_000
        var device = DevicePlan()
        device.owners = .houses([0])
        device.placement = .beside(house: 3)
        device.traffic = .periodic(seconds: 10)
        scenario.devices = [device]
        for liar in [1, 2] {
            scenario.faults = [FaultPlan(.liar(.keeps), houses: .houses([liar]), when: .at(microseconds: 70_000_000))]
            let mesh = try Mesh(scenario, seed: 3)
            mesh.runToEnd()
            #expect(mesh.record.broken == [])
            #expect(mesh.record.figures.first { $0.name == "delivery_ratio" }?.mean == 1)
        }
    }

    @Test func everyEventGoesOverEightLinks() throws {
        var scenario = Scenario()
        scenario.topology = .links(houses: 10, (1..<10).map { RadioLink($0 - 1, $0, lossDecibels: 76) })
        scenario.durationMicroseconds = 400_000_000
        var device = DevicePlan()
        device.owners = .houses([0])
        device.placement = .beside(house: 8)
        device.traffic = .periodic(seconds: 10)
        scenario.devices = [device]
        let mesh = try Mesh(scenario, seed: 3)
        mesh.runToEnd()
        #expect(mesh.record.broken == [])
        let fates = mesh.record.journeys.compactMap { journey in
            journey.fate.map { "\(journey.emittedMicroseconds): \($0), heard by \(journey.heardBy)" }
        }
        func mean(_ name: String) -> Double { mesh.record.figures.first { $0.name == name }?.mean ?? 0 }
        // What the last minute brought may be on its way still; nothing is lost.
        #expect(mean("delivery_ratio") + mean("pending_ratio") > 0.999, "\(fates)")
        #expect(mean("delivery_ratio") > 0.95, "\(fates)")
    }
}
