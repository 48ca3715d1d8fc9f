import Consent
import Wire

/// A scenario with every chance of its making drawn: who stands where, whose device is beside whom, what goes wrong when.
/// What happens on the air and in the bridges is drawn while it runs.
struct ResolvedScenario {
    struct Device {
        var plan: Int
        var owner: Int
        var place: Place
        /// The house within whose walls it is.
        var beside: Int
    }

    /// A fault at one time, at houses that are named.
    struct TimedFault {
        var time: Int64
        var fault: Fault
        var houses: [Int]
    }

    let scenario: Scenario
    let seed: UInt64
    let places: [Place]
    private(set) var hosts: [HostPlan]
    private(set) var devices: [Device] = []
    private(set) var faults: [TimedFault] = []
    /// By device the times at which it speaks, where they are listed.
    private let listedTimes: [[Int64]]?
    /// Networks have at most so many members as a registry holds: neighbouring numbers are in one.
    let networkCount: Int

    init(_ scenario: Scenario, seed: UInt64) {
        (self.scenario, self.seed) = (scenario, seed)
        places = Layout.places(of: scenario.topology, seed: seed)
        networkCount = max(1, (places.count + Membership.membersMax - 1) / Membership.membersMax)
        hosts = Array(repeating: scenario.hosts, count: places.count)
        var random = RandomStream(seed: seed, purpose: 0x01)
        for exception in scenario.otherHosts {
            for house in Self.houses(exception.houses, count: places.count, &random) { hosts[house] = exception.plan }
        }
        listedTimes = scenario.emissions.map { Self.times($0) }
        drawDevices()
        drawFaults()
    }

    private static func times(_ emissions: [ListedEmissions]) -> [[Int64]] {
        var times: [[Int64]] = []
        for listed in emissions where (0..<Scenario.devicesMax).contains(listed.device) {
            while times.count <= listed.device { times.append([]) }
            times[listed.device] = (times[listed.device] + listed.microseconds).sorted()
        }
        return times
    }

    /// When a device speaks.
    func trafficClock(ofDevice number: Int) -> TrafficClock {
        let plan = devices[number].plan
        var traffic = scenario.devices[plan].traffic
        if let listedTimes { traffic = .at(number < listedTimes.count ? listedTimes[number] : []) }
        return TrafficClock(
            traffic, seed: seed, device: number, plan: plan, start: scenario.settleMicroseconds,
            startsAt: scenario.startsAt)
    }

    func network(of house: Int) -> Int { house * networkCount / max(places.count, 1) }

    /// The houses of a network.
    func houses(ofNetwork network: Int) -> [Int] { places.indices.filter { self.network(of: $0) == network } }

    static func houses(_ selection: HouseSelection, count: Int, _ random: inout RandomStream) -> [Int] {
        switch selection {
        case .all: return Array(0..<count)
        case .houses(let houses): return houses.filter { $0 >= 0 && $0 < count }
        case .some(let some): return drawn(some, of: count, &random)
        case .percent(let percent):
            // A few are never none.
            let share = Int((Double(count) * percent / 100).rounded())
            return drawn(percent > 0 ? max(share, 1) : 0, of: count, &random)
        }
    }

    private static func drawn(_ some: Int, of count: Int, _ random: inout RandomStream) -> [Int] {
        var all = Array(0..<count)
        let some = min(max(some, 0), count)
        for place in 0..<some { all.swapAt(place, place + random.number(below: count - place)) }
        return all[..<some].sorted()
    }

    // MARK: Devices

    private mutating func drawDevices() {
        for (number, plan) in scenario.devices.enumerated() {
            var random = RandomStream(seed: seed, purpose: 0x100 + UInt64(number))
            for owner in Self.houses(plan.owners, count: places.count, &random) {
                for _ in 0..<max(plan.count, 0) where devices.count < Scenario.devicesMax {
                    let (place, beside) = placed(plan.placement, owner: owner, &random)
                    devices.append(Device(plan: number, owner: owner, place: place, beside: beside))
                }
            }
        }
    }

    private func placed(
        _ placement: DevicePlan.Placement, owner: Int, _ random: inout RandomStream
    ) -> (Place, Int) {
        switch placement {
        case .near(let metres): return (near(owner, metres, &random), owner)
        case .away:
            // Another of the same network: no other carries its events.
            let others = houses(ofNetwork: network(of: owner)).filter { $0 != owner }
            let house = others.isEmpty ? owner : others[random.number(below: others.count)]
            return (near(house, 2, &random), house)
        case .farthest:
            let house = farthest(from: owner)
            return (near(house, 2, &random), house)
        case .beside(let house):
            let house = max(0, min(house, places.count - 1))
            return (near(house, 2, &random), house)
        case .at(let place): return (place, nearest(to: place))
        }
    }

    private func near(_ house: Int, _ metres: Double, _ random: inout RandomStream) -> Place {
        // A direction by rejection from the square: no sine.
        var (east, north) = (1.0, 0.0)
        for _ in 0..<64 {
            (east, north) = (random.fraction() * 2 - 1, random.fraction() * 2 - 1)
            let square = east * east + north * north
            guard square > 0.01, square <= 1 else { continue }
            let length = square.squareRoot()
            (east, north) = (east / length, north / length)
            break
        }
        let place = places[house]
        return Place(east: place.east + east * metres, north: place.north + north * metres, height: place.height)
    }

    private func squareDistance(_ first: Place, _ second: Place) -> Double {
        let (east, north) = (first.east - second.east, first.north - second.north)
        let height = first.height - second.height
        return east * east + north * north + height * height
    }

    private func farthest(from house: Int) -> Int {
        var best = house
        var most = -1.0
        for other in places.indices where other != house && network(of: other) == network(of: house) {
            let distance = squareDistance(places[other], places[house])
            if distance > most { (best, most) = (other, distance) }
        }
        return best
    }

    private func nearest(to place: Place) -> Int {
        var best = 0
        var least = Double.infinity
        for house in places.indices {
            let distance = squareDistance(places[house], place)
            if distance < least { (best, least) = (house, distance) }
        }
        return best
    }

    // MARK: Faults

    private mutating func drawFaults() {
        for (number, plan) in scenario.faults.enumerated() {
            var random = RandomStream(seed: seed, purpose: 0x1_0000 + UInt64(number))
            let houses = Self.houses(plan.houses, count: places.count, &random)
            guard !houses.isEmpty else { continue }
            switch plan.when {
            case .at(let time): faults.append(TimedFault(time: time, fault: plan.fault, houses: houses))
            case .again(let mean):
                var time = scenario.settleMicroseconds
                while faults.count < Scenario.faultsMax {
                    time += max(Int64(mean * 1_000_000 * random.exponential()), 1_000)
                    guard time < scenario.durationMicroseconds else { break }
                    let house = houses[random.number(below: houses.count)]
                    faults.append(TimedFault(time: time, fault: plan.fault, houses: [house]))
                }
            }
        }
        faults = Array(faults.prefix(Scenario.faultsMax))
    }
}
