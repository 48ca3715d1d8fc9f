import Wire

@testable import Simulation

extension Scenario {
    /// Houses in a row; the devices of both ends are beside house 2.
    static func line(seconds: Int64, scope: ConsentBits = [.relay, .hold]) -> Scenario {
        var scenario = Scenario()
        scenario.topology = .links(houses: 4, (1..<4).map { RadioLink($0 - 1, $0, lossDecibels: 76) })
        scenario.durationMicroseconds = seconds * 1_000_000
        var device = DevicePlan()
        device.owners = .houses([0, 3])
        device.placement = .beside(house: 2)
        device.traffic = .periodic(seconds: 10)
        // Nobody else hears it.
        device.transmitPowerDBm = -30
        device.scope = scope
        scenario.devices = [device]
        return scenario
    }
}
