import Consent
import Wire

/// Whether the wall clock can be relied on, judged anew at each input.
struct ClockKeeper {
    let built: WallTime
    /// The latest time that was ever noted, on disk or since.
    private(set) var latest: WallTime
    private(set) var state = ClockState.unset

    init(built: WallTime, stored: WallTime) {
        self.built = built
        latest = stored
    }

    mutating func judge(_ wall: WallTime) {
        state = ClockState.judge(wall: wall, built: built, stored: latest)
        if state == .good, wall > latest { latest = wall }
    }
}
