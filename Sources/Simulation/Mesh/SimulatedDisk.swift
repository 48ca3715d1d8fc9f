import Bridging
import Consent
import Devices
import Relaying
import Sealing
import Wire

/// What of a bridge survives a crash.
///
/// What the bridge was told is on disk (openings, reservations, a network's keys) is on disk for good. Records are
/// written without an answer: a crash may lose the last of them.
struct SimulatedDisk {
    /// A record that came after the beginning, or left.
    private struct Change {
        var time: Int64
        var id: UInt64
        /// Nil: forgotten.
        var bytes: [UInt8]?
    }

    let staticKey: SecretBytes
    let signingSeed: SecretBytes
    let name: String
    var network: StoredNetwork?
    /// The records of the beginning, shared by all houses of a network.
    var firstRecords: [[UInt8]] = []
    /// In the order in which they were written; those that took back an earlier one, with it, are swept out.
    private var changes: [Change] = []
    /// The houses' devices that are theirs, by their numbers in the mesh.
    var devices: [Int] = []
    var reservations: [MonthAllowance.Reservation] = []
    /// The latest time that its daemon has noted.
    private(set) var clock = WallTime(seconds: 0)
    /// What was noted before, with when each took the place of the one before: the last few.
    private var clockMarks: [(time: Int64, mark: WallTime)] = []
    private static let clockMarksMax = 8

    init(staticKey: SecretBytes, signingSeed: SecretBytes, name: String) {
        (self.staticKey, self.signingSeed, self.name) = (staticKey, signingSeed, name)
    }

    func identity() throws -> BridgeIdentity {
        try BridgeIdentity(staticKey: staticKey, signingSeed: signingSeed, name: MemberName(name))
    }

    mutating func store(_ bytes: [UInt8], id: UInt64, at time: Int64) {
        changes.append(Change(time: time, id: id, bytes: bytes))
        sweep(time)
    }

    mutating func forget(_ id: UInt64, at time: Int64) {
        changes.append(Change(time: time, id: id, bytes: nil))
        sweep(time)
    }

    /// Takes together what is older than any crash reaches.
    private mutating func sweep(_ time: Int64) {
        guard changes.count > 64, changes.count & (changes.count - 1) == 0 else { return }
        let isLate = { (change: Change) in change.time > time - 3_600_000_000 }
        let settled = changes.filter { !isLate($0) }
        guard settled.count > changes.count / 2 else { return }
        var last: [UInt64: Int] = [:]
        for (place, change) in settled.enumerated() { last[change.id] = place }
        let firstIDs = Set(firstRecords.map { Names.recordID($0) })
        changes =
            settled.enumerated().filter { place, change in
                last[change.id] == place && (change.bytes != nil || firstIDs.contains(change.id))
            }.map(\.element) + changes.filter(isLate)
    }

    /// How late it is: never earlier than it noted before.
    mutating func raiseClock(to mark: WallTime, at time: Int64) {
        guard mark > clock else { return }
        if clockMarks.count == Self.clockMarksMax { clockMarks.removeFirst() }
        clockMarks.append((time, clock))
        clock = mark
    }

    mutating func lose(after time: Int64) {
        changes.removeAll { $0.time > time }
        while let last = clockMarks.last, last.time > time {
            clock = last.mark
            clockMarks.removeLast()
        }
    }

    mutating func reserve(_ reservation: MonthAllowance.Reservation) {
        reservations.removeAll { $0.day == reservation.day }
        reservations.append(reservation)
    }

    /// All records that are held.
    func records() -> [[UInt8]] {
        guard !changes.isEmpty else { return firstRecords }
        var place: [UInt64: Int] = [:]
        var records: [(id: UInt64, bytes: [UInt8]?)] = firstRecords.map { (Names.recordID($0), $0) }
        for (index, record) in records.enumerated() { place[record.id] = index }
        for change in changes {
            if let index = place[change.id] {
                records[index].bytes = change.bytes
            } else {
                place[change.id] = records.count
                records.append((change.id, change.bytes))
            }
        }
        return records.compactMap(\.bytes)
    }
}

/// Something that a daemon has its disk do. It takes a while, and a crash undoes it.
enum DiskTask {
    case open(OpenedEvent)
    /// The event is on disk, and the bridge is to be told.
    case tellOpened(UInt64)
    case reserve(MonthAllowance.Reservation)
    case tellReserved(MonthAllowance.Reservation)
    case join(JoinedNetwork)
}
