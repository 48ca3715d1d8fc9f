/// What answers the control API: the running bridge, or a stand-in in tests.
public protocol ControlBackend: Sendable {
    /// Answers one request of a caller whose credentials were accepted. A change is in force, and safe on disk,
    /// before this returns. It runs to its end even if the caller has gone.
    func answer(_ request: ControlRequest) async -> ControlReply

    /// The events of one watcher from now on. Ends when the bridge stops; cancelled when the watcher leaves.
    func watch() async -> AsyncStream<WatchEvent>
}
