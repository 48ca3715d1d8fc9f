import Bridging
import ControlAPI
import Relaying
import Storage
import Wire

/// A home that leaves this machine, or comes to it.
extension BridgeHost {
    /// Puts a bridge without a home in place of this one, then reads the home: what was opened before is in it, and
    /// nothing is opened after.
    func takeHomeOut() async throws(ControlFailure) -> StoredHome {
        guard try running().bridge.report(now: SystemTime.now).networkID != nil else {
            throw ControlFailure(BridgeError.noNetwork)
        }
        let name = settings.name
        let memory = try await onDisk { store throws(StorageError) in
            try BridgeMemory.read(from: store, name: name).withoutHome(name: name)
        }
        try replace(by: memory)
        do throws(ControlFailure) {
            let home = try await onDisk { store throws(StorageError) in try store.home() }
            guard var home else { throw ControlFailure(BridgeError.noNetwork) }
            home.records = HomeRecords.own(home.records, devices: home.devices)
            return home
        } catch {
            try? await putHomeBack()
            throw error
        }
    }

    /// Notes on disk that the home lives elsewhere, or here again.
    func setMoved(at wallSeconds: Int64?) async throws(ControlFailure) {
        try await onDisk { store throws(StorageError) in try store.setMoved(at: wallSeconds) }
        noteMoved(wallSeconds != nil)
        // The desk keeps nothing of a home that is elsewhere; what Home Assistant was told of it stands.
        if wallSeconds != nil { await worker.replaceDevices([], figures: [:]) }
    }

    /// Begins anew from the disk.
    func putHomeBack() async throws(ControlFailure) {
        let name = settings.name
        let memory = try await onDisk { store throws(StorageError) in
            try BridgeMemory.read(from: store, name: name)
        }
        await worker.replaceDevices(memory.devices, figures: memory.figures)
        try replace(by: memory)
        noteMoved(memory.isMoved)
    }

    /// Puts a home on the disk, over none or over one that has moved, and begins anew from there.
    func importHome(_ home: StoredHome) async throws(ControlFailure) {
        guard try await !fromDisk({ store throws(StorageError) in try store.hasHome() }) else {
            throw ControlFailure(
                .homeExists, "a home lives on this machine already",
                remedy: "sidegate home export moves it elsewhere; sidegate network leave erases it")
        }
        do throws(StorageError) {
            try await worker.performWithoutRecords { store throws(StorageError) in try store.importHome(home) }
        } catch  where error.kind == .invalidValue || error.kind == .limitReached {
            throw ControlFailure(.notAHome, "the file opened and holds what no home can have: \(error.what)")
        } catch {
            throw ControlFailure(error)
        }
        try await putHomeBack()
        logger.notice("a home was imported")
    }

    private func noteMoved(_ isMoved: Bool) {
        changeNoes { $0.isMoved = isMoved }
    }
}

extension BridgeConfiguration {
    /// For a bridge that only shows whether it can begin.
    static var nothing: BridgeConfiguration {
        BridgeConfiguration(
            lending: LendingLimits(rateBits: 1_000, burstBytes: 1_000, monthBytes: 1_000), classesLent: [], linksMax: 1,
            isOptedOut: true)
    }
}

extension BridgeMemory {
    /// What a home in a file would begin with.
    init(_ home: StoredHome) {
        self.init(
            identity: home.identity, network: home.network, records: home.records,
            devices: home.devices.map(\.device), opened: [:], before: [:], figures: [:], reservations: [], clock: nil)
    }

    /// The same machine without its home: somebody whom nobody knows, in no network.
    func withoutHome(name: String) -> BridgeMemory {
        var memory = self
        memory.identity = .new(name: name, now: SystemTime.now.wall)
        memory.network = nil
        memory.records = []
        memory.devices = []
        memory.opened = [:]
        memory.before = [:]
        memory.figures = [:]
        return memory
    }
}
