import Bridging
import Consent
import ControlAPI
import Delivery
import Sealing
import Storage
import Wire

/// Enrolling, revoking, opting out and removing own devices.
extension BridgeHost {
    /// Draws the device's secrets, stores them, then puts its grant in force.
    func addDevice(_ addition: DeviceAddition) async throws(ControlFailure) {
        let core = try running()
        let secrets = DeviceSecrets()
        guard let eventClass = EventClass(addition.trafficClass) else {
            throw ControlFailure(.badRequest, "a device's class is alarm, event or telemetry")
        }
        let grant: OwnGrant
        do throws(BridgeError) {
            grant = try core.bridge.makeGrant(
                DeviceEnrolment(
                    addressKind: AddressKind(addition.addressType), address: addition.address.value,
                    eventClass: eventClass,
                    scope: ConsentBits(addition.scope), ratePerMinute: UInt16(clamping: addition.ratePerMinute),
                    days: addition.optInDays, relayKey: secrets.relayKey, secrets: secrets.grant),
                now: SystemTime.now)
        } catch {
            throw ControlFailure(error)
        }
        let stored = try await store(addition, secrets, eventClass, grant)
        do {
            let now = SystemTime.now
            let core = try running()
            try core.bridge.adopt(try OwnDevice(stored, opened: []), grant: grant, now: now, into: &core.effects)
            core.settle(now)
        } catch {
            let id = stored.id
            _ = try? await onDisk { store throws(StorageError) in try store.removeDevice(id) }
            throw (error as? BridgeError).map { ControlFailure($0) }
                ?? ControlFailure(.failed, "the device was not added")
        }
        await worker.deliver { desk in
            desk.add(stored)
            return desk.announcements(now: SystemTime.now.wall)
        }
        // The grant's own record follows from the bridge: on disk before anybody hears that it is.
        try await onDisk { _ in }
    }

    private func store(
        _ addition: DeviceAddition, _ secrets: DeviceSecrets, _ eventClass: EventClass, _ grant: OwnGrant
    ) async throws(ControlFailure) -> StoredDevice {
        var device = StoredDevice(
            name: addition.name, address: addition.address.printed,
            addressType: AddressKind(addition.addressType).rawValue,
            bindKey: addition.bindKey.withUnsafeBytes { StoredSecret($0) },
            sealingPrivateKey: secrets.grant.sealingKey.stored,
            relayKey: secrets.relayKey.withUnsafeBytes { StoredSecret($0) }, classCode: eventClass.rawValue,
            scope: UInt32(grant.record.scope.rawValue), ratePerMinute: UInt32(clamping: addition.ratePerMinute),
            deliver: addition.deliver ?? [], validitySeed: secrets.grant.validitySeed.stored,
            revocationSecret: secrets.grant.revocationSecret.stored, optInStart: Int64(grant.record.issued.seconds),
            optInEnd: Int64(grant.record.end.seconds), grantID: StoredRecord.storedID(grant.id))
        device.state = await worker.desk.stateOfNew(name: addition.name)
        let new = device
        device.id = try await onDisk { store throws(StorageError) in try store.addDevice(new) }
        return device
    }

    /// Ends the grant of a device for good, everywhere, whether or not this bridge still holds its record. Doing it
    /// again does no harm.
    func revokeDevice(_ device: StoredDevice) async throws(ControlFailure) {
        let core = try running()
        let now = SystemTime.now
        do throws(BridgeError) {
            try core.bridge.revoke(
                secret: SecretBytes(device.revocationSecret),
                optInEnd: WallTime(seconds: UInt32(clamping: device.optInEnd)), now: now, into: &core.effects)
        } catch  where error == .rejected(.expired) {
            // Its opt-in is over, and so is its grant, wherever it is held.
            return try await onDisk { _ in }
        } catch {
            throw ControlFailure(error)
        }
        core.settle(now)
        let id = device.id
        try await onDisk { store throws(StorageError) in try store.setRevoked(device: id) }
    }

    /// Ends a device's grant and forgets the device.
    func removeDevice(_ device: StoredDevice) async throws(ControlFailure) {
        try await revokeDevice(device)
        let id = device.id
        try running().bridge.remove(device: id)
        try await onDisk { store throws(StorageError) in _ = try store.removeDevice(id) }
        await worker.deliver { $0.remove(id, now: SystemTime.now.wall) }
    }

    /// Lets a device in again whose counter began anew. The bridge first: what was opened before it is then drained to
    /// the disk, and what is opened after it is known there by its event at least.
    func resetCounter(_ id: Int64) async throws(ControlFailure) {
        let core = try running()
        do throws(BridgeError) {
            try core.bridge.resetCounter(device: id)
        } catch {
            throw ControlFailure(error)
        }
        try await onDisk { store throws(StorageError) in try store.resetCounter(device: id) }
        await worker.deliver { desk in
            desk.resetCounter(id)
            return []
        }
    }

    /// The owner's no for a device. A no is in force before it is stored, a yes is stored before it is in force.
    func setDeviceNo(_ isNo: Bool, device id: Int64) async throws(ControlFailure) {
        if isNo { try tellDeviceNo(true, device: id) }
        try await fromDisk { store throws(StorageError) in try store.setOptedOut(isNo, device: id) }
        if !isNo { try tellDeviceNo(false, device: id) }
        try await onDisk { _ in }
    }

    private func tellDeviceNo(_ isNo: Bool, device id: Int64) throws(ControlFailure) {
        let core = try running()
        let now = SystemTime.now
        do throws(BridgeError) {
            try core.bridge.setDeviceNo(isNo, device: id, now: now, into: &core.effects)
        } catch {
            throw ControlFailure(error)
        }
        core.settle(now)
    }
}

/// The secrets of one enrolment, drawn at random.
private struct DeviceSecrets {
    let relayKey: Bytes16
    let grant: GrantSecrets

    init() {
        var relayKey = Bytes16()
        relayKey.withUnsafeMutableBytes(SystemRandom.fill)
        self.relayKey = relayKey
        grant = GrantSecrets(
            sealingKey: SecretBytes(count: 32, fill: SystemRandom.fill),
            validitySeed: SecretBytes(count: 20, fill: SystemRandom.fill),
            revocationSecret: SecretBytes(count: 20, fill: SystemRandom.fill))
    }
}

extension AddressKind {
    init(_ type: AddressType) {
        switch type {
        case .public: self = .public
        case .random: self = .random
        }
    }
}

extension ConsentBits {
    init(_ steps: [ScopeStep]) {
        self = []
        for step in steps {
            switch step {
            case .relay: insert(.relay)
            case .hold: insert(.hold)
            case .uplink: insert(.uplink)
            }
        }
    }

    var steps: [ScopeStep] {
        var steps: [ScopeStep] = []
        if contains(.relay) { steps.append(.relay) }
        if contains(.hold) { steps.append(.hold) }
        if contains(.uplink) { steps.append(.uplink) }
        return steps
    }
}
