import Consent
import Wire

extension Mesh {
    /// What the run has left so far.
    public var record: RunRecord {
        noteUpkeep()
        var record = run
        record.ranMicroseconds = now
        record.journeysLeftOut = Int(emissions.nextNumber) - run.journeys.count
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
        var list = FigureList()
        addDelivery(to: &list)
        addAirtime(to: &list)
        addSpreads(to: &list)
        return list.figures
    }

    /// What came home, and how soon.
    private func addDelivery(to list: inout FigureList) {
        let awaited = awaited()
        if awaited.events > 0 {
            let events = Double(awaited.events)
            list.single("delivery_ratio", "ratio", awaited.events, Double(awaited.delivered) / events)
            list.single("pending_ratio", "ratio", awaited.events, Double(awaited.pending) / events)
            list.distribution("undelivered_by_owner", "ratio", awaited.undeliveredByOwner, Self.ratioParts)
        }
        if meters.emitted > 0 {
            list.single("heard_ratio", "ratio", meters.emitted, Double(meters.heard) / Double(meters.emitted))
        }
        list.distribution("latency", "ms", meters.latency, 1_000)
        for (name, eventClass) in [("alarm", EventClass.alarm), ("event", .event), ("telemetry", .telemetry)] {
            list.distribution("latency_\(name)", "ms", meters.latencyByClass[Int(eventClass.rawValue)], 1_000)
        }
        list.distribution("latency_per_hop", "ms", meters.latencyPerHop, 1_000)
        list.distribution("hops", "hops", meters.hops, 1)
    }

    private func addAirtime(to list: inout FigureList) {
        if meters.delivered > 0 {
            list.single(
                "airtime_per_event", "us", meters.delivered, Double(meters.packetAirtime) / Double(meters.delivered))
        }
        list.distribution("airtime_by_event", "us", airtimeByEvent(), 1)
        if now > 0 {
            var upkeep = Histogram()
            for house in houses {
                upkeep.add(part: Double(house.record.airtimeUpkeepMicroseconds) / Double(now), of: Self.ratioParts)
            }
            list.distribution("upkeep_airtime", "ratio", upkeep, Self.ratioParts)
        }
        if let fairness = fairness() {
            list.single("fairness", "ratio", UInt64(houses.count { $0.log.ownHeard > 0 }), fairness)
        }
    }

    /// Routes, opt-outs, revocations and links: how soon everybody has them.
    private func addSpreads(to list: inout FigureList) {
        list.distribution("route_convergence", "s", meters.routeConvergence, 1_000_000)
        let unconverged = UInt64(meters.routes.disturbed.count)
        if meters.routeConvergence.count + unconverged > 0 {
            list.single(
                "routes_unconverged", "cuts", meters.routeConvergence.count + unconverged, Double(unconverged))
        }
        list.distribution("opt_out_spread", "s", meters.optOutSpread, 1_000_000)
        let unspread = optOutsUnspread
        if meters.optOutSpread.count + unspread > 0 {
            list.single("opt_outs_unspread", "links", meters.optOutSpread.count + unspread, Double(unspread))
        }
        list.distribution("revocation_spread", "s", meters.revocationSpread, 1_000_000)
        list.distribution("revocation_reach", "s", meters.revocationReach, 1_000_000)
        if meters.spreadsBegun > 0 {
            list.single("revocations_unreached", "revocations", UInt64(meters.spreadsBegun), Double(meters.spreadsOpen))
        }
        if let connected = meters.linksConnectedAt {
            list.single("links_connected_after", "s", 1, Double(connected) / 1_000_000)
        }
    }

    /// Ratios are counted in so many parts.
    private static let ratioParts = 1e9

    /// Events that were heard and should have come home by now.
    private struct Awaited {
        var events: UInt64
        var delivered: UInt64
        /// Those that are still on their way.
        var pending: UInt64 = 0
        /// Of each owner's such events the part that has not come home.
        var undeliveredByOwner = Histogram()
    }

    private func awaited() -> Awaited {
        let end = scenario.settledBefore(now)
        var awaited = Awaited(events: meters.heard, delivered: meters.delivered)
        var owners = houses.map { (heard: $0.log.ownHeard, delivered: $0.log.ownDelivered) }
        for emission in emissions.all where emission.heardAt >= 0 {
            if emission.time >= end {
                let owner = devices[Int(emission.device)].home
                awaited.events -= 1
                owners[owner].heard -= 1
                guard emission.openedAt >= 0 else { continue }
                awaited.delivered -= 1
                owners[owner].delivered -= 1
            } else if emission.openedAt < 0, emission.copies > 0 {
                awaited.pending += 1
            }
        }
        for owner in owners where owner.heard > 0 {
            let part = 1 - Double(min(owner.delivered, owner.heard)) / Double(owner.heard)
            awaited.undeliveredByOwner.add(part: part, of: Self.ratioParts)
        }
        return awaited
    }

    /// Of all events that a bridge took in, those that are still followed as well.
    private func airtimeByEvent() -> Histogram {
        var histogram = meters.airtimeByEvent
        for emission in emissions.all where emission.heardAt >= 0 { histogram.add(emission.airtime) }
        return histogram
    }

    private func fairness() -> Double? {
        Fairness.jainIndex(
            houses.lazy.filter { $0.log.ownHeard > 0 }.map {
                Double(min($0.log.ownDelivered, $0.log.ownHeard)) / Double($0.log.ownHeard)
            })
    }
}

/// How equally something is shared.
enum Fairness {
    /// Jain's index of what each of several has: 1 if all have the same, one in so many if one has it all. Nil if nobody
    /// has anything. (Jain, Chiu and Hawe, DEC research report 301, 1984)
    static func jainIndex(_ parts: some Sequence<Double>) -> Double? {
        var (sum, squares, count) = (0.0, 0.0, 0.0)
        for part in parts {
            sum += part
            squares += part * part
            count += 1
        }
        return squares > 0 ? sum * sum / (count * squares) : nil
    }
}
