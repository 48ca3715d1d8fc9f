import Wire

extension Registry {
    /// Ends what time has ended by `now`: grants whose opt-in or proof ran out, revocations a week past their end.
    /// To be called about once a minute, with a good clock only. Walks over all grants.
    public mutating func expire(now: WallTime, into effects: inout [RegistryEffect]) {
        for place in grants.entries.indices where grants.entries[place].isHeld {
            let index = GrantIndex(truncatingIfNeeded: place)
            if grants.entries[place].record.end <= now {
                remove(index, .staleGrant, now, &effects)
            } else {
                announce(index, now, &effects)
            }
        }
        for place in revocations.values.indices {
            guard let revocation = revocations.values[place], revocation.grants == 0 else { continue }
            if revocation.record.end.advanced(seconds: Self.keptAfterEndSeconds) <= now {
                removeRevocation(place, &effects)
            }
        }
    }

    /// Work to be done in small pieces, at most 1,000 tokens a call: to be called about once a second.
    @discardableResult
    public mutating func tick(now: WallTime, clock: ClockState) -> Bool {
        guard clock == .good else { return false }
        tokens.roll(to: now.slot)
        return tokens.advance(grants, budget: TokenTable.tokensATick)
    }
}
