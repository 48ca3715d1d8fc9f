import Bridging
import Devices
import Relaying
import Testing

@testable import Simulation

/// That each promise, once broken, is found broken: by a liar that is held to it, or by a defect of the laboratory's.
struct PromiseTests {
    /// Houses in a row; the devices of both ends are beside house 2.
    private func line(_ houses: Int, seconds: Int64 = 400) -> Scenario {
        var scenario = Scenario()
        let links = (1..<houses).map { RadioLink($0 - 1, $0, lossDecibels: 76) }
        scenario.topology = .links(houses: houses, links)
        scenario.durationMicroseconds = seconds * 1_000_000
        var device = DevicePlan()
        device.owners = .houses([0, houses - 1])
        device.placement = .beside(house: 2)
        device.traffic = .periodic(seconds: 10)
        scenario.devices = [device]
        return scenario
    }

    private func run(
        _ scenario: Scenario, seed: UInt64 = 3, countsLiars: Bool, _ meanwhile: (Mesh) -> Void = { _ in }
    ) throws -> RunRecord {
        let mesh = try Mesh(scenario, seed: seed)
        mesh.countsLiars = countsLiars
        mesh.run(untilMicroseconds: 120_000_000)
        meanwhile(mesh)
        mesh.runToEnd()
        return mesh.record
    }

    private func broken(_ record: RunRecord) -> [PromiseName] {
        PromiseName.allCases.filter { name in record.broken.contains { $0.promise == name } }
    }

    private func lying(_ lie: Lie, _ more: [FaultPlan] = []) -> Scenario {
        var scenario = line(4)
        scenario.faults = [FaultPlan(.liar(lie), houses: .houses([1]), when: .at(microseconds: 70_000_000))] + more
        return scenario
    }

    @Test func lineWithoutFaultsKeepsEveryPromise() throws {
        let record = try run(line(4), countsLiars: false)
        #expect(record.broken == [])
        #expect(record.checks.allSatisfy { $0.count > 0 })
    }

    @Test func hostWhoseClockRunsFastIsHeldToItsCapByThatClock() throws {
        var scenario = line(4, seconds: 700)
        scenario.hosts.lending = LendingLimits(rateBits: 1_000, burstBytes: 1_000, monthBytes: 100_000_000)
        scenario.devices[0].traffic = .periodic(seconds: 0.5)
        let record = try run(scenario, countsLiars: false) { mesh in
            mesh.houses[1].clock.setDrift(300_000, at: mesh.timeMicroseconds)
        }
        #expect(broken(record) == [])
        // More than by the street's clock.
        let lentBytes = record.houses[1].lentBytes.reduce(0, +)
        let streetBytes: UInt64 = 1_000 + 700 * 1_000 / 8
        #expect(lentBytes > streetBytes)
    }

    @Test func bridgeThatGoesOnThoughItsHostOptedOutIsFound() throws {
        let optOut = FaultPlan(
            .optOut(forMicroseconds: 0), houses: .houses([1]), when: .at(microseconds: 80_000_000))
        let scenario = lying(.ignoresOptOuts, [optOut])
        #expect(try broken(run(scenario, countsLiars: true)).contains(.optOut))
        #expect(try broken(run(scenario, countsLiars: false)) == [])
    }

    @Test func bridgeThatRelaysUnderARevokedGrantIsFound() throws {
        var scenario = lying(
            .ignoresRevocations, [FaultPlan(.revoke, houses: .houses([3]), when: .at(microseconds: 80_000_000))])
        // It hears the device itself.
        scenario.devices[0].placement = .beside(house: 1)
        #expect(try broken(run(scenario, countsLiars: true)).contains(.revocation))
        #expect(try broken(run(scenario, countsLiars: false)) == [])
    }

    @Test func bridgeThatSendsMoreThanItsCapIsFound() throws {
        var scenario = lying(.ignoresCap)
        scenario.hosts.lending = LendingLimits(rateBits: 1_000, burstBytes: 1_200, monthBytes: 100_000_000)
        #expect(try broken(run(scenario, countsLiars: true)).contains(.cap))
        #expect(try broken(run(scenario, countsLiars: false)) == [])
    }

    @Test func packetWithoutALiveGrantIsFound() throws {
        let record = try run(line(4), countsLiars: false) { mesh in
            for device in mesh.devices { mesh.houses[2].knowledge.forgetGrant(device.localIndex) }
        }
        #expect(broken(record) == [.grant])
    }

    @Test func secondOpeningOfAnEventIsFound() throws {
        var scenario = line(4)
        scenario.faults = [FaultPlan(.liar(.replays), houses: .houses([1, 2]), when: .at(microseconds: 70_000_000))]
        let record = try run(scenario, countsLiars: false) { mesh in
            // A disk that forgets what it had acknowledged, and a neighbour that sends it all again.
            for device in mesh.devices.indices { mesh.devices[device].window = CounterWindow() }
            for house in [0, 3] {
                mesh.crash(house, unwrittenMicroseconds: 0)
                try? mesh.start(house)
            }
        }
        #expect(broken(record).contains(.once))
    }

    @Test func packetThatVanishesIsFound() throws {
        let record = try run(line(4), countsLiars: false) { mesh in
            let copy = HeldCopy(eventID: 7, since: 0, hopLimit: 8, secondsAhead: 0)
            for house in mesh.houses { house.running?.held.append(copy) }
            mesh.crash(1, unwrittenMicroseconds: 0)
        }
        #expect(broken(record) == [.accounted])
    }

    @Test func linkBeyondTheHostsLimitIsFound() throws {
        var scenario = line(4)
        scenario.hosts.linksMax = 1
        let record = try run(scenario, countsLiars: false) { mesh in
            for house in mesh.houses {
                var configuration = mesh.configuration(house)
                configuration.linksMax = 4
                mesh.drive(house.index) { bridge, moment, effects in
                    bridge.configure(configuration, now: moment, into: &effects)
                }
            }
        }
        #expect(broken(record) == [.bounds])
    }

    @Test func openingOfWhatNoDeviceSentIsFound() throws {
        let mesh = try Mesh(line(4), seed: 3)
        mesh.tap = { [unowned mesh] frame in
            if case .advertisement(_, isConnectable: false, _) = frame.content {
                mesh.emissions.each { $0.isForged = true }
            }
        }
        mesh.run(untilMicroseconds: 150_000_000)
        #expect(broken(mesh.record).contains(.sealed))
    }
}
