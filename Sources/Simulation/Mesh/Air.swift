/// A house that hears another, or a device, and how well.
struct AirNeighbour {
    var house: Int
    var dBm: Double
}

/// The air of a mesh: who hears whom, when beacons are found, how long messages take. The only part of the engine that
/// knows of radio.
struct Air {
    let plan: RadioPlan
    /// Of each house those that hear it and that it hears, best first.
    let neighbours: [[AirNeighbour]]
    private let places: [Place]

    init(_ plan: RadioPlan, topology: Topology, places: [Place], seed: UInt64) {
        self.plan = plan
        self.places = places
        if case .links(_, let links) = topology {
            neighbours = Self.neighbours(links, houses: places.count, plan)
        } else {
            neighbours = places.indices.map { Self.hearers(places[$0], plan, places, except: $0) }
        }
    }

    private static func neighbours(_ links: [RadioLink], houses: Int, _ plan: RadioPlan) -> [[AirNeighbour]] {
        var neighbours = [[AirNeighbour]](repeating: [], count: houses)
        for link in links {
            let dBm = plan.transmitPowerDBm - link.lossDecibels
            neighbours[link.first].append(AirNeighbour(house: link.second, dBm: dBm))
            neighbours[link.second].append(AirNeighbour(house: link.first, dBm: dBm))
        }
        return neighbours
    }

    private static func hearers(
        _ place: Place, _ plan: RadioPlan, _ places: [Place], except: Int?
    ) -> [AirNeighbour] {
        var found: [AirNeighbour] = []
        for house in places.indices where house != except {
            let (east, north) = (places[house].east - place.east, places[house].north - place.north)
            let distance = (east * east + north * north).squareRoot()
            guard distance < 26 else { continue }
            found.append(AirNeighbour(house: house, dBm: -60 - distance))
        }
        return found.sorted { ($1.dBm, $0.house) < ($0.dBm, $1.house) }
    }

    /// A beacon of 28 bytes on three channels: header, address, preamble, access address and CRC make 44 bytes.
    static let beaconAirtimeMicroseconds: Int64 = 3 * 44 * 8

    func dBm(from speaker: Int, to hearer: Int) -> Double? {
        neighbours[hearer].first { $0.house == speaker }?.dBm
    }

    /// What a radio reports of a signal.
    func measured(_ dBm: Double, _ random: inout RandomStream) -> Int8 {
        Int8(clamping: Int(dBm.rounded()) + random.number(below: 7) - 3)
    }

    /// The houses that hear a device at a place.
    func hearers(of place: Place, beside: Int, transmitDBm: Double) -> [AirNeighbour] {
        Self.hearers(place, plan, places, except: nil)
    }

    /// When, after its burst began, a device is heard at this power; nil if it is not.
    func firstHeard(
        dBm: Double, advertisements: Int, intervalMicroseconds: Int64, _ random: inout RandomStream
    ) -> Int64? {
        let duty = Double(plan.scanWindowMicroseconds) / Double(max(plan.scanIntervalMicroseconds, 1))
        for number in 0..<max(advertisements, 1) where random.chance(min(duty, 1) * (1 - plan.frameLoss)) {
            return Int64(number) * intervalMicroseconds + Int64(random.number(below: 10_000)) + 400
        }
        return nil
    }

    /// How long until a beacon is heard first.
    func discovery(dBm: Double, _ random: inout RandomStream) -> Int64 {
        let duty = Double(plan.scanWindowMicroseconds) / Double(max(plan.scanIntervalMicroseconds, 1))
        var wait = Int64(random.number(below: Int(plan.beaconIntervalMicroseconds)))
        for _ in 0..<64 where !random.chance(min(duty, 1) * (1 - plan.frameLoss)) {
            wait += plan.beaconIntervalMicroseconds
        }
        return wait
    }

    /// Until a connection that was asked for is there, from the called side's advertising.
    func setUp(dBm: Double, _ random: inout RandomStream) -> Int64 { discovery(dBm: dBm, &random) + 30_000 }

    func link(dBm: Double, now: Int64, _ random: inout RandomStream) -> AirLink {
        let steps = (plan.connectionIntervalMaxMicroseconds - plan.connectionIntervalMinMicroseconds) / 1_250
        let interval =
            plan.connectionIntervalMinMicroseconds + 1_250 * Int64(random.number(below: Int(max(steps, 0)) + 1))
        return AirLink(
            dBm: dBm, intervalMicroseconds: max(interval, 7_500),
            anchor: now + Int64(random.number(below: Int(max(interval, 1)))), loss: plan.frameLoss)
    }
}

/// One connection as arithmetic: nothing happens on it but messages.
struct AirLink {
    let dBm: Double
    let intervalMicroseconds: Int64
    private let anchor: Int64
    private let loss: Double

    /// What became of one message.
    struct Passage {
        var arrivalMicroseconds: Int64
        /// Of the sender, and of the receiver for its acknowledgements.
        var airtimeMicroseconds: Int64
        var acknowledgementsMicroseconds: Int64
        var retransmissions: Int
    }

    init(dBm: Double, intervalMicroseconds: Int64, anchor: Int64, loss: Double) {
        (self.dBm, self.intervalMicroseconds) = (dBm, intervalMicroseconds)
        (self.anchor, self.loss) = (anchor, loss)
    }

    /// A message of so many bytes that is handed over at `now`, behind another that arrives at `last`.
    func pass(bytes: Int, now: Int64, after last: Int64, _ random: inout RandomStream) -> Passage {
        let units = (bytes + 6 + 250) / 251
        let airtime = Int64(bytes + 6 + 10 * units) * 8
        var retransmissions = 0
        while retransmissions < 100, random.chance(loss) { retransmissions += 1 }
        let begin = max(now, last)
        let past = (begin - anchor) % intervalMicroseconds
        let next = begin == last && last > now ? begin : begin + intervalMicroseconds - past
        return Passage(
            arrivalMicroseconds: next + airtime + Int64(retransmissions) * intervalMicroseconds,
            airtimeMicroseconds: airtime * Int64(1 + retransmissions),
            acknowledgementsMicroseconds: Int64(units * 80), retransmissions: retransmissions)
    }

    /// Airtime of one end while a connection stands idle for so long: an empty PDU of 80 us in each event.
    func idleAirtime(_ microseconds: Int64) -> Int64 { microseconds / intervalMicroseconds * 80 }
}
