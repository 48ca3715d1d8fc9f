import Relaying
import Wire

/// A clean stop: what is held goes on to whoever can take it, and the neighbours are told.
extension Bridge {
    /// Takes no packet of others any more, finds no new neighbours, and sends on, within the caps, what is queued. Once
    /// all of it is kept by neighbours (or has no way at all), or at `deadline`, every link ends with `bye` and
    /// `hasStopped` is true. Events of own devices are opened until then.
    public mutating func stop(by deadline: Instant, now: Moment, into effects: inout Effects) {
        guard stopsBy == nil else { return }
        stopsBy = deadline
        // Whoever learns it now finds another way while this bridge still answers.
        neighbours.setOptedOut(true, now: now.instant)
        neighbours.seekNoLinks()
        beaconsChanged = true
        closeInvitation()
        if joining != nil {
            joining = nil
            effects.act(.joinFailed(.brokenOff))
        }
        for session in sessions.sessions where !session.isLink { bye(.closing, session, now: now, into: &effects) }
        advance(now: now, into: &effects)
    }

    var isStopping: Bool { stopsBy != nil }

    /// Whether all has been done that `stop` asked for: the bridge may be taken off the air.
    public var hasStopped: Bool { isStopping && sessions.sessions.isEmpty }

    /// Says goodbye once there is nothing left to hand on, or no time.
    mutating func finishStop(now: Moment, into effects: inout Effects) {
        guard let stopsBy, !hasStopped else { return }
        let isDone = relay.isHandedOn && home.pending.isEmpty
        guard isDone || now.instant >= stopsBy else { return }
        for session in sessions.sessions { bye(.closing, session, now: now, into: &effects) }
    }
}
