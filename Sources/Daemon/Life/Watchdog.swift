import Glibc

/// Feeds the service manager's watchdog with the daemon's real work: each time, every worker must have run something
/// that stood in line behind what it had to do. One that is stuck starves the watchdog, and the manager starts the
/// daemon anew.
struct Watchdog: Sendable {
    /// Fed so often within the time that the manager allows.
    static let feedsAnInterval: Int64 = 3

    let intervalMicroseconds: Int64
    /// Each returns once its worker has come to it.
    let workers: [@Sendable () async -> Void]
    var feed: @Sendable () -> Void = { ServiceNotice.watchdog.send() }

    /// What the manager allows, from its environment; nil: it watches nobody, or another process.
    static func interval(microseconds: String?, processID: String?) -> Int64? {
        guard let microseconds = microseconds.flatMap(Int64.init), microseconds > 0 else { return nil }
        if let processID, Int32(processID) != getpid() { return nil }
        return microseconds
    }

    static var askedInterval: Int64? {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return interval(microseconds: variable("WATCHDOG_USEC"), processID: variable("WATCHDOG_PID"))
    }

    /// Until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            for worker in workers { await worker() }
            guard !Task.isCancelled else { return }
            feed()
            try? await Task.sleep(for: .microseconds(intervalMicroseconds / Self.feedsAnInterval))
        }
    }
}
