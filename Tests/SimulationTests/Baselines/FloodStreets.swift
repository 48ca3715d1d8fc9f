@testable import Simulation

/// Small streets for baselines.
enum FloodStreets {
    static func plan() -> RadioPlan {
        var plan = RadioPlan()
        plan.shadowingDecibels = 0
        return plan
    }

    /// Neighbours along a line hear each other, and nobody else does.
    static func line(_ houses: Int, plan: RadioPlan = plan()) -> FloodStreet {
        street(houses, (1..<max(houses, 1)).map { RadioLink($0 - 1, $0, lossDecibels: 60) }, plan)
    }

    /// Everybody hears everybody.
    static func clique(_ houses: Int, lossDecibels: Double = 60) -> FloodStreet {
        var links: [RadioLink] = []
        for first in 0..<houses {
            for second in 0..<first { links.append(RadioLink(first, second, lossDecibels: lossDecibels)) }
        }
        return street(houses, links, plan())
    }

    /// Five by five, diagonals in range.
    static func grid(plan: RadioPlan = plan()) -> FloodStreet {
        var links: [RadioLink] = []
        for house in 0..<25 {
            for other in 0..<house where abs(house % 5 - other % 5) <= 1 && abs(house / 5 - other / 5) <= 1 {
                links.append(RadioLink(house, other, lossDecibels: 65))
            }
        }
        return street(25, links, plan)
    }

    static func street(_ houses: Int, _ links: [RadioLink], _ plan: RadioPlan) -> FloodStreet {
        let propagation = Propagation(plan: plan, houses: houses, links: links, seed: 1)
        let places = (0..<houses).map { Place(east: Double($0) * 10, north: 0) }
        return FloodStreet(plan: plan, propagation: propagation, places: places)
    }
}

extension FloodStreet {
    /// A device of `owner` that only the house `beside` hears, which speaks at these times.
    func with(owner: Int, beside: Int, serviceDataBytes: Int = 18, at times: [Int64]) -> FloodStreet {
        var street = self
        // 20 dB weaker than a house: it is heard where it is, at 46 dB of loss, and nowhere else.
        street.devices.append(
            Device(
                owner: owner, spot: Spot(place: places[beside], house: beside), transmitDBm: -40,
                serviceDataBytes: serviceDataBytes))
        let device = street.devices.count - 1
        street.emissions = (street.emissions + times.map { Emission(time: $0, device: device) }).sorted {
            ($0.time, $0.device) < ($1.time, $1.device)
        }
        return street
    }
}

extension RunRecord {
    func value(_ name: String) -> Double? { figures.first { $0.name == name }?.mean }
    var airtime: Int64 { houses.reduce(0) { $0 + $1.airtimePacketsMicroseconds } }
    var deliveries: Int { journeys.count { $0.deliveredMicroseconds != nil } }
}
