import CLinux
import Glibc

/// Tells when one of some files or directories may have changed, by inotify(7), or else every 500 ms.
///
/// Directories tell of files that are made or put in place of others; the files themselves, of changes behind a
/// symbolic link. It may tell too much; it is for the listener to look.
final class FileWatch: Sendable {
    static let pollMilliseconds = 500
    private static let events =
        UInt32(IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_DELETE_SELF)
        | UInt32(IN_MOVE_SELF | IN_MOVED_FROM | IN_MOVED_TO)

    /// At most one waits: what changed meanwhile is looked at together.
    let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let descriptor: Int32
    private let loop: WatchLoop
    private let polling: Task<Void, Never>?

    init(on loop: WatchLoop) async {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.changes = changes
        self.continuation = continuation
        self.loop = loop
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        self.descriptor = descriptor
        do {
            guard descriptor >= 0 else { throw StartFailure("no inotify") }
            try await loop.watch(descriptor) {
                withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
                    while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
                }
                continuation.yield()
            }
            polling = nil
        } catch {
            polling = Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(FileWatch.pollMilliseconds))
                    continuation.yield()
                }
            }
        }
    }

    /// Watches `paths` from now on, beside those watched already. Those that do not exist are passed over, so that this
    /// is called again after each change. Watching what is watched changes nothing.
    func watch(_ paths: [String]) {
        guard descriptor >= 0 else { return }
        for path in paths { _ = inotify_add_watch(descriptor, path, Self.events) }
    }

    /// Ends `changes`.
    func stop() async {
        polling?.cancel()
        if descriptor >= 0 {
            await loop.unwatch(descriptor)
            close(descriptor)
        }
        continuation.finish()
    }
}
