import Wire

/// Timers and limits of the route table. Section 7 of the protocol; names in brackets are those of RFC 8966.
public enum RouteLimits {
    /// Destinations: as many as a network has members.
    public static let homesMax = 1024
    /// A metric that is no route.
    @inlinable public static var unreachable: UInt16 { 0xffff }
    /// How long changes are gathered before they are announced (triggered updates).
    public static let gatherMilliseconds: Int64 = 100
    /// How often everything is announced again (update interval). Links lose nothing, and all changes are announced at
    /// once: this mends what nobody has thought of. As RFC 2091 has it for circuits that tell when they are down.
    public static let periodSeconds: Int64 = 600
    /// Entries that a link is told in one turn, eight messages full: what a channel does not take is kept by the daemon,
    /// which has 32 places, and ends a channel that is given more.
    public static let announcedAtOnceMax = 8 * FrameLayout.routesMax
    /// How long a route counts without being announced again. Below `sourceSeconds` by more than a link can
    /// delay a message, so that nobody uses a route whose announcer may have forgotten what it promised by it.
    public static let routeSeconds: Int64 = 1300
    /// How long a feasibility distance is kept without the home being announced (source garbage collection).
    public static let sourceSeconds: Int64 = 2600
    /// The same where no neighbour has a route through this bridge any more: each has been told, over a link that delays it by
    /// less, or its link is gone. Homes too far away to be asked for a newer sequence number come back by this.
    public static let retractedSeconds: Int64 = 180
    /// How often expired routes and distances are looked for at most.
    public static let sweepSeconds: Int64 = 5
    /// Bridges that a request for a sequence number may cross.
    public static let requestHops: UInt8 = 16
    /// A request that was passed on is not passed on again for so long.
    public static let requestSilenceMilliseconds: Int64 = 1000
    /// A home without a feasible route is asked for again after so long, doubled each time up to 64 s;
    /// where the route in use works still, first after 64 s, up to half an hour.
    public static let requestAgainMilliseconds: Int64 = 2000
    static let ignoringDoublings: Int64 = 5
    /// The own sequence number rises at most once in so long, whoever asks.
    public static let ownSequenceMilliseconds: Int64 = 500
    /// A link's cost counts as before until it is off by so much, 32 ms of round trip: less changes no route, and each change
    /// has all routes looked at.
    public static let costChangeMin: UInt16 = 8
    /// What a bridge whose host does not lend to every class adds to the metrics of other homes: four links. So a way over
    /// others, who take everything, is preferred to one over it, unless it is much longer.
    public static let reluctance: UInt16 = 4 * LinkCost.least
    /// Another route is preferred only if it is cheaper by more than this, or by an eighth.
    public static let hysteresis: UInt16 = 32
}

/// Sequence numbers of routes, compared modulo 2^16 (RFC 8966, section 3.2.1).
enum SequenceNumber {
    /// Whether `left` is newer than `right`.
    static func isNewer(_ left: UInt16, than right: UInt16) -> Bool { Int16(bitPattern: left &- right) > 0 }
}
