/// A house that hears, and how well.
public struct Neighbour: Sendable, Equatable {
    public var house: Int
    public var dBm: Double
    public init(house: Int, dBm: Double) { (self.house, self.dBm) = (house, dBm) }
}

/// Where a device is: a place, and the house within whose walls that is, if any.
public struct Spot: Sendable, Equatable {
    public var place: Place
    public var house: Int?
    public init(place: Place, house: Int?) { (self.place, self.house) = (place, house) }
}

/// What arrives of what is sent.
///
/// Loss in decibels = loss at one metre + 10 n log10 d + walls + floors + shadowing: the log-distance law (Rappaport,
/// Wireless Communications, 2nd edition, 4.9) with an attenuation for each floor and wall passed (Seidel and Rappaport,
/// IEEE Transactions on Antennas and Propagation 40(2), 1992), d at least one metre, and `ShadowField`. A path from house
/// to house leaves one wall and passes another; what stands between is in the exponent. Where a topology lists links,
/// their losses are taken as they are.
///
/// Who hears whom is found once, over a grid, so that ten thousand houses take seconds.
public struct Propagation: Sendable {
    public let houses: Int
    public let plan: RadioPlan
    public let errors: FrameErrors
    /// What is weaker than this is neither heard nor spoils anything.
    public let leastDBm: Double

    private let floorMetres: Double
    private let field: ShadowField
    /// Empty where links are listed.
    private var places: [Place] = []
    private var traces: [Double] = []
    private var grid = HouseGrid()
    private var rows: [Int] = []
    private var neighbours: [Neighbour] = []

    /// - Parameter floorMetres: height of a floor: between places that differ by so much stands one.
    public init(plan: RadioPlan, places: [Place], floorMetres: Double = 3, seed: UInt64) {
        self.init(plan: plan, houses: places.count, floorMetres: floorMetres, seed: seed)
        self.places = places
        grid = HouseGrid(places: places, cellMetres: rangeMetres(transmitDBm: plan.transmitPowerDBm, walls: 2))
        traces.reserveCapacity(places.count * ShadowField.tracesPerPlace)
        for place in places { field.appendTrace(of: place, to: &traces) }
        var pairs: [HousePair] = []
        for house in 0..<houses {
            forEachNear(place: places[house], range: grid.cellMetres, after: house) { other in
                let dBm = plan.transmitPowerDBm - lossBetween(house, other)
                if dBm >= leastDBm { pairs.append(HousePair(first: house, second: other, dBm: dBm)) }
            }
        }
        list(pairs)
    }

    /// - Parameter links: one for a pair; those with houses that are not there do not count.
    public init(plan: RadioPlan, houses: Int, links: [RadioLink], seed: UInt64) {
        self.init(plan: plan, houses: max(houses, 0), floorMetres: 3, seed: seed)
        var pairs: [HousePair] = []
        for link in links {
            let (first, second) = (min(link.first, link.second), max(link.first, link.second))
            let dBm = plan.transmitPowerDBm - link.lossDecibels
            guard first >= 0, first != second, second < houses, dBm >= leastDBm else { continue }
            pairs.append(HousePair(first: first, second: second, dBm: dBm))
        }
        pairs.sort { ($0.first, $0.second) < ($1.first, $1.second) }
        var single: [HousePair] = []
        for pair in pairs where single.last?.first != pair.first || single.last?.second != pair.second {
            single.append(pair)
        }
        list(single)
    }

    private init(plan: RadioPlan, houses: Int, floorMetres: Double, seed: UInt64) {
        (self.plan, self.houses, self.floorMetres) = (plan, houses, max(floorMetres, 0.1))
        errors = FrameErrors(plan)
        leastDBm = Self.leastDBm(plan)
        field = ShadowField(deviationDecibels: plan.shadowingDecibels, metres: plan.shadowingMetres, seed: seed)
    }

    // MARK: Houses

    /// Those whose transmissions at the plan's power this house receives with at least `leastDBm`, by number.
    public func neighbours(of house: Int) -> ArraySlice<Neighbour> { neighbours[rows[house]..<rows[house + 1]] }

    /// What arrives at `to` of what `from` sends; minus infinity where a list of links has none.
    public func receivedDBm(from: Int, to: Int, transmitDBm: Double) -> Double {
        let row = neighbours(of: from)
        var (low, high) = (row.startIndex, row.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if row[middle].house < to { low = middle + 1 } else { high = middle }
        }
        if low < row.endIndex, row[low].house == to { return row[low].dBm + transmitDBm - plan.transmitPowerDBm }
        return places.isEmpty || from == to ? -.infinity : transmitDBm - lossBetween(from, to)
    }

    // MARK: Devices

    /// What arrives at a house of what a device sends.
    public func receivedDBm(from spot: Spot, to house: Int, transmitDBm: Double) -> Double {
        guard !places.isEmpty else { return transmitDBm - listedLoss(from: spot, to: house) }
        var own: [Double] = []
        field.appendTrace(of: spot.place, to: &own)
        return transmitDBm - loss(from: spot, trace: own, to: house)
    }

    /// The houses that receive what a device sends with at least `leastDBm`, by number.
    public func neighbours(of spot: Spot, transmitDBm: Double) -> [Neighbour] {
        var found: [Neighbour] = []
        guard !places.isEmpty else {
            for house in 0..<houses {
                let dBm = transmitDBm - listedLoss(from: spot, to: house)
                if dBm >= leastDBm { found.append(Neighbour(house: house, dBm: dBm)) }
            }
            return found
        }
        var own: [Double] = []
        field.appendTrace(of: spot.place, to: &own)
        let range = rangeMetres(transmitDBm: transmitDBm, walls: spot.house == nil ? 1 : 2)
        forEachNear(place: spot.place, range: range, after: -1) { house in
            let dBm = transmitDBm - loss(from: spot, trace: own, to: house)
            if dBm >= leastDBm { found.append(Neighbour(house: house, dBm: dBm)) }
        }
        if let house = spot.house, house >= 0, house < houses, !found.contains(where: { $0.house == house }) {
            let dBm = transmitDBm - loss(from: spot, trace: own, to: house)
            if dBm >= leastDBm { found.append(Neighbour(house: house, dBm: dBm)) }
        }
        return found.sorted { $0.house < $1.house }
    }

    // MARK: Losses

    /// Without shadowing, of a path of this length through so many walls.
    public func medianLossDecibels(metres: Double, walls: Int, floors: Int = 0) -> Double {
        Self.medianLossDecibels(plan, metres: metres, walls: walls, floors: floors)
    }

    private static func medianLossDecibels(_ plan: RadioPlan, metres: Double, walls: Int, floors: Int) -> Double {
        plan.lossAtOneMetreDecibels
            + 10 * plan.pathLossExponent * Mathematics.commonLogarithm(max(metres, 1))
            + Double(walls) * plan.wallsPerHouseDecibels + Double(floors) * plan.floorDecibels
    }

    private func lossBetween(_ first: Int, _ second: Int) -> Double {
        let width = ShadowField.tracesPerPlace
        return traces.withUnsafeBufferPointer { traces in
            loss(
                places[first], places[second], walls: 2,
                UnsafeBufferPointer(rebasing: traces[first * width..<first * width + width]),
                UnsafeBufferPointer(rebasing: traces[second * width..<second * width + width]))
        }
    }

    private func loss(from spot: Spot, trace: [Double], to house: Int) -> Double {
        let width = ShadowField.tracesPerPlace
        let walls = spot.house == house ? 0 : spot.house == nil ? 1 : 2
        return traces.withUnsafeBufferPointer { traces in
            trace.withUnsafeBufferPointer { own in
                loss(
                    spot.place, places[house], walls: walls, own,
                    UnsafeBufferPointer(rebasing: traces[house * width..<house * width + width]))
            }
        }
    }

    private func loss(
        _ from: Place, _ to: Place, walls: Int, _ first: UnsafeBufferPointer<Double>,
        _ second: UnsafeBufferPointer<Double>
    ) -> Double {
        let (east, north, up) = (from.east - to.east, from.north - to.north, from.height - to.height)
        let metres = (east * east + north * north + up * up).squareRoot()
        let passed = up.magnitude / floorMetres + 1e-6
        let floors = passed < 1000 ? Int(passed) : 1000
        return medianLossDecibels(metres: metres, walls: walls, floors: floors)
            + field.decibels(first, second, metresApart: metres)
    }

    /// Where links are listed there is no geometry: a device is two metres from its house's radio, and others hear it
    /// as they hear that house.
    private func listedLoss(from spot: Spot, to house: Int) -> Double {
        guard let own = spot.house, own >= 0, own < houses else { return .infinity }
        if own == house { return medianLossDecibels(metres: 2, walls: 0) }
        return -receivedDBm(from: own, to: house, transmitDBm: 0)
    }

    private func rangeMetres(transmitDBm: Double, walls: Int) -> Double {
        Self.rangeMetres(plan, transmitDBm: transmitDBm, walls: walls)
    }

    /// See `leastDBm`.
    static func leastDBm(_ plan: RadioPlan) -> Double { plan.sensitivityDBm - max(plan.captureDecibels, 5) }

    /// Beyond this the luckiest path is too weak still.
    static func rangeMetres(_ plan: RadioPlan, transmitDBm: Double, walls: Int) -> Double {
        let luck = ShadowField.deviationsMax * max(plan.shadowingDecibels, 0)
        let loss = medianLossDecibels(plan, metres: 1, walls: walls, floors: 0)
        let budget = transmitDBm - leastDBm(plan) + luck - loss
        let metres = Mathematics.powerOfTen(budget / (10 * max(plan.pathLossExponent, 0.1)))
        return metres < 1e7 ? max(metres, 1) : 1e7
    }

    // MARK: Finding neighbours

    private func forEachNear(place: Place, range: Double, after: Int, _ body: (Int) -> Void) {
        grid.forEachNear(place, range: range) { house in
            guard house > after else { return }
            let (east, north) = (places[house].east - place.east, places[house].north - place.north)
            if east * east + north * north <= range * range { body(house) }
        }
    }

    private mutating func list(_ pairs: [HousePair]) {
        rows = [Int](repeating: 0, count: houses + 1)
        for pair in pairs {
            rows[pair.first + 1] += 1
            rows[pair.second + 1] += 1
        }
        for house in 0..<houses { rows[house + 1] += rows[house] }
        var filled = rows
        neighbours = [Neighbour](repeating: Neighbour(house: 0, dBm: 0), count: pairs.count * 2)
        for pair in pairs {
            neighbours[filled[pair.first]] = Neighbour(house: pair.second, dBm: pair.dBm)
            neighbours[filled[pair.second]] = Neighbour(house: pair.first, dBm: pair.dBm)
            filled[pair.first] += 1
            filled[pair.second] += 1
        }
        for house in 0..<houses { neighbours[rows[house]..<rows[house + 1]].sort { $0.house < $1.house } }
    }
}

struct HousePair {
    var first: Int
    var second: Int
    var dBm: Double
}
