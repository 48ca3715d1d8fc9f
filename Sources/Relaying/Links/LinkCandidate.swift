import Wire

/// A member near by, as its beacons and past links show it.
struct LinkCandidate: Sendable {
    let hint: UInt32
    var address: UInt64 = 0
    /// dBm, smoothed.
    var signal: Int8 = .min
    var heardAt = Instant(microseconds: .min)
    /// Whether a route reached a member with this hint in the last tick: looked up once, and asked for with each beacon.
    var isReached: Bool
    /// Calls that failed, and links that ended young, since the last good link; apart from them, answers that there is no room.
    var failures: UInt8 = 0
    var refusals: UInt8 = 0
    /// Not called before, whatever for.
    var notBefore = Instant(microseconds: .min)
    /// Not called before just to have one link more.
    var fillNotBefore = Instant(microseconds: .min)
    /// When the link to it was ended as redundant, until it is known whether that was right.
    var letGoAt = Instant(microseconds: .min)
    /// Its links count as needed until then: it was unreachable after the last one was let go.
    var neededUntil = Instant(microseconds: .min)
    /// It said that its host does not lend to all, or no link gave way to it: not called before for such a place.
    var noWayUntil = Instant(microseconds: .min)
    /// When it was last seen to matter, for the choice of what to forget.
    var touchedAt: Instant

    init(hint: UInt32, isReached: Bool, now: Instant) {
        (self.hint, self.isReached) = (hint, isReached)
        touchedAt = now
    }

    /// Heard lately enough to be there still, under the address it was heard with.
    func isNear(_ now: Instant) -> Bool {
        heardAt.microseconds != .min && now.microseconds(since: heardAt) <= LinkChooser.heardSeconds * 1_000_000
    }
}
