import Consent
import Wire

/// Whether the wall clock can be relied on, judged anew at each input.
///
/// A machine may start with a clock that is years ahead. So, but for the very first, a time becomes a mark that later clocks must not fall
/// behind, and ends what time ends, only once it has been believed for an hour, or follows closely on the last mark.
struct ClockKeeper {
    static let settleSeconds: Int64 = 3_600
    /// So long after the last mark a first reading is believed at once: a bridge was off for some days.
    static let plausibleGapSeconds: Int64 = 30 * 86_400
    /// No program runs so long after it was built.
    static let lifeSeconds: Int64 = 10 * 365 * 86_400
    static let stepSeconds: Int64 = 120

    let built: WallTime
    /// The latest time that was settled, on disk or since.
    private(set) var latest: WallTime
    private(set) var state = ClockState.unset
    private(set) var isSettled = false
    /// The reading from which the wall clock has run evenly, and when it is believed.
    private var anchor: Moment?
    private var settlesAt = Instant.distantFuture
    /// Whether there was a good reading since the start: a later leap is no bridge that was off for some days.
    private var hasRead = false

    init(built: WallTime, stored: WallTime) {
        self.built = built
        latest = stored
    }

    mutating func judge(_ now: Moment) {
        state = ClockState.judge(wall: now.wall, built: built, stored: latest)
        if state == .good, now.wall > built.advanced(seconds: Self.lifeSeconds) { state = .unset }
        guard state == .good else {
            anchor = nil
            isSettled = false
            return
        }
        if !runsEvenly(now) {
            anchor = now
            let gap = Int64(now.wall.seconds) - Int64(latest.seconds)
            let isPlausible = !hasRead && (latest.seconds == 0 || gap <= Self.plausibleGapSeconds)
            hasRead = true
            settlesAt = isPlausible ? now.instant : now.instant.advanced(seconds: Self.settleSeconds)
        }
        isSettled = now.instant >= settlesAt
        if isSettled, now.wall > latest { latest = now.wall }
    }

    /// The day that is believed at `now`, after `judge`: the wall clock's once it has settled, until then that of the latest
    /// settled time.
    func believedDay(_ now: Moment) -> UInt32 { isSettled ? now.wall.day : max(latest, built).day }

    private func runsEvenly(_ now: Moment) -> Bool {
        guard let anchor else { return false }
        let passed = now.instant.microseconds(since: anchor.instant) / 1_000_000
        let shown = Int64(now.wall.seconds) - Int64(anchor.wall.seconds)
        return abs(shown - passed) <= Self.stepSeconds
    }
}
