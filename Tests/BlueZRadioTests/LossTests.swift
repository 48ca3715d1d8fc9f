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
}
