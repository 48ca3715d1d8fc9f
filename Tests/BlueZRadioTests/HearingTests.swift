import Testing
import Wire

@testable import BlueZRadio

/// How an adapter comes to hear, tier by tier.
@Suite struct HearingTests {
    private var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    /// Answers what is asked, with 0 where `answers` has nothing for it, until nothing is due. What was asked.
    private func drive(_ hearing: inout Hearing, at now: Instant, _ answers: [ManagementOpcode: CommandEnd] = [:])
        -> [ManagementOpcode]
    {
        var asked: [ManagementOpcode] = []
        while asked.count < 20, let command = hearing.command(0, now: now) {
            asked.append(command.opcode)
            let handle: [UInt8] = command.opcode == .addPatternMonitor ? [7, 0] : []
            handle.withUnsafeBytes {
                hearing.answered(answers[command.opcode] ?? .status(.success), $0, now: now)
            }
        }
        return asked
    }

    @Test func bestTierIsTakenFirst() {
        var hearing = Hearing()
        hearing.start(now: Instant(seconds: 1))
        #expect(drive(&hearing, at: Instant(seconds: 1)) == [.setExperimentalFeature, .setMeshReceiver])
        #expect(hearing.isOn && hearing.tier == .mesh && hearing.notes.isEmpty)
    }

    @Test(arguments: [
        CommandEnd.status(.notSupported), .status(.failed), .status(.invalidParameters), .status(.rejected),
        .status(ManagementStatus(rawValue: 0x01)), .status(.noResources), .silent,
    ])
    func tierThatFailsGivesWayToTheNext(_ end: CommandEnd) {
        let now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        #expect(
            drive(&hearing, at: now, [.setExperimentalFeature: end])
                == [.setExperimentalFeature, .addPatternMonitor, .startDiscovery])
        #expect(hearing.isOn && hearing.tier == .monitor)
        #expect(hearing.notes == ["mesh receiver: \(end.words)"])
        hearing.start(now: now)
        // The monitor of before goes first.
        #expect(
            drive(&hearing, at: now, [.setMeshReceiver: end, .addPatternMonitor: end])
                == [.removeMonitor, .setExperimentalFeature, .setMeshReceiver, .addPatternMonitor, .startDiscovery])
        #expect(hearing.isOn && hearing.tier == .discovery && hearing.notes.count == 2)
    }

    @Test func wereAllTiersFailItIsSaidAndTriedAgainEverMoreSeldom() {
        var now = Instant(seconds: 1)
        let fails: [ManagementOpcode: CommandEnd] = [
            .setExperimentalFeature: .silent, .addPatternMonitor: .status(.failed), .startDiscovery: .status(.failed),
        ]
        var hearing = Hearing()
        hearing.start(now: now)
        var waits: [Int64] = []
        for _ in 0..<8 {
            #expect(drive(&hearing, at: now, fails).count == 3)
            #expect(!hearing.isOn)
            #expect(
                hearing.problem
                    == "mesh receiver: no answer, pattern monitor and discovery: failed, discovery: failed")
            waits.append(hearing.due.microseconds(since: now) / 1_000_000)
            now = hearing.due
        }
        #expect(waits == [5, 10, 20, 40, 60, 60, 60, 60])
        _ = drive(&hearing, at: now)
        #expect(hearing.isOn && hearing.problem == nil)
    }

    @Test(arguments: HearingTier.allCases) func noBetterTierThanTheBestAllowedIsEverTaken(_ best: HearingTier) {
        let better: [ManagementOpcode] = [.setExperimentalFeature, .addPatternMonitor].dropLast(2 - Int(best.rawValue))
        for fails in [[:], [ManagementOpcode.startDiscovery: CommandEnd.status(.failed)]] {
            var now = Instant(seconds: 1)
            var hearing = Hearing(best: best)
            hearing.start(now: now)
            var asked: Set<ManagementOpcode> = []
            // Nothing is heard: each tier gives way to the next, and the last one to the first.
            for _ in 0..<2_000 {
                asked.formUnion(drive(&hearing, at: now, fails))
                now = now.advanced(seconds: 10)
            }
            #expect(asked.isDisjoint(with: better) && asked.contains(.startDiscovery))
            hearing.stop()
            hearing.start(now: now)
            #expect(hearing.tier == best)
        }
    }

    @Test func discoveryOfSomebodyElseIsUsedAndStartedAgainWhenItEnds() {
        let now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now, [.setExperimentalFeature: .silent, .startDiscovery: .status(.busy)])
        #expect(hearing.isOn && hearing.tier == .monitor)
        hearing.discovering(false, now: now)
        #expect(hearing.command(0, now: now) == nil, "no sooner than after a gap")
        let later = now.advanced(milliseconds: 250)
        #expect(drive(&hearing, at: later) == [.startDiscovery])
        hearing.discovering(true, now: later)
        #expect(drive(&hearing, at: later).isEmpty)
        // Its end was not told: it is asked for anyway.
        #expect(drive(&hearing, at: later.advanced(seconds: 15)) == [.startDiscovery])
    }

    @Test func onlyOwnDiscoveryIsStoppedAtTheEnd() {
        let now = Instant(seconds: 1)
        let tier: [ManagementOpcode: CommandEnd] = [.setExperimentalFeature: .silent, .addPatternMonitor: .silent]
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now, tier.merging([.startDiscovery: .status(.busy)]) { $1 })
        #expect(hearing.isOn && hearing.farewell(0).isEmpty, "another program's")
        hearing.discovering(false, now: now)
        let later = now.advanced(seconds: 1)
        #expect(drive(&hearing, at: later) == [.startDiscovery])
        #expect(hearing.farewell(0).map(\.opcode) == [.stopDiscovery])
        hearing.discovering(false, now: later)
        #expect(hearing.farewell(0).isEmpty, "it has ended by itself")
    }

    @Test func tierByWhichNothingIsHeardGivesWayForAWhileAndRoundsGrow() {
        var now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now)
        var changes: [Int64] = []
        var tier = hearing.tier
        for _ in 0..<(1_000 * 4) {
            now = now.advanced(milliseconds: 250)
            _ = drive(&hearing, at: now)
            if hearing.tier != tier { changes.append(now.microseconds / 1_000_000) }
            tier = hearing.tier
        }
        #expect(changes == [121, 241, 361, 601, 841])
        #expect(hearing.isOn)
    }

    @Test func tierThatHearsStays() {
        var now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now)
        for _ in 0..<100 {
            now = now.advanced(seconds: 600)
            hearing.heard(now: now)
            #expect(drive(&hearing, at: now).isEmpty)
        }
        #expect(hearing.tier == .mesh)
        #expect(drive(&hearing, at: now.advanced(seconds: 901)).first == .setMeshReceiver)
        #expect(hearing.tier == .monitor)
    }

    @Test func receiverThatAnotherProgramStopsGivesWayUntilThatHasBegun() {
        let now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now)
        hearing.receiverStopped(type: 0, now: now)
        #expect(drive(&hearing, at: now.advanced(milliseconds: 900)).isEmpty, "it might be a connection")
        let later = now.advanced(seconds: 1)
        #expect(drive(&hearing, at: later) == [.setMeshReceiver, .stopDiscovery])
        #expect(!hearing.isOn && hearing.isGivingWay && hearing.farewell(0).isEmpty)
        #expect(drive(&hearing, at: later.advanced(seconds: 5)).isEmpty)
        hearing.discovering(true, now: later.advanced(seconds: 5))
        let begun = later.advanced(milliseconds: 5_250)
        #expect(drive(&hearing, at: begun) == [.setExperimentalFeature, .setMeshReceiver])
        #expect(hearing.isOn && !hearing.isGivingWay && hearing.tier == .mesh && hearing.notes.isEmpty)
    }

    @Test func receiverThatGaveWayInVainIsBackSoonAndDoesNotGiveWayAgainForAWhile() {
        let now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now)
        hearing.receiverStopped(type: 0, now: now)
        let later = now.advanced(seconds: 1)
        _ = drive(&hearing, at: later)
        #expect(drive(&hearing, at: later.advanced(milliseconds: 6_400)).isEmpty)
        let back = later.advanced(milliseconds: 6_500)
        #expect(drive(&hearing, at: back) == [.setExperimentalFeature, .setMeshReceiver])
        hearing.receiverStopped(type: 0, now: back)
        #expect(drive(&hearing, at: back.advanced(seconds: 10)).isEmpty)
        // It waits, as who stopped the receiver asks once only.
        let second = later.advanced(seconds: 30)
        #expect(drive(&hearing, at: second) == [.setMeshReceiver, .stopDiscovery])
        _ = drive(&hearing, at: second.advanced(milliseconds: 6_500))
        // In vain once more: the next time is twice as far.
        hearing.receiverStopped(type: 0, now: second.advanced(seconds: 10))
        #expect(drive(&hearing, at: second.advanced(seconds: 59)).isEmpty)
        #expect(drive(&hearing, at: second.advanced(seconds: 60)) == [.setMeshReceiver, .stopDiscovery])
    }

    @Test func receiverThatGivesWayAfterAnybodyHasDiscoveredNamesWhatTheKernelNames() {
        let now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now)
        hearing.receiverStopped(type: 7, now: now)
        let later = now.advanced(seconds: 1)
        #expect(hearing.command(0, now: later)?.opcode == .setMeshReceiver)
        hearing.answered(.status(.success), UnsafeRawBufferPointer(start: nil, count: 0), now: later)
        #expect(hearing.command(0, now: later) == .stopDiscovery(0, type: 7))
    }

    @Test func receiverInAQuietHouseIsNotLeftEarlierForHavingGivenWay() {
        let now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now)
        hearing.heard(now: now)
        hearing.receiverStopped(type: 0, now: now)
        _ = drive(&hearing, at: now.advanced(seconds: 1))
        _ = drive(&hearing, at: now.advanced(seconds: 8))
        #expect(hearing.isOn)
        #expect(drive(&hearing, at: now.advanced(seconds: 800)).isEmpty)
        #expect(hearing.tier == .mesh)
    }

    @Test func receiverThatAConnectionStopsStays() {
        let now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now)
        hearing.receiverStopped(type: 0, now: now)
        hearing.connecting(now: now)
        #expect(drive(&hearing, at: now.advanced(seconds: 5)).isEmpty)
        #expect(hearing.isOn)
    }

    @Test func monitorThatAnotherProgramRemovesIsMadeAgain() {
        let now = Instant(seconds: 1)
        var hearing = Hearing()
        hearing.start(now: now)
        _ = drive(&hearing, at: now, [.setExperimentalFeature: .status(.notSupported)])
        hearing.monitorRemoved(6, now: now)
        #expect(drive(&hearing, at: now.advanced(seconds: 1)).isEmpty)
        hearing.monitorRemoved(7, now: now)
        #expect(drive(&hearing, at: now.advanced(seconds: 1)) == [.addPatternMonitor, .startDiscovery])
    }
}
