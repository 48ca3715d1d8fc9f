import Bridging
import Consent
import ControlAPI
import Sealing
import Storage
import Wire

/// Founding, inviting to, joining and leaving a network.
extension BridgeHost {
    /// How long a departure has to reach the neighbours before keys and links go.
    static let departureMilliseconds = 1_000

    func createNetwork(named network: String) async throws(ControlFailure) {
        guard let name = try? MemberName(network) else {
            throw ControlFailure(.badRequest, "the network's name is too long, or holds a control character")
        }
        let core = try running()
        let now = SystemTime.now
        let made: Bridging.StoredNetwork
        do throws(BridgeError) {
            made = try core.bridge.createNetwork(named: name, now: now, into: &core.effects)
        } catch {
            throw ControlFailure(error)
        }
        core.settle(now)
        do {
            try await store(made, named: network, members: [])
        } catch {
            let now = SystemTime.now
            core.bridge.forgetNetwork(now: now, into: &core.effects)
            core.settle(now)
            await worker.forgetRecords()
            throw error
        }
        logger.notice("founded a network")
    }

    func invite(_ code: InvitationCode) throws(ControlFailure) {
        let core = try running()
        let now = SystemTime.now
        do {
            try core.bridge.invite(code: code, now: now, into: &core.effects)
        } catch {
            throw ControlFailure(bridge: error)
        }
        core.settle(now)
    }

    /// Waits until a neighbour has let this bridge in, for half a minute at most. Nothing is kept of it yet.
    func join(_ code: InvitationCode) async throws(ControlFailure) -> JoinedNetwork {
        let core = try running()
        do {
            try core.bridge.join(code: code, now: SystemTime.now)
        } catch {
            throw ControlFailure(bridge: error)
        }
        let result = await withCheckedContinuation { continuation in
            core.joinEnded = { continuation.resume(returning: $0) }
        }
        do throws(JoinFailure) { return try result.get() } catch { throw ControlFailure(error) }
    }

    /// Stores the network that was joined, then is a member of it.
    func keep(_ joined: JoinedNetwork) async throws(ControlFailure) {
        let network = Bridging.StoredNetwork(
            networkKey: joined.networkKey, recognitionKey: joined.recognitionKey,
            founderSigningKey: joined.founderSigningKey)
        try await store(network, named: "", members: joined.members)
        let now = SystemTime.now
        let later = try running()
        do throws(BridgeError) {
            try later.bridge.joinStored(joined, now: now, into: &later.effects)
        } catch {
            throw ControlFailure(error)
        }
        later.settle(now)
        logger.notice("joined a network")
    }

    /// Tells the neighbours, then forgets keys, records and devices, here and on disk.
    func leaveNetwork() async throws(ControlFailure) {
        let core = try running()
        var now = SystemTime.now
        do throws(BridgeError) {
            try core.bridge.leaveNetwork(now: now, into: &core.effects)
            core.settle(now)
            try? await Task.sleep(for: .milliseconds(Self.departureMilliseconds))
            now = SystemTime.now
            core.bridge.forgetNetwork(now: now, into: &core.effects)
            core.settle(now)
        } catch  where error == .noNetwork {
            // An attempt before may have left it without being able to erase it.
            guard try await fromDisk({ store throws(StorageError) in try store.network() != nil }) else {
                throw ControlFailure(error)
            }
        } catch {
            throw ControlFailure(error)
        }
        let name = settings.name
        let memory = try await onDiskWithoutRecords { store throws(StorageError) in
            // A member's departure is final for its key: whoever comes back is somebody new.
            try store.wipe([.identity, .devices])
            return try BridgeMemory.read(from: store, name: name)
        }
        // The wipe has erased the note of it, whatever comes after.
        changeNoes { $0.isMoved = false }
        await worker.deliver { $0.removeAll(now: SystemTime.now.wall) }
        try replace(by: memory)
        logger.notice("left the network; its keys and this bridge's own are erased")
    }

    /// Takes another name for this bridge while it is in no network.
    func rename(_ name: String) async throws(ControlFailure) {
        guard try running().bridge.identity.name.text != name else { return }
        let memory = try await onDisk { store throws(StorageError) in
            if var identity = try store.identity() {
                identity.name = name
                try store.setIdentity(identity)
            }
            return try BridgeMemory.read(from: store, name: name)
        }
        try replace(by: memory)
    }

    /// Runs `body` on the store's thread, whatever else waits for it.
    func fromDisk<Result: Sendable>(
        _ body: @escaping @Sendable (BridgeStore) throws(StorageError) -> Result
    ) async throws(ControlFailure) -> Result {
        do throws(StorageError) {
            return try await worker.look(body)
        } catch {
            throw ControlFailure(error)
        }
    }

    /// Runs `body` on the store's thread and lets no record reach the disk that was handed over before.
    private func onDiskWithoutRecords<Result: Sendable>(
        _ body: @escaping @Sendable (BridgeStore) throws(StorageError) -> Result
    ) async throws(ControlFailure) -> Result {
        do throws(StorageError) {
            return try await worker.performWithoutRecords(body)
        } catch {
            throw ControlFailure(error)
        }
    }

    /// Runs `body` on the store's thread once all records so far are on the disk. A disk that fails is the caller's
    /// answer.
    func onDisk<Result: Sendable>(
        _ body: @escaping @Sendable (BridgeStore) throws(StorageError) -> Result
    ) async throws(ControlFailure) -> Result {
        do throws(StorageError) {
            return try await worker.perform(body)
        } catch {
            throw ControlFailure(error)
        }
    }

    func replace(by memory: BridgeMemory) throws(ControlFailure) {
        if memory.noesLost > 0 { changeNoes { $0.lose(memory.noesLost) } }
        do {
            try replaceBridge(by: memory)
        } catch {
            throw error as? ControlFailure ?? ControlFailure(.failed, "the bridge cannot begin anew: restart sidegated")
        }
    }

    private func store(
        _ network: Bridging.StoredNetwork, named name: String, members: [[UInt8]]
    ) async throws(ControlFailure) {
        let now = Int64(SystemTime.now.wall.seconds)
        let stored = Storage.StoredNetwork(
            networkKey: network.networkKey.stored, recognitionKey: network.recognitionKey.stored,
            founderKey: network.founderSigningKey.array, name: name, created: now)
        let records = members.map { StoredRecord(bridgeID: Names.recordID($0), bytes: $0, received: now) }
        try await onDisk { store throws(StorageError) in
            try store.put(records)
            try store.setNetwork(stored)
        }
    }
}

extension SecretBytes {
    var stored: StoredSecret { withUnsafeBytes { StoredSecret($0) } }
}
