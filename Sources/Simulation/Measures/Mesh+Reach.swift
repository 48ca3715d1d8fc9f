/// Who is out of reach by the radio that the seed has drawn, before anything is sent: it draws nothing itself.
extension Mesh {
    /// Of the packets that get through: with fewer, houses count as out of each other's reach, and a device as heard by nobody.
    private static let throughMin = 0.01
    /// With fewer than so many, links come and go, and routes with them.
    private static let steadyMin = 0.5
    private static let namesMax = 5

    /// See `RunRecord.warnings`: at hand before the run.
    public var warnings: [String] { run.warnings }

    /// Sentences, each of one part of the street that cannot take part; none where everybody can. Parting houses may be
    /// what a tester wants, so that this is no contradiction.
    var reachWarnings: [String] {
        var joined = Joined(houses.count)
        for house in houses { forEachHeard(house, Self.throughMin) { joined.join(house.index, $0) } }
        var warnings = partsWarning(&joined).map { [$0] } ?? weakWarning().map { [$0] } ?? []
        var (unheard, cutOff): ([Int], [Int]) = ([], [])
        for number in devices.indices {
            let hearers = hearers(of: number)
            if hearers.isEmpty {
                unheard.append(number)
            } else if !hearers.contains(where: { joined.areJoined($0, devices[number].home) }) {
                cutOff.append(number)
            }
        }
        if !unheard.isEmpty {
            warnings.append(
                "\(share(unheard)) heard by no house: \(names(unheard)). Put them nearer to houses, or give them more "
                    + "`transmit_power`.")
        }
        if !cutOff.isEmpty {
            warnings.append(
                "\(share(cutOff)) heard in parts only that their home is not in: \(names(cutOff)). Their events cannot come "
                    + "home.")
        }
        let crowded = devices.indices.filter { isLeftOut($0) }
        if !crowded.isEmpty {
            warnings.append(
                "\(share(crowded)) near to more than \(Air.hearersMax) houses that would hear most packets: "
                    + "\(names(crowded)). The \(Air.hearersMax) that hear best do, and the others nothing.")
        }
        return warnings
    }

    /// Whether a house would hear a device steadily, had not the most that may hear it been taken before it.
    private func isLeftOut(_ number: Int) -> Bool {
        let device = devices[number]
        guard device.hearers.count >= Air.hearersMax else { return false }
        let radio = scenario.devices[device.plan]
        let spot = Spot(place: device.place, house: plan.devices[number].beside)
        let bits = FrameErrors.bits(payloadBytes: 6 + radio.serviceDataBytes + 7)
        let steady = air.propagation.neighbours(of: spot, transmitDBm: radio.transmitPowerDBm)
            .count { isThrough(bits, dBm: Float($0.dBm), Self.steadyMin) }
        return steady > Air.hearersMax
    }

    /// Houses of its network that a house can have a link with: below the sensitivity, too, some packets get through.
    private func forEachHeard(_ house: SimulatedHouse, _ least: Double, _ body: (Int) -> Void) {
        let bits = FrameErrors.bits(payloadBytes: 6 + Air.beaconBytes)
        for neighbour in air.neighbours[house.index]
        where houses[Int(neighbour.house)].network == house.network && isThrough(bits, dBm: neighbour.dBm, least) {
            body(Int(neighbour.house))
        }
    }

    private func isThrough(_ bits: Double, dBm: Float, _ least: Double) -> Bool {
        let right = air.propagation.errors.bitLogarithm(powerDBm: Double(dBm))
        return Mathematics.exponential(bits * right) >= least
    }

    private func partsWarning(_ joined: inout Joined) -> String? {
        guard joined.parts > plan.networkCount else { return nil }
        if joined.parts == houses.count {
            return "No house hears another of the \(houses.count). Put them nearer to each other, or give more "
                + "`transmit_power`."
        }
        let (count, words) = parts(&joined)
        return
            "The street falls in \(count) parts that do not hear each other, \(words). Events do not go from one to another."
    }

    /// Of a street that hangs together, but by paths that hardly bear a link.
    private func weakWarning() -> String? {
        var joined = Joined(houses.count)
        for house in houses { forEachHeard(house, Self.steadyMin) { joined.join(house.index, $0) } }
        guard joined.parts > plan.networkCount else { return nil }
        let (count, words) = parts(&joined)
        return "The street hangs together only by paths over which fewer than half of the beacons come through: "
            + "\(count) parts, \(words). Links between them come and go, if they come at all."
    }

    /// How many parts there are, and how large they are: `of 7, 1 houses; alone: house 7`.
    private func parts(_ joined: inout Joined) -> (count: Int, words: String) {
        var sizes = [Int](repeating: 0, count: houses.count)
        for house in houses.indices { sizes[joined.part(of: house)] += 1 }
        let alone = houses.indices.filter { sizes[joined.part(of: $0)] == 1 }
        let largest = sizes.filter { $0 > 0 }.sorted(by: >)
        let shown = largest.prefix(Self.namesMax).map(String.init).joined(separator: ", ")
        var words = "of \(shown)" + (largest.count > Self.namesMax ? " and fewer houses" : " houses")
        if !alone.isEmpty { words += "; alone: \(listed(alone.map { "house \($0)" }))" }
        return (largest.count, words)
    }

    /// The houses that could bring a device's event on its way: of its home's network, and with power enough.
    private func hearers(of number: Int) -> [Int] {
        let device = devices[number]
        let network = houses[device.home].network
        let bits = FrameErrors.bits(payloadBytes: 6 + scenario.devices[device.plan].serviceDataBytes + 7)
        return device.hearers.filter { hearer in
            houses[Int(hearer.house)].network == network && isThrough(bits, dBm: hearer.dBm, Self.throughMin)
        }.map { Int($0.house) }
    }

    private func share(_ numbers: [Int]) -> String {
        "\(numbers.count) of \(devices.count) devices \(numbers.count == 1 ? "is" : "are")"
    }

    private func names(_ numbers: [Int]) -> String { listed(numbers.map { devices[$0].name }) }

    private func listed(_ names: [String]) -> String {
        let rest = names.count - Self.namesMax
        return names.prefix(Self.namesMax).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}
