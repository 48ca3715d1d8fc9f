import Bridging
import Consent
import Devices
import Relaying
import Sealing
import Wire

/// What of a bridge survives a crash.
struct StreetDisk {
    /// A device row with its grant and the frames that were opened.
    struct Device {
        let identifier: Int64
        let name: String
        let address: UInt64
        let bindKey: SecretBytes
        let grant: OwnGrant
        var isRevoked = false
        var isOptedOut = false
        var rows: [CounterWindow.Row] = []
        /// What was opened before the counter was reset.
        var framesBefore: [UInt64] = []
    }

    struct Record {
        let id: UInt64
        let bytes: [UInt8]
    }

    let staticKey: SecretBytes
    let signingSeed: SecretBytes
    let name: String
    var network: StoredNetwork?
    var records: [Record] = []
    var devices: [Device] = []
    var reservations: [MonthAllowance.Reservation] = []
    var clock = WallTime(seconds: 0)
    var isOptedOut = false
    /// The ids of the events that were opened, in that order: what the owner was delivered.
    var openings: [UInt64] = []

    func identity() throws -> BridgeIdentity {
        try BridgeIdentity(staticKey: staticKey, signingSeed: signingSeed, name: MemberName(name))
    }

    mutating func store(_ bytes: [UInt8], id: UInt64) {
        forget(id)
        records.append(Record(id: id, bytes: bytes))
    }

    mutating func forget(_ id: UInt64) { records.removeAll { $0.id == id } }

    mutating func reserve(_ reservation: MonthAllowance.Reservation) {
        reservations.removeAll { $0.day == reservation.day }
        reservations.append(reservation)
    }

    /// Counter, event id and delivery in one transaction.
    mutating func commit(_ event: OpenedEvent) {
        openings.append(event.eventID)
        guard let place = devices.firstIndex(where: { $0.identifier == event.device }) else { return }
        devices[place].rows.append(CounterWindow.Row(counter: event.counter, frame: event.eventID))
        devices[place].rows.removeAll { $0.counter < event.lowestCounterKept }
    }

    func state() throws -> StoredState {
        StoredState(
            network: network, records: records.map(\.bytes), devices: try devices.map { try $0.own() },
            grants: devices.filter { !$0.isRevoked }.map(\.grant), reservations: reservations, clock: clock)
    }
}

extension StreetDisk.Device {
    func own() throws -> OwnDevice {
        try OwnDevice(
            identifier: identifier, name: name, addressKind: .random, address: address, grantID: grant.id,
            bindKey: bindKey, sealingKey: grant.secrets.sealingKey, window: CounterWindow(rows: rows),
            framesBefore: framesBefore, isOptedOut: isOptedOut, lastHeard: nil)
    }
}
