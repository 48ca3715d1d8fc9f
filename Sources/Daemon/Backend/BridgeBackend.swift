import Bridging
import ControlAPI
import Storage
import Wire

/// Answers the control API for the running bridge.
final class BridgeBackend: ControlBackend {
    let host: BridgeHost
    let worker: StoreWorker
    let store: BridgeStore
    let broker: BrokerDesk
    let hub: WatchHub
    let started: Instant
    private let turnstile = Turnstile()

    init(host: BridgeHost, worker: StoreWorker, store: BridgeStore, broker: BrokerDesk, hub: WatchHub) {
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
            // Joining waits for a neighbour for up to 20 s: no no may wait for that.
            case .joinNetwork(let joining): return .network(try await join(joining))
            default: return await turnstile.run { [self] in await change(request) }
            }
        } catch {
            return .failed(error)
        }
    }

    /// Requests that change something, one at a time.
    private func change(_ request: ControlRequest) async -> ControlReply {
        do throws(ControlFailure) {
            switch request {
            case .createNetwork(let creation): return .network(try await createNetwork(creation))
            case .invite: return .invitation(try await invite())
            case .leaveNetwork:
                try await host.leaveNetwork()
                return .done
            case .addDevice(let addition): return .device(try await addDevice(addition))
            case .revokeDevice(let name): return .device(try await revokeDevice(name))
            case .removeDevice(let name):
                try await host.removeDevice(try await device(named: name).id)
                return .done
            case .sayNo(let subject): return .consent(try await sayNo(subject))
            case .sayYes(let subject): return .consent(try await sayYes(subject))
            case .status, .members, .devices, .ledger, .joinNetwork:
                return .failed(ControlFailure(.failed, "this request changes nothing"))
            }
        } catch {
            return .failed(error)
        }
    }

    // MARK: Network

    private func createNetwork(_ creation: NetworkCreation) async throws(ControlFailure) -> NetworkSummary {
        let settings = await host.settings
        guard try await host.report().bridge.networkID == nil else { throw ControlFailure(BridgeError.networkExists) }
        let name = creation.name ?? settings.name
        try await host.rename(name)
        try await host.createNetwork(named: creation.network ?? "\(name)'s network")
        return try await networkSummary()
    }

    private func join(_ joining: NetworkJoining) async throws(ControlFailure) -> NetworkSummary {
        guard try await host.report().bridge.networkID == nil else { throw ControlFailure(BridgeError.networkExists) }
        let name = await host.settings.name
        try await host.rename(joining.name ?? name)
        try await host.join(joining.code)
        return try await networkSummary()
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
        guard let summary = try await networkSummary(report) else { throw ControlFailure(BridgeError.noNetwork) }
        return summary
    }

    // MARK: Devices

    func device(named name: String) async throws(ControlFailure) -> StoredDevice {
        let devices = try await storedDevices()
        guard let device = devices.first(where: { $0.name == name }) else {
            throw ControlFailure(.unknownDevice, "there is no device of this name", remedy: "sidegate device list")
        }
        return device
    }

    func storedDevices() async throws(ControlFailure) -> [StoredDevice] {
        try await host.onDisk { store throws(StorageError) in try store.devices() }
    }

    private func addDevice(_ addition: DeviceAddition) async throws(ControlFailure) -> DeviceSummary {
        for device in try await storedDevices() {
            if device.name == addition.name {
                throw ControlFailure(.deviceExists, "there is a device of this name", remedy: "choose another name")
            }
            if device.address == addition.address.bytes {
                throw ControlFailure(
                    .deviceExists, "this address is enrolled as \(device.name)",
                    remedy: "sidegate device remove \"\(device.name)\", then add it again")
            }
        }
        let unknown = DeviceDesk.unknownNames(in: addition.deliver ?? [])
        guard unknown.isEmpty else {
            throw ControlFailure(
                .badRequest, "BTHome has no object called \(unknown.joined(separator: ", "))",
                remedy: "names are as in opening, motion, battery, temperature")
        }
        try await host.addDevice(addition)
        return try await summary(named: addition.name)
    }

    private func revokeDevice(_ name: String) async throws(ControlFailure) -> DeviceSummary {
        try await host.revokeDevice(try await device(named: name).id)
        return try await summary(named: name)
    }

    private func summary(named name: String) async throws(ControlFailure) -> DeviceSummary {
        guard let device = try await devices().first(where: { $0.name == name }) else {
            throw ControlFailure(.unknownDevice, "there is no device of this name")
        }
        return device
    }
}
