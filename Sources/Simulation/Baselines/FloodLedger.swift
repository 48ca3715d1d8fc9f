/// What a baseline's run leaves: the same figures, by the same names, as a run of bridges.
struct FloodLedger {
    struct Event {
        var device: Int32
        var emitted: Int64
        var heardAt: Int64 = -1
        var deliveredAt: Int64 = -1
        var journey: Int32 = -1
        var hops: UInt8 = 0
        /// Whether it may still arrive.
        var isPending = false
    }

    static let hopsPerJourneyMax = 64

    private(set) var events: [Event] = []
    private(set) var record: RunRecord
    private(set) var packetAirtime: Int64 = 0
    private var duration: Int64
    /// Every so many events' ways are kept.
    private var journeyStride = 1
    private var drops: [(name: String, count: UInt64)] = []

    init(_ scenario: Scenario, seed: UInt64, policy: String, street: FloodStreet) {
        record = RunRecord(scenario: scenario, seed: seed)
        record.policy = policy
        record.houses = street.places.map { HouseRecord(place: $0) }
        for house in record.houses.indices {
            record.houses[house].lentBytes = Array(repeating: 0, count: 10)
            record.houses[house].isOptedOut = !street.relays[house]
        }
        record.devices = street.devices.map { DeviceRecord(name: $0.name, home: $0.owner, place: $0.spot.place) }
        duration = max(street.durationMicroseconds, 1)
    }

    /// A device begins to speak of an event: its number.
    mutating func emit(device: Int, at time: Int64) -> Int {
        var event = Event(device: Int32(device), emitted: time)
        if record.journeys.count >= RunRecord.journeysMax { thinJourneys() }
        if events.count % journeyStride == 0 {
            event.journey = Int32(record.journeys.count)
            record.journeys.append(Journey(device: device, emittedMicroseconds: time))
        } else {
            record.journeysLeftOut += 1
        }
        events.append(event)
        return events.count - 1
    }

    /// Every second journey goes, so that those that are kept are spread evenly over the run.
    private mutating func thinJourneys() {
        journeyStride *= 2
        let before = record.journeys
        record.journeys = stride(from: 0, to: before.count, by: 2).map { before[$0] }
        record.journeysLeftOut += before.count - record.journeys.count
        for place in events.indices where events[place].journey >= 0 {
            let journey = events[place].journey
            events[place].journey = journey % 2 == 0 ? journey / 2 : -1
        }
    }

    mutating func hear(_ number: Int, by house: Int, at time: Int64) {
        if events[number].heardAt < 0 { events[number].heardAt = time }
        let journey = Int(events[number].journey)
        if journey >= 0, !record.journeys[journey].heardBy.contains(house) {
            record.journeys[journey].heardBy.append(house)
        }
    }

    mutating func hop(_ number: Int, from: Int, to: Int, at time: Int64) {
        let journey = Int(events[number].journey)
        guard journey >= 0, record.journeys[journey].hops.count < Self.hopsPerJourneyMax else { return }
        record.journeys[journey].hops.append(Journey.Hop(from: from, to: to, timeMicroseconds: time))
    }

    mutating func setPending(_ number: Int, _ isPending: Bool) { events[number].isPending = isPending }
    func isDelivered(_ number: Int) -> Bool { events[number].deliveredAt >= 0 }

    mutating func deliver(_ number: Int, hops: Int, at time: Int64) {
        guard events[number].deliveredAt < 0 else { return }
        events[number].deliveredAt = time
        events[number].hops = UInt8(clamping: hops)
        let journey = Int(events[number].journey)
        if journey >= 0 { record.journeys[journey].deliveredMicroseconds = time }
        note(UInt64(number), UInt64(bitPattern: time))
    }

    mutating func drop(_ name: String) {
        if let place = drops.firstIndex(where: { $0.name == name }) {
            drops[place].count += 1
        } else {
            drops.append((name, 1))
        }
    }

    mutating func transmit(_ house: Int, microseconds: Int64, bytes: Int, at time: Int64) {
        record.houses[house].airtimePacketsMicroseconds += microseconds
        packetAirtime += microseconds
        record.houses[house].lentBytes[min(Int(time * 10 / duration), 9)] += UInt64(bytes)
        note(UInt64(house), UInt64(bitPattern: time))
    }

    mutating func setHeld(_ house: Int, _ count: Int) {
        if count > record.houses[house].heldMax { record.houses[house].heldMax = count }
    }

    mutating func step() { record.steps += 1 }

    private mutating func note(_ first: UInt64, _ second: UInt64) {
        var word = record.fingerprint ^ first &* 0x9e37_79b9_7f4a_7c15
        word = (word ^ word >> 29) &* 0xbf58_476d_1ce4_e5b9 ^ second
        record.fingerprint = (word ^ word >> 32) &* 0x94d0_49bb_1331_11eb
    }

    // MARK: Figures

    mutating func finished(at time: Int64) -> RunRecord {
        record.ranMicroseconds = time
        record.drops = drops.sorted { $0.name < $1.name }.map { Count($0.name, $0.count) }
        for event in events where event.journey >= 0 && event.deliveredAt < 0 {
            record.journeys[Int(event.journey)].fate =
                event.heardAt < 0 ? "not heard" : event.isPending ? "on its way" : "lost"
        }
        record.figures = figures()
        return record
    }

    private func figures() -> [Figure] {
        var figures: [Figure] = []
        let heard = events.count { $0.heardAt >= 0 }
        let end = record.scenario.settledBefore(record.ranMicroseconds)
        let awaited = events.filter { $0.heardAt >= 0 && $0.emitted < end }
        if !awaited.isEmpty {
            let count = Double(awaited.count)
            let arrived = awaited.count { $0.deliveredAt >= 0 }
            let pending = awaited.count { $0.deliveredAt < 0 && $0.isPending }
            figures.append(.single("delivery_ratio", "ratio", awaited.count, Double(arrived) / count))
            figures.append(.single("pending_ratio", "ratio", awaited.count, Double(pending) / count))
        }
        figures.add("undelivered_by_owner", "ratio", undeliveredByOwner(awaited))
        let delivered = events.count { $0.deliveredAt >= 0 }
        if !events.isEmpty {
            figures.append(.single("heard_ratio", "ratio", events.count, Double(heard) / Double(events.count)))
        }
        let arrived = events.filter { $0.deliveredAt >= 0 }
        figures.add("latency", "ms", arrived.map { Double($0.deliveredAt - $0.emitted) / 1_000 })
        let travelled = arrived.filter { $0.hops > 0 }
        figures.add(
            "latency_per_hop", "ms",
            travelled.map { Double($0.deliveredAt - $0.heardAt) / 1_000 / Double($0.hops) })
        figures.add("hops", "hops", arrived.map { Double($0.hops) })
        if delivered > 0 {
            figures.append(
                .single("airtime_per_event", "us", delivered, Double(packetAirtime) / Double(delivered)))
        }
        figures.append(.single("upkeep_airtime", "ratio", record.houses.count, 0))
        if let (fairness, owners) = fairness() { figures.append(.single("fairness", "ratio", owners, fairness)) }
        return figures
    }

    /// Of each owner's events the part that did not come home.
    private func undeliveredByOwner(_ awaited: [Event]) -> [Double] {
        var heard = [Double](repeating: 0, count: record.houses.count)
        var lost = heard
        for event in awaited {
            let owner = record.devices[Int(event.device)].home
            heard[owner] += 1
            if event.deliveredAt < 0 { lost[owner] += 1 }
        }
        return heard.indices.filter { heard[$0] > 0 }.map { lost[$0] / heard[$0] }
    }

    /// Jain's index over owners of what part of their heard events came home, and how many those are.
    private func fairness() -> (index: Double, owners: Int)? {
        var heard = [Double](repeating: 0, count: record.houses.count)
        var delivered = heard
        for event in events where event.heardAt >= 0 {
            let owner = record.devices[Int(event.device)].home
            heard[owner] += 1
            if event.deliveredAt >= 0 { delivered[owner] += 1 }
        }
        let owners = heard.indices.filter { heard[$0] > 0 }
        return Fairness.jainIndex(owners.lazy.map { delivered[$0] / heard[$0] }).map { ($0, owners.count) }
    }
}

extension Figure {
    fileprivate static func single(_ name: String, _ unit: String, _ count: Int, _ value: Double) -> Figure {
        Figure(
            name: name, unit: unit, count: count, mean: value, median: value, percentile99: value, maximum: value)
    }
}

extension [Figure] {
    /// A distribution; nothing if there are no values.
    fileprivate mutating func add(_ name: String, _ unit: String, _ values: [Double]) {
        guard let maximum = values.max() else { return }
        let sorted = values.sorted()
        func quantile(_ part: Double) -> Double {
            sorted[Swift.min(Int((Double(sorted.count) * part).rounded(.up)), sorted.count) - 1]
        }
        var bins = [UInt64](repeating: 0, count: 40)
        for value in values { bins[Swift.min(Int(value / Swift.max(maximum, 1e-9) * 40), 39)] += 1 }
        append(
            Figure(
                name: name, unit: unit, count: values.count, mean: values.reduce(0, +) / Double(values.count),
                median: quantile(0.5), percentile99: quantile(0.99), maximum: maximum, bins: bins))
    }
}
