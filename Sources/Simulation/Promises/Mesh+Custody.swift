import Consent

/// None is lost while a custodian on a path stayed up, consented and had room: whether the end of custody of a copy was
/// one that no bridge could help.
extension Mesh {
    /// A path counts once all of it has stood for so long.
    static let settledMicroseconds: Int64 = 120_000_000
    /// The least first hop limit: bridges draw 6 to 8.
    static let hopLimitMin = 6

    /// A copy of an event that has not been delivered ended.
    func checkCustody(_ number: Int64, _ reason: Reason?, _ house: SimulatedHouse) {
        guard let reason else {
            // Whoever has a liar for a neighbour may be told what is not so.
            return check(.custody, hasLied, house) { "believes an event confirmed that its home has not opened" }
        }
        guard reason == .expired || reason == .noRoute else { return }
        let emission = emissions[number]
        // Only of journeys that are kept it is known how many hops were used up.
        guard emission.copies == 0, !emission.isExcused, emission.journey >= 0,
            run.journeys[Int(emission.journey)].hops.count < Self.hopsKeptMax
        else { return }
        let home = devices[Int(emission.device)].home
        let steps = Self.hopLimitMin - pathLength(run.journeys[Int(emission.journey)], to: house.index)
        guard steps > 0, now - emission.heardAt > Self.settledMicroseconds || reason == .noRoute else { return }
        check(.custody, hasLied || !hasPath(from: house, to: home, steps: steps), house) {
            "let an event end by \(reason.name) though links to its home had stood for two minutes"
        }
    }

    /// Whether a path of links and hosts that have stood for two minutes leads from one house to another.
    private func hasPath(from house: SimulatedHouse, to home: Int, steps: Int) -> Bool {
        guard isSettled(house), houses[home].running != nil, isSettledHome(houses[home]) else { return false }
        var (front, seen) = ([house.index], [house.index])
        for _ in 0..<steps {
            var next: [Int] = []
            for index in front {
                for channel in channels(of: houses[index])
                where channel.isLink && !channel.isSevered && now - channel.linkedAt > Self.settledMicroseconds {
                    let end: UInt8 = channel.caller.house == index ? 0 : 1
                    let peer = channel.peer(end)
                    if peer == home { return true }
                    if !seen.contains(peer), isSettled(houses[peer]) {
                        seen.append(peer)
                        next.append(peer)
                    }
                }
            }
            front = next
        }
        return false
    }

    /// Up, consenting, honest, hearing, with room: for two minutes.
    private func isSettled(_ house: SimulatedHouse) -> Bool {
        isSettledHome(house) && !house.isNo && house.log.wantedAt < now - 600_000_000
            && house.plan.classesLent.count == 3
    }

    private func isSettledHome(_ house: SimulatedHouse) -> Bool {
        house.running != nil && isHonest(house) && house.troubles.isPlain && !house.troubles.isDiskFull
            && house.clock.offsetSeconds == 0 && house.clock.partsPerMillion == 0
            && (house.unsettledAt == 0 || house.unsettledAt < now - Self.settledMicroseconds)
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
