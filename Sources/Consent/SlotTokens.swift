/// The tokens of one slot, worked out grant by grant.
struct SlotTokens {
    /// Which grants belong in the table.
    enum Scope {
        case all
        /// Those that allow `hold`: nobody else's packets live so long.
        case held
        case own
    }

    private(set) var slot: UInt32 = 0
    private(set) var scope = Scope.all
    private(set) var isInUse = false
    /// Grants with a lower index are in the table.
    private(set) var cursor = 0
    private(set) var tokens: FlatIndex
    /// When it was last asked, in microseconds: the one not asked for longest gives way.
    var lastUsedMicroseconds = Int64.min

    init(seed: UInt64) { tokens = FlatIndex(seed: seed) }

    @inline(__always)
    func isComplete(_ grants: borrowing GrantTable) -> Bool { cursor >= grants.entries.count }

    mutating func reset(slot: UInt32, scope: Scope) {
        tokens.clear()
        self.slot = slot
        self.scope = scope
        isInUse = true
        cursor = 0
    }

    mutating func discard() {
        tokens.clear()
        isInUse = false
        cursor = 0
    }

    /// Goes on for at most `budget` tokens, which it lowers by what it used.
    mutating func advance(_ grants: borrowing GrantTable, budget: inout Int) {
        while budget > 0 && cursor < grants.entries.count {
            if take(GrantIndex(truncatingIfNeeded: cursor), grants) { budget -= 1 }
            cursor += 1
        }
    }

    mutating func added(_ index: GrantIndex, _ grants: borrowing GrantTable) {
        guard isInUse, Int(index) <= cursor else { return }
        _ = take(index, grants)
        if Int(index) == cursor { cursor += 1 }
    }

    mutating func removed(_ index: GrantIndex) {
        if isInUse { tokens.removeAll(for: index) }
    }

    private mutating func take(_ index: GrantIndex, _ grants: borrowing GrantTable) -> Bool {
        let state = grants.states[Int(index)]
        guard state.isHeld else { return false }
        switch scope {
        case .all: break
        case .held: guard state.scope.contains(.hold) else { return false }
        case .own: guard state.isOwn else { return false }
        }
        tokens.insert(grants.token(of: index, slot: slot), index)
        return true
    }
}
