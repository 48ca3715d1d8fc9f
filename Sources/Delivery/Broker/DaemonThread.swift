import Dispatch
import Glibc

/// A thread of its own for a library that wants to block.
final class DaemonThread: Sendable {
    private let finished = DispatchSemaphore(value: 0)

    /// Starts `body`. Nil if the system has no thread left.
    init?(_ body: @escaping @Sendable () -> Void) {
        let start = Start(body: body, finished: finished)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let context = Unmanaged.passRetained(start)
        let code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                start.body()
                start.finished.signal()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            return nil
        }
    }

    /// Waits for the thread's end. False if it has not come by then; the thread then ends by itself, later.
    func wait(milliseconds: Int) -> Bool { finished.wait(timeout: .now() + .milliseconds(milliseconds)) == .success }

    private final class Start: Sendable {
        let body: @Sendable () -> Void
        let finished: DispatchSemaphore

        init(body: @escaping @Sendable () -> Void, finished: DispatchSemaphore) {
            self.body = body
            self.finished = finished
        }
    }
}
