import Wire

@testable import Simulation

/// Records that no run has left, for what draws and writes them.
enum MadeUpRecord {
    /// A grid of houses with `journeys` events that wander home over it.
    static func street(
        columns: Int = 5, rows: Int = 5, journeys: Int = 240, seed: UInt64 = 7, policy: String = "sidegate"
    ) -> RunRecord {
        var random = RandomStream(seed: seed, purpose: 1)
        var scenario = Scenario()
        scenario.name = "grid"
        scenario.about = "Twenty-five houses on a square grid, a sensor each."
        scenario.topology = .grid(columns: columns, rows: rows, spacingMetres: 12)
        scenario.durationMicroseconds = 600_000_000
        scenario.expectations = [
            Expectation("delivery_ratio", .atLeast, 0.999), Expectation("latency_per_hop", .atMost, 60),
        ]
        var record = RunRecord(scenario: scenario, seed: seed)
        record.policy = policy
        record.ranMicroseconds = scenario.durationMicroseconds
        record.houses = houses(columns, rows, &random)
        record.devices = record.houses.indices.map { index in
            let place = record.houses[(index * 7 + 3) % record.houses.count].place
            return DeviceRecord(
                name: "sensor", home: index, place: Place(east: place.east + 2, north: place.north + 1))
        }
        record.links = links(columns, rows, &random)
        for index in 0..<journeys { record.journeys.append(journey(index, of: journeys, columns, record, &random)) }
        record.faults = faults(columns * rows, &random)
        record.drops = [Count("expired", 3), Count("cap", 14), Count("opt_out", 41), Count("hop_limit", 1)]
        record.checks = PromiseName.allCases.map { Count($0.rawValue, UInt64(random.number(below: 900_000) + 1_000)) }
        record.figures = figures(record)
        record.steps = 1_234_567
        record.fingerprint = random.next()
        return record
    }

    static func broken() -> RunRecord {
        var record = street(journeys: 400, seed: 99)
        record.scenario.name = "flooding-liar"
        record.scenario.about = "One bridge sends as many packets as its links take."
        record.usesModelledCryptography = true
        record.journeysLeftOut = 12_345
        for index in 0..<8 {
            let what =
                "House 18 sent 12 400 bytes in 3.0 s; its cap allows 8 000 + 2 000 x 3.0 = 14 000, less 2 600 spent."
            record.broken.append(BrokenPromise(.cap, at: 251_300_000 + Int64(index) * 9_700_000, house: 18, what))
        }
        record.broken.append(BrokenPromise(.once, at: 377_000_000, house: nil, "An event was opened twice."))
        record.ranMicroseconds = 431_000_000
        record.journeys.removeAll { $0.emittedMicroseconds > record.ranMicroseconds }
        record.links.removeAll { $0.fromMicroseconds > record.ranMicroseconds }
        record.faults.removeAll { $0.timeMicroseconds > record.ranMicroseconds }
        return record
    }

    /// Names and numbers that try to get out of their places.
    static func hostile() -> RunRecord {
        var record = street(journeys: 30)
        let name =
            "</script><script>document.title='broken in'</script><img src=x onerror=\"document.title='broken in'\">"
        record.scenario.name = name
        record.scenario.about = name + String(repeating: "x", count: 300) + "\u{202e}\u{0}\u{2028}"
        record.policy = name
        for index in record.devices.indices { record.devices[index].name = name }
        record.devices[0].home = -7
        record.houses[0].place.east = .infinity
        record.houses[1].place.north = .nan
        record.houses[2].airtimePacketsMicroseconds = .max
        record.houses[3].lentBytes = [.max, .max]
        record.journeys[0].fate = name
        record.journeys[0].deliveredMicroseconds = nil
        record.journeys[1].heardBy = [-1, 9_999]
        record.journeys[1].hops = [Journey.Hop(from: -1, to: 77_777, timeMicroseconds: .min)]
        record.journeys[2].device = -1
        record.journeys[2].emittedMicroseconds = .max
        record.links.append(LinkLife(-1, 400, fromMicroseconds: .max))
        record.faults.append(FaultLine(.max, houses: [-1], name))
        record.drops.append(Count(name, .max))
        record.broken.append(BrokenPromise(.cap, at: -1, house: -1, name))
        record.figures.append(
            Figure(
                name: name, unit: name, count: 1, mean: .nan, median: .infinity, percentile99: -.infinity,
                maximum: .nan,
                bins: [.max, 0, 3]))
        record.scenario.expectations.append(Expectation(name, .atMost, .nan))
        return record
    }

    private static func houses(_ columns: Int, _ rows: Int, _ random: inout RandomStream) -> [HouseRecord] {
        (0..<columns * rows).map { index in
            var house = HouseRecord(
                place: Place(east: Double(index % columns) * 12, north: Double(index / columns) * 12))
            house.airtimeBeaconsMicroseconds = 600_000 + Int64(random.number(below: 20_000))
            house.airtimeUpkeepMicroseconds = 2_000_000 + Int64(random.number(below: 4_000_000))
            house.airtimePacketsMicroseconds = Int64(random.number(below: 3_000_000))
            house.lentBytes = (0..<10).map { _ in UInt64(random.number(below: 60_000)) }
            house.capBytes = 120_000
            house.isOptedOut = index % 11 == 5
            house.isLiar = index % 23 == 18
            house.heldMax = random.number(below: 40)
            return house
        }
    }

    private static func links(_ columns: Int, _ rows: Int, _ random: inout RandomStream) -> [LinkLife] {
        var links: [LinkLife] = []
        for index in 0..<columns * rows {
            for other in [index % columns + 1 < columns ? index + 1 : -1, index + columns] {
                guard other > 0, other < columns * rows else { continue }
                var link = LinkLife(index, other, fromMicroseconds: Int64(random.number(below: 20_000_000)))
                if random.chance(0.2) {
                    link.toMicroseconds = 200_000_000 + Int64(random.number(below: 200_000_000))
                    links.append(link)
                    link = LinkLife(index, other, fromMicroseconds: 450_000_000)
                }
                links.append(link)
            }
        }
        return links
    }

    private static func journey(
        _ index: Int, of count: Int, _ columns: Int, _ record: RunRecord, _ random: inout RandomStream
    ) -> Journey {
        let device = random.number(below: record.devices.count)
        let emitted = 60_000_000 + Int64(index) * 540_000_000 / Int64(max(count, 1))
        var journey = Journey(device: device, emittedMicroseconds: emitted)
        guard !random.chance(0.01) else {
            journey.fate = "not heard"
            return journey
        }
        var house = (device * 7 + 3) % record.devices.count
        journey.heardBy = [house, min(house + 1, record.houses.count - 1)]
        var time = emitted + 1_000 + Int64(random.number(below: 300_000))
        while house != record.devices[device].home {
            let home = record.devices[device].home
            let isAcross = house % columns != home % columns
            let step = isAcross ? (home % columns > house % columns ? 1 : -1) : (home > house ? columns : -columns)
            time += 8_000 + Int64(random.number(below: 60_000))
            journey.hops.append(Journey.Hop(from: house, to: house + step, timeMicroseconds: time))
            house += step
            if random.chance(0.004) {
                journey.fate = "expired"
                return journey
            }
        }
        journey.deliveredMicroseconds = time
        return journey
    }

    private static func faults(_ houses: Int, _ random: inout RandomStream) -> [FaultLine] {
        ["crash, down for 20 s", "partition from all others for 60 s", "host opts out", "clock wrong by 3 600 s"]
            .enumerated().map { index, what in
                let time = 120_000_000 + Int64(index) * 90_000_000
                let first = random.number(below: houses)
                return FaultLine(time, houses: index == 1 ? (0..<min(12, houses)).map { $0 } : [first], what)
            }
    }

    private static func figures(_ record: RunRecord) -> [Figure] {
        let latencies = record.journeys.compactMap { journey in
            journey.deliveredMicroseconds.map { Double($0 - journey.emittedMicroseconds) / 1_000 }
        }.sorted()
        let perHop = record.journeys.compactMap { journey -> Double? in
            guard let last = journey.hops.last, journey.hops.count > 1 else { return nil }
            let span = last.timeMicroseconds - journey.hops[0].timeMicroseconds
            return Double(span) / 1_000 / Double(journey.hops.count - 1)
        }.sorted()
        let ratio = Double(latencies.count) / Double(max(record.journeys.count, 1))
        return [
            Figure(
                name: "delivery_ratio", unit: "ratio", count: record.journeys.count, mean: ratio, median: ratio,
                percentile99: ratio, maximum: ratio),
            figure("latency", latencies), figure("latency_per_hop", perHop),
            Figure(
                name: "airtime_per_event", unit: "us", count: latencies.count, mean: 6_812, median: 6_200,
                percentile99: 14_000, maximum: 19_000),
            Figure(
                name: "fairness", unit: "ratio", count: record.houses.count, mean: 0.93, median: 0.93,
                percentile99: 0.93, maximum: 0.93),
        ]
    }

    private static func figure(_ name: String, _ sorted: [Double]) -> Figure {
        guard let maximum = sorted.last, maximum > 0 else {
            return Figure(name: name, unit: "ms", count: 0, mean: 0, median: 0, percentile99: 0, maximum: 0)
        }
        var bins = [UInt64](repeating: 0, count: 40)
        for value in sorted { bins[min(Int(value / maximum * 40), 39)] += 1 }
        return Figure(
            name: name, unit: "ms", count: sorted.count, mean: sorted.reduce(0, +) / Double(sorted.count),
            median: sorted[sorted.count / 2], percentile99: sorted[sorted.count * 99 / 100], maximum: maximum,
            bins: bins)
    }
}
