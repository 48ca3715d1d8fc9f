import Consent
import Relaying
import Wire

/// When the slow work is due.
struct BridgeTimers {
    static let tickSeconds: Int64 = 1
    /// While there are no tokens to make.
    static let tickSecondsIdle: Int64 = 5
    /// While also no link is young, and routes reach whom they reached at the last tick: then there is no more room for a
    /// link than there was.
    static let tickSecondsQuiet: Int64 = 15
    /// A link is young until it may be let go, and a tick more.
    static let youngSeconds: Int64 = LinkChooser.ageSecondsMin + tickSecondsIdle
    static let minuteSeconds: Int64 = 60

    var tick: Instant
    var minute: Instant
    /// The version of what routes reach at the last tick.
    var reachabilityVersion: UInt64 = 0
    var beaconSlot: UInt32 = 0
    /// When the scheduler has something to send.
    var relayWake: Instant
    /// When neighbours are to be told of lending, and when they were last.
    var lendingWake = Instant.distantFuture
    var lendingTold = Instant(microseconds: 0)
    /// When more requests for routes are to be sent.
    var requestsWake = Instant.distantFuture

    init(now: Moment) {
        tick = now.instant
        minute = now.instant
        relayWake = now.instant
    }
}

/// Time passes.
extension Bridge {
    /// Does everything that is due, and sends what may be sent. To be called after each input or batch of inputs, and
    /// at `nextDeadline`.
    public mutating func advance(now: Moment, into effects: inout Effects) {
        clock.judge(now)
        relay.setClockGood(clock.state == .good)
        relay.believe(upTo: clock.believedDay(now))
        guard !isRestoring else { return restore(atMost: Self.restoredAtATurnMax, now: now) }
        if now.instant >= timers.tick { tick(now: now, into: &effects) }
        keepLinks(now: now, into: &effects)
        neighbours.tick(now: now.instant)
        tellRoutes(now: now, into: &effects)
        relay.advance(now: now, routes: neighbours)
        queueRecordMessages()
        carry(now: now, into: &effects)
        settleEnds(now: now, into: &effects)
        finishStop(now: now, into: &effects)
        sealingKeys.advance(now: now.instant, random: &random)
        if let reservation = relay.reservation(now: now) { effects.act(.reserveMonth(reservation)) }
    }

    /// Custody of packets ended: copies that come later are answered by how. The ledger has counted it already.
    private mutating func settleEnds(now: Moment, into effects: inout Effects) {
        guard relay.hasEnds else { return }
        relay.takeEnds { ends.append($0) }
        for end in ends {
            if let reason = end.reason { effects.note(.dropped(reason: reason, bytes: end.bytes)) }
            effects.trace(.ended(eventID: end.eventID, end.reason))
            guard end.isLast, seen.state(of: end.eventID, grant: end.grant) == .held else { continue }
            let state: SeenState = end.reason.map { .ended($0) } ?? .confirmed
            seen.mark(
                end.eventID, grant: end.grant, state, expiryMinute: end.expiryMinute, minute: now.wall.minute)
        }
        ends.removeAll(keepingCapacity: true)
    }

    /// When `advance` has something to do if nothing else happens.
    public var nextDeadline: Instant { earliest() }

    @inline(__always)
    func earliest() -> Instant {
        if isRestoring { return Instant(microseconds: .min) }
        var deadline = min(min(timers.tick, timers.relayWake), min(relay.nextDeadline, neighbours.deadline))
        deadline = min(deadline, min(min(timers.requestsWake, timers.lendingWake), sealingKeys.deadline))
        deadline = min(deadline, sessions.nextDeadline)
        if let stopsBy, !hasStopped { deadline = min(deadline, stopsBy) }
        // While the inviter is being talked to, that session's deadline counts alone.
        if let joining, !joining.isAnswered, !isTalkingToInviter { deadline = min(deadline, joining.deadline) }
        if let invitation { deadline = min(deadline, invitation.expires) }
        return deadline
    }

    /// Every second, or five where no tokens are left to make, or 15 where it is quiet: tokens. Once a minute: what time has ended, proofs, and the hourly exchange of records.
    private mutating func tick(now: Moment, into effects: inout Effects) {
        timers.tick = now.instant.advanced(seconds: BridgeTimers.tickSeconds)
        guard let network else {
            // Without a network nothing rolls, proves or expires.
            timers.tick = now.instant.advanced(seconds: BridgeTimers.minuteSeconds)
            return
        }
        // Whether there is room for a link changes with routes and the age of links.
        beaconsChanged = true
        if !network.registry.tick(now: now.wall, clock: clock.state) {
            let seconds = isQuiet(now.instant) ? BridgeTimers.tickSecondsQuiet : BridgeTimers.tickSecondsIdle
            timers.tick = now.instant.advanced(seconds: seconds)
            if seconds == BridgeTimers.tickSecondsQuiet { neighbours.lookEarly(now: now.instant) }
        }
        timers.reachabilityVersion = neighbours.reachabilityVersion
        guard now.instant >= timers.minute else { return }
        timers.minute = now.instant.advanced(seconds: BridgeTimers.minuteSeconds)
        forgetUnwanted(into: &effects)
        if clock.isSettled { network.registry.expire(now: now.wall, into: &network.registryEffects) }
        actOnRegistry(now: now, into: &effects)
        proveFreshness(now: now, into: &effects)
        for case let session? in sessions.links where now.instant >= session.nextExchange {
            startExchange(session, now: now)
        }
    }

    private func isQuiet(_ now: Instant) -> Bool {
        guard neighbours.reachabilityVersion == timers.reachabilityVersion else { return false }
        let young = BridgeTimers.youngSeconds &* 1_000_000
        return !sessions.sessions.contains { now.microseconds(since: $0.since) < young }
    }

    /// Sends what the routes want told, and looks anew at the packets that waited for a route.
    private mutating func tellRoutes(now: Moment, into effects: inout Effects) {
        // Requests that waited may have gone with their link.
        timers.requestsWake = .distantFuture
        guard !neighbours.effects.isEmpty else { return }
        var changes = RouteEffects()
        swap(&changes, &neighbours.effects)
        var start = changes.announcements.startIndex
        while start < changes.announcements.endIndex {
            let link = changes.announcements[start].link
            let end = changes.announcements[start...].prefix(FrameLayout.routesMax).prefix { $0.link == link }.endIndex
            let entries = changes.announcements[start..<end].lazy.map(\.entry)
            start = end
            guard let session = sessions.link(link) else { continue }
            send(session, into: &effects) { target throws(WireError) in try FrameWriter.routes(entries, into: target) }
        }
        askForRoutes(changes.requests, now: now, into: &effects)
        for home in changes.changedHomes { relay.routeChanged(home, routes: neighbours, now: now) }
        // The arrays are used again; of what they held only requests that wait stay.
        changes.removeAll()
        swap(&changes, &neighbours.effects)
        neighbours.effects.requests.append(contentsOf: changes.requests)
    }

    /// Requests that a link is sent in one turn: each is a message of its own, and all may be for one channel that takes
    /// none of them.
    private static var requestsAtOnceMax: Int { 8 }

    /// Sends the requests that links take now; the others wait, as many as there can be homes.
    private mutating func askForRoutes(_ requests: [RouteEffects.Request], now: Moment, into effects: inout Effects) {
        var sent = InlineArray<16, Int>(repeating: 0)
        for request in requests {
            guard let session = sessions.link(request.link) else { continue }
            let place = Int(request.link) & 15
            guard !session.isBlocked, sent[place] < Self.requestsAtOnceMax else {
                if !session.isBlocked { timers.requestsWake = now.instant }
                if neighbours.effects.requests.count < RouteLimits.homesMax {
                    neighbours.effects.requests.append(request)
                }
                continue
            }
            sent[place] += 1
            send(session, into: &effects) { target throws(WireError) in
                try FrameWriter.routeRequest(request.request, into: target)
            }
        }
    }
}
