/// What is measured while a mesh runs.
struct Meters {
    /// What spreads from house to house.
    enum Spreading: Equatable {
        case revocation(Int)
    }

    private struct Spread {
        let what: Spreading
        let begun: Int64
        let expected: Int
        var reached = 0
        /// By house: whoever starts anew or loses it has had it all the same.
        var has: [Bool] = []
        /// When 99 % had it.
        var reached99: Int64?
    }

    /// Revocations that are followed at once; later ones are not.
    static let spreadsMax = 1_000

    var emitted: UInt64 = 0
    var heard: UInt64 = 0
    var delivered: UInt64 = 0
    /// From emission to delivery, and by class.
    var latency = Histogram()
    var latencyByClass = [Histogram](repeating: Histogram(), count: 4)
    var latencyPerHop = Histogram()
    var hops = Histogram()
    /// Time on the air for its packets, of each event that a bridge took in and that is not followed any more.
    var airtimeByEvent = Histogram()
    /// Time on the air for packets, answers and confirmations.
    var packetAirtime: Int64 = 0
    var otherAirtime: Int64 = 0
    var drops: [UInt64] = Array(repeating: 0, count: 256)
    /// Until all houses that are up and in reach of each other were joined by links, from the run's start.
    var linksConnectedAt: Int64?
    var radioParts: Int?
    var routes = RouteWatch()
    var routeConvergence = Histogram()
    var optOutSpread = Histogram()
    /// Neighbours that had not learned of a no before it was over.
    var optOutsUnspread: UInt64 = 0
    var revocationSpread = Histogram()
    var revocationReach = Histogram()
    private var spreads: [Spread] = []
    /// Links of hosts that said no, whose other ends still have ways to others over them.
    var optOuts: [OptOut] = []

    struct OptOut {
        let house: Int
        let channel: Int64
        /// The neighbour's end.
        let end: UInt8
        let begun: Int64
    }

    mutating func begin(_ what: Spreading, at time: Int64, expected: Int) {
        guard spreads.count < Self.spreadsMax else { return }
        spreads.append(Spread(what: what, begun: time, expected: expected))
    }

    mutating func spread(of what: Spreading, to house: Int, at time: Int64) {
        guard let place = spreads.firstIndex(where: { $0.what == what }) else { return }
        while spreads[place].has.count <= house { spreads[place].has.append(false) }
        guard !spreads[place].has[house] else { return }
        spreads[place].has[house] = true
        spreads[place].reached += 1
        revocationSpread.add(time - spreads[place].begun)
        if spreads[place].reached * 100 >= spreads[place].expected * 99, spreads[place].reached99 == nil {
            spreads[place].reached99 = time
            revocationReach.add(time - spreads[place].begun)
        }
    }

    var spreadsBegun: Int { spreads.count }
    /// Spreads that have not reached 99 %.
    var spreadsOpen: Int { spreads.count { $0.reached99 == nil } }
}

/// What was seen of one house, over all runs of its bridge.
struct HouseLog {
    /// Packets as they left, and everything lent as the ledger tells it.
    var packetCap = CapMeter()
    var ledgerCap = CapMeter()
    var wakes = 0
    var lateWakes = 0
    var wakesSecond: Int64 = -1
    /// When it last refused or dropped something for want of room, of allowance or of a clock.
    var wantedAt = Int64.min
    /// When it last came to hold a live grant that it had not.
    var learntAt = Int64.min
    var lent = LentMeter()
    /// Events of its device that were heard, and those that were delivered.
    var ownHeard: UInt64 = 0
    var ownDelivered: UInt64 = 0
}
