import Bridging
import Relaying
import Synchronization

/// What the bridge wants stored and the store's thread has not yet taken. Bounded, whatever the disk does.
final class StoreInbox: Sendable {
    /// Openings that may wait. Beyond, they are refused, and the neighbour hands them on again.
    static let openingsMax = 512
    /// Reservations that may wait; one at a time is under way, for a chunk of 2 kB or more.
    static let reservationsMax = 64
    /// Records that may wait, as many as a registry holds: further changes of one record replace each other.
    static let recordsMax = 65_536

    /// What is to become of one record.
    enum RecordChange: Sendable {
        case put([UInt8])
        case remove
    }

    struct Batch: Sendable {
        var records: [UInt64: RecordChange] = [:]
        var openings: [OpenedEvent] = []
        var reservations: [MonthAllowance.Reservation] = []
        var isEmpty: Bool { records.isEmpty && openings.isEmpty && reservations.isEmpty }
    }

    private struct State {
        var batch = Batch()
        var isDrainDue = false
        var recordsLost = 0
    }

    private let state = Mutex(State())

    /// Whether the store's thread has to be woken: nobody has asked it to come since it last took a batch.
    func add(record id: UInt64, _ change: RecordChange) -> Bool {
        state.withLock { state in
            if state.batch.records[id] == nil, state.batch.records.count >= Self.recordsMax {
                state.recordsLost += 1
            } else {
                state.batch.records[id] = change
            }
            return Self.askToDrain(&state)
        }
    }

    /// Nil: there is no room.
    func add(opening: OpenedEvent) -> Bool? {
        state.withLock { state in
            guard state.batch.openings.count < Self.openingsMax else { return nil }
            state.batch.openings.append(opening)
            return Self.askToDrain(&state)
        }
    }

    /// Nil: there is no room.
    func add(reservation: MonthAllowance.Reservation) -> Bool? {
        state.withLock { state in
            guard state.batch.reservations.count < Self.reservationsMax else { return nil }
            state.batch.reservations.append(reservation)
            return Self.askToDrain(&state)
        }
    }

    /// Whether the store's thread was asked to come since it last took a batch.
    var isDrainDue: Bool { state.withLock { $0.isDrainDue } }

    /// Everything that waits.
    func take() -> (batch: Batch, recordsLost: Int) {
        state.withLock { state in
            defer {
                state.batch = Batch()
                state.isDrainDue = false
                state.recordsLost = 0
            }
            return (state.batch, state.recordsLost)
        }
    }

    /// Gives back records that could not be stored, except those that have changed since.
    func giveBack(_ records: [UInt64: RecordChange]) {
        state.withLock { state in state.batch.records.merge(records) { newer, _ in newer } }
    }

    /// Forgets the records that wait, and nothing else.
    func forgetRecords() {
        state.withLock { state in
            state.batch.records.removeAll()
            state.recordsLost = 0
        }
    }

    private static func askToDrain(_ state: inout State) -> Bool {
        defer { state.isDrainDue = true }
        return !state.isDrainDue
    }
}
