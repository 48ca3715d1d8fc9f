import Settings
import Simulation

enum RadioPass {
    static func radio(_ section: Section, _ plan: inout RadioPlan) {
        let absent = RadioPlan()
        let loss = Form<Double>.measure(.loss, 0...120)
        func item<Value: Equatable & Sendable>(
            _ key: String, _ form: Form<Value>, _ part: WritableKeyPath<RadioPlan, Value>, _ explanation: String
        ) {
            section.item(key, form, &plan[keyPath: part], absent: absent[keyPath: part], explanation)
        }
        item("transmit_power", .measure(.power, -60...30), \.transmitPowerDBm, "What bridges transmit with.")
        item("loss_at_1m", loss, \.lossAtOneMetreDecibels, "Path loss at one metre.")
        item(
            "path_loss_exponent", .number(1...10), \.pathLossExponent,
            "2 in the open, 2.1 to 3.3 in and between houses: the loss grows with 10 times this and the distance's logarithm."
        )
        item("walls_per_house", .measure(.loss, 0...100), \.wallsPerHouseDecibels, "Loss in a house's walls.")
        item("floors", .measure(.loss, 0...100), \.floorDecibels, "Loss in each floor between.")
        item("shadowing", .measure(.loss, 0...30), \.shadowingDecibels, "Standard deviation of what stands in the way.")
        item(
            "shadowing_distance", .measure(.distance, 0.1...10_000), \.shadowingMetres,
            "Places nearer to each other than this are shadowed alike.")
        let power = Form<Double>.measure(.power, -150 ... -20)
        item("sensitivity", power, \.sensitivityDBm, "At this power one PDU of 37 bytes in ten is lost.")
        item("noise", power, \.noiseDBm, "The noise's power.")
        item("capture", .measure(.loss, 0...60), \.captureDecibels, "A frame survives another that is weaker by this.")
        let share = Form<Double>.measure(.share, 0...0.99)
        item("interference", share, \.interference, "Part of the time in which somebody else spoils frames.")
        item("frame_loss", share, \.frameLoss, "Part of the data PDUs that are lost beside all else.")
        let advertising = Form<Int64>.time(2_500...10_240_000)
        item("beacon_interval", .time(20_000...10_240_000), \.beaconIntervalMicroseconds, "From beacon to beacon.")
        item("scan_interval", advertising, \.scanIntervalMicroseconds, "A scanner changes its channel after this.")
        item("scan_window", advertising, \.scanWindowMicroseconds, "Of each scan interval it listens for so long.")
        let connection = Form<Int64>.time(7_500...4_000_000)
        item(
            "connection_interval_min", connection, \.connectionIntervalMinMicroseconds,
            "Each connection draws its interval")
        item("connection_interval_max", connection, \.connectionIntervalMaxMicroseconds, "between these two.")
        item(
            "peripheral_latency", .integer(0...499), \.peripheralLatency,
            "Connection events that a peripheral with nothing to say may sleep through.")
        item(
            "supervision_timeout", .time(100_000...32_000_000), \.supervisionTimeoutMicroseconds,
            "A connection that hears nothing for so long ends.")
        item("connections_max", .integer(1...32), \.connectionsMax, "Connections that an adapter holds.")
        item("data_units_max", .integer(1...64), \.dataUnitsPerEventMax, "Data PDUs that an adapter has buffers for.")
    }
}
