import Devices
import Sealing
import Testing
import Wire

@testable import Bridging

/// A device whose battery was changed counts anew: its owner lets it in again, and nothing is delivered twice.
struct ResetCounterTests {
    private func resetCounter(_ sensor: Int, on street: VirtualStreet) throws {
        let (home, identifier) = (street.sensors[sensor].home, street.sensors[sensor].identifier)
        try street.drive(home) { bridge, _, _ in try bridge.resetCounter(device: identifier) }
        let devices = street.nodes[home].disk.devices
        guard let place = devices.firstIndex(where: { $0.identifier == identifier }) else { return }
        street.nodes[home].disk.devices[place].framesBefore += devices[place].rows.map(\.frame)
        street.nodes[home].disk.devices[place].rows = []
    }

    @Test(arguments: [true, false]) func deviceThatCountsAnewIsLetInOnlyAfterAResetAndNothingTwice(isRestarted: Bool)
        throws
    {
        let street = try VirtualStreet.chain(2, seed: 31)
        let sensor = try street.adoptSensor(home: 0)
        street.sensors[sensor].restart(at: 5_000)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.emit(sensor, near: [1])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
        let recorded = street.sensors[sensor].emissions[0].data
        street.sensors[sensor].restart(at: 0)
        street.emit(sensor, near: [0])
        street.run(seconds: 5)
        #expect(!street.isDelivered(sensor, 1))
        #expect(street.nodes[0].running?.bridge.devices[0].facts.failure == .counter)

        try resetCounter(sensor, on: street)
        if isRestarted {
            street.crash(0)
            try street.start(0)
        }
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        // The recording comes first, long after its id has left the table of those seen.
        street.run(seconds: 1_500)
        let address = RadioAddress(value: street.sensors[sensor].address, kind: .random)
        street.hear(recorded, from: address, at: 0)
        street.run(seconds: 5)
        #expect(street.nodes[0].disk.openings.count == 1)
        street.emit(sensor, near: [1])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 2) })
        #expect(street.nodes[0].disk.openings.count == 2)
        #expect(street.failures == [])
    }

    /// Within the window a frame with a lower counter may be late, for two minutes and no longer.
    @Test func deviceThatCountsAnewFromALittleBackIsToldAfterTwoMinutesHoweverOftenItSpeaks() throws {
        let street = try VirtualStreet.chain(2, seed: 33)
        let sensor = try street.adoptSensor(home: 0)
        street.sensors[sensor].restart(at: 50)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.emit(sensor, near: [0])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
        street.sensors[sensor].restart(at: 1)
        for _ in 0..<4 {
            street.emit(sensor, near: [0])
            street.run(seconds: 60)
        }
        #expect(street.nodes[0].running?.bridge.devices[0].facts.failure == .counter)
        #expect(street.failures == [])
    }

    @Test func unknownDeviceHasNoCounterToReset() throws {
        let street = try VirtualStreet.chain(2, seed: 32)
        #expect(throws: BridgeError.unknownDevice) {
            try street.drive(0) { bridge, _, _ in try bridge.resetCounter(device: 9) }
        }
    }

    /// However often the counter is reset, what is remembered stays within its limit, and the newest are kept.
    @Test func framesOfBeforeAreBounded() throws {
        var device = try OwnDevice(
            identifier: 1, name: "a", addressKind: .random, address: 1, grantID: 1,
            bindKey: SecretBytes([UInt8](repeating: 1, count: 16)),
            sealingKey: SecretBytes([UInt8](repeating: 1, count: 32)), window: CounterWindow(),
            framesBefore: Array(0..<10_000), isOptedOut: false, lastHeard: nil)
        #expect(device.framesBefore.count == OwnDevice.framesBeforeMax)
        #expect(device.framesBefore.last == 9_999)
        for counter in 0..<100 as Range<UInt32> { _ = device.window.admit(counter: counter, frame: 20_000) }
        device.resetCounter()
        #expect(device.framesBefore.count == OwnDevice.framesBeforeMax)
        #expect(device.framesBefore.suffix(100).allSatisfy { $0 == 20_000 })
        #expect(device.window.highest == nil)
    }
}
