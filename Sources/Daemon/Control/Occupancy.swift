import Synchronization

/// How many connections and watchers there are, and how many more there may be.
final class Occupancy: Sendable {
    private struct Counts {
        var connections = 0
        var watchers = 0
    }

    private let counts = Mutex(Counts())
    private let connectionsMax: Int
    private let watchersMax: Int

    init(connectionsMax: Int, watchersMax: Int) {
        self.connectionsMax = connectionsMax
        self.watchersMax = watchersMax
    }

    var now: (connections: Int, watchers: Int) { counts.withLock { ($0.connections, $0.watchers) } }

    /// A place that is given back when its last holder lets it go: a connection keeps it, and so does the answer that
    /// still runs after its caller has left, so that leaving early gains nobody more than their share.
    final class Lease: Sendable {
        private let giveBack: @Sendable () -> Void
        fileprivate init(giveBack: @escaping @Sendable () -> Void) { self.giveBack = giveBack }
        deinit { giveBack() }
    }

    /// Nil if all places are taken.
    func enter() -> Lease? {
        let isFree = counts.withLock { counts in
            guard counts.connections < connectionsMax else { return false }
            counts.connections += 1
            return true
        }
        return isFree ? Lease { [self] in counts.withLock { $0.connections -= 1 } } : nil
    }

    /// Nil if all places for watchers are taken.
    func enterAsWatcher() -> Lease? {
        let isFree = counts.withLock { counts in
            guard counts.watchers < watchersMax else { return false }
            counts.watchers += 1
            return true
        }
        return isFree ? Lease { [self] in counts.withLock { $0.watchers -= 1 } } : nil
    }
}
