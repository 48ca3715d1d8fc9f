import Relaying
import Wire

/// Routes that a neighbour announced to homes whose member records have not come yet, as happens on a new link: each
/// home's newest. They count once the record is there; else they would be missed until all is announced again.
struct EarlyRoutes {
    static let countMax = RouteLimits.homesMax
    /// What is taken later counts from then on: with this it is gone before a source's sequence number is forgotten. One that
    /// is taken back meanwhile goes at once: where all neighbours were told so, it is forgotten sooner.
    static let seconds = (RouteLimits.sourceSeconds - RouteLimits.routeSeconds) / 2

    private struct Entry {
        var route: RouteEntry
        let until: Instant
    }

    private var entries: [Entry] = []
    var count: Int { entries.count }

    mutating func note(_ route: RouteEntry, now: Instant) {
        entries.removeAll { $0.route.home == route.home || $0.until <= now }
        guard route.metric != RouteLimits.unreachable, entries.count < Self.countMax else { return }
        entries.append(Entry(route: route, until: now.advanced(seconds: Self.seconds)))
    }

    /// Those to homes of which `isMember` holds now; they are not kept any longer.
    mutating func taken(now: Instant, isMember: (UInt64) -> Bool) -> [RouteEntry] {
        let taken = entries.filter { now < $0.until && isMember($0.route.home) }.map(\.route)
        if !taken.isEmpty { entries.removeAll { isMember($0.route.home) } }
        return taken
    }
}
