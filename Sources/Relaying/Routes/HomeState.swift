import Wire

/// What one neighbour last announced of one home.
struct RouteCell: Sendable {
    var sequenceNumber: UInt16 = 0
    /// The neighbour's own metric, without the cost of the link to it.
    var neighbourMetric: UInt16 = RouteLimits.unreachable
    /// Seconds of the monotonic clock.
    var expirySeconds: UInt32 = 0

    var isReachable: Bool { neighbourMetric != RouteLimits.unreachable }
}

/// What is known of one home beside the routes to it: RFC 8966's source table and pending requests.
struct HomeState: Sendable {
    static let noLink: LinkNumber = 0xff

    // In an order that leaves no gaps: a bridge has one for each member.
    let home: UInt64
    /// While no route is feasible, or the one in use is not as it was: when to ask again, and how often it was asked.
    var askAgain = Instant.distantFuture
    /// The last request of others that was passed on, so that it is not passed on again at once.
    var passedOnUntil = Instant(microseconds: .min)
    var passedOnSequenceNumber: UInt16 = 0
    var timesAsked: UInt8 = 0
    var selected: LinkNumber = noLink

    /// What the neighbour of the route in use has announced since, and was ignored as unfeasible.
    var ignored = RouteCell()

    /// The feasibility distance: the best that was ever announced of this home under its newest sequence number.
    /// It is of the last announcement, or of when the last neighbour was told that the route is gone: seconds as above.
    var distanceSeconds: UInt32 = 0
    var distanceSequenceNumber: UInt16 = 0
    var distanceMetric: UInt16 = 0
    var hasDistance = false

    /// Links that are owed an announcement.
    var owed: UInt16 = 0
    /// Links whose other end was last told of a route through this bridge, and so must be told when it is gone.
    var told: UInt16 = 0
    var toldSequenceNumber: UInt16 = 0
    var toldMetric: UInt16 = RouteLimits.unreachable

    init(home: UInt64) { self.home = home }

    var hasSelected: Bool { selected != Self.noLink }

    /// The last second in which the feasibility distance counts.
    var distanceExpirySeconds: Int64 {
        Int64(distanceSeconds) + (told == 0 ? RouteLimits.retractedSeconds : RouteLimits.sourceSeconds)
    }

    /// RFC 8966, section 3.5.1.
    @inline(__always)
    func isFeasible(_ cell: RouteCell) -> Bool {
        guard hasDistance else { return true }
        if cell.sequenceNumber == distanceSequenceNumber { return cell.neighbourMetric < distanceMetric }
        return SequenceNumber.isNewer(cell.sequenceNumber, than: distanceSequenceNumber)
    }

    /// Lowers the feasibility distance to what is being announced (RFC 8966, section 3.7.3).
    mutating func noteAnnouncement(sequenceNumber: UInt16, metric: UInt16, nowSeconds: UInt32) {
        distanceSeconds = nowSeconds
        let isCloser =
            !hasDistance || SequenceNumber.isNewer(sequenceNumber, than: distanceSequenceNumber)
            || (sequenceNumber == distanceSequenceNumber && metric < distanceMetric)
        guard isCloser else { return }
        hasDistance = true
        distanceSequenceNumber = sequenceNumber
        distanceMetric = metric
    }
}
