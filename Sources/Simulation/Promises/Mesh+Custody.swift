import Consent
import Relaying
import Wire

/// None is lost while a custodian on a path stayed up, consented and had room: how custody of each copy ended, of an event
/// that has not been delivered. What excuses is a closed list; every other end breaks the promise, at the house whose end
/// it was. Whether a custodian should have brought an event home long ago is in `Mesh+Waiting`.
extension Mesh {
    /// Custody of a copy ended at a house, for a reason or by a confirmation. `wasConfirmed` tells whether the copy before
    /// it ended so, `secondsAhead` how far the house's clock was ahead when it took this one.
    func checkEnd(
        _ number: Int64, _ reason: Reason?, _ house: SimulatedHouse, _ running: RunningBridge, wasConfirmed: Bool,
        secondsAhead: Double
    ) {
        guard keeper.watches(.custody) else { return }
        let isExcused =
            reason == .expired
            ? isOver(emissions[number], house, secondsAhead: secondsAhead)
            : isExcused(number, reason, house, running, wasConfirmed: wasConfirmed)
        if !isExcused { emissions[number].isLossTold = true }
        check(.custody, isExcused, house) {
            guard let reason else { return "believes an event confirmed that its home has not opened" }
            return "let an event go as \(reason.name), which it had no reason to"
        }
    }

    private func isExcused(
        _ number: Int64, _ reason: Reason?, _ house: SimulatedHouse, _ running: RunningBridge, wasConfirmed: Bool
    ) -> Bool {
        let emission = emissions[number]
        let device = devices[Int(emission.device)]
        switch reason {
        // A confirmation is a neighbour's word. Who had it from a liar could not know better; nor can a home tell an
        // event that was heard by a wrong clock from one that it has had.
        case nil: return emission.hasMetLiar || emission.hasDoubtfulTime
        // Custody ends with consent: the host's,
        case .optedOut, .schedule: return house.isNo
        case .classNotLent: return !lends(house, to: device)
        // or the owner's, which also ends where nobody proves it any more.
        case .revoked, .deviceOptedOut: return device.isRevoked
        case .noGrant, .staleGrant: return device.isRevoked || !holdsLiveGrant(device, house)
        // The host's cap comes before any event, as far as it is used up. Buckets start empty.
        case .cap: return isCapSpent(house)
        // Room is bounded, and the oldest of the lowest class gives way; a turn may have ended others since.
        case .room: return running.bridge.figures.held >= Relay.packetsMax * 7 / 8
        // Another copy of the event goes on, or went.
        case .variants: return wasConfirmed || running.held.contains { $0.eventID == emission.eventID }
        // Without `hold` an event does not wait for a way to be there.
        case .noRoute: return emission.copies > 0 || !hadWay(emission, house)
        // No other reason ends custody: they are refusals of what was never taken, or the home's.
        default: return false
        }
    }

    /// An event lives no longer, by the clock of the house as it was when it took the event, or as it is. Whether it should
    /// have been home before, `checkWaiting` has asked.
    private func isOver(_ emission: Emission, _ house: SimulatedHouse, secondsAhead: Double) -> Bool {
        guard !emission.hasDoubtfulTime else { return true }
        let ahead = max(secondsAhead, house.clock.offSeconds(at: now), 0)
        // Bridges round up to a minute, and their clocks show the second.
        return now >= emission.time + lifeMicroseconds(emission) - Int64(ahead * 1_000_000) - 2_000_000
    }

    private func lifeMicroseconds(_ emission: Emission) -> Int64 {
        let holds = scenario.devices[devices[Int(emission.device)].plan].scope.contains(.hold)
        return holds ? 86_400_000_000 : 600_000_000
    }

    private func isCapSpent(_ house: SimulatedHouse) -> Bool {
        let limits = house.plan.lending
        // What is not reserved on disk may not be lent.
        guard !house.troubles.isDiskFull, house.unsettledAt < now - Self.settledMicroseconds else { return true }
        return house.log.lent.isSpent(
            at: now, rateBits: limits.rateBits, burstBytes: limits.burstBytes, monthBytes: limits.monthBytes)
    }

    /// Whether a host lends to events of a device's class at all.
    func lends(_ house: SimulatedHouse, to device: SimulatedDevice) -> Bool {
        house.plan.classesLent.contains(scenario.devices[device.plan].eventClass)
    }

    /// Whether a path led home from a house, as far as that is known: of journeys whose hops are not all kept it is not.
    private func hadWay(_ emission: Emission, _ house: SimulatedHouse) -> Bool {
        guard let journey = journey(emission.journey), !emission.hasMetLiar, !hasFalseRoutes,
            journey.hops.count < Self.hopsKeptMax
        else { return false }
        let links = Self.hopLimitMin - pathLength(journey, to: house.index)
        return hasPath(from: house, for: devices[Int(emission.device)], links: links * 2 / 3)
    }

    /// At the end of the run: every event that was heard was delivered, is on its way, or ended for a counted reason.
    func checkAccounts(_ emission: Emission) {
        guard keeper.watches(.accounted), emission.heardAt >= 0, emission.openedAt < 0, !emission.isForged else {
            return
        }
        keeper.count(.accounted)
        if emission.copies < 0 || (emission.copies == 0 && emission.lastReason == Emission.noReason) {
            let name = devices[Int(emission.device)].name
            keeper.note(.accounted, at: now, house: nil, "an event of \(name) was heard and is nowhere")
        }
    }
}
