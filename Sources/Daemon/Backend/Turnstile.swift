import Synchronization

/// Lets commands through one at a time, in the order in which they came: a yes and a no that cross must not leave the
/// disk and the bridge with different answers. As many can wait as the control server has connections.
actor Turnstile {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// How many wait.
    var waitingCount: Int { waiting.count }

    func run<Result: Sendable>(_ body: @Sendable () async -> Result) async -> Result {
        if isTaken { await withCheckedContinuation { waiting.append($0) } }
        isTaken = true
        defer { leave() }
        return await body()
    }

    private func leave() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}

/// What one command at a time may have, and which nobody waits for.
final class Claim: Sendable {
    private let isTaken = Mutex(false)

    /// False: another has it.
    func claim() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    func release() { isTaken.withLock { $0 = false } }
}
