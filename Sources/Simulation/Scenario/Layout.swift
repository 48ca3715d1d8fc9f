/// Where the houses of a topology stand. The same on every machine: plain arithmetic, and chances from the seed.
///
/// Maps begin at 0, 0 in the south-west and grow to the east and north.
public enum Layout {
    private static let purpose: UInt64 = 0x4c61_796f_7574

    /// One place a house, in their order; no more than `Scenario.housesMax`. Topologies without geometry stand on a ring,
    /// for the map's sake.
    public static func places(of topology: Topology, seed: UInt64) -> [Place] {
        var random = RandomStream(seed: seed, purpose: purpose)
        let count = min(max(0, topology.houseCount), Scenario.housesMax)
        switch topology {
        case .line(_, let spacing):
            return (0..<count).map { Place(east: Double($0) * spacing, north: 0) }
        case .ring(_, let spacing):
            return ring(count, spacing)
        case .terrace(_, let frontage, let street):
            // Even numbers on the one side, odd ones across the street.
            return (0..<count).map { Place(east: Double($0 / 2) * frontage, north: $0 % 2 == 0 ? 0 : street) }
        case .grid(let columns, _, let spacing):
            return (0..<count).map {
                Place(east: Double($0 % columns) * spacing, north: Double($0 / columns) * spacing)
            }
        case .village(_, let lanes, let spacing):
            return village(count, min(max(1, lanes), 64), spacing, &random)
        case .tower(_, let flats, let flatMetres, let floorMetres):
            return tower(count, min(flats, Scenario.housesMax), flatMetres, floorMetres)
        case .field(_, let width, let height):
            return (0..<count).map { _ in
                Place(east: random.fraction() * width, north: random.fraction() * height)
            }
        case .places(let places):
            return Array(places.prefix(count))
        case .links:
            return ring(count, 10)
        }
    }

    /// Houses on a circle, so far apart along straight lines from one to the next.
    private static func ring(_ count: Int, _ spacing: Double) -> [Place] {
        if count < 3 { return (0..<count).map { Place(east: Double($0) * spacing, north: 0) } }
        let half = direction(ofTurn: 0.5 / Double(count))
        let radius = spacing / 2 / half.north
        return (0..<count).map { house in
            let way = direction(ofTurn: Double(house) / Double(count))
            return Place(east: radius * (1 + way.east), north: radius * (1 + way.north))
        }
    }

    /// Flats beside each other in a floor as nearly square as can be, floor upon floor.
    private static func tower(_ count: Int, _ flats: Int, _ flatMetres: Double, _ floorMetres: Double) -> [Place] {
        var columns = 1
        while columns * columns < flats { columns += 1 }
        return (0..<count).map { house in
            let (floor, flat) = (house / flats, house % flats)
            return Place(
                east: Double(flat % columns) * flatMetres, north: Double(flat / columns) * flatMetres,
                height: Double(floor) * floorMetres)
        }
    }

    /// Lanes in all directions from a green of 20 metres, with bends; houses on either side, at 0.6 to 1.4 times the spacing.
    private static func village(
        _ count: Int, _ lanes: Int, _ spacing: Double, _ random: inout RandomStream
    ) -> [Place] {
        var places: [Place] = []
        places.reserveCapacity(count)
        for lane in 0..<min(lanes, count) {
            var turn = (Double(lane) + 0.3 * (random.fraction() - 0.5)) / Double(lanes)
            var (east, north) = (0.0, 0.0)
            var step = 20.0
            for number in 0..<((count - lane + lanes - 1) / lanes) {
                turn += 0.02 * (random.fraction() - 0.5)
                let way = direction(ofTurn: turn)
                east += way.east * step
                north += way.north * step
                // Across the lane, 6 to 10 metres from its middle, left and right by turns.
                let aside = (6 + 4 * random.fraction()) * (number % 2 == 0 ? 1 : -1)
                places.append(Place(east: east - way.north * aside, north: north + way.east * aside))
                step = spacing * (0.6 + 0.8 * random.fraction())
            }
        }
        let west = places.reduce(0) { min($0, $1.east) }
        let south = places.reduce(0) { min($0, $1.north) }
        return places.map { Place(east: $0.east - west, north: $0.north - south) }
    }

    /// The direction so many turns from the east, as parts of one metre. Good to 1e-15.
    private static func direction(ofTurn turn: Double) -> (east: Double, north: Double) {
        let whole = turn.rounded(.down)
        let quarters = (turn - whole) * 4
        let nearest = quarters.rounded(.toNearestOrAwayFromZero)
        let angle = (quarters - nearest) * (Double.pi / 2)
        let square = angle * angle
        // Taylor's series up to the 18th power, within an eighth of a turn.
        var (cosine, sine, term) = (1.0, 1.0, 1.0)
        for power in stride(from: 1.0, through: 17, by: 2) {
            term *= -square / (power * (power + 1))
            cosine += term
        }
        term = 1
        for power in stride(from: 2.0, through: 18, by: 2) {
            term *= -square / (power * (power + 1))
            sine += term
        }
        sine *= angle
        switch Int(nearest) & 3 {
        case 0: return (cosine, sine)
        case 1: return (-sine, cosine)
        case 2: return (-cosine, -sine)
        default: return (sine, -cosine)
        }
    }
}
