import SeededRandom
import Simulation
import Testing

@Suite struct PropagationTests {
    private func withoutShadow() -> RadioPlan {
        var plan = RadioPlan()
        plan.shadowingDecibels = 0
        return plan
    }

    private func randomPlaces(_ count: Int, metres: Double, seed: UInt64, height: Double = 0) -> [Place] {
        var random = RandomStream(seed: seed, purpose: 9)
        return (0..<count).map { _ in
            Place(
                east: random.fraction() * metres, north: random.fraction() * metres,
                height: random.fraction() * height)
        }
    }

    @Test func lossFollowsTheLogDistanceLaw() {
        let places = [Place(east: 0, north: 0), Place(east: 10, north: 0), Place(east: 0, north: 100)]
        let air = Propagation(plan: withoutShadow(), places: places, seed: 1)
        #expect((air.receivedDBm(from: 0, to: 1, transmitDBm: 0) - (-40.2 - 30 - 12)).magnitude < 1e-9)
        #expect((air.receivedDBm(from: 0, to: 2, transmitDBm: 4) - (4 - 40.2 - 60 - 12)).magnitude < 1e-9)
    }

    @Test func nearerThanAMetreCountsAsAMetre() {
        let places = [Place(east: 0, north: 0), Place(east: 0.01, north: 0)]
        let air = Propagation(plan: withoutShadow(), places: places, seed: 1)
        #expect((air.receivedDBm(from: 0, to: 1, transmitDBm: 0) + 52.2).magnitude < 1e-9)
    }

    @Test func everyFloorBetweenCosts() {
        let places = [0.0, 2.8, 5.6].map { Place(east: 0, north: 0, height: $0) }
        let air = Propagation(plan: withoutShadow(), places: places, floorMetres: 2.8, seed: 1)
        let one = -40.2 - 30 * Mathematics.commonLogarithm(2.8) - 12 - 13
        #expect((air.receivedDBm(from: 0, to: 1, transmitDBm: 0) - one).magnitude < 1e-9)
        let two = -40.2 - 30 * Mathematics.commonLogarithm(5.6) - 12 - 26
        #expect((air.receivedDBm(from: 0, to: 2, transmitDBm: 0) - two).magnitude < 1e-9)
    }

    @Test func pathsAreTheSameBothWays() {
        let air = Propagation(plan: RadioPlan(), places: randomPlaces(60, metres: 80, seed: 5), seed: 5)
        for house in 0..<60 {
            for neighbour in air.neighbours(of: house) {
                #expect(air.receivedDBm(from: neighbour.house, to: house, transmitDBm: 0) == neighbour.dBm)
                #expect(air.neighbours(of: neighbour.house).contains { $0.house == house })
            }
        }
    }

    /// The grid finds what asking every pair finds, and in order.
    @Test(arguments: [1, 2, 3] as [UInt64]) func neighboursAreAllThatAreLoudEnough(seed: UInt64) {
        let places = randomPlaces(250, metres: 400, seed: seed, height: 12)
        let air = Propagation(plan: RadioPlan(), places: places, seed: seed)
        for house in places.indices {
            let loud = places.indices.filter {
                $0 != house && air.receivedDBm(from: house, to: $0, transmitDBm: 0) >= air.leastDBm
            }
            #expect(air.neighbours(of: house).map(\.house) == loud)
        }
    }

    @Test func neighboursOfADeviceAreAllThatAreLoudEnough() {
        let places = randomPlaces(250, metres: 400, seed: 4)
        let air = Propagation(plan: RadioPlan(), places: places, seed: 4)
        for house in stride(from: 0, to: 250, by: 25) {
            let spot = Spot(place: Place(east: places[house].east + 2, north: places[house].north), house: house)
            for power in [-8.0, 0, 8] {
                let loud = places.indices.filter {
                    air.receivedDBm(from: spot, to: $0, transmitDBm: power) >= air.leastDBm
                }
                #expect(air.neighbours(of: spot, transmitDBm: power).map(\.house) == loud)
                #expect(loud.contains(house))
            }
        }
    }

    @Test func sameSeedSameAirAndAnotherSeedAnother() {
        let places = randomPlaces(40, metres: 60, seed: 8)
        func powers(_ seed: UInt64) -> [Double] {
            let air = Propagation(plan: RadioPlan(), places: places, seed: seed)
            return (0..<40).flatMap { air.neighbours(of: $0).map(\.dBm) }
        }
        #expect(powers(8) == powers(8))
        #expect(powers(8) != powers(9))
    }

    /// Over many streets: mean 0, the plan's deviation, and exp(-a/D) between paths of which one end is moved by a.
    @Test func shadowingIsNormalAndCorrelatedAsGudmundsonFound() {
        var plan = RadioPlan()
        (plan.shadowingDecibels, plan.shadowingMetres) = (6, 10)
        let moved = [0.0, 2, 5, 10, 20]
        let places = [Place(east: 100, north: 30)] + moved.map { Place(east: 100 + $0, north: 75) }
        var (sum, squares, beyond) = (0.0, 0.0, 0)
        var products = [Double](repeating: 0, count: moved.count)
        let streets = 4_000
        for seed in 0..<streets {
            let air = Propagation(plan: plan, places: places, seed: UInt64(seed))
            let shadows = moved.indices.map { index in
                let north = 45.0
                let metres = (north * north + moved[index] * moved[index]).squareRoot()
                return -air.receivedDBm(from: 0, to: index + 1, transmitDBm: 0)
                    - air.medianLossDecibels(metres: metres, walls: 2)
            }
            sum += shadows[0]
            squares += shadows[0] * shadows[0]
            if shadows[0].magnitude > 12 { beyond += 1 }
            for index in moved.indices { products[index] += shadows[0] * shadows[index] }
        }
        let count = Double(streets)
        #expect((sum / count).magnitude < 0.4)
        #expect(((squares / count).squareRoot() - 6).magnitude < 0.3)
        #expect((Double(beyond) / count - 0.0455).magnitude < 0.015)
        for index in moved.indices {
            let expected = Mathematics.exponential(-moved[index] / 10)
            #expect((products[index] / squares - expected).magnitude < 0.06, "moved by \(moved[index]) m")
        }
    }

    @Test func listedLinksAreTakenAsTheyAre() {
        let links = [
            RadioLink(0, 1, lossDecibels: 70), RadioLink(2, 1, lossDecibels: 80), RadioLink(1, 2, lossDecibels: 80),
            RadioLink(0, 9, lossDecibels: 60), RadioLink(-1, 2, lossDecibels: 60), RadioLink(2, 2, lossDecibels: 60),
        ]
        let air = Propagation(plan: RadioPlan(), houses: 3, links: links, seed: 1)
        #expect(air.receivedDBm(from: 1, to: 0, transmitDBm: 3) == -67)
        #expect(air.receivedDBm(from: 0, to: 2, transmitDBm: 0) == -.infinity)
        #expect(Array(air.neighbours(of: 1)) == [Neighbour(house: 0, dBm: -70), Neighbour(house: 2, dBm: -80)])
        let spot = Spot(place: Place(east: 0, north: 0), house: 0)
        #expect(air.neighbours(of: spot, transmitDBm: 0).map(\.house) == [0, 1])
        #expect(air.receivedDBm(from: spot, to: 1, transmitDBm: 0) == -70)
        #expect(air.neighbours(of: Spot(place: spot.place, house: nil), transmitDBm: 0).isEmpty)
    }

    @Test func placesThatAreNoNumbersHearNobody() {
        let places = [Place(east: 0, north: 0), Place(east: .nan, north: 0), Place(east: .infinity, north: 1e300)]
        let air = Propagation(plan: RadioPlan(), places: places, seed: 1)
        #expect((0..<3).allSatisfy { air.neighbours(of: $0).isEmpty })
    }
}
