/// What a baseline is run on: the houses, radios, devices and traffic of a scenario, with every chance drawn.
struct FloodStreet {
    struct Device {
        var name = "sensor"
        var owner: Int
        var spot: Spot
        var transmitDBm = 0.0
        var serviceDataBytes = 18
        var advertisements = 10
        var advertisementIntervalMicroseconds: Int64 = 100_000
    }

    struct Emission {
        var time: Int64
        var device: Int
    }

    /// What goes wrong with radios and houses; other faults are about promises that floods do not make.
    struct Trouble {
        enum Kind {
            case down, deaf, mute, parted, optedOut
        }
        var kind: Kind
        var time: Int64
        /// Nil: for good.
        var forMicroseconds: Int64?
        var houses: [Int]
    }

    var plan: RadioPlan
    var propagation: Propagation
    var places: [Place]
    /// Houses that relay for others.
    var relays: [Bool]
    var devices: [Device] = []
    /// In the order of time.
    var emissions: [Emission] = []
    var troubles: [Trouble] = []
    var durationMicroseconds: Int64 = 60_000_000

    init(plan: RadioPlan, propagation: Propagation, places: [Place]) {
        (self.plan, self.propagation, self.places) = (plan, propagation, places)
        relays = Array(repeating: true, count: propagation.houses)
    }

    /// Data of the advertisement that a device sends: flags 3, and service data with length, type and UUID 4.
    static func advertisementBytes(serviceDataBytes: Int) -> Int { 3 + 4 + serviceDataBytes }

    /// Hops across the part of the map that the radio joins, by a breadth-first search from each end: what whoever sets
    /// the network up would measure. Links that lose most packets do not count.
    func hopsAcross() -> Int {
        guard let first = relays.indices.first else { return 0 }
        let far = farthest(from: first)
        return farthest(from: far.house).hops
    }

    private func farthest(from start: Int) -> (house: Int, hops: Int) {
        var hops = [Int](repeating: -1, count: propagation.houses)
        var order = [start]
        hops[start] = 0
        var next = 0
        while next < order.count {
            let house = order[next]
            next += 1
            for neighbour in propagation.neighbours(of: house)
            where hops[neighbour.house] < 0 && neighbour.dBm >= plan.sensitivityDBm {
                hops[neighbour.house] = hops[house] + 1
                order.append(neighbour.house)
            }
        }
        let last = order[order.count - 1]
        return (last, hops[last])
    }
}
