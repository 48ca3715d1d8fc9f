import CLinux
import Glibc
import Synchronization
import Wire

/// What an event loop's thread works on. The thread keeps it, and not the loop, so that the loop can go.
///
/// Unchecked, for `watches`, `turn`, `deadline` and `running` belong to the thread alone; the rest is locked or atomic.
final class EventLoopCore: @unchecked Sendable {
    /// Descriptors watched at once.
    static let watchesMax = 256
    private static let wakeToken = UInt64.max

    private struct Watch {
        var descriptor: Int32
        var body: () -> Void
    }

    private struct Shared {
        var jobs: [UnownedJob] = []
        /// Keeps the loop while it has jobs: the runtime refers to it without owning it.
        var loop: EventLoopThread?
        var stopsWatching = false
        var finishes = false
        /// The loop's own thread wants another turn.
        var hasRung = false
    }

    private let name: String
    private let epoll: Int32
    private let wake: Int32
    private let shared = Mutex(Shared())
    private let thread = Atomic<UInt>(0)
    let wakeCount = Atomic<Int>(0)

    private var watches: [Watch?] = []
    private var running: [UnownedJob] = []
    private var deadline: Instant?
    var turn: (() -> Instant?)?

    init(name: String) throws(EventLoopError) {
        self.name = name
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wake >= 0 else {
            let number = errno
            close(epoll)
            throw .system(call: "eventfd", errno: number)
        }
        self.epoll = epoll
        self.wake = wake
        // Edge-triggered: each write wakes once, and nothing has to be read.
        let number = control(EPOLL_CTL_ADD, wake, EPOLLIN.rawValue | EPOLLET.rawValue, EventLoopCore.wakeToken)
        guard number == 0 else { throw .system(call: "epoll_ctl", errno: number) }
    }

    deinit {
        close(epoll)
        close(wake)
    }

    func start() throws(EventLoopError) {
        var identity = pthread_t()
        let argument = Unmanaged.passRetained(self)
        let number = pthread_create(
            &identity, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<EventLoopCore>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        guard number == 0 else {
            argument.release()
            throw .system(call: "pthread_create", errno: number)
        }
        pthread_detach(identity)
    }

    // MARK: From any thread

    var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    func enqueue(_ job: UnownedJob, for loop: EventLoopThread) {
        let isFirst = shared.withLock { shared in
            let isFirst = shared.jobs.isEmpty
            shared.jobs.append(job)
            if isFirst { shared.loop = loop }
            return isFirst
        }
        if isFirst, !isCurrent { signal() }
    }

    func ring() {
        if !isCurrent { return signal() }
        shared.withLock { $0.hasRung = true }
    }

    func stopWatching() {
        if isCurrent { return forgetAll() }
        shared.withLock { $0.stopsWatching = true }
        signal()
    }

    func finish() {
        shared.withLock { $0.finishes = true }
        signal()
    }

    private func signal() {
        var one: UInt64 = 1
        // It fails only when the count is full, and then it has long been woken.
        _ = write(wake, &one, MemoryLayout<UInt64>.size)
    }

    // MARK: From the loop's thread

    func watch(_ descriptor: Int32, _ body: @escaping () -> Void) throws(EventLoopError) {
        if let index = watches.firstIndex(where: { $0?.descriptor == descriptor }) {
            watches[index]?.body = body
            return
        }
        let index = watches.firstIndex { $0 == nil } ?? watches.count
        guard index < EventLoopCore.watchesMax else { throw .descriptorsTooMany(max: EventLoopCore.watchesMax) }
        let number = control(EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue, UInt64(index))
        guard number == 0 else { throw .system(call: "epoll_ctl", errno: number) }
        if index == watches.count { watches.append(nil) }
        watches[index] = Watch(descriptor: descriptor, body: body)
    }

    func unwatch(_ descriptor: Int32) {
        guard let index = watches.firstIndex(where: { $0?.descriptor == descriptor }) else { return }
        watches[index] = nil
        _ = control(EPOLL_CTL_DEL, descriptor, 0, 0)
    }

    private func run() {
        // Signals are for the threads that expect them.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        sidegate_name_thread(name)
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 16) { events in
            guard let start = events.baseAddress else { return }
            while runJobs() {
                deadline = turn?()
                let count = epoll_wait(epoll, start, Int32(events.count), waitMilliseconds())
                wakeCount.add(1, ordering: .relaxed)
                for index in 0..<max(0, Int(count)) { serve(events[index].data.u64) }
            }
        }
    }

    private func serve(_ token: UInt64) {
        // A watch may have gone since, by what was called before it.
        guard token < UInt64(watches.count), let watch = watches[Int(token)] else { return }
        watch.body()
    }

    /// Runs the jobs that are waiting now; those they add wait for the next turn. False when the loop is gone.
    private func runJobs() -> Bool {
        var loop: EventLoopThread?
        var stopsWatching = false
        let goesOn = shared.withLock { shared in
            swap(&running, &shared.jobs)
            swap(&loop, &shared.loop)
            swap(&stopsWatching, &shared.stopsWatching)
            return !shared.finishes
        }
        if let loop {
            let executor = loop.asUnownedSerialExecutor()
            for job in running { job.runSynchronously(on: executor) }
            running.removeAll(keepingCapacity: true)
        }
        if stopsWatching { forgetAll() }
        return goesOn
    }

    private func forgetAll() {
        for watch in watches { if let watch { _ = control(EPOLL_CTL_DEL, watch.descriptor, 0, 0) } }
        watches.removeAll()
        turn = nil
    }

    /// How long to sleep: not at all while jobs wait, rounded up so that a deadline has come on waking.
    private func waitMilliseconds() -> Int32 {
        let isDue = shared.withLock { shared in
            defer { shared.hasRung = false }
            return shared.hasRung || !shared.jobs.isEmpty
        }
        if isDue { return 0 }
        guard let deadline else { return -1 }
        let now = EventLoopThread.now
        guard deadline > now else { return 0 }
        return Int32(clamping: (deadline.microseconds(since: now) - 1) / 1_000 + 1)
    }

    /// 0, or the value of errno.
    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ token: UInt64) -> Int32 {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : errno
    }
}
