import Bridging

/// Cuts and heals after which routes do not work yet, and the looks at whether they do.
struct RouteWatch {
    /// Cuts and heals that are followed at once; later ones are not.
    static let disturbedMax = 1_000

    /// When they were, in order.
    var disturbed: [Int64] = []
    /// Only the look with this number is one: a cut or a heal has it looked at once.
    var look: Int64 = 0
    /// The home to which a way was missing last: it is asked for first.
    var home = 0
    /// By the first of two houses and then the second: whether they have had a link, at whatever signal.
    private var linked: [Bool] = []

    mutating func noteLink(_ first: Int, _ second: Int, of houses: Int) {
        if linked.isEmpty { linked = [Bool](repeating: false, count: houses * houses) }
        linked[first * houses + second] = true
        linked[second * houses + first] = true
    }

    func haveLinked(_ first: Int, _ second: Int, of houses: Int) -> Bool {
        !linked.isEmpty && linked[first * houses + second]
    }
}

/// How long routes take to find their ways after a cut or a heal: until every house that the radio joins with a home has a
/// way there that comes home, followed from house to house.
///
/// What the radio joins, and not what links join: else a street of which all links are gone would have no way to miss. A
/// cut that leaves no way to be found, and one that takes none away, are not counted; one that comes while another is not
/// mended is counted until all is, as is the other.
extension Mesh {
    /// Each look asks every house for its way to every home: in bigger streets it is not measured.
    static let routesHousesMax = 256
    /// How exact the figure is, and for how long; from then on it is looked at once in a second.
    static let routeLookMicroseconds: Int64 = 100_000
    static let routeLooksCloseMicroseconds: Int64 = 10_000_000

    /// Some houses hear others no longer, or again; or a host carries for others no longer, or again.
    func disturbRoutes() {
        guard houses.count <= Self.routesHousesMax, meters.routes.disturbed.count < RouteWatch.disturbedMax,
            meters.routes.disturbed.last != now
        else { return }
        meters.routes.disturbed.append(now)
        meters.routes.look += 1
        queue.add(Happening(kind: .routes, number: meters.routes.look), at: now)
    }

    func lookAtRoutes(_ look: Int64) {
        guard look == meters.routes.look, let last = meters.routes.disturbed.last else { return }
        guard routesWork() else {
            let isClose = now - last < Self.routeLooksCloseMicroseconds
            let wait = isClose ? Self.routeLookMicroseconds : Self.lookMicroseconds
            return queue.add(Happening(kind: .routes, number: look), at: now + wait)
        }
        for begun in meters.routes.disturbed where begun < now { meters.routeConvergence.add(now - begun) }
        meters.routes.disturbed.removeAll()
    }

    /// Whether every house has a way to every home with which the radio joins it over hosts that carry.
    func routesWork() -> Bool {
        let first = meters.routes.home
        for offset in houses.indices {
            let home = (first + offset) % houses.count
            guard waysLead(to: houses[home]) else {
                meters.routes.home = home
                return false
            }
        }
        return true
    }

    /// From the home on, over whoever hears whom. A host that said no is a home, and no way to others.
    private func waysLead(to home: SimulatedHouse) -> Bool {
        guard takesPart(home) else { return true }
        var isReached = [Bool](repeating: false, count: houses.count)
        isReached[home.index] = true
        var leads = isReached
        var reached = [home]
        var place = 0
        while place < reached.count {
            let house = reached[place]
            place += 1
            for neighbour in air.neighbours[house.index] where !isReached[Int(neighbour.house)] {
                let other = houses[Int(neighbour.house)]
                guard joins(neighbour, house), other.network == home.network, takesPart(other), !saysNo(other),
                    other.troubles.partition == house.troubles.partition
                else { continue }
                guard wayLeads(from: other, to: home, &leads) else { return false }
                isReached[other.index] = true
                reached.append(other)
            }
        }
        return true
    }

    /// The radio joins two houses that hear each other as well as receivers are said to, and those that have had a link all
    /// the same.
    private func joins(_ neighbour: AirNeighbour, _ house: SimulatedHouse) -> Bool {
        Double(neighbour.dBm) >= scenario.radio.sensitivityDBm
            || meters.routes.haveLinked(house.index, Int(neighbour.house), of: houses.count)
    }

    /// Up, a member, and with a radio that hears and is heard.
    private func takesPart(_ house: SimulatedHouse) -> Bool {
        house.running != nil && house.depth > 0 && !house.troubles.isDeaf && !house.troubles.isMute
    }

    /// As its neighbours know it: a bridge that hides its host's no goes on.
    private func saysNo(_ house: SimulatedHouse) -> Bool { house.isNo && !house.lies.contains(.ignoresOptOuts) }

    /// Follows what each house would do with a packet for the home. `leads` says which of them are known to bring it there.
    private func wayLeads(from house: SimulatedHouse, to home: SimulatedHouse, _ leads: inout [Bool]) -> Bool {
        var at = house
        var passed: [Int] = []
        while !leads[at.index] {
            guard passed.count < houses.count, at === house || !saysNo(at),
                let id = at.running?.bridge.routeChannel(to: home.memberID),
                let (channel, end) = channels.channel(id), channel.isLink, !channel.isSevered
            else { return false }
            passed.append(at.index)
            at = houses[channel.peer(end)]
        }
        for index in passed { leads[index] = true }
        return true
    }
}
