import Settings
import Storage
import Wire

/// What of the noes follows the clock: the schedule, and noes that end by themselves.
extension BridgeHost {
    /// Judges both if their time may have come. Returns when to come back, at the latest.
    func keepTime() -> Instant {
        guard settings.hosting.schedule != nil || noes.temporary != nil else { return .distantFuture }
        let now = SystemTime.now
        let minute = now.wall.minute
        if minute != judgedMinute || isTemporaryNoDue(now.wall) {
            judgedMinute = minute
            judgeTime(now.wall)
        }
        return now.instant.advanced(milliseconds: untilNextJudgement())
    }

    /// The schedule of the settings that hold, at this moment.
    func judgeSchedule() { noes.scheduleClosed = closedNow() }

    private func closedNow() -> String? {
        guard let schedule = settings.hosting.schedule else { return nil }
        let now = SystemTime.now
        return HostingNoes.scheduleNo(
            closed: schedule.closed(unixSeconds: WallClock.unixMilliseconds / 1000), standing: noes.scheduleClosed,
            isClockSettled: core?.bridge.clockMark(now: now) != nil)
    }

    private func isTemporaryNoDue(_ wall: WallTime) -> Bool {
        noes.temporary.map { Int64(wall.seconds) >= $0.until && Int64(wall.seconds) < $0.until + 2 } ?? false
    }

    /// The next minute, as shown, or the end of a no that ends by itself.
    private func untilNextJudgement() -> Int64 {
        let wall = WallClock.unixMilliseconds
        let minute = 60_000 - wall % 60_000
        guard let until = noes.temporary.map({ $0.until * 1000 - wall }), until > 0 else { return minute }
        return min(minute, until)
    }

    private func judgeTime(_ wall: WallTime) {
        let (closed, ended) = (closedNow(), endedNo(wall))
        changeNoes { noes in
            noes.scheduleClosed = closed
            if let ended, noes.temporary == ended { noes.temporary = nil }
        }
        guard let ended else { return }
        // If the disk keeps it, it ends once more after the next start.
        Task {
            _ = try? await worker.look { store throws(StorageError) in try store.endTemporaryNo(ended.stored) }
        }
    }

    private func endedNo(_ wall: WallTime) -> TemporaryNo? {
        guard let temporary = noes.temporary, let core else { return nil }
        let (seconds, boot) = (Int64(wall.seconds), BootTime.now)
        let evenSince = evenClock.look(wall: seconds, now: boot)
        let isTrusted = core.bridge.clockMark != nil
        return temporary.hasEnded(wall: seconds, now: boot, isClockTrusted: isTrusted, evenSince: evenSince)
            ? temporary : nil
    }
}
