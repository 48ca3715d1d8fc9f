import Glibc

/// The signals that tell the daemon something, as a stream. Their handler only writes the signal's number to a pipe.
struct Signals: Sendable {
    enum Signal: Sendable {
        case stop
        case reload
    }

    let stream: AsyncStream<Signal>

    /// Takes over SIGTERM, SIGINT and SIGHUP, and ignores SIGPIPE. Once in a process; the pipe lives as long as it does.
    init(on loop: WatchLoop) async throws {
        let reading = await loop.takeSignals()
        guard reading >= 0 else {
            throw StartFailure("signals cannot be handled: \(String(cString: strerror(errno)))")
        }
        // Of many signals the last few count: to be stopped twice, or to read settings again once more, is the same.
        let (stream, continuation) = AsyncStream.makeStream(of: Signal.self, bufferingPolicy: .bufferingNewest(8))
        self.stream = stream
        try await loop.watch(reading) {
            var number: UInt8 = 0
            while read(reading, &number, 1) == 1 {
                continuation.yield(Int32(number) == SIGHUP ? .reload : .stop)
            }
        }
    }
}
