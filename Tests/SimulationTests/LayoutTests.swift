import Testing

@testable import Simulation

@Suite struct LayoutTests {
    static let topologies: [Topology] = [
        .line(houses: 5, spacingMetres: 12), .ring(houses: 12, spacingMetres: 15),
        .terrace(houses: 40, frontageMetres: 6, streetMetres: 18), .grid(columns: 5, rows: 5, spacingMetres: 10),
        .village(houses: 211, lanes: 5, spacingMetres: 20),
        .tower(floors: 10, flatsPerFloor: 6, flatMetres: 8, floorMetres: 3),
        .field(houses: 300, widthMetres: 400, heightMetres: 300),
        .places([Place(east: 1, north: 2, height: 3)]), .links(houses: 4, [RadioLink(0, 1, lossDecibels: 70)]),
    ]

    private static func metres(_ first: Place, _ second: Place) -> Double {
        let (east, north, height) = (
            first.east - second.east, first.north - second.north, first.height - second.height
        )
        return (east * east + north * north + height * height).squareRoot()
    }

    @Test(arguments: topologies) func everyHouseHasAPlaceAndTheSameOneEachTime(topology: Topology) {
        let places = Layout.places(of: topology, seed: 9)
        #expect(places.count == topology.houseCount)
        #expect(places == Layout.places(of: topology, seed: 9))
        #expect(places.allSatisfy { $0.isOnMap })
        for (number, place) in places.enumerated() {
            #expect(!places[..<number].contains(place), "house \(number) has a place of its own")
        }
    }

    @Test func placesDifferBySeedWhereChanceHasASay() {
        for topology in Self.topologies {
            let isByChance =
                switch topology {
                case .village, .field: true
                default: false
                }
            let isOther = Layout.places(of: topology, seed: 1) != Layout.places(of: topology, seed: 2)
            #expect(isOther == isByChance)
        }
    }

    @Test func ringHasEqualDistances() {
        for count in [3, 4, 7, 100, 1_000] {
            let places = Layout.places(of: .ring(houses: count, spacingMetres: 15), seed: 1)
            for house in 0..<count {
                #expect(abs(Self.metres(places[house], places[(house + 1) % count]) - 15) < 1e-9)
            }
        }
    }

    @Test func villageStandsAlongItsLanes() {
        let places = Layout.places(of: .village(houses: 500, lanes: 6, spacingMetres: 20), seed: 3)
        let nearest = places.indices.map { house in
            places.indices.filter { $0 != house }.map { Self.metres(places[house], places[$0]) }.min() ?? 0
        }
        #expect(nearest.allSatisfy { $0 < 50 })
        #expect(nearest.reduce(0, +) / 500 < 30)
        #expect(places.allSatisfy { $0.east >= 0 && $0.north >= 0 })
    }

    @Test func houseCountsBeyondAllBoundsAreCut() {
        let topology = Topology.grid(columns: .max, rows: 3, spacingMetres: 1)
        #expect(topology.houseCount == .max)
        #expect(Layout.places(of: topology, seed: 1).count == Scenario.housesMax)
        #expect(Layout.places(of: .tower(floors: 0, flatsPerFloor: 0, flatMetres: 1, floorMetres: 1), seed: 1).isEmpty)
        #expect(Layout.places(of: .line(houses: -3, spacingMetres: 1), seed: 1).isEmpty)
    }
}
