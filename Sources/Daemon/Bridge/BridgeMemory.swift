import Bridging
import Consent
import Devices
import Logging
import Relaying
import Sealing
import Storage
import Wire

/// What a bridge begins with: who it is and what the disk holds.
struct BridgeMemory: Sendable {
    /// The start of 2026: a clock before it is not set.
    static let built = WallTime(seconds: 1_767_225_600)

    var identity: StoredIdentity
    var network: Storage.StoredNetwork?
    var records: [StoredRecord]
    var devices: [StoredDevice]
    var opened: [Int64: [OpenedFrame]]
    /// What was opened of each device before its counter was last reset.
    var before: [Int64: [UInt64]]
    var figures: [Int64: StoredFigures]
    var reservations: [MonthReservation]
    var clock: Int64?
    /// Whether the home of this machine was exported and lives elsewhere: then nothing else is remembered of it.
    var isMoved = false
    /// How many noes the disk has lost, as far as is known: records that were damaged since the last start.
    var noesLost = 0

    /// Reads everything. A store without an identity gets a new one, under `name`.
    static func read(from store: BridgeStore, name: String) throws(StorageError) -> BridgeMemory {
        let now = SystemTime.now.wall
        if try store.identity() == nil {
            try store.setIdentity(.new(name: name, now: now))
        }
        let (records, noesLost) = try sound(records: store)
        let devices = try store.devices()
        var opened: [Int64: [OpenedFrame]] = [:]
        var before: [Int64: [UInt64]] = [:]
        for device in devices {
            opened[device.id] = try store.openedFrames(device: device.id)
            before[device.id] = try store.eventsBefore(device: device.id)
        }
        let mark = try store.clockHighWaterMark()
        var memory = BridgeMemory(
            identity: try store.identity() ?? .new(name: name, now: now), network: try store.network(),
            records: records, devices: devices, opened: opened,
            before: before, figures: try store.figures(),
            reservations: try store.reservations(upTo: monthDay(now, mark: mark)), clock: mark)
        memory.noesLost = noesLost
        guard try store.moved() != nil else { return memory }
        memory = memory.withoutHome(name: name)
        memory.isMoved = true
        return memory
    }

    /// The last day of the month to read. A clock that runs far ahead of the last mark may be wrong, and must not hide what was
    /// reserved; a day may have passed since the mark.
    private static func monthDay(_ now: WallTime, mark: Int64?) -> UInt32 {
        guard let mark, Int64(now.seconds) - mark > 30 * 86_400 else { return now.day }
        return WallTime(seconds: UInt32(clamping: mark)).advanced(seconds: 86_400).day
    }

    /// The records whose bytes still make their ids, and how many of the others may have been noes. Those were damaged,
    /// and nothing else would ever remove them; as no neighbour need have a no that is lost here, the host says its own.
    private static func sound(
        records store: BridgeStore
    ) throws(StorageError) -> (records: [StoredRecord], noesLost: Int) {
        let records = try store.records()
        let isSound = records.map { $0.id == StoredRecord.storedID(Names.recordID($0.bytes)) }
        guard isSound.contains(false) else { return (records, 0) }
        let damaged = zip(records, isSound).filter { !$0.1 }.map(\.0)
        let noesLost = damaged.count { $0.mayBeNo }
        Logger(label: "sidegate").error(
            "the disk has damaged \(damaged.count) records of the network, which are gone; \(noesLost) of them may be noes"
        )
        do throws(StorageError) {
            if noesLost > 0 { try store.setNo(.hosting, true, now: Int64(SystemTime.now.wall.seconds)) }
            try store.replaceRecords(removing: damaged.map(\.id), putting: [])
        } catch {
            // A disk that takes no change now is said elsewhere; the next start finds them again.
        }
        return (zip(records, isSound).filter(\.1).map(\.0), noesLost)
    }

    private var own: BridgeIdentity {
        get throws {
            try BridgeIdentity(
                staticKey: SecretBytes(identity.staticKey), signingSeed: SecretBytes(identity.signingSeed),
                name: try MemberName(identity.name))
        }
    }

    /// What tells this bridge from others at a broker.
    var bridgeWord: String { get throws { MemberText.bridgeWord(try own.memberID) } }

    /// The bridge that remembers this.
    func bridge(configuration: BridgeConfiguration) throws -> Bridge {
        let own = try own
        // Their signatures were verified when they came, and `sound` has found them unchanged.
        let records = records.map(\.bytes)
        let grants = Self.grants(of: devices, in: records)
        let state = StoredState(
            network: try network.map(Bridging.StoredNetwork.init),
            records: records,
            devices: try devices.map { try OwnDevice($0, opened: opened[$0.id] ?? [], before: before[$0.id] ?? []) },
            grants: grants,
            reservations: reservations.map { .init(day: $0.day, totalBytes: $0.reservedBytes) },
            clock: WallTime(seconds: UInt32(clamping: clock ?? 0)))
        return try Bridge(
            identity: own, configuration: configuration, stored: state, built: Self.built,
            seed: SecretBytes(count: 32, fill: SystemRandom.fill), now: SystemTime.now)
    }

    /// The own devices' grants, where the registry still has them: a revoked one is gone.
    private static func grants(of devices: [StoredDevice], in records: [[UInt8]]) -> [OwnGrant] {
        var byID: [UInt64: GrantRecord] = [:]
        for bytes in records {
            let record = bytes.withUnsafeBytes { bytes in
                (try? RecordKind(recordBytes: bytes)) == .grant ? try? GrantRecord(bytes) : nil
            }
            if let record { byID[Names.recordID(bytes)] = record }
        }
        return devices.compactMap { device in
            byID[device.bridgeGrantID].flatMap { try? OwnGrant(record: $0, secrets: device.grantSecrets) }
        }
    }
}

extension StoredRecord {
    /// Whether this record, of which any bit may be wrong, is one that ends something: only what both its row and its
    /// bytes call something else is not.
    var mayBeNo: Bool {
        let inBytes = bytes.withUnsafeBytes { try? RecordKind(recordBytes: $0) }
        guard let inBytes, inBytes == RecordKind(rawValue: kind) else { return true }
        return switch inBytes {
        case .revocation, .deviceOptOut, .departure: true
        case .member, .grant, .proof: false
        }
    }
}

extension StoredIdentity {
    static func new(name: String, now: WallTime) -> StoredIdentity {
        StoredIdentity(
            staticKey: SystemRandom.secret(32), signingSeed: SystemRandom.secret(32), name: name,
            created: Int64(now.seconds))
    }
}

extension SecretBytes {
    convenience init(_ stored: StoredSecret) {
        self.init(count: stored.count) { target in stored.withUnsafeBytes { target.copyMemory(from: $0) } }
    }
}

extension Bridging.StoredNetwork {
    init(_ stored: Storage.StoredNetwork) throws {
        guard let founder = Bytes32(stored.founderKey) else { throw WireError.wrongLength }
        self.init(
            networkKey: SecretBytes(stored.networkKey), recognitionKey: SecretBytes(stored.recognitionKey),
            founderSigningKey: founder)
    }
}

extension OwnDevice {
    init(_ stored: StoredDevice, opened: [OpenedFrame], before: [UInt64] = []) throws(SealingError) {
        try self.init(
            identifier: stored.id, name: stored.name, addressKind: AddressKind(rawValue: stored.addressType) ?? .public,
            address: stored.addressBits, grantID: stored.bridgeGrantID, bindKey: SecretBytes(stored.bindKey),
            sealingKey: SecretBytes(stored.sealingPrivateKey),
            window: CounterWindow(rows: opened.map { .init(counter: $0.counter, frame: $0.eventID) }),
            framesBefore: before,
            isOptedOut: stored.isOptedOut,
            lastHeard: stored.lastHeard.map { WallTime(seconds: UInt32(clamping: $0)) })
    }
}

extension StoredDevice {
    /// The six bytes in the low 48 bits.
    var addressBits: UInt64 { address.reduce(0) { $0 << 8 | UInt64($1) } }

    /// The store's ids have 16 bytes, the protocol's 8.
    var bridgeGrantID: UInt64 {
        grantID.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    var grantSecrets: GrantSecrets {
        GrantSecrets(
            sealingKey: SecretBytes(sealingPrivateKey), validitySeed: SecretBytes(validitySeed),
            revocationSecret: SecretBytes(revocationSecret))
    }
}
