import CLinux

/// A thread that waits for signals and for changes of files, whatever else the daemon is waiting for.
actor WatchLoop {
    private nonisolated let thread: EventLoopThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init() throws(EventLoopError) { thread = try EventLoopThread(name: "sidegate-watch") }

    /// Calls `body` whenever `descriptor` is readable; it must read, and must not wait.
    func watch(_ descriptor: Int32, _ body: @escaping @Sendable () -> Void) throws(EventLoopError) {
        try thread.watch(descriptor, body)
    }

    /// Takes the signals that tell a daemon something, on this thread. Returns what they can be read from, one byte each,
    /// or -1. Once in a process.
    func takeSignals() -> Int32 { sidegate_signal_pipe() }

    func unwatch(_ descriptor: Int32) { try? thread.unwatch(descriptor) }
}
