import ControlAPI

/// Lets commands through one at a time, in the order in which they came: a yes and a no that cross must not leave the
/// disk and the bridge with different answers. As many can wait as the control server has connections.
actor Turnstile {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func run(_ body: @Sendable () async -> ControlReply) async -> ControlReply {
        if isTaken { await withCheckedContinuation { waiting.append($0) } }
        isTaken = true
        defer { leave() }
        return await body()
    }

    private func leave() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
