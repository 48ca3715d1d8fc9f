import CLinux
import Foundation
import Logging
import Storage
import Synchronization
import Testing

@testable import BlueZRadio
@testable import Daemon

/// What the service manager is told.
@Suite(.serialized) struct ServiceTests {
    @Test func radioThatHasLostEveryManagementSocketEndsTheProcessOnceAndSaysWhatToDo() throws {
        let ends = Atomic(0)
        let radio = PreparedRadio(sockets: [101, 102], problem: nil) { ends.add(1, ordering: .relaxed) }
        #expect(try [radio.take(), radio.take()] == [102, 101])
        #expect(!radio.isUsedUp && DaemonMain.exitCode(of: radio) == 0)
        for _ in 0..<3 { #expect(throws: BlueZError.managementUsedUp) { try radio.take() } }
        #expect(radio.isUsedUp && DaemonMain.exitCode(of: radio) == 5)
        #expect(ends.load(ordering: .relaxed) == 1)
        #expect("\(BlueZError.managementUsedUp)".contains("restart sidegated"))
    }

    @Test func machineWithoutBluetoothIsNoReasonToStartAnew() {
        let radio = PreparedRadio(sockets: [], problem: .noBluetooth) { Issue.record("it was ended") }
        #expect(throws: BlueZError.noBluetooth) { try radio.take() }
        #expect(!radio.isUsedUp)
    }

    @Test func socketsThatAnUnprivilegedProcessLeavesAreSaidToBeOfNoUse() throws {
        #expect(ManagementSockets.uselessness(isPrivileged: true) == nil)
        #expect(ManagementSockets.uselessness(isPrivileged: false)?.contains("CAP_NET_ADMIN") == true)
        let status = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
        let effective = try #require(status.split(separator: "\n").first { $0.hasPrefix("CapEff:") })
        let mask = try #require(UInt64(effective.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16))
        #expect((sidegate_has_network_administration() != 0) == (mask & 1 << 12 != 0))
    }

    /// CAP_NET_ADMIN, bit 12, is for opening Bluetooth; each thread has capabilities of its own.
    @Test func noThreadOfARunningDaemonMayAdministerTheNetwork() async throws {
        try await TestStreet.with { street in
            let house = street.house("alone")
            try house.write()
            try await house.start()
            let tasks = "/proc/\(house.processID)/task"
            let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
            #expect(threads.count > 3)
            for thread in threads {
                let status = try String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
                let sets = status.split(separator: "\n").filter { line in
                    ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"].contains { line.hasPrefix($0) }
                }
                #expect(sets.count == 4)
                for set in sets {
                    let mask = UInt64(set.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
                    #expect(mask.map { $0 & 1 << 12 } == 0, "\(set)")
                }
            }
        }
    }

    @Test func watchdogIsFedOnlyWhileEveryWorkerGoesOn() async throws {
        let folder = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try BridgeStore(directory: folder)
        let worker = try StoreWorker(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (fed, feeder) = AsyncStream.makeStream(of: Void.self)
        let otherBeats = Atomic(0)
        let fedCount = Atomic(0)
        try await withWatchdog(
            Watchdog(
                intervalMicroseconds: 3_000,
                workers: [
                    { await worker.beat() }, { otherBeats.add(1, ordering: .sequentiallyConsistent) },
                ],
                feed: {
                    fedCount.add(1, ordering: .sequentiallyConsistent)
                    feeder.yield()
                })
        ) {
            var feeds = fed.makeAsyncIterator()
            for _ in 0..<3 { _ = await feeds.next() }
            // A disk that does not come back: the store's thread is stuck in the middle of its work.
            let (stuck, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let stall = Task {
                try await worker.look { _ throws(StorageError) in
                    stuck.signal()
                    release.wait()
                }
            }
            try await offPool { stuck.wait() }
            let before = fedCount.load(ordering: .sequentiallyConsistent)
            try await Task.sleep(for: .milliseconds(300))
            // One that had passed the stalled worker already may still come.
            #expect(fedCount.load(ordering: .sequentiallyConsistent) <= before + 1)
            release.signal()
            try await stall.value
            let goesOn = await eventually { fedCount.load(ordering: .sequentiallyConsistent) > before + 1 }
            #expect(goesOn)
        }
        try store.close()
    }

    private func withWatchdog(_ watchdog: Watchdog, _ body: () async throws -> Void) async throws {
        let task = Task { await watchdog.run() }
        defer { task.cancel() }
        try await body()
    }

    @Test func watchdogIsAskedForByItsOwnProcessOnly() {
        #expect(Watchdog.interval(microseconds: nil, processID: nil) == nil)
        #expect(Watchdog.interval(microseconds: "0", processID: nil) == nil)
        #expect(Watchdog.interval(microseconds: "x", processID: nil) == nil)
        #expect(Watchdog.interval(microseconds: "60000000", processID: nil) == 60_000_000)
        #expect(Watchdog.interval(microseconds: "60000000", processID: "\(getpid())") == 60_000_000)
        #expect(Watchdog.interval(microseconds: "60000000", processID: "\(getpid() + 1)") == nil)
    }

    @Test func statusIsOneLineAndToldOnChangesOnly() {
        let lines = Mutex<[String]>([])
        let status = ServiceStatus { line in lines.withLock { $0.append(line) } }
        for line in ["a", "a", "b", "b", "a"] { status.tell(line) }
        #expect(lines.withLock { $0 } == ["a", "b", "a"])
        #expect(ServiceNotice.status("a\nREADY=1").text == "STATUS=a READY=1")
    }

    @Test func reloadingCarriesTheMonotonicTime() {
        let lines = ServiceNotice.reloading.text.split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
        #expect(lines.last.flatMap { Int64($0.dropFirst(15)) } ?? 0 > 0)
    }

    @Test func daemonTellsItsStartItsStateItsReloadItsWatchdogAndItsStop() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let manager = try NoticeSocket("\(street.path)/notify")
            let one = street.house("one")
            try one.write()
            try one.launch(environment: [
                "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000",
            ])
            let first = try await offPool { try manager.collect(until: "WATCHDOG=1") }
            #expect(first.contains("READY=1"))
            #expect(first.contains { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") })
            try await one.tell("opt-in", "hosting")
            _ = try await offPool { try manager.collect(until: "STATUS=lends, linked with 0 neighbours") }
            one.signal(SIGHUP)
            let reload = try await offPool { try manager.collect(until: "READY=1") }
            #expect(reload.contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
            try await one.end()
            _ = try await offPool { try manager.collect(until: "STOPPING=1") }
        }
    }
}

/// What a service manager listens on.
private final class NoticeSocket: Sendable {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw RawSocket.Failure.system(errno) }
    }

    deinit { close(descriptor) }

    /// All notices up to `last`. Throws if it does not come within half a minute of the one before.
    func collect(until last: String) throws -> [String] {
        var notices: [String] = []
        while notices.last != last {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw StreetFailure("no \(last), only \(notices)") }
            notices.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
        return notices
    }
}

/// What a service manager hands over at the start.
@Suite struct HandedSocketsTests {
    @Test func onlyDescriptorsOfThatNameAndForThisProcessAreTaken() {
        func found(_ process: String?, _ count: String?, _ names: String?) -> [Int32] {
            ManagementSockets.descriptors(
                process: 7, listenProcess: process, listenCount: count, listenNames: names)
        }
        let name = ManagementSockets.name
        #expect(found("7", "2", "\(name):\(name)") == [3, 4])
        #expect(found("7", "3", "other:\(name):stored") == [4])
        #expect(found("7", "1", "\(name):\(name)") == [3])
        #expect(found("7", "2", ":\(name)") == [4])
        #expect(found("8", "2", "\(name):\(name)") == [])
        #expect(found(nil, "2", "\(name):\(name)") == [])
        #expect(found("7", nil, "\(name):\(name)") == [])
        for count in ["-1", "0", "65", "99999999999", "x"] { #expect(found("7", count, name) == []) }
        #expect(found("7", "2", nil) == [])
    }
}
