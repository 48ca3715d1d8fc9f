import RadioInterface
import Testing
import Wire

@testable import BlueZRadio
@testable import RadioConformance

/// Sockets that end, and news that does not come. The test turns the clock.
@Suite struct LossTests {
    @Test func beaconOfALostSocketIsMadeAnewInItsPlace() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        let radio = try clock.add([controller])
        try radio.advertise([beacon()])
        clock.run(milliseconds: 200)
        clock.kernels[0].closeAll()
        clock.run(seconds: 10)
        #expect(clock.recorders[0].states.last == .up)
        #expect(controller.instances == [5: beacon()])
        clock.kernels[0].closeAll()
        clock.run(milliseconds: 20)
        try radio.advertise([])
        clock.run(seconds: 10)
        #expect(controller.onAir.isEmpty, "taken back while there was no socket")
    }

    @Test func radioThatIsStoppedWithoutASocketTakesItsLeaveByTheSpareOne() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        let radio = try clock.add([controller])
        try radio.advertise([beacon()])
        clock.run(milliseconds: 200)
        #expect(controller.hearsMesh && !controller.onAir.isEmpty)
        clock.kernels[0].closeFirst()
        clock.pollFirst()
        #expect(clock.downWords != nil)
        radio.stop()
        clock.air.serve(at: clock.now)
        #expect(controller.onAir.isEmpty && !controller.hearsMesh)
    }

    @Test func newsThatWasLostIsMadeGood() throws {
        let clock = TurnedClock()
        let radio = try clock.add([])
        clock.run(milliseconds: 20)
        let controller = ScriptedController(address: address(1))
        clock.kernels[0].controllers = [controller]
        clock.run(seconds: 61)
        #expect(clock.recorders[0].states.last == .up, "an adapter came")
        controller.settings = [.lowEnergy]
        controller.hearsMesh = false
        clock.run(seconds: 61)
        #expect(clock.downWords?.hasPrefix("hci0 is switched off") == true, "it was switched off")
        controller.settings = [.powered, .lowEnergy]
        clock.run(seconds: 61)
        #expect(clock.recorders[0].states.last == .up && controller.hearsMesh, "it was switched on")
        clock.kernels[0].controllers.removeAll()
        clock.run(seconds: 61)
        #expect(clock.downWords?.hasPrefix("there is no Bluetooth adapter") == true, "it went")
        #expect(radio.counters.managementLost == 0)
    }

    @Test func answerThatLiesInTheSocketHasComeInTimeHoweverLateItIsRead() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        let radio = try clock.add([controller])
        clock.run(milliseconds: 50)
        try radio.advertise([beacon()])
        clock.pollFirst()
        #expect(radio.adapters[0].machine.inFlight != nil)
        clock.air.serve(at: clock.now)
        // More than one poll reads.
        for number in 0..<150 {
            clock.kernels[0].report(beacon(UInt8(number)), from: UInt64(number), to: controller)
        }
        clock.stall(milliseconds: 40_000)
        clock.run(milliseconds: 200)
        #expect(radio.counters.commandsSilent == 0 && radio.counters.managementLost == 0)
        #expect(radio.adapters[0].machine.beacons.tier == .extended)
        #expect(controller.onAir == [beacon()])
    }

    @Test func floodDoesNotHideThatNobodyAnswers() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        controller.script[ManagementOpcode.addAdvertisingParameters.rawValue] = [.silence]
        let radio = try clock.add([controller])
        clock.run(milliseconds: 50)
        try radio.advertise([beacon()])
        for number in 0..<400 {
            for copy in 0..<100 {
                clock.kernels[0].report(beacon(UInt8(copy)), from: UInt64(number * 100 + copy), to: controller)
            }
            clock.stall(milliseconds: 50)
            clock.pollFirst()
        }
        #expect(radio.counters.commandsSilent == 1)
    }

    @Test func monitorOfALostSocketIsRemovedBeforeAnotherIsMade() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        controller.unknown = [ManagementOpcode.setExperimentalFeature.rawValue]
        try clock.add([controller])
        clock.run(milliseconds: 200)
        for _ in 0..<3 {
            clock.kernels[0].closeAll()
            clock.run(seconds: 10)
        }
        #expect(clock.recorders[0].states.last == .up)
        #expect(controller.monitors.count == 1)
    }

    @Test func socketThatCannotBeWatchedCountsAsFailedAndAnotherIsMade() throws {
        let clock = TurnedClock()
        let radio = try clock.add([ScriptedController(address: address(1))])
        try clock.add([ScriptedController(address: address(2))])
        clock.sockets[0].unpollable = 1
        clock.run(milliseconds: 100)
        guard case .degraded(let words) = clock.recorders[0].states.last else {
            Issue.record("nobody can reach it")
            return
        }
        #expect(words.hasPrefix("hci0 takes no links: "))
        clock.kernels[0].unpollable = 1
        clock.kernels[0].closeAll()
        #expect(clock.run(atMost: 20_000) { clock.downWords?.hasPrefix("epoll_ctl") == true })
        clock.run(seconds: 20)
        #expect(clock.recorders[0].states.last == .up)
        try radio.advertise([beacon()])
        try clock.radios[1].advertise([beacon(1)])
        clock.run(milliseconds: 200)
        clock.sockets[0].unpollable = 1
        let near = try radio.connect(to: clock.radios[1].address, timeoutMilliseconds: 3_000, now: clock.now)
        #expect(clock.run(atMost: 3_000) { clock.recorders[0].connected.contains(near) })
        radio.close(near)
        clock.run(seconds: 1)
        clock.sockets[0].unpollable = 1
        _ = try clock.radios[1].connect(to: radio.address, timeoutMilliseconds: 3_000, now: clock.now)
        clock.run(seconds: 2)
        #expect(radio.counters.channelsUnusable == 1 && clock.recorders[0].opened.isEmpty)
    }
}
