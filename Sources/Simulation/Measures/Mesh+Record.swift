import Consent
import Wire

extension Mesh {
    /// What the run has left so far.
    public var record: RunRecord {
        noteUpkeep()
        var record = run
        record.ranMicroseconds = now
        record.steps = steps
        record.fingerprint = fingerprint
        record.houses = houses.map { houseRecord($0) }
        record.drops = Reason.allCases.compactMap { reason in
            let count = meters.drops[Int(reason.rawValue)]
            return count > 0 ? Count(reason.name, count) : nil
        }
        noteFates(&record)
        var keeper = keeper
        swap(&keeper, &self.keeper)
        for emission in emissions.all { checkAccounts(emission) }
        swap(&keeper, &self.keeper)
        record.broken = keeper.broken
        record.checks = keeper.counts
        record.figures = figures()
        return record
    }

    private func houseRecord(_ house: SimulatedHouse) -> HouseRecord {
        noteBeacons(house)
        var record = house.record
        record.isOptedOut = house.isNo
        record.isLiar = house.isLiar
        let limits = house.plan.lending
        let seconds = Double(scenario.durationMicroseconds) / 10_000_000
        let tenth = Double(limits.rateBits) * seconds / 8
        record.capBytes = UInt64(max(min(tenth, Double(limits.monthBytes)), 0))
        while record.lentBytes.count < 10 { record.lentBytes.append(0) }
        return record
    }

    /// Why journeys that are kept did not come to their end.
    private func noteFates(_ record: inout RunRecord) {
        for emission in emissions.all where emission.journey >= 0 && emission.openedAt < 0 {
            record.journeys[Int(emission.journey)].fate = Self.fate(emission)
        }
    }

    static func fate(_ emission: Emission) -> String {
        if emission.heardAt < 0 { return "not heard" }
        if emission.copies > 0 { return "on its way" }
        return switch emission.lastReason {
        case Emission.crashReason: "crash"
        case Emission.confirmedReason: "confirmed falsely"
        case Emission.refusedReason, Emission.noReason: "refused"
        default: Reason(rawValue: emission.lastReason)?.name ?? "refused"
        }
    }

    // MARK: Figures

    private func figures() -> [Figure] {
        var figures: [Figure] = []
        func single(_ name: String, _ unit: String, _ count: UInt64, _ value: Double) {
            figures.append(
                Figure(
                    name: name, unit: unit, count: Int(clamping: count), mean: value, median: value,
                    percentile99: value, maximum: value))
        }
        func distribution(_ name: String, _ unit: String, _ histogram: Histogram, _ divisor: Double) {
            if let figure = histogram.figure(name, unit: unit, dividedBy: divisor) { figures.append(figure) }
        }
        let awaited = awaited()
        if awaited.events > 0 {
            let events = Double(awaited.events)
            single("delivery_ratio", "ratio", awaited.events, Double(awaited.delivered) / events)
            single("pending_ratio", "ratio", awaited.events, Double(awaited.pending) / events)
        }
        if meters.emitted > 0 {
            single("heard_ratio", "ratio", meters.emitted, Double(meters.heard) / Double(meters.emitted))
        }
        distribution("latency", "ms", meters.latency, 1_000)
        for (name, eventClass) in [("alarm", EventClass.alarm), ("event", .event), ("telemetry", .telemetry)] {
            distribution("latency_\(name)", "ms", meters.latencyByClass[Int(eventClass.rawValue)], 1_000)
        }
        distribution("latency_per_hop", "ms", meters.latencyPerHop, 1_000)
        distribution("hops", "hops", meters.hops, 1)
        if meters.delivered > 0 {
            single(
                "airtime_per_event", "us", meters.delivered, Double(meters.packetAirtime) / Double(meters.delivered))
        }
        if now > 0, !houses.isEmpty {
            let upkeep = houses.reduce(Int64(0)) { $0 + $1.record.airtimeUpkeepMicroseconds }
            single("upkeep_airtime", "ratio", UInt64(houses.count), Double(upkeep) / Double(now) / Double(houses.count))
        }
        if let fairness = fairness() { single("fairness", "ratio", UInt64(houses.count), fairness) }
        distribution("route_convergence", "s", meters.routeConvergence, 1_000_000)
        let unconverged = UInt64(meters.routes.disturbed.count)
        if meters.routeConvergence.count + unconverged > 0 {
            single(
                "routes_unconverged", "events", meters.routeConvergence.count + unconverged, Double(unconverged))
        }
        distribution("opt_out_spread", "s", meters.optOutSpread, 1_000_000)
        distribution("revocation_spread", "s", meters.revocationSpread, 1_000_000)
        distribution("revocation_reach", "s", meters.revocationReach, 1_000_000)
        if meters.spreadsBegun > 0 {
            single("revocations_unreached", "events", UInt64(meters.spreadsBegun), Double(meters.spreadsOpen))
        }
        if let connected = meters.linksConnectedAt {
            single("links_connected_after", "s", 1, Double(connected) / 1_000_000)
        }
        return figures
    }

    /// Events that were heard and should have come home by now; those that did, and those that are still on their way.
    private func awaited() -> (events: UInt64, delivered: UInt64, pending: UInt64) {
        let end = scenario.settledBefore(now)
        var (events, delivered, pending) = (meters.heard, meters.delivered, UInt64(0))
        for emission in emissions.all where emission.heardAt >= 0 {
            if emission.time >= end {
                events -= 1
                if emission.openedAt >= 0 { delivered -= 1 }
            } else if emission.openedAt < 0, emission.copies > 0 {
                pending += 1
            }
        }
        return (events, delivered, pending)
    }

    /// Jain's index over owners of what part of their heard events came home: 1 if all are served alike.
    private func fairness() -> Double? {
        var (sum, squares, count) = (0.0, 0.0, 0)
        for house in houses where house.log.ownHeard > 0 {
            let part = Double(min(house.log.ownDelivered, house.log.ownHeard)) / Double(house.log.ownHeard)
            sum += part
            squares += part * part
            count += 1
        }
        return count > 0 && squares > 0 ? sum * sum / (Double(count) * squares) : nil
    }
}
