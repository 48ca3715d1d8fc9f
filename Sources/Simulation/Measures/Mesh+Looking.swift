/// What is looked at from time to time, as it is no one input's doing.
extension Mesh {
    static let lookMicroseconds: Int64 = 1_000_000
    static let lookSlowlyMicroseconds: Int64 = 60_000_000

    func look() {
        if meters.linksConnectedAt == nil { lookAtLinks() }
        let isSlow = now % Self.lookSlowlyMicroseconds < Self.lookMicroseconds
        if isSlow {
            checkWaiting()
            retireEmissions()
            raiseClocks()
        }
        let isBusy = meters.linksConnectedAt == nil && now < 600_000_000
        let wait = isBusy ? Self.lookMicroseconds : Self.lookSlowlyMicroseconds
        queue.add(Happening(kind: .look), at: now - now % wait + wait)
    }

    /// Whether all that the radio joins is joined by links.
    private func lookAtLinks() {
        var byLinks = Joined(houses.count)
        for case let channel? in channels.channels where channel.isLink && !channel.isSevered {
            byLinks.join(channel.caller.house, channel.called.house)
        }
        if byLinks.parts == radioParts { meters.linksConnectedAt = now }
    }

    /// How many other houses of its network one hears on average.
    package var radioDegree: Double {
        var heard = 0
        for house in houses {
            heard += air.neighbours[house.index].count {
                Double($0.dBm) >= scenario.radio.sensitivityDBm && houses[Int($0.house)].network == house.network
            }
        }
        return Double(heard) / Double(max(houses.count, 1))
    }

    /// Parts of the graph of who hears whom, among houses of one network: no link leads from one to another.
    package var radioParts: Int {
        if let parts = meters.radioParts { return parts }
        var byRadio = Joined(houses.count)
        for house in houses {
            for neighbour in air.neighbours[house.index]
            where Double(neighbour.dBm) >= scenario.radio.sensitivityDBm
                && houses[Int(neighbour.house)].network == house.network
            {
                byRadio.join(house.index, Int(neighbour.house))
            }
        }
        meters.radioParts = byRadio.parts
        return byRadio.parts
    }

    private func retireEmissions() {
        emissions.retireForgeries(before: now - Emissions.keptPlainMicroseconds)
        let holds = scenario.devices.contains { $0.scope.contains(.hold) }
        let kept = holds ? Emissions.keptMicroseconds : Emissions.keptPlainMicroseconds
        emissions.retire(before: now - kept) { emission in
            checkAccounts(emission)
            if emission.heardAt >= 0 { meters.airtimeByEvent.add(emission.airtime) }
            forgetJourney(emission.journey)
            if emission.journey >= 0, emission.openedAt < 0 {
                run.journeys[Int(emission.journey)].fate = Self.fate(emission)
            }
        }
    }
}

/// Sets of houses that are joined somehow.
struct Joined {
    private var parents: [Int]
    private(set) var parts: Int

    init(_ count: Int) {
        parents = Array(0..<count)
        parts = count
    }

    private mutating func root(_ house: Int) -> Int {
        var at = house
        while parents[at] != at {
            parents[at] = parents[parents[at]]
            at = parents[at]
        }
        return at
    }

    mutating func join(_ first: Int, _ second: Int) {
        let (first, second) = (root(first), root(second))
        guard first != second else { return }
        parents[max(first, second)] = min(first, second)
        parts -= 1
    }

    /// The least number of the houses that it is joined with.
    mutating func part(of house: Int) -> Int { root(house) }

    mutating func areJoined(_ first: Int, _ second: Int) -> Bool { root(first) == root(second) }
}
