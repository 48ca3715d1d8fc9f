import ControlAPI
import Synchronization

/// Hands what happens to every watcher. Publishing never waits: a watcher who is behind misses events, and is told
/// how many.
public final class WatchHub: Sendable {
    /// Events that may wait for one watcher.
    public static let bufferedEventsMax = 256

    private struct Watcher {
        var id: UInt64
        var continuation: AsyncStream<WatchEvent>.Continuation
        var missedCount = 0
    }

    private struct State {
        var nextID: UInt64 = 0
        var watchers: [Watcher] = []
    }

    private let state = Mutex(State())
    private let watcherCount = Atomic(0)

    public init() {}

    /// Whether anybody watches: ask before making an event.
    public var isWatched: Bool { watcherCount.load(ordering: .relaxed) > 0 }

    public func publish(_ event: WatchEvent) {
        guard isWatched else { return }
        state.withLock { state in
            for index in state.watchers.indices { Self.tell(&state.watchers[index], event) }
        }
    }

    /// The events from now on, for one watcher; they end when it is cancelled or at `finish`.
    public func stream() -> AsyncStream<WatchEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: WatchEvent.self, bufferingPolicy: .bufferingOldest(Self.bufferedEventsMax))
        let id = state.withLock { state in
            state.nextID += 1
            state.watchers.append(Watcher(id: state.nextID, continuation: continuation))
            watcherCount.store(state.watchers.count, ordering: .relaxed)
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return stream
    }

    /// Ends every stream.
    public func finish() {
        let watchers = state.withLock { $0.watchers }
        for watcher in watchers { watcher.continuation.finish() }
    }

    private func remove(_ id: UInt64) {
        state.withLock { state in
            state.watchers.removeAll { $0.id == id }
            watcherCount.store(state.watchers.count, ordering: .relaxed)
        }
    }

    private static func tell(_ watcher: inout Watcher, _ event: WatchEvent) {
        if watcher.missedCount > 0 {
            let missed = WatchEvent(.missed, unixMilliseconds: event.unixMilliseconds, count: watcher.missedCount)
            guard case .enqueued = watcher.continuation.yield(missed) else {
                watcher.missedCount += 1
                return
            }
            watcher.missedCount = 0
        }
        if case .dropped = watcher.continuation.yield(event) { watcher.missedCount += 1 }
    }
}
