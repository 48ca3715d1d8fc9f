import CLinux
import Glibc
import Synchronization
import Wire

/// One thread that waits on epoll and is the executor of an actor: jobs, descriptors and time are served in turn.
///
/// ```swift
/// actor Host {
///     nonisolated let loop: EventLoopThread
///     nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
///     func start() throws(EventLoopError) {
///         try loop.watch(radio.fileDescriptor) { [unowned self] in self.assumeIsolated { $0.pollRadio() } }
///         try loop.onTurn { [unowned self] in self.assumeIsolated { $0.nextDeadline() } }
///     }
/// }
/// ```
/// It sleeps while nothing is to be done. No job is ever lost: the thread lives as long as the loop does.
public final class EventLoopThread: SerialExecutor {
    private let core: EventLoopCore

    /// Starts the thread. `name` is what tools show, cut at 15 bytes.
    /// - Throws: `EventLoopError.system`.
    public init(name: String) throws(EventLoopError) {
        core = try EventLoopCore(name: name)
        try core.start()
    }

    deinit { core.finish() }

    /// The monotonic clock, as all deadlines here have it.
    public static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(microseconds: Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1_000)
    }

    /// How often it woke so far.
    public var wakeCount: Int { core.wakeCount.load(ordering: .relaxed) }

    /// Calls `body`, isolated to this loop, whenever `descriptor` is readable or has hung up (level-triggered).
    /// The descriptor must be unwatched before it is closed. Watching it again replaces what is called.
    /// - Throws: `notOnLoop`, `descriptorsTooMany` or `system`.
    public func watch(_ descriptor: Int32, _ body: @escaping () -> Void) throws(EventLoopError) {
        guard core.isCurrent else { throw .notOnLoop }
        try core.watch(descriptor, body)
    }

    /// Calls nothing more for `descriptor`. Without effect if it is not watched.
    /// - Throws: `notOnLoop`.
    public func unwatch(_ descriptor: Int32) throws(EventLoopError) {
        guard core.isCurrent else { throw .notOnLoop }
        core.unwatch(descriptor)
    }

    /// Calls `body`, isolated to this loop, after each turn of jobs and descriptors, before it sleeps.
    /// The result is the deadline at which the next turn comes by itself; nil for none, a past one for at once.
    /// - Throws: `notOnLoop`.
    public func onTurn(_ body: @escaping () -> Instant?) throws(EventLoopError) {
        guard core.isCurrent else { throw .notOnLoop }
        core.turn = body
    }

    /// Has a turn come as soon as may be, from any thread: for who has put down what the turn takes up. It costs one call
    /// to the system, and no job.
    public func ring() { core.ring() }

    /// Forgets all descriptors and the turn: from now on it runs jobs only.
    /// At once if called on the loop; from elsewhere, what is being called at that moment is not waited for.
    public func stop() { core.stopWatching() }

    public func enqueue(_ job: consuming ExecutorJob) { core.enqueue(UnownedJob(job), for: self) }
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    public func isIsolatingCurrentContext() -> Bool? { core.isCurrent }
    public func checkIsolated() {
        precondition(core.isCurrent, "called outside of the event loop that isolates it")
    }
}

/// Why an event loop does not do as asked.
public enum EventLoopError: Error, Hashable, Sendable {
    /// Descriptors and turns are set from the loop's own thread: from the actor that lives on it.
    case notOnLoop
    case descriptorsTooMany(max: Int)
    /// A call to the system failed.
    case system(call: String, errno: Int32)
}
