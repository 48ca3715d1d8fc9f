import Bridging
import Consent

/// Events that are old enough to be asked after.
struct CustodyWatch {
    /// The first that is not.
    var next: Int64 = 0
    /// Those that have not come home.
    var waiting: [Int64] = []
}

/// None is lost while a custodian on a path stayed up, consented and had room: whether such a custodian keeps an event
/// although nothing has stood in its way for minutes. This finds in minutes what would expire within a day.
extension Mesh {
    /// What has been so for so long is settled: longer than the longest pause between two tries of one custodian, 135 s.
    static let settledMicroseconds: Int64 = 150_000_000
    /// An event that was overdue at so many looks in a row, a minute apart, counts as lost: routes may have just changed.
    static let overdueLooksMax = 3
    /// The least first hop limit.
    static let hopLimitMin = DeviceFacts.firstHopLimits.lowerBound

    /// Once a minute.
    func checkWaiting() {
        guard keeper.watches(.custody) else { return }
        while watch.next < emissions.nextNumber {
            guard emissions.isKept(watch.next) else {
                watch.next += 1
                continue
            }
            let emission = emissions[watch.next]
            guard emission.time <= now - Self.settledMicroseconds else { break }
            if emission.openedAt >= 0 { keeper.count(.custody) } else { watch.waiting.append(watch.next) }
            watch.next += 1
        }
        watch.waiting.removeAll { !emissions.isKept($0) || !isAwaited(emissions[$0]) || emissions[$0].copies == 0 }
        guard !watch.waiting.isEmpty else { return }
        judge(custodians())
    }

    /// Whether somebody should bring it home.
    private func isAwaited(_ emission: Emission) -> Bool {
        // A liar may keep what it was given, though its neighbours believe it on its way; and what was heard by a wrong
        // clock is refused by others.
        emission.openedAt < 0 && emission.heardAt >= 0 && !emission.isForged && !emission.isLossTold
            && !emission.hasMetLiar && !emission.hasDoubtfulTime && !devices[Int(emission.device)].isRevoked
    }

    /// Houses with an event that they should have brought home, by event, nearest to its home first.
    private func custodians() -> [(number: Int64, links: Int, house: Int)] {
        var found: [(number: Int64, links: Int, house: Int)] = []
        for house in houses {
            guard let running = house.running else { continue }
            for copy in running.held where copy.since <= now - Self.settledMicroseconds {
                guard let number = emissions.number(of: copy.eventID), isAwaited(emissions[number]),
                    let links = linksHome(emissions[number], from: house, running)
                else { continue }
                found.append((number, links, house.index))
            }
        }
        return found.sorted { ($0.number, $0.links, $0.house) < ($1.number, $1.links, $1.house) }
    }

    private func judge(_ custodians: [(number: Int64, links: Int, house: Int)]) {
        var place = 0
        for number in watch.waiting {
            while place < custodians.count, custodians[place].number < number { place += 1 }
            guard place < custodians.count, custodians[place].number == number else {
                emissions[number].overdueLooks = 0
                continue
            }
            emissions[number].overdueLooks += 1
            let isOverdue = emissions[number].overdueLooks >= Self.overdueLooksMax
            emissions[number].isLossTold = isOverdue
            check(.custody, !isOverdue, houses[custodians[place].house]) {
                let seconds = (now - emissions[number].time) / 1_000_000
                return "keeps an event for \(seconds) s though nothing stands between it and its home, "
                    + "\(custodians[place].links) links away"
            }
        }
    }

    /// Over how many links a house would bring an event home if it did now what it should; nil if anything is in its way.
    private func linksHome(_ emission: Emission, from house: SimulatedHouse, _ running: RunningBridge) -> Int? {
        let device = devices[Int(emission.device)]
        guard isSettled(house, for: device), let limit = running.bridge.hopLimit(of: emission.eventID) else {
            return nil
        }
        switch way(from: house, for: device) {
        case .home(let links): return links <= limit ? links : nil
        case .unsettled: return nil
        // Bridges have no way, though links make one: not the shortest, perhaps, as routes go by cost.
        case .none: return !hasFalseRoutes && hasPath(from: house, for: device, links: limit * 2 / 3) ? limit : nil
        }
    }

    // MARK: Ways

    private enum Way {
        case home(links: Int)
        /// It leads over a house or a link that may have good reasons.
        case unsettled
        case none
    }

    /// Where a packet would go, by what each house on the way knows.
    private func way(from house: SimulatedHouse, for device: SimulatedDevice) -> Way {
        var (at, links) = (house, 0)
        while links < 16 {
            guard let id = at.running?.bridge.routeChannel(to: houses[device.home].memberID) else { return .none }
            guard let (channel, end) = channels.channel(id), isSettled(channel) else { return .unsettled }
            links += 1
            at = houses[channel.peer(end)]
            if at.index == device.home { return isSettledHome(at) ? .home(links: links) : .unsettled }
            guard isSettled(at, for: device) else { return .unsettled }
        }
        return .none
    }

    /// Whether a path of so many links, all that it goes over settled, leads from a house to the home of a device.
    func hasPath(from house: SimulatedHouse, for device: SimulatedDevice, links: Int) -> Bool {
        guard links > 0, isSettled(house, for: device), isSettledHome(houses[device.home]) else { return false }
        var (front, seen) = ([house.index], [house.index])
        for _ in 0..<links {
            var next: [Int] = []
            for index in front {
                for channel in channels(of: houses[index]) where isSettled(channel) {
                    let peer = channel.peer(channel.caller.house == index ? 0 : 1)
                    if peer == device.home { return true }
                    guard !seen.contains(peer), isSettled(houses[peer], for: device) else { continue }
                    seen.append(peer)
                    next.append(peer)
                }
            }
            front = next
        }
        return false
    }

    /// Whether a liar has announced ways that are none: whoever believes that may have no way at all.
    var hasFalseRoutes: Bool { hasLied && houses.contains { $0.lies.contains(.falseRoutes) } }

    private func isSettled(_ channel: SimulatedChannel) -> Bool {
        channel.isLink && !channel.isSevered && channel.linkedAt < now - Self.settledMicroseconds
    }

    /// Up, honest, consenting, hearing, with room and allowance and a clock, and with a grant for the device.
    private func isSettled(_ house: SimulatedHouse, for device: SimulatedDevice) -> Bool {
        let since = now - Self.settledMicroseconds
        return isSettledHome(house) && !house.isNo && lends(house, to: device) && house.log.wantedAt < since
            && house.log.learntAt < since && !house.knowledge.isRevoked(device.localIndex)
            && holdsLiveGrant(device, house)
    }

    private func isSettledHome(_ house: SimulatedHouse) -> Bool {
        house.running != nil && isHonest(house) && house.troubles.isPlain && !house.troubles.isDiskFull
            && house.clock.isRight(at: now)
            && (house.unsettledAt == 0 || house.unsettledAt < now - Self.settledMicroseconds)
    }
}
