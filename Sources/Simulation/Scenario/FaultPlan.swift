/// Something that goes wrong, or changes, at one time or again and again.
public struct FaultPlan: Sendable, Equatable {
    public var fault: Fault
    public var houses: HouseSelection
    public var when: When

    public init(_ fault: Fault, houses: HouseSelection = .all, when: When) {
        (self.fault, self.houses, self.when) = (fault, houses, when)
    }

    public enum When: Sendable, Equatable {
        /// At this time, at each of the houses.
        case at(microseconds: Int64)
        /// At times drawn from a Poisson process, at one of the houses, drawn anew each time.
        case again(meanSeconds: Double)
    }
}

/// What can go wrong.
public enum Fault: Sendable, Equatable {
    /// The power goes and comes back; what the bridge had written without waiting for it in the last
    /// `unwrittenMicroseconds`, records and how late it is, is lost as well.
    case crash(downMicroseconds: Int64, unwrittenMicroseconds: Int64)
    /// A crash, after which the clock is off by so many seconds until it is set right after `forMicroseconds`.
    case clockWrong(seconds: Int64, forMicroseconds: Int64)
    /// The clock runs fast or slow from now on.
    case drift(partsPerMillion: Double)
    /// The houses and all others do not hear each other.
    case partition(forMicroseconds: Int64)
    case deaf(forMicroseconds: Int64)
    case mute(forMicroseconds: Int64)
    /// Of the messages between the houses and others so many in a thousand.
    case altered(permille: Int, forMicroseconds: Int64)
    case duplicated(permille: Int, forMicroseconds: Int64)
    case delayed(byMicroseconds: Int64, permille: Int, forMicroseconds: Int64)
    /// A stranger near the house sends made-up advertisements, and now and then calls it to say rubbish; so many a minute.
    case forged(perMinute: Double, forMicroseconds: Int64)
    case diskFull(forMicroseconds: Int64)
    /// The host says no, and yes again afterwards (never, if 0).
    case optOut(forMicroseconds: Int64)
    /// The owner revokes one device's grant, drawn at random.
    case revoke
    /// The bridge lies from now on.
    case liar(Lie)
}

/// What a bridge does that has the network's keys and does not keep the rules.
public enum Lie: String, Sendable, CaseIterable {
    /// Changes what packets say in the clear: hop limit, scope bits, expiry.
    case altersHeaders = "alters_headers"
    /// Sends packets again that it carried before.
    case replays
    /// Sends as many packets as links take.
    case floods
    /// Goes on relaying when its host has opted out.
    case ignoresOptOuts = "ignores_opt_outs"
    /// Relays under grants that it knows to be revoked.
    case ignoresRevocations = "ignores_revocations"
    /// Sends more than its cap.
    case ignoresCap = "ignores_cap"
    /// Announces ways to homes that it does not have.
    case falseRoutes = "false_routes"
    /// Accepts packets and never hands them on.
    case keeps
}
