import Relaying
import Wire

/// What neighbours are told of this bridge's lending, and tell of theirs: whose link may give way to whose.
extension Bridge {
    /// From one telling to the next, whatever neighbours say: who toggles makes nobody write more than this.
    static var lendingSeconds: Int64 { 1 }

    /// Something has changed of which neighbours are told; or they took no messages when it had.
    mutating func lendingMayChange(_ now: Moment) {
        let allowed = timers.lendingTold.advanced(seconds: Self.lendingSeconds)
        timers.lendingWake = min(timers.lendingWake, max(now.instant, allowed))
    }

    /// Tells each neighbour where it is not what it was told last.
    mutating func tellLending(now: Moment, into effects: inout Effects) {
        (timers.lendingWake, timers.lendingTold) = (.distantFuture, now.instant)
        beaconsChanged = true
        for session in sessions.sessions where session.isIntroduced && session.isRunning && !session.isBlocked {
            tellLending(session, into: &effects)
        }
    }

    mutating func tellLending(_ session: LinkSession, into effects: inout Effects) {
        // What is held still goes out over its links: none is to give way because of what it leads to by now.
        guard !isStopping else { return }
        let notice = lendingNotice(for: session)
        guard session.saidLending != notice else { return }
        session.saidLending = notice
        send(session, into: &effects) { target throws(WireError) in try FrameWriter.lending(notice, into: target) }
    }

    private func lendingNotice(for session: LinkSession) -> LendingNotice {
        var notice: LendingNotice = []
        // Nothing passes through a bridge with one link.
        if !takesNothing, configuration.linksMax > 1 {
            notice.insert(host.isPartial ? .some : .all)
        }
        if neighbours.hasWay(besides: session.member ?? session.claimed) { notice.insert(.otherWay) }
        return notice
    }

    /// A peer says it of itself, as often as it likes.
    mutating func note(_ lending: LendingNotice, _ session: LinkSession, now: Moment) {
        guard session.lending != lending else { return }
        session.lending = lending
        guard let link = session.number else { return }
        neighbours.noteLending(link, lending, now: now.instant)
        lendingMayChange(now)
    }
}
