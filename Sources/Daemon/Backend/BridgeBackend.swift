import Bridging
import ControlAPI
import Devices
import Settings
import Storage
import Synchronization
import Wire

/// Answers the control API for the running bridge.
final class BridgeBackend: ControlBackend {
    let host: BridgeHost
    let worker: StoreWorker
    let store: BridgeStore
    let broker: BrokerDesk
    let hub: WatchHub
    let started: Instant
    let turnstile = Turnstile()
    let homeSealer: HomeSealer
    /// Noes to hosting that are in force and wait for the turnstile to be stored.
    let noesAhead = Atomic<Int>(0)
    private let entering = Claim()
    let testing = Claim()

    init(
        host: BridgeHost, worker: StoreWorker, store: BridgeStore, broker: BrokerDesk, hub: WatchHub
    ) throws(EventLoopError) {
        homeSealer = try HomeSealer()
        self.host = host
        self.worker = worker
        self.store = store
        self.broker = broker
        self.hub = hub
        started = EventLoopThread.now
    }

    func watch() async -> AsyncStream<WatchEvent> { hub.stream() }

    func answer(_ request: ControlRequest) async -> ControlReply {
        do throws(ControlFailure) {
            switch request {
            case .status: return .status(try await status())
            case .members: return .members(try await members())
            case .devices: return .devices(DeviceList(devices: try await devices()))
            case .ledger(let days): return .ledger(try await ledger(days: days))
            case .traceDevice(let name): return .trace(try await trace(name))
            case .holdings: return .holdings(try await holdings())
            // Joining waits for a neighbour for up to 20 s: no no may wait for that.
            case .joinNetwork(let joining): return .network(try await join(joining))
            // Passphrases cost a core's time.
            case .exportHome(let export): return .homeFile(try await exportHome(export))
            case .importHome(let home): return .home(try await importHome(home))
            // Testing waits for neighbours as well, and changes nothing.
            case .testDevice(let name): return .test(try await test(name))
            case .sayNo(let subject) where subject.what == "hosting" || subject == .all:
                return await sayNoAheadOfOthers(try await withUsableEnd(subject))
            default: return await turnstile.run { [self] in await change(request) }
            }
        } catch {
            return .failed(await tellingOfMovedHome(error))
        }
    }

    /// Requests that change something, one at a time.
    private func change(_ request: ControlRequest) async -> ControlReply {
        do throws(ControlFailure) {
            if case .sayNo = request {} else { try await requireLastingStore() }
            switch request {
            case .createNetwork(let creation):
                guard entering.claim() else { throw ControlFailure(BridgeError.joiningAlready) }
                defer { entering.release() }
                return .network(try await createNetwork(creation))
            case .invite: return .invitation(try await invite())
            case .leaveNetwork:
                try await host.leaveNetwork()
                // It has new keys, and is called otherwise at the broker.
                await broker.use(host)
                return .done
            case .addDevice(let addition): return .device(try await addDevice(addition))
            case .resumeHome: return .home(try await resumeHome())
            case .resetCounter(let name): return .device(try await resetCounter(name))
            case .revokeDevice(let name): return .device(try await revokeDevice(name))
            case .removeDevice(let name):
                try await host.removeDevice(try await device(named: name))
                return .done
            case .sayNo(let subject): return .consent(try await sayNo(subject, droppedBefore: 0))
            case .sayYes(let subject): return .consent(try await sayYes(subject))
            case .status, .members, .devices, .ledger, .holdings, .traceDevice, .testDevice, .joinNetwork, .exportHome,
                .importHome:
                return .failed(ControlFailure(.failed, "this request takes no turn"))
            }
        } catch {
            return .failed(await tellingOfMovedHome(error))
        }
    }

    /// Where the home was exported from, that is why there is no network.
    private func tellingOfMovedHome(_ failure: ControlFailure) async -> ControlFailure {
        guard failure.code == .noNetwork else { return failure }
        do throws(ControlFailure) {
            try await requireNotMoved()
            return failure
        } catch {
            return error
        }
    }

    /// A copy that stands in for the database is lost with the machine's memory: what is acknowledged must not be.
    func requireLastingStore() async throws(ControlFailure) {
        guard let problem = await host.noes.storeProblem else { return }
        throw ControlFailure(.failed, "nothing can be changed now: \(problem)")
    }

    /// Where a home has moved away from, none other begins by mistake.
    func requireNotMoved() async throws(ControlFailure) {
        guard await host.noes.isMoved else { return }
        throw ControlFailure(
            .homeMoved, "the home of this machine was exported and lives elsewhere",
            remedy: "sidegate home resume, if it was never imported; sidegate network leave erases it here")
    }

    private func requireNoNetwork() async throws(ControlFailure) {
        guard let network = networkSummary(try await host.report().bridge) else { return }
        throw ControlFailure(
            .networkExists, "you are in \(network.name) already",
            remedy: "sidegate network leave leaves it, and erases this bridge's keys and your devices")
    }

    // MARK: Network

    private func createNetwork(_ creation: NetworkCreation) async throws(ControlFailure) -> NetworkSummary {
        try await requireNotMoved()
        let settings = await host.settings
        try await requireNoNetwork()
        let name = creation.name ?? settings.name
        try await host.rename(name)
        let usual = "\(name)'s network"
        try await host.createNetwork(
            named: creation.network ?? (NameRule.member.problem(with: usual) == nil ? usual : name))
        await broker.use(host)
        return try await networkSummary()
    }

    /// Waits for the neighbour outside the turnstile; what changes the disk goes through it.
    private func join(_ joining: NetworkJoining) async throws(ControlFailure) -> NetworkSummary {
        try await requireLastingStore()
        guard entering.claim() else { throw ControlFailure(BridgeError.joiningAlready) }
        defer { entering.release() }
        try await requireNotMoved()
        try await inTurn { [self] () throws(ControlFailure) in
            try await requireNoNetwork()
            let name = await host.settings.name
            try await host.rename(joining.name ?? name)
        }
        let joined = try await host.join(joining.code)
        try await inTurn { [host, broker] () throws(ControlFailure) in
            try await host.keep(joined)
            await broker.use(host)
        }
        return try await networkSummary()
    }

    func inTurn<Answer: Sendable>(
        _ body: @escaping @Sendable () async throws(ControlFailure) -> Answer
    ) async throws(ControlFailure) -> Answer {
        let result = await turnstile.run { () -> Result<Answer, ControlFailure> in
            do throws(ControlFailure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func invite() async throws(ControlFailure) -> Invitation {
        var bytes = Bytes10()
        bytes.withUnsafeMutableBytes(SystemRandom.fill)
        let code = InvitationCode(bytes)
        try await host.invite(code)
        return Invitation(code: code, lifeSeconds: 600)
    }

    func networkSummary() async throws(ControlFailure) -> NetworkSummary {
        let report = try await host.report().bridge
        guard let summary = networkSummary(report) else { throw ControlFailure(BridgeError.noNetwork) }
        return summary
    }

    // MARK: Devices

    func device(named name: String) async throws(ControlFailure) -> StoredDevice {
        let devices = try await storedDevices()
        guard let device = devices.first(where: { $0.name == name }) else {
            let near = Spelling.nearest(to: name, among: devices.map(\.name))
            throw ControlFailure(
                .unknownDevice, "there is no device of this name",
                remedy: (near.map { "did you mean \"\($0)\"? " } ?? "") + "sidegate device list shows all")
        }
        return device
    }

    func storedDevices() async throws(ControlFailure) -> [StoredDevice] {
        try await host.fromDisk { store throws(StorageError) in try store.devices() }
    }

    private func addDevice(_ addition: DeviceAddition) async throws(ControlFailure) -> DeviceSummary {
        try await requireNotMoved()
        for device in try await storedDevices() {
            if device.name == addition.name {
                throw ControlFailure(.deviceExists, "there is a device of this name", remedy: "choose another name")
            }
            if device.address == addition.address.printed {
                throw ControlFailure(
                    .deviceExists, "this address is enrolled as \(device.name)",
                    remedy: "sidegate device remove \"\(device.name)\", then add it again")
            }
        }
        let unknown = DeviceDesk.unknownNames(in: addition.deliver ?? [])
        guard unknown.isEmpty else {
            throw ControlFailure(
                .badRequest, "BTHome has no object called \(unknown.joined(separator: ", "))",
                remedy: Self.nearNames(to: unknown) ?? "names are as in opening, motion, battery, temperature")
        }
        try await host.addDevice(addition)
        return try await summary(named: addition.name)
    }

    private static func nearNames(to unknown: [String]) -> String? {
        let names = ObjectTable.all.map(\.name)
        let near = unknown.compactMap { Spelling.nearest(to: $0, among: names) }
        return near.isEmpty ? nil : "did you mean \(near.joined(separator: ", "))?"
    }

    private func revokeDevice(_ name: String) async throws(ControlFailure) -> DeviceSummary {
        try await host.revokeDevice(try await device(named: name))
        return try await summary(named: name)
    }

    private func resetCounter(_ name: String) async throws(ControlFailure) -> DeviceSummary {
        try await host.resetCounter(try await device(named: name).id)
        return try await summary(named: name)
    }

    private func summary(named name: String) async throws(ControlFailure) -> DeviceSummary {
        guard let device = try await devices().first(where: { $0.name == name }) else {
            throw ControlFailure(.unknownDevice, "there is no device of this name")
        }
        return device
    }
}
