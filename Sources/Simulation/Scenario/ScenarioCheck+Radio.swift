extension ScenarioCheck {
    mutating func checkRadio() {
        let radio = scenario.radio
        for (key, value, range) in [
            ("transmit_power", radio.transmitPowerDBm, -60.0...30),
            ("loss_at_1m", radio.lossAtOneMetreDecibels, 0...120),
            ("path_loss_exponent", radio.pathLossExponent, 1...10),
            ("walls_per_house", radio.wallsPerHouseDecibels, 0...100), ("floors", radio.floorDecibels, 0...100),
            ("shadowing", radio.shadowingDecibels, 0...30), ("shadowing_distance", radio.shadowingMetres, 0.1...10_000),
            ("sensitivity", radio.sensitivityDBm, -150 ... -20), ("noise", radio.noiseDBm, -150 ... -20),
            ("capture", radio.captureDecibels, 0...60), ("interference", radio.interference, 0...0.99),
            ("frame_loss", radio.frameLoss, 0...0.99),
        ] where !range.contains(value) {
            refuse(
                "radio.\(key)", "`\(key)` is \(value), outside \(range.lowerBound) to \(range.upperBound)",
                "Give a value within that range")
        }
        for (key, value, range) in [
            ("beacon_interval", radio.beaconIntervalMicroseconds, Int64(20_000)...10_240_000),
            ("scan_interval", radio.scanIntervalMicroseconds, 2_500...10_240_000),
            ("scan_window", radio.scanWindowMicroseconds, 2_500...10_240_000),
            ("connection_interval_min", radio.connectionIntervalMinMicroseconds, 7_500...4_000_000),
            ("connection_interval_max", radio.connectionIntervalMaxMicroseconds, 7_500...4_000_000),
            ("supervision_timeout", radio.supervisionTimeoutMicroseconds, 100_000...32_000_000),
        ] where !range.contains(value) {
            refuse(
                "radio.\(key)", "`\(key)` is \(value) us, outside \(range.lowerBound) to \(range.upperBound) us",
                "Give a time within that range: Bluetooth has no other")
        }
        checkConnections()
    }

    private mutating func checkConnections() {
        let radio = scenario.radio
        if !(1...32).contains(radio.connectionsMax) {
            refuse("radio.connections_max", "An adapter holds 1 to 32 connections", "Give a number within that range")
        }
        if !(1...64).contains(radio.dataUnitsPerEventMax) {
            refuse(
                "radio.data_units_max", "An adapter has buffers for 1 to 64 data PDUs",
                "Give a number within that range")
        }
        if !(0...499).contains(radio.peripheralLatency) {
            refuse("radio.peripheral_latency", "The latency is outside 0 to 499", "Give a number within that range")
            return
        }
        if radio.scanWindowMicroseconds > radio.scanIntervalMicroseconds {
            refuse("radio.scan_window", "The scan window is longer than the scan interval", "Make it as long at most")
        }
        if radio.connectionIntervalMinMicroseconds > radio.connectionIntervalMaxMicroseconds {
            refuse(
                "radio.connection_interval_min", "The least connection interval is above the largest",
                "Make it as long at most")
        } else if radio.connectionIntervalMaxMicroseconds <= 4_000_000,
            radio.supervisionTimeoutMicroseconds
                <= Int64(1 + radio.peripheralLatency) * radio.connectionIntervalMaxMicroseconds * 2
        {
            refuse(
                "radio.supervision_timeout",
                "The supervision timeout is not above twice the connection interval with its latency",
                "Make it longer: Bluetooth wants that (Core 5.4, Vol 6, Part B, 4.5.2)")
        }
    }

    /// A radio with which even the two nearest houses do not hear each other makes no network. It reaches as far as
    /// `Propagation` lets the luckiest path go.
    mutating func checkHearing() {
        let radio = scenario.radio
        guard houses > 1 else { return }
        if case .links(_, let links) = scenario.topology {
            let best = links.map(\.lossDecibels).min() ?? 0
            if radio.transmitPowerDBm - best < Propagation.leastDBm(radio) {
                refuseHearing("even the best link loses \(best) dB")
            }
            return
        }
        let nearest = ScenarioCheck.nearestMetres(Layout.places(of: scenario.topology, seed: scenario.seed))
        let reach = Propagation.rangeMetres(radio, transmitDBm: radio.transmitPowerDBm, walls: 2)
        if nearest > reach {
            refuseHearing(
                "the nearest two stand \(ScenarioCheck.rounded(nearest)) m apart, and from house to house a radio reaches "
                    + "\(ScenarioCheck.rounded(reach)) m at most"
            )
        }
    }

    private mutating func refuseHearing(_ why: String) {
        // With a radio as it comes it is the houses that stand too far apart.
        refuse(
            scenario.radio == RadioPlan() ? "topology" : "radio", "No house hears another: \(why)",
            "Put the houses nearer to each other, or give more `transmit_power`, a lower `sensitivity` or less loss")
    }

    /// The least distance between two places; infinite with fewer than two.
    static func nearestMetres(_ places: [Place]) -> Double {
        let sorted = places.sorted { $0.east < $1.east }
        var nearest = Double.infinity
        for (index, place) in sorted.enumerated() {
            // Nothing farther along can be nearer; in a column of places on one line all others are looked at.
            for other in sorted[(index + 1)...].prefix(2_000) {
                let (east, north) = (other.east - place.east, other.north - place.north)
                if east * east >= nearest { break }
                let height = other.height - place.height
                nearest = min(nearest, east * east + north * north + height * height)
            }
        }
        return nearest.squareRoot()
    }

    static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
