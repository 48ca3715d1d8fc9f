import Devices
import Testing
import Wire

@testable import Bridging
@testable import Consent
@testable import Relaying
@testable import Simulation

/// That each check finds the defect it is there for: one is put into an honest street, and the words that tell it show
/// that it was this check, not another of the same promise, that found it.
struct PromiseDefectTests {
    private func line(seconds: Int64 = 160) -> Scenario { .line(seconds: seconds) }

    /// Runs a street with a defect from 120 s on. What it broke, without repetitions: each house with the words.
    private func found(_ defect: (Mesh) throws -> Void) throws -> [(promise: PromiseName, house: Int?, what: String)] {
        let mesh = try Mesh(line(), seed: 3)
        mesh.run(untilMicroseconds: 120_000_000)
        #expect(mesh.record.broken == [])
        try defect(mesh)
        mesh.runToEnd()
        return mesh.record.broken.map { ($0.promise, $0.house, $0.what) }
    }

    /// Runs on until a house holds a packet, by short steps.
    private func runUntilHeld(_ mesh: Mesh, by house: Int) throws -> HeldCopy {
        while mesh.now < 150_000_000 {
            mesh.run(untilMicroseconds: mesh.now + 1_000)
            if let copy = mesh.houses[house].running?.held.first { return copy }
        }
        throw Missing.packet
    }

    private enum Missing: Error { case packet, channel }

    private func link(_ mesh: Mesh, of house: Int) throws -> (channel: SimulatedChannel, end: UInt8) {
        guard let channel = mesh.channels(of: mesh.houses[house]).first(where: { $0.isLink }) else {
            throw Missing.channel
        }
        return (channel, channel.caller.house == house ? 0 : 1)
    }

    // MARK: Accounted

    @Test func packetTakenThatIsNeitherHeldNorEndedIsFound() throws {
        let broken = try found { $0.houses[1].running?.bridge.relay.counts.taken += 1 }
        #expect(broken.count > 0 && broken.allSatisfy { $0.promise == .accounted && $0.house == 1 })
        #expect(broken.allSatisfy { $0.what.contains("ended or are held") })
    }

    @Test func dropThatTheBridgeCountsAndDidNotTellOfIsFound() throws {
        let broken = try found { mesh in
            mesh.houses[1].running?.bridge.relay.counts.taken += 1
            mesh.houses[1].running?.bridge.relay.counts.dropped += 1
        }
        #expect(broken.count > 0 && broken.allSatisfy { $0.promise == .accounted && $0.house == 1 })
        #expect(broken.allSatisfy { $0.what.contains("that it told of") })
    }

    @Test func endForAReasonThatNoDropIsCountedForIsFound() throws {
        let broken = try found { mesh in
            let copy = try runUntilHeld(mesh, by: 1)
            mesh.drive(1) { _, _, effects in effects.trace(.ended(eventID: copy.eventID, .expired)) }
        }
        #expect(broken.first?.promise == .accounted && broken.first?.house == 1)
        #expect(broken.first?.what == "ended custody of a packet as expired, and no drop was counted")
    }

    @Test func dropsOfTheReportAreTheEndsThatCustodyHadForThem() throws {
        let mesh = try Mesh(line(), seed: 3)
        _ = try runUntilHeld(mesh, by: 1)
        mesh.drive(1) { bridge, moment, _ in bridge.letGoHeld(as: .classNotLent, now: moment) }
        let counted = mesh.record.drops.first { $0.name == Reason.classNotLent.name }?.count
        #expect(counted == 1 && mesh.houses[1].running?.dropped == 1)
    }

    @Test func eventThatWasHeardAndOfWhichNothingIsLeftIsFoundAtTheEnd() throws {
        let mesh = try Mesh(line(), seed: 3)
        let copy = try runUntilHeld(mesh, by: 1)
        let number = try #require(mesh.emissions.number(of: copy.eventID))
        #expect(mesh.emissions[number].openedAt < 0)
        #expect(mesh.record.broken == [])
        // Ends were told of more copies than were ever taken.
        mesh.emissions[number].copies = -1
        let broken = mesh.record.broken
        #expect(broken.map(\.promise) == [.accounted] && broken.first?.house == nil)
        #expect(broken.first?.what.contains("was heard and is nowhere") == true)
    }

    // MARK: Cap

    @Test func lendingBeyondTheCapThatNoPacketShowsIsFoundByTheLedger() throws {
        let broken = try found { mesh in
            let limit = Int(mesh.houses[1].plan.lending.burstBytes)
            mesh.houses[1].running?.bridge.relay.ledger.sent(.replies, bytes: limit + 1_000, day: 20_000)
        }
        #expect(broken.count > 0 && broken.allSatisfy { $0.promise == .cap && $0.house == 1 })
        #expect(broken.allSatisfy { $0.what.contains("by its own ledger") })
    }

    // MARK: Sealed

    @Test func packetThatShowsWhatItHoldsIsFound() throws {
        var scenario = line()
        // Advertised for long, so that it is still known what the packet must not show.
        scenario.devices[0].advertisements = 60
        let mesh = try Mesh(scenario, seed: 3)
        mesh.run(untilMicroseconds: 120_000_000)
        mesh.drive(2) { bridge, _, _ in for channel in bridge.linkChannels { bridge.blocked(channel) } }
        let copy = try runUntilHeld(mesh, by: 2)
        let number = try #require(mesh.emissions.number(of: copy.eventID))
        let shown = Array(mesh.emissions[number].data[7..<15])
        let running = try #require(mesh.houses[2].running)
        running.bridge.relay.eachPacket { bytes, _ in
            for (place, byte) in shown.enumerated() { bytes[bytes.count - 20 + place] = byte }
        }
        #expect(mesh.record.broken == [])
        mesh.drive(2) { bridge, moment, effects in
            for channel in bridge.linkChannels { bridge.writable(channel, now: moment, into: &effects) }
        }
        let broken = mesh.record.broken
        #expect(broken.count > 0 && broken.allSatisfy { $0.promise == .sealed && $0.house == 2 })
        #expect(broken.allSatisfy { $0.what == "sent a packet that shows what it holds" })
    }

    @Test func homeThatOpensTheEventOfAnotherOwnersDeviceIsFound() throws {
        let broken = try found { mesh in
            let copy = try runUntilHeld(mesh, by: 1)
            let number = try #require(mesh.emissions.number(of: copy.eventID))
            let home = mesh.devices[Int(mesh.emissions[number].device)].home
            // The other end of the street commits it to its disk.
            let event = OpenedEvent(
                device: mesh.devices[Int(mesh.emissions[number].device)].identifier, deviceName: "sensor",
                eventID: copy.eventID, counter: 1, lowestCounterKept: 0, timeHeard: WallTime(seconds: 0),
                reading: Reading(measurements: []), isOutOfOrder: false, isSecondOfCounter: false, isTriggerBased: false
            )
            mesh.drive(3 - home) { _, _, effects in effects.act(.open(event)) }
        }
        let first = try #require(broken.first)
        #expect(first.promise == .sealed && first.what.hasSuffix("which is not its owner's"))
    }

    // MARK: Bounds

    /// Tables that a bridge empties in the turn in which it fills them, or fills in rare moments only.
    private static let fleeting: [BoundedTable] = [
        .revocationsWaiting, .ownMessages, .confirms, .noesToTell, .recordsToTell, .recordsWanted, .recordsEarly,
        .recordsOffered, .earlyRoutes,
    ]

    @Test(arguments: fleeting)
    func tableThatIsSeldomInUseIsHeldAgainstItsLimit(table: BoundedTable) throws {
        let mesh = try Mesh(line(), seed: 3)
        mesh.run(untilMicroseconds: 120_000_000)
        mesh.tableHeldEmpty = table
        let house = mesh.houses[1]
        let running = try #require(house.running)
        let session = try #require(running.bridge.sessions.links.compactMap { $0 }.first)
        let (link, now) = (try #require(session.number), mesh.moment(of: house).instant)
        switch table {
        case .revocationsWaiting: running.bridge.network?.registry.waiting = [0]
        case .ownMessages:
            let isQueued = running.bridge.relay.queueMessage(1, bytes: 9, link: link, isFirst: false, isLent: false)
            #expect(isQueued)
        case .confirms: running.bridge.relay.scheduler.confirm(7, to: link, isOwn: true, now: now)
        case .noesToTell: session.exchange.push(7, isNo: true)
        case .recordsToTell: session.exchange.push(7, isNo: false)
        case .recordsWanted: session.exchange.want(7)
        case .recordsEarly: session.exchange.cameEarly(7)
        case .recordsOffered: session.exchange.offer([7])
        default: session.earlyRoutes.note(RouteEntry(home: 7, sequenceNumber: 1, metric: 1), now: now)
        }
        mesh.checkTables(house, running)
        for _ in mesh.houses { mesh.checkTablesInTurn() }
        #expect(mesh.record.broken.map(\.promise) == [.bounds] && mesh.record.broken.map(\.house) == [1])
        #expect(mesh.record.broken.first?.what.contains("has 1 \(table.rawValue), of at most ") == true)
    }

    @Test(arguments: BoundedTable.allCases.filter { !fleeting.contains($0) })
    func everyTableOfABridgeIsHeldAgainstItsLimit(table: BoundedTable) throws {
        let told = " \(table.rawValue), of at most "
        // A table is looked at now and then: not each history has it in use just then.
        for seed: UInt64 in 3...6 {
            let mesh = try Mesh(busyStreet(), seed: seed)
            mesh.tableHeldEmpty = table
            mesh.runToEnd()
            guard mesh.record.broken.count > 0 else { continue }
            #expect(mesh.record.broken.allSatisfy { $0.promise == .bounds && $0.what.contains(told) })
            return
        }
        Issue.record("no history broke the limit of \(table.rawValue)")
    }

    /// A street that joins: strangers, new records and many events at once.
    private func busyStreet() -> Scenario {
        var scenario = line(seconds: 200)
        scenario.beginning = .joining
        scenario.devices[0].owners = .all
        scenario.devices[0].traffic = .periodic(seconds: 2)
        scenario.faults = [
            FaultPlan(.revoke, houses: .houses([0]), when: .at(microseconds: 150_000_000)),
            FaultPlan(
                .crash(downMicroseconds: 10_000_000, unwrittenMicroseconds: 0), houses: .houses([1]),
                when: .at(microseconds: 160_000_000)),
        ]
        return scenario
    }

    @Test func bridgeThatAsksToBeWokenWithoutAnEndIsFound() throws {
        let broken = try found { mesh in
            let running = try #require(mesh.houses[1].running)
            // Its deadline stays where it is, whenever it is woken.
            for _ in 0...Mesh.lateWakesPerSecondMax {
                (running.dueAt, running.wakeAt) = (mesh.now, mesh.now + Mesh.timerMicroseconds)
                mesh.queue.add(Happening(kind: .wake, boot: running.boot, house: 1), at: running.wakeAt)
                mesh.run(untilMicroseconds: running.wakeAt)
            }
        }
        #expect(broken.count > 0 && broken.allSatisfy { $0.promise == .bounds && $0.house == 1 })
        #expect(broken.allSatisfy { $0.what == "wakes without an end" })
    }

    /// A bridge that is flooded has a deadline for each packet that it holds.
    @Test(arguments: [(1_000, 900, false), (Mesh.wakesPerSecondMax, 400, true)] as [(Int, Int64, Bool)])
    func bridgeThatIsWokenWhenItAskedToBeMayBeSoOftenButNotWithoutAnEnd(
        _ times: Int, _ microseconds: Int64, _ isFound: Bool
    ) throws {
        let broken = try found { mesh in
            let running = try #require(mesh.houses[1].running)
            for _ in 0..<times {
                (running.dueAt, running.wakeAt) = (mesh.now + microseconds, mesh.now + microseconds)
                mesh.queue.add(Happening(kind: .wake, boot: running.boot, house: 1), at: running.wakeAt)
                mesh.run(untilMicroseconds: running.wakeAt)
            }
        }
        #expect(broken.isEmpty != isFound && broken.allSatisfy { $0.what == "wakes without an end" })
    }

    @Test func messagesForAChannelThatIsFullAreFound() throws {
        let broken = try found { mesh in
            let (channel, end) = try link(mesh, of: 1)
            let id = channel.id(end)
            // What the connection takes goes at once, the daemon keeps as many more as it may, and one is too many.
            mesh.drive(1) { _, _, effects in
                for _ in 0...(channel.connection.inFlightMax + KeptMessageRules.messagesMax) {
                    _ = effects.room(20)
                    effects.send(20, to: id)
                }
            }
        }
        #expect(broken.map(\.promise) == [.bounds] && broken.map(\.house) == [1])
        #expect(broken.first?.what == "gave a blocked channel more than \(KeptMessageRules.messagesMax) messages")
    }

    @Test func messageOnAChannelThatIsGoneIsFound() throws {
        let broken = try found { mesh in
            let (channel, end) = try link(mesh, of: 1)
            let id = channel.id(end)
            mesh.tellEnded(channel.key, end)
            mesh.drive(1) { _, _, effects in
                _ = effects.room(20)
                effects.send(20, to: id)
            }
        }
        #expect(broken.map(\.promise) == [.bounds] && broken.map(\.house) == [1])
        #expect(broken.first?.what == "sent on a channel that it had been told is gone")
    }
}
