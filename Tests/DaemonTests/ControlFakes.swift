import ControlAPI
import Daemon
import Foundation
import Synchronization
import Wire

/// Answers every request with a fixed reply of its kind and keeps what it was asked.
final class FakeBackend: ControlBackend {
    let hub = WatchHub()
    private let asked = Mutex<[ControlRequest]>([])
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]?>(nil)
    private let holdsExportsOnly = Mutex(false)
    private let homeMoved = Mutex<Int64?>(nil)

    var requests: [ControlRequest] { asked.withLock { $0 } }
    var waitingCount: Int { waiting.withLock { $0?.count ?? 0 } }

    /// From now on answers wait until `release`, all or those to an export of the home.
    func hold(exportsOnly: Bool = false) {
        holdsExportsOnly.withLock { $0 = exportsOnly }
        waiting.withLock { $0 = [] }
    }

    /// From now on the status says that the home was exported.
    func exportHome() { homeMoved.withLock { $0 = 1_790_000_000 } }

    func release() {
        let held = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting ?? []
        }
        for one in held { one.resume() }
    }

    func watch() async -> AsyncStream<WatchEvent> { hub.stream() }

    func answer(_ request: ControlRequest) async -> ControlReply {
        asked.withLock { $0.append(request) }
        await withCheckedContinuation { continuation in
            let mustWait = waiting.withLock { waiting in
                guard waiting != nil, isHeld(request) else { return false }
                waiting?.append(continuation)
                return true
            }
            if !mustWait { continuation.resume() }
        }
        if case .status = request, let moved = homeMoved.withLock({ $0 }) {
            var status = Self.status
            status.movedUnixSeconds = moved
            return .status(status)
        }
        return Self.reply(to: request)
    }

    private func isHeld(_ request: ControlRequest) -> Bool {
        if case .exportHome = request { return true }
        return !holdsExportsOnly.withLock { $0 }
    }

    static func reply(to request: ControlRequest) -> ControlReply {
        switch request {
        case .status: .status(status)
        case .createNetwork(let creation):
            .network(NetworkSummary(name: creation.network ?? "Elm Street", memberCount: 1))
        case .invite: .invitation(Invitation(code: code, lifeSeconds: 600))
        case .joinNetwork(let joining):
            joining.code == code
                ? .network(NetworkSummary(name: "Elm Street", memberCount: 2))
                : .failed(ControlFailure(.codeUnanswered, "no bridge in reach answered to this code"))
        case .members: .members(MemberList(network: NetworkSummary(name: "Elm Street", memberCount: 1), members: [me]))
        case .leaveNetwork: .done
        case .devices: .devices(DeviceList(devices: [letterBox, oldBox]))
        case .addDevice, .revokeDevice, .resetCounter: .device(letterBox)
        case .exportHome: .homeFile(HomeFileAnswer(home: "e30.e30.e30.e30.e30", deviceCount: 1))
        case .importHome, .resumeHome: .home(HomeSummary(name: "number 7", deviceCount: 1))
        case .testDevice(let name):
            .test(
                DeviceTestReport(
                    name: name, neighbours: [.init(name: "number 9", milliseconds: name == "Next door" ? 0 : nil)]))
        case .traceDevice(let name) where name == "Nothing", .resetCounter(let name) where name == "Nothing":
            .failed(ControlFailure(.unknownDevice, "there is no device '\(name)'"))
        case .traceDevice(let name):
            .trace(DeviceTrace(name: name, steps: [.init(.carry, .no, "no link", remedy: "wait")]))
        case .removeDevice(let name):
            name == letterBox.name ? .done : .failed(ControlFailure(.unknownDevice, "there is no device '\(name)'"))
        case .sayNo(let subject):
            .consent(ConsentReport(subject: subject, yes: false, noes: ["the command line says no"], droppedPackets: 3))
        case .sayYes(let subject):
            .consent(
                ConsentReport(subject: subject, yes: subject != .hosting, noes: subject == .hosting ? [still] : []))
        case .ledger(let days):
            .ledger(
                LedgerReport(
                    entries: [entry(days)],
                    drops: [.init(dayUnixSeconds: 1_790_035_200, reason: "no_grant", packets: 5)], monthUsedBytes: 4096,
                    monthLimitBytes: 100_000_000))
        case .holdings: .holdings(holdings)
        }
    }

    static let holdings: HoldingsReport = {
        let all = HoldingsReport.Kind.allCases.map {
            HoldingsReport.Holding(
                kind: $0, place: $0 == .packets ? .memory : .disk, count: 1, bytes: 123,
                goneUnixSeconds: 1_790_000_600, gone: "soon")
        }
        return HoldingsReport(
            packets: [.init(trafficClass: .event, bytes: 123, goneUnixSeconds: 1_790_000_600)], holdings: all,
            totals: .init(of: all))
    }()

    static let still = "hosting.opt_out is true in /etc/sidegate/sidegate.yaml"
    static let code = InvitationCode(Bytes10(Array(0..<10)) ?? Bytes10())
    static let me = MemberList.Member(
        id: "00112233", name: "number 7", inviterID: nil, isSelf: true, isLinked: false)
    static let letterBox = DeviceSummary(
        name: "Letter box", address: DeviceAddress(value: 0xA4C1_3801_0203),
        addressType: .public, trafficClass: .event, deliver: ["opening"], scope: [.relay], ratePerMinute: 10,
        state: .live, optInEndsUnixSeconds: 1_800_000_000, lastHeardUnixSeconds: 1_790_000_000)
    static let oldBox: DeviceSummary = {
        var box = letterBox
        box.name = "Old box"
        box.state = .revoked
        return box
    }()
    static let status = StatusReport(
        version: "0.1.0", uptimeSeconds: 93_784, name: "number 7", memberID: "00112233",
        network: NetworkSummary(name: "Elm Street", memberCount: 3),
        hosting: .init(
            lends: false, noes: [still], classes: [.alarm, .event], schedule: ["22:00-07:00", "sat,sun 00:00-24:00"]),
        showsRequests: true,
        links: [.init(peer: "number 9", direction: .incoming, upSeconds: 60)], linksMax: 4, routeCount: 2,
        caps: .init(rateBitsPerSecond: 16_000, burstBytes: 8192, monthUsedBytes: 4096, monthLimitBytes: 100_000_000),
        holdings: .init(packets: 1, bytes: 245), dropsToday: [.init(reason: "no_grant", count: 12)],
        devices: [letterBox], radio: .init(kind: "virtual", isUp: true),
        broker: .init(state: .connected, detail: "localhost:1883"), clock: .init(isTrusted: true))

    private static func entry(_ days: Int) -> LedgerReport.Entry {
        .init(dayUnixSeconds: 1_790_035_200, trafficClass: .event, packets: days, bytes: 245)
    }
}

/// A server with a fake behind it, in a directory of its own.
struct ServedFake {
    let directory: String
    let path: String
    let backend: FakeBackend
    let server: ControlServer

    init(_ limits: ControlServer.Limits = ControlServer.Limits()) async throws {
        directory = try temporaryDirectory()
        path = directory + "/control.sock"
        backend = FakeBackend()
        server = try await ControlServer.start(path: path, backend: backend, limits: limits)
    }

    func end() async {
        backend.release()
        backend.hub.finish()
        await server.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Runs `body` and ends the server whatever happens.
    static func with(
        _ limits: ControlServer.Limits = ControlServer.Limits(), _ body: (ServedFake) async throws -> Void
    ) async throws {
        let served = try await ServedFake(limits)
        do {
            try await body(served)
        } catch {
            await served.end()
            throw error
        }
        await served.end()
    }
}

func temporaryDirectory() throws -> String {
    var template = Array("/tmp/sidegate-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw RawSocket.Failure.system(errno) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Waits until `condition` holds; false after 30 seconds.
func eventually(_ condition: @Sendable () -> Bool) async -> Bool {
    for _ in 0..<12_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}

/// Runs what blocks on a thread of its own, so that it cannot starve the server's tasks.
@discardableResult
func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
