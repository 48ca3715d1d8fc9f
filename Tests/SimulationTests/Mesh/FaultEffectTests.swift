import Bridging
import Relaying
import Testing
import Wire

@testable import Simulation

/// That each fault does what its name says, to whom, and for how long.
struct FaultEffectTests {
    private static let begin: Int64 = 120_000_000

    /// Three houses in a row. The first one's device speaks beside the last house, the last one's beside the first, so that
    /// all passes house 1.
    private func street(_ faults: [FaultPlan], seconds: Int64 = 300) -> Scenario {
        var scenario = Scenario()
        scenario.topology = .links(houses: 3, (1..<3).map { RadioLink($0 - 1, $0, lossDecibels: 76) })
        scenario.durationMicroseconds = seconds * 1_000_000
        var device = DevicePlan()
        device.traffic = .periodic(seconds: 5)
        device.owners = .houses([0])
        device.placement = .beside(house: 2)
        var other = device
        other.owners = .houses([2])
        other.placement = .beside(house: 0)
        scenario.devices = [device, other]
        scenario.faults = faults
        return scenario
    }

    private func mesh(_ fault: Fault?, at house: Int = 1, seconds: Int64 = 300) throws -> Mesh {
        let faults = fault.map {
            [FaultPlan($0, houses: .houses([house]), when: .at(microseconds: Self.begin))]
        }
        return try Mesh(street(faults ?? [], seconds: seconds), seed: 5)
    }

    /// Events emitted within these seconds: how many there are, how many came home meanwhile.
    private func came(
        _ mesh: Mesh, _ seconds: ClosedRange<Int64>, of device: Int? = nil
    ) -> (emitted: Int, home: Int) {
        let (from, to) = (seconds.lowerBound * 1_000_000, seconds.upperBound * 1_000_000)
        let journeys = mesh.run.journeys.filter {
            (from...to).contains($0.emittedMicroseconds) && $0.device == device ?? $0.device
        }
        return (journeys.count, journeys.count { ($0.deliveredMicroseconds ?? .max) <= to })
    }

    private func links(_ mesh: Mesh, of house: Int) -> Int {
        mesh.channels(of: mesh.houses[house]).count { $0.isLink && !$0.isSevered }
    }

    private func seconds(_ mesh: Mesh, _ seconds: Int64) { mesh.run(untilMicroseconds: seconds * 1_000_000) }

    @Test func streetWithoutFaultsBringsEventsHome() throws {
        let mesh = try mesh(nil)
        mesh.runToEnd()
        let (emitted, home) = came(mesh, 70...290)
        #expect(emitted > 80 && home * 100 >= emitted * 95)
    }

    @Test(arguments: [Int64(0), 100_000_000])
    func crashTakesWhatIsInMemoryAndWhatWasNotWritten(unwritten: Int64) throws {
        var scenario = street([
            FaultPlan(.revoke, houses: .houses([0]), when: .at(microseconds: 90_000_000)),
            FaultPlan(
                .crash(downMicroseconds: 20_000_000, unwrittenMicroseconds: unwritten), houses: .houses([1]),
                when: .at(microseconds: Self.begin)),
        ])
        scenario.devices[1].traffic = .at([])
        let mesh = try Mesh(scenario, seed: 5)
        seconds(mesh, 119)
        #expect(mesh.houses[1].knowledge.isRevoked(0))
        #expect(mesh.houses[1].disk.records().count > 0 && links(mesh, of: 1) == 2)
        seconds(mesh, 139)
        #expect(mesh.houses[1].running == nil)
        mesh.run(untilMicroseconds: 140_000_001)
        #expect(mesh.houses[1].running != nil && links(mesh, of: 1) == 0)
        // What a neighbour told it a moment before the crash is forgotten, until it is told again.
        #expect(mesh.houses[1].knowledge.isRevoked(0) == (unwritten == 0))
        mesh.runToEnd()
        #expect(mesh.houses[1].knowledge.isRevoked(0) && links(mesh, of: 1) == 2)
        #expect(mesh.record.broken == [])
    }

    @Test func crashLosesPacketsInCustody() throws {
        var scenario = street([
            FaultPlan(
                .crash(downMicroseconds: 500_000_000, unwrittenMicroseconds: 0), houses: .houses([0]),
                when: .at(microseconds: 70_000_000)),
            FaultPlan(
                .crash(downMicroseconds: 1_000_000, unwrittenMicroseconds: 0), houses: .houses([1, 2]),
                when: .at(microseconds: 200_000_000)),
        ])
        scenario.devices[1].traffic = .at([])
        let mesh = try Mesh(scenario, seed: 5)
        seconds(mesh, 199)
        // The home is down: they wait.
        let held = [1, 2].reduce(0) { $0 + (mesh.houses[$1].running?.bridge.figures.held ?? 0) }
        #expect(held > 10)
        mesh.run(untilMicroseconds: 201_000_001)
        #expect([1, 2].allSatisfy { mesh.houses[$0].running?.bridge.figures.held == 0 })
        #expect(mesh.emissions.all.count { $0.lastReason == Emission.crashReason } > 10)
    }

    @Test(arguments: [Int64(-50_000), 50_000])
    func wrongClockIsWrongFromARestartUntilItIsSetRight(offset: Int64) throws {
        let mesh = try mesh(.clockWrong(seconds: offset, forMicroseconds: 60_000_000))
        func off() -> Int64 {
            let wall = Int64(mesh.moment(of: mesh.houses[1]).wall.seconds)
            return wall - Int64(mesh.scenario.startsAt.seconds) - mesh.now / 1_000_000
        }
        seconds(mesh, 119)
        #expect(off() == 0 && mesh.houses[1].boots == 1)
        seconds(mesh, 125)
        #expect(off() == offset && mesh.houses[1].boots == 2)
        seconds(mesh, 179)
        #expect(off() == offset)
        // Whose clock is wrong relays nothing.
        let (emitted, home) = came(mesh, 130...175)
        #expect(emitted > 15 && home == 0)
        mesh.runToEnd()
        #expect(off() == 0 && mesh.record.broken == [])
    }

    @Test func wrongClockDoesNotStartAHouseWithoutPower() throws {
        let mesh = try Mesh(
            street([
                FaultPlan(
                    .crash(downMicroseconds: 60_000_000, unwrittenMicroseconds: 0), houses: .houses([1]),
                    when: .at(microseconds: 100_000_000)),
                FaultPlan(
                    .clockWrong(seconds: 900, forMicroseconds: 80_000_000), houses: .houses([1]),
                    when: .at(microseconds: Self.begin)),
            ]), seed: 5)
        seconds(mesh, 159)
        #expect(mesh.houses[1].running == nil && mesh.houses[1].clock.offsetSeconds == 900)
        seconds(mesh, 161)
        #expect(mesh.houses[1].running != nil && mesh.houses[1].clock.offsetSeconds == 900)
        seconds(mesh, 201)
        #expect(mesh.houses[1].clock.offsetSeconds == 0)
    }

    @Test func driftingClockGoesFast() throws {
        let mesh = try mesh(.drift(partsPerMillion: 10_000), seconds: 420)
        func passed() -> Int64 { mesh.houses[1].clock.instant(at: mesh.now) - mesh.houses[1].clock.firstInstant }
        seconds(mesh, 120)
        #expect(passed() == 120_000_000)
        seconds(mesh, 420)
        #expect(passed() == 420_000_000 + 3_000_000)
        #expect(mesh.houses[0].clock.instant(at: mesh.now) - mesh.houses[0].clock.firstInstant == 420_000_000)
    }

    @Test func partitionPartsAndHeals() throws {
        let mesh = try mesh(.partition(forMicroseconds: 60_000_000), at: 0)
        seconds(mesh, 119)
        #expect(links(mesh, of: 0) == 1 && links(mesh, of: 1) == 2)
        seconds(mesh, 130)
        #expect(links(mesh, of: 0) == 0 && links(mesh, of: 1) == 1)
        seconds(mesh, 179)
        #expect(links(mesh, of: 0) == 0)
        #expect(came(mesh, 130...175, of: 0).emitted > 7 && came(mesh, 130...175, of: 0).home == 0)
        mesh.runToEnd()
        #expect(links(mesh, of: 0) == 1 && links(mesh, of: 1) == 2)
        // What waited has come home.
        #expect(came(mesh, 70...280).home * 100 >= came(mesh, 70...280).emitted * 90)
    }

    /// Who is deaf hears no device; who is mute does. Neither has links.
    @Test(arguments: [true, false])
    func deafAndMuteRadiosHaveNoLinks(isDeaf: Bool) throws {
        let span: Int64 = 60_000_000
        let mesh = try mesh(isDeaf ? .deaf(forMicroseconds: span) : .mute(forMicroseconds: span), at: 2)
        seconds(mesh, 119)
        #expect(links(mesh, of: 2) == 1)
        seconds(mesh, 175)
        #expect(links(mesh, of: 2) == 0)
        let journeys = mesh.run.journeys.filter { (125_000_000...170_000_000).contains($0.emittedMicroseconds) }
        #expect(journeys.count { $0.device == 0 } > 7)
        // Device 0 speaks beside house 2.
        let heard = journeys.count { $0.device == 0 && $0.heardBy.contains(2) }
        if isDeaf { #expect(heard == 0) } else { #expect(heard > 7) }
        mesh.runToEnd()
        #expect(links(mesh, of: 2) == 1)
    }

    @Test func alteredMessagesEndLinks() throws {
        let (plain, altered) = (try mesh(nil), try mesh(.altered(permille: 300, forMicroseconds: 100_000_000)))
        plain.runToEnd()
        altered.runToEnd()
        #expect(plain.run.links.count == 2)
        #expect(altered.run.links.count > 4)
        #expect(altered.record.broken == [] && links(altered, of: 1) == 2)
    }

    @Test func duplicatedMessagesComeTwice() throws {
        let (plain, twice) = (try mesh(nil), try mesh(.duplicated(permille: 500, forMicroseconds: 100_000_000)))
        plain.runToEnd()
        twice.runToEnd()
        // A session takes a message once: the second time it is out of order, and the link ends.
        #expect(plain.run.links.count == 2 && twice.run.links.count > 2)
        #expect(twice.record.broken == [] && links(twice, of: 1) == 2)
    }

    @Test func delayedMessagesMakeEventsLate() throws {
        func median(_ fault: Fault?) throws -> Int64 {
            let mesh = try mesh(fault)
            seconds(mesh, 220)
            let latencies = mesh.run.journeys.compactMap { journey -> Int64? in
                guard journey.emittedMicroseconds > Self.begin, let home = journey.deliveredMicroseconds else {
                    return nil
                }
                return home - journey.emittedMicroseconds
            }
            return latencies.sorted()[latencies.count / 2]
        }
        let delay = Fault.delayed(byMicroseconds: 800_000, permille: 1_000, forMicroseconds: 100_000_000)
        #expect(try median(nil) < 600_000)
        #expect(try median(delay) > 800_000)
    }

    @Test(arguments: [1, 3])
    func strangersForgeAtTheirRateHoweverManyCame(times: Int) throws {
        // Each takes the place of the one before.
        let faults = (0..<times).map { number in
            FaultPlan(
                .forged(perMinute: 120, forMicroseconds: 200_000_000), houses: .houses([1]),
                when: .at(microseconds: Self.begin + Int64(number) * 1_000_000))
        }
        let mesh = try Mesh(
            street(
                faults + [
                    FaultPlan(
                        .crash(downMicroseconds: 1_000_000, unwrittenMicroseconds: 0), houses: .houses([1]),
                        when: .at(microseconds: 150_000_000))
                ]), seed: 5)
        mesh.runToEnd()
        // 360 in three minutes, of which four in ten bear a device's address.
        #expect((100...190).contains(mesh.emissions.forged.count), "\(mesh.emissions.forged.count)")
        #expect(mesh.record.broken == [])
    }

    @Test func strangerThatForgesOnceInAnAgeDoesNotStopTheRun() throws {
        let mesh = try mesh(.forged(perMinute: 1e-300, forMicroseconds: 100_000_000))
        mesh.runToEnd()
        #expect(mesh.record.broken == [])
    }

    @Test func forgeriesAreFollowedForAQuarterOfAnHourWhereNobodyHoldsThem() throws {
        var scenario = street(
            [FaultPlan(.forged(perMinute: 600, forMicroseconds: 60_000_000), when: .at(microseconds: Self.begin))],
            seconds: 2_000)
        // Those that hold keep junk for a day, like anything of which no home says what became of it.
        for plan in scenario.devices.indices { scenario.devices[plan].scope = [.relay] }
        let mesh = try Mesh(scenario, seed: 5)
        seconds(mesh, 200)
        #expect(mesh.emissions.forgeryCount > 150)
        mesh.runToEnd()
        #expect(mesh.emissions.forgeryCount < 20)
    }

    @Test func fullDiskTakesNothingUntilThereIsRoom() throws {
        var scenario = street([
            FaultPlan(
                .diskFull(forMicroseconds: 60_000_000), houses: .houses([0]), when: .at(microseconds: Self.begin)),
            FaultPlan(.revoke, houses: .houses([2]), when: .at(microseconds: 130_000_000)),
        ])
        scenario.devices[1].traffic = .at([])
        let mesh = try Mesh(scenario, seed: 5)
        seconds(mesh, 125)
        func revocations(_ house: Int) -> Int {
            mesh.houses[house].disk.records().count { record in
                record.withUnsafeBytes { (try? RecordKind(recordBytes: $0)) == .revocation }
            }
        }
        seconds(mesh, 179)
        #expect(came(mesh, 125...175).emitted >= 10 && came(mesh, 125...175).home == 0)
        #expect(mesh.houses[0].knowledge.isRevoked(1) && revocations(0) == 0 && revocations(1) == 1)
        mesh.runToEnd()
        #expect(came(mesh, 190...290).home * 100 >= came(mesh, 190...290).emitted * 90)
    }

    @Test func hostThatOptsOutRelaysNothingUntilItOptsInAgain() throws {
        let mesh = try mesh(.optOut(forMicroseconds: 60_000_000))
        mesh.runToEnd()
        func over(_ seconds: ClosedRange<Int64>) -> Int {
            mesh.run.journeys.reduce(0) { sum, journey in
                sum
                    + journey.hops.count {
                        $0.from == 1
                            && (seconds.lowerBound...seconds.upperBound).contains($0.timeMicroseconds / 1_000_000)
                    }
            }
        }
        #expect(over(70...119) > 10)
        #expect(over(121...179) == 0)
        #expect(over(185...299) > 10)
        #expect(mesh.record.broken == [])
    }

    @Test func revocationEndsOneDevicesEventsAndNoOthers() throws {
        let mesh = try mesh(.revoke, at: 0)
        mesh.runToEnd()
        #expect(mesh.devices[0].isRevoked && !mesh.devices[1].isRevoked)
        #expect(mesh.houses.allSatisfy { $0.knowledge.isRevoked(0) && !$0.knowledge.isRevoked(1) })
        let late = mesh.run.journeys.filter { (130_000_000...290_000_000).contains($0.emittedMicroseconds) }
        #expect(late.count { $0.device == 0 } > 20)
        #expect(late.allSatisfy { $0.device != 0 || $0.deliveredMicroseconds == nil })
        #expect(late.count { $0.device == 1 && $0.deliveredMicroseconds != nil } > 20)
    }

    // MARK: What the daemon does

    @Test func callToANeighbourThatIsNotHeardTakesTheWholeTime() throws {
        // Heard until then, mute from then on: neighbours still call.
        let mesh = try mesh(.mute(forMicroseconds: 100_000_000))
        var calls: [(channel: SimulatedChannel, end: Int64)] = []
        while mesh.now < 150_000_000 {
            mesh.run(untilMicroseconds: mesh.now + 20_000)
            for house in [0, 2] {
                for channel in mesh.channels(of: mesh.houses[house])
                where channel.dialledAt > Self.begin && !channel.isUp
                    && !calls.contains(where: { $0.channel === channel })
                {
                    calls.append((channel, 0))
                }
            }
            for place in calls.indices where calls[place].channel.caller.isOpen { calls[place].end = mesh.now }
        }
        #expect(!calls.isEmpty)
        for call in calls {
            #expect((4_900_000...5_100_000).contains(call.end - call.channel.dialledAt))
        }
    }

    @Test func channelEndsWithOneMessageMoreThanIsKept() throws {
        let mesh = try mesh(nil)
        seconds(mesh, 100)
        let house = mesh.houses[1]
        let running = try #require(house.running)
        let channel = try #require(mesh.channels(of: house).first { $0.isLink })
        let end: UInt8 = channel.caller.house == 1 ? 0 : 1
        func send() {
            [UInt8](repeating: 7, count: 200).withUnsafeBytes {
                mesh.send($0, type: 0, on: channel, from: end, running)
            }
        }
        while channel[end].kept.count < KeptMessageRules.messagesMax { send() }
        #expect(!channel[end].isGivenUp)
        send()
        #expect(channel[end].isGivenUp && channel[end].kept.isEmpty)
        seconds(mesh, 101)
        #expect(!channel.caller.isOpen && !channel.called.isOpen)
        #expect(mesh.record.broken.map(\.promise) == [.bounds])
    }

    @Test(arguments: [MessageType.packet, .routes])
    func keptPacketAloneEndsItsChannelWhenARevocationIsStored(_ type: MessageType) throws {
        let mesh = try mesh(nil)
        seconds(mesh, 100)
        let house = mesh.houses[1]
        let running = try #require(house.running)
        let channels = mesh.channels(of: house).filter(\.isLink)
        #expect(channels.count == 2)
        let blocked = try #require(channels.first { $0.caller.house == 2 || $0.called.house == 2 })
        let end: UInt8 = blocked.caller.house == 1 ? 0 : 1
        blocked.connection.inFlightMax = 0
        [UInt8](repeating: 7, count: 200).withUnsafeBytes {
            mesh.send($0, type: type.rawValue, on: blocked, from: end, running)
        }
        #expect(blocked[end].kept.count == 1)
        mesh.revoke(0)
        // It comes over the other channel.
        while !house.knowledge.isRevoked(0), mesh.now < 103_000_000 { mesh.run(untilMicroseconds: mesh.now + 1_000) }
        #expect(house.knowledge.isRevoked(0))
        // A session cannot go on without the packet; what is said of routes holds nobody's event.
        #expect(blocked[end].isOpen == (type == .routes))
        #expect(channels.count { $0[$0.caller.house == 1 ? 0 : 1].isOpen } == (type == .routes ? 2 : 1))
    }

    @Test func clockIsNotedAtTheStartAndEveryTenMinutes() throws {
        let mesh = try mesh(nil, seconds: 1_300)
        func mark() -> Int64 { Int64(mesh.houses[1].disk.clock.seconds) - Int64(mesh.scenario.startsAt.seconds) }
        seconds(mesh, 599)
        #expect((-60...1).contains(mark()))
        seconds(mesh, 601)
        #expect((599...601).contains(mark()))
        seconds(mesh, 1_199)
        #expect((599...601).contains(mark()))
        seconds(mesh, 1_201)
        #expect((1_199...1_201).contains(mark()))
        mesh.crash(1, unwrittenMicroseconds: 60_000_000)
        #expect((599...601).contains(mark()))
    }

    @Test func longBurstWhoseEventNobodyFollowsFreesItsPlaceOnce() throws {
        var scenario = street([], seconds: 4_000)
        for plan in scenario.devices.indices {
            scenario.devices[plan].scope = [.relay]
            scenario.devices[plan].advertisements = 200
            scenario.devices[plan].advertisementIntervalMicroseconds = 10_000_000
            scenario.devices[plan].traffic = .periodic(seconds: 300)
        }
        let mesh = try Mesh(scenario, seed: 5)
        for time in stride(from: Int64(500), through: 4_000, by: 100) {
            seconds(mesh, time)
            #expect(mesh.bursts.freePlaces.count == Set(mesh.bursts.freePlaces).count)
        }
        // Each goes on for 2,000 s, so that about seven of each device are under way at once.
        #expect(mesh.run.journeys.count > 24 && mesh.bursts.count <= 18)
        #expect(mesh.record.broken == [])
    }

    @Test func connectionsOfAnAdapterTakeEventsFromEachOther() throws {
        let mesh = try mesh(nil)
        seconds(mesh, 100)
        let channels = mesh.channels(of: mesh.houses[1]).filter(\.isUp)
        #expect(channels.count == 2)
        #expect(channels.allSatisfy { $0.connection.missedPart > 0 })
        mesh.crash(2, unwrittenMicroseconds: 0)
        seconds(mesh, 110)
        let left = mesh.channels(of: mesh.houses[1]).filter(\.isUp)
        #expect(left.count == 1 && left[0].connection.missedPart == 0)
    }
}
