import Glibc
import Synchronization
import Testing
import Wire

@testable import Daemon

/// An actor on a loop of its own, with a pipe to read and a deadline to keep.
private actor LoopHost {
    nonisolated let loop: EventLoopThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private(set) var read: [UInt8] = []
    private(set) var turns = 0
    private(set) var count = 0
    /// As `turns`, for who must not cause one by asking.
    nonisolated let turnCount = Mutex(0)
    private var deadline: Instant?
    private var deadlinesMet = 0
    private var waiting: [(condition: (isolated LoopHost) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []

    init() throws { loop = try EventLoopThread(name: "loop under test") }

    func start(descriptor: Int32) throws {
        try loop.watch(descriptor) { [unowned self] in self.assumeIsolated { $0.take(descriptor) } }
        try loop.onTurn { [unowned self] in self.assumeIsolated { $0.turn() } }
    }

    func unwatch(_ descriptor: Int32) throws { try loop.unwatch(descriptor) }
    func add() { count += 1 }
    func ring() { loop.ring() }
    func stop() { loop.stop() }
    func set(deadline: Instant?) { self.deadline = deadline }
    func deadlinesMetSoFar() -> Int { deadlinesMet }

    /// Returns when the condition holds at the end of a turn.
    func wait(until condition: @escaping @Sendable (isolated LoopHost) -> Bool) async {
        await withCheckedContinuation { waiting.append((condition, $0)) }
    }

    private func take(_ descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: 64)
        let length = Glibc.read(descriptor, &bytes, bytes.count)
        if length > 0 { read += bytes.prefix(length) }
    }

    private func turn() -> Instant? {
        turns += 1
        turnCount.withLock { $0 += 1 }
        if let due = deadline, due <= EventLoopThread.now {
            deadline = nil
            deadlinesMet += 1
        }
        waiting.removeAll { waiter in
            guard waiter.condition(self) else { return false }
            waiter.continuation.resume()
            return true
        }
        return deadline
    }
}

private func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    return (ends[0], ends[1])
}

@Suite struct EventLoopTests {
    @Test func jobsFromManyTasksAllRunOnOneThreadAndOneAtATime() async throws {
        let host = try LoopHost()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask { for _ in 0..<200 { await host.add() } }
            }
        }
        #expect(await host.count == 10_000)
    }

    @Test func descriptorIsReadIsolatedToTheActor() async throws {
        let host = try LoopHost()
        let pipe = try makePipe()
        try await host.start(descriptor: pipe.read)
        for byte in UInt8(0)..<100 {
            #expect([byte].withUnsafeBytes { write(pipe.write, $0.baseAddress, 1) } == 1)
            await host.wait { $0.read.last == byte }
        }
        #expect(await host.read == Array(0..<100))
        await host.stop()
        close(pipe.read)
        close(pipe.write)
    }

    @Test func unwatchedDescriptorIsNotReadAndCanBeWatchedAgain() async throws {
        let host = try LoopHost()
        let pipe = try makePipe()
        try await host.start(descriptor: pipe.read)
        try await host.unwatch(pipe.read)
        try await host.unwatch(pipe.read)
        var byte: UInt8 = 7
        #expect(write(pipe.write, &byte, 1) == 1)
        for _ in 0..<100 { await host.add() }
        #expect(await host.read.isEmpty)
        try await host.start(descriptor: pipe.read)
        await host.wait { $0.read == [7] }
        await host.stop()
        close(pipe.read)
        close(pipe.write)
    }

    @Test func deadlineComesOnceAndNotEarly() async throws {
        let host = try LoopHost()
        let pipe = try makePipe()
        try await host.start(descriptor: pipe.read)
        for milliseconds in [Int64(0), 1, 20] {
            let due = EventLoopThread.now.advanced(milliseconds: milliseconds)
            let before = await host.deadlinesMetSoFar()
            await host.set(deadline: due)
            await host.wait { $0.deadlinesMetSoFar() == before + 1 }
            #expect(EventLoopThread.now >= due)
        }
        await host.set(deadline: Instant(microseconds: .min))
        await host.wait { $0.deadlinesMetSoFar() == 4 }
        await host.stop()
        close(pipe.read)
        close(pipe.write)
    }

    @Test func ringBringsATurnFromAnyThread() async throws {
        let host = try LoopHost()
        let pipe = try makePipe()
        try await host.start(descriptor: pipe.read)
        func awaitTurns(_ count: Int) async throws {
            for _ in 0..<1_000 where host.turnCount.withLock({ $0 }) < count {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(host.turnCount.withLock { $0 } >= count)
        }
        for _ in 0..<3 {
            try await Task.sleep(for: .milliseconds(20))
            let before = host.turnCount.withLock { $0 }
            host.loop.ring()
            try await awaitTurns(before + 1)
            // The job brings one turn, and its ring another.
            let within = host.turnCount.withLock { $0 }
            await host.ring()
            try await awaitTurns(within + 2)
        }
        await host.stop()
        close(pipe.read)
        close(pipe.write)
    }

    @Test func idleLoopDoesNotWake() async throws {
        let host = try LoopHost()
        let pipe = try makePipe()
        try await host.start(descriptor: pipe.read)
        await host.set(deadline: EventLoopThread.now.advanced(seconds: 3_600))
        // What was set before may still wake it, however late.
        var slept = false
        for _ in 0..<20 where !slept {
            let before = host.loop.wakeCount
            try await Task.sleep(for: .milliseconds(300))
            slept = host.loop.wakeCount == before
        }
        #expect(slept)
        await host.stop()
        close(pipe.read)
        close(pipe.write)
    }

    @Test func stoppedLoopStillRunsJobsAndNothingElse() async throws {
        let host = try LoopHost()
        let pipe = try makePipe()
        try await host.start(descriptor: pipe.read)
        await host.wait { $0.turns > 0 }
        host.loop.stop()
        await host.add()
        let turns = await host.turns
        var byte: UInt8 = 7
        #expect(write(pipe.write, &byte, 1) == 1)
        for _ in 0..<100 { await host.add() }
        #expect(await host.count == 101)
        #expect(await host.turns == turns)
        #expect(await host.read.isEmpty)
        close(pipe.read)
        close(pipe.write)
    }

    @Test func watchingFromAnotherThreadIsRefused() throws {
        let loop = try EventLoopThread(name: "elsewhere")
        #expect(throws: EventLoopError.notOnLoop) { try loop.watch(0) {} }
        #expect(throws: EventLoopError.notOnLoop) { try loop.unwatch(0) }
        #expect(throws: EventLoopError.notOnLoop) { try loop.onTurn { nil } }
        #expect(loop.isIsolatingCurrentContext() == false)
    }

    @Test func tooManyDescriptorsAreRefused() async throws {
        let host = try LoopHost()
        let pipe = try makePipe()
        #expect(await host.watchMany(of: pipe.read) == EventLoopError.descriptorsTooMany(max: 256))
        await host.stop()
        close(pipe.read)
        close(pipe.write)
    }

    @Test func loopsThatAreGoneLeaveNoThread() async throws {
        func threads() -> Int {
            guard let stream = opendir("/proc/self/task") else { return 0 }
            defer { closedir(stream) }
            var count = 0
            while let entry = readdir(stream) {
                let length = strnlen(&entry.pointee.d_name.0, 256)
                let task = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix(length), as: UTF8.self)
                }
                let file = open("/proc/self/task/\(task)/comm", O_RDONLY)
                var name = [UInt8](repeating: 0, count: 16)
                _ = read(file, &name, name.count)
                close(file)
                if name.starts(with: "gone-with-host".utf8) { count += 1 }
            }
            return count
        }
        for _ in 0..<20 {
            let loop = try EventLoopThread(name: "gone-with-host")
            let host = Passenger(loop)
            #expect(await host.ride() == 1)
        }
        for _ in 0..<200 where threads() > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(threads() == 0)
    }
}

/// An actor whose last job may well be what lets go of the loop.
private actor Passenger {
    nonisolated let loop: EventLoopThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private var rides = 0
    init(_ loop: EventLoopThread) { self.loop = loop }
    func ride() -> Int {
        rides += 1
        return rides
    }
}

extension LoopHost {
    /// What stops it from watching ever more copies of `descriptor`.
    fileprivate func watchMany(of descriptor: Int32) -> EventLoopError? {
        var copies: [Int32] = []
        defer {
            loop.stop()
            for copy in copies { close(copy) }
        }
        do throws(EventLoopError) {
            for _ in 0..<300 {
                copies.append(dup(descriptor))
                try loop.watch(copies[copies.count - 1]) {}
            }
            return nil
        } catch { return error }
    }
}
