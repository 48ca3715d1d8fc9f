import SeededRandom
import Testing
import Wire

@testable import BlueZRadio

/// How an adapter sends beacons.
@Suite struct BeaconsTests {
    private let start = Instant(seconds: 100)

    private func features(_ used: [UInt8] = [], max: UInt8 = 5) throws -> AdvertisingFeatures {
        try ([0, 0, 0, 0, 31, 31, max, UInt8(used.count)] + used).withUnsafeBytes { try AdvertisingFeatures($0) }
    }

    private func beacons(_ payloads: [[UInt8]] = [beacon()], used: [UInt8] = []) throws -> Beacons {
        var beacons = Beacons(renewal: BeaconRenewal())
        beacons.want(payloads)
        beacons.start(features: try features(used), now: start)
        return beacons
    }

    /// Answers what is asked until nothing is due. What was asked.
    private func drive(_ beacons: inout Beacons, at now: Instant, _ answers: [ManagementOpcode: CommandEnd] = [:])
        -> [ManagementOpcode]
    {
        var asked: [ManagementOpcode] = []
        while asked.count < 20, let command = beacons.command(0, now: now) {
            asked.append(command.opcode)
            beacons.answered(answers[command.opcode] ?? .status(.success), now: now)
        }
        return asked
    }

    @Test func highestFreeInstanceIsTaken() throws {
        #expect(try beacons().instance == 5)
        #expect(try beacons(used: [1, 4, 5]).instance == 3)
        let none = try beacons(used: [1, 2, 3, 4, 5])
        #expect(none.instance == nil && none.wantsInstance)
        #expect(none.problem == "other programs use all 5 advertising instances")
        #expect(none.nextDue == .distantFuture)
    }

    @Test(arguments: [ManagementOpcode.addAdvertisingParameters, .addAdvertisingData])
    func plainTierIsTakenWhereTheOtherFails(_ failing: ManagementOpcode) throws {
        for end in [CommandEnd.silent, .status(.invalidParameters), .status(.notSupported)] {
            var beacons = try beacons()
            var asked = drive(&beacons, at: start, [failing: end])
            asked += drive(&beacons, at: start.advanced(milliseconds: 100))
            #expect(asked.suffix(2) == [.removeAdvertising, .addAdvertising])
            #expect(beacons.tier == .plain && beacons.mayBeOnAir && beacons.problem == nil)
            #expect(beacons.notes == ["advertising parameters: \(end.words)"])
        }
    }

    @Test func whatNoTierTakesIsSaidAndTriedAgain() throws {
        var beacons = try beacons()
        var now = start
        let fails: [ManagementOpcode: CommandEnd] = [
            .addAdvertisingParameters: .status(.failed), .addAdvertising: .status(.rejected),
        ]
        for _ in 0..<200 {
            now = now.advanced(milliseconds: 10)
            _ = drive(&beacons, at: now, fails)
        }
        #expect(beacons.problem == "it takes no beacon: rejected")
        #expect(beacons.nextDue > now)
        now = now.advanced(seconds: 61)
        _ = drive(&beacons, at: now)
        #expect(beacons.problem == nil && beacons.mayBeOnAir)
    }

    @Test func betterTierIsTriedAgainEverMoreSeldomUntilItIsTaken() throws {
        var beacons = try beacons()
        var now = start
        var tries: [Int64] = []
        for _ in 0..<6_000 {
            now = now.advanced(seconds: 1)
            let asked = drive(&beacons, at: now, [.addAdvertisingParameters: .status(.failed)])
            if asked.contains(.addAdvertisingParameters) { tries.append(now.microseconds(since: start) / 60_000_000) }
        }
        #expect(beacons.tier == .plain && beacons.problem == nil)
        #expect(tries.count == 4 && tries.prefix(3) == [0, 10, 30], "minutes: \(tries)")
        for _ in 0..<6_000 {
            now = now.advanced(seconds: 1)
            _ = drive(&beacons, at: now)
        }
        #expect(beacons.tier == .extended && beacons.notes.isEmpty)
    }

    @Test func betterTierIsNotTakenWhereItIsNotAllowed() throws {
        for fails in [[:], [ManagementOpcode.addAdvertising: CommandEnd.status(.failed)]] {
            var beacons = Beacons(renewal: BeaconRenewal(), best: .plain)
            beacons.want([beacon()])
            beacons.start(features: try features(), now: start)
            var asked: Set<ManagementOpcode> = []
            for second in 0..<20_000 as Range<Int64> {
                asked.formUnion(drive(&beacons, at: start.advanced(seconds: second), fails))
            }
            #expect(asked.contains(.addAdvertising) && !asked.contains(.addAdvertisingParameters))
            #expect((beacons.problem == nil) == fails.isEmpty)
        }
    }

    @Test func instanceIsNotGuessedWhereNobodySaysWhichAreFree() throws {
        var beacons = Beacons(renewal: BeaconRenewal())
        beacons.want([beacon()])
        beacons.start(features: nil, now: start)
        #expect(drive(&beacons, at: start).isEmpty && beacons.wantsInstance && beacons.problem != nil)
        beacons.start(features: try features([1]), now: start.advanced(seconds: 30))
        #expect(!drive(&beacons, at: start.advanced(seconds: 30)).isEmpty)
        #expect(beacons.instance == 5 && beacons.problem == nil)
    }

    @Test func changesAreAtMostTenASecondWhateverHappens() throws {
        var random = SplitMix64(seed: 3)
        var beacons = try beacons()
        var now = start
        var times: [Instant] = []
        for number in 0..<20_000 {
            now = now.advanced(microseconds: Int64(random.next() % 5_000))
            switch random.next() % 6 {
            case 0: beacons.linkChanged(now: now)
            case 1: beacons.want([beacon(UInt8(truncatingIfNeeded: number))])
            case 2: beacons.want([beacon(UInt8(truncatingIfNeeded: number)), beacon()])
            case 3: beacons.removed(5, now: now)
            case 4: if random.next() % 4 == 0 { beacons.want([]) }
            default: beacons.connectStarted(spread: 0, now: now)
            }
            if random.next() % 2 == 0 { beacons.connectEnded(now: now) }
            let end: CommandEnd = random.next() % 5 == 0 ? .status(.busy) : .status(.success)
            let asked = drive(&beacons, at: now, [.addAdvertisingParameters: end, .addAdvertising: end])
            for opcode in asked where opcode == .addAdvertisingParameters || opcode == .addAdvertising {
                times.append(now)
            }
        }
        #expect(times.count > 100)
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect(later.microseconds(since: earlier) >= 100_000)
        }
    }

    @Test func twoPayloadsTakeTurns() throws {
        var beacons = try beacons([beacon(1), beacon(2)])
        var sent: [UInt8] = []
        var now = start
        for _ in 0..<400 {
            now = now.advanced(milliseconds: 10)
            while let command = beacons.command(0, now: now) {
                if command.opcode == .addAdvertisingData { sent.append(command.parameters[3 + 19]) }
                beacons.answered(.status(.success), now: now)
            }
        }
        #expect(sent == [1, 2, 1, 2, 1, 2, 1, 2])
    }

    @Test func beaconIsRenewedBeforeTheKernelEndsIt() throws {
        var beacons = try beacons()
        var now = start
        var last = start
        var gaps: [Int64] = []
        for _ in 0..<(600 * 10) {
            now = now.advanced(milliseconds: 100)
            guard !drive(&beacons, at: now).isEmpty else { continue }
            gaps.append(now.microseconds(since: last) / 1_000_000)
            last = now
        }
        #expect(gaps.prefix(7) == [0, 2, 4, 8, 16, 32, 60])
        #expect(gaps.allSatisfy { $0 <= 60 })
        #expect(BeaconRenewal().secondsOnAir == 150)
    }

    @Test func beaconsPauseForAConnectButNotForLong() throws {
        var beacons = try beacons()
        _ = drive(&beacons, at: start)
        var now = start.advanced(seconds: 1)
        beacons.connectStarted(spread: 255, now: now)
        #expect(beacons.quietDue > now)
        #expect(drive(&beacons, at: now) == [.removeAdvertising])
        #expect(beacons.quietDue <= now && !beacons.mayBeOnAir)
        now = now.advanced(milliseconds: 1_400)
        #expect(drive(&beacons, at: now).isEmpty)
        now = now.advanced(milliseconds: 100)
        #expect(drive(&beacons, at: now) == [.addAdvertisingParameters, .addAdvertisingData])
        // Over, it is sent again at once.
        beacons.connectEnded(now: now)
        now = now.advanced(seconds: 2)
        beacons.connectStarted(spread: 0, now: now)
        _ = drive(&beacons, at: now)
        beacons.connectEnded(now: now)
        #expect(!drive(&beacons, at: now.advanced(milliseconds: 1)).isEmpty)
    }

    @Test func connectDoesNotWaitForAnAdapterThatGoesOnAdvertising() throws {
        var beacons = try beacons()
        _ = drive(&beacons, at: start)
        beacons.connectStarted(spread: 0, now: start)
        #expect(beacons.command(0, now: start)?.opcode == .removeAdvertising)
        #expect(beacons.quietDue == start.advanced(milliseconds: 350))
    }

    @Test(arguments: [CommandEnd.status(.busy), .status(.failed), .silent])
    func beaconThatTheKernelDoesNotRemoveIsStillOnAirAndRemovedLater(_ end: CommandEnd) throws {
        var beacons = try beacons()
        _ = drive(&beacons, at: start)
        beacons.want([])
        var now = start.advanced(seconds: 1)
        #expect(drive(&beacons, at: now, [.removeAdvertising: end]) == [.removeAdvertising], "not in a hurry")
        #expect(beacons.mayBeOnAir && beacons.nextDue > now)
        now = now.advanced(milliseconds: Beacons.busyMilliseconds)
        #expect(drive(&beacons, at: now) == [.removeAdvertising])
        #expect(!beacons.mayBeOnAir && beacons.nextDue == .distantFuture)
    }

    @Test func beaconThatIsNeverRemovedIsAskedForEverMoreSeldomAndAnotherTakesItsPlace() throws {
        var beacons = try beacons()
        _ = drive(&beacons, at: start)
        beacons.want([])
        var now = start
        var asked = 0
        for _ in 0..<6_000 {
            now = now.advanced(milliseconds: 100)
            asked += drive(&beacons, at: now, [.removeAdvertising: .status(.busy)]).count
        }
        #expect(asked > 10 && asked < 40, "in ten minutes: \(asked)")
        beacons.want([beacon(1)])
        let made = drive(&beacons, at: now, [.removeAdvertising: .status(.busy)])
        #expect(made == [.addAdvertisingParameters, .addAdvertisingData])
    }

    @Test func instanceThatAnotherProgramTakesIsLeftToIt() throws {
        var beacons = try beacons()
        _ = drive(&beacons, at: start)
        beacons.added(5, now: start.advanced(seconds: 30))
        #expect(beacons.instance == nil && beacons.wantsInstance && !beacons.mayBeOnAir)
        beacons.start(features: try features([5]), now: start.advanced(seconds: 31))
        #expect(beacons.instance == 4)
        #expect(!drive(&beacons, at: start.advanced(seconds: 32)).isEmpty)
    }
}
