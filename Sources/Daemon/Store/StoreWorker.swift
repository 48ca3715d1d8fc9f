import Bridging
import Delivery
import Logging
import Relaying
import Storage
import Wire

/// What became of what the bridge wanted stored.
struct StoreResults: Sendable {
    var openingsStored: [UInt64] = []
    var openingsFailed: [UInt64] = []
    var reservationsStored: [MonthAllowance.Reservation] = []
    var reservationsFailed: [MonthAllowance.Reservation] = []
    /// What is wrong with the disk; nil: all that was asked of it was done.
    var trouble: String?

    /// Whether it tells of the disk's state only.
    var isEmpty: Bool {
        openingsStored.isEmpty && openingsFailed.isEmpty && reservationsStored.isEmpty && reservationsFailed.isEmpty
    }
}

/// The only one that changes the store, on a thread of its own: takes all that waits and commits it together, so that
/// the disk is waited for once for many events.
///
/// The bridge's thread hands things over by `keep`, `forget`, `open` and `reserve`, which never wait.
actor StoreWorker {
    static let retrySeconds = 2

    /// Whoever mostly waits for the store may live here too.
    nonisolated let thread: EventLoopThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private nonisolated let inbox = StoreInbox()
    private let logger: Logger
    let store: BridgeStore
    var desk = DeviceDesk()
    private var report: @Sendable (StoreResults) -> Void = { _ in }
    private var onOutbox: @Sendable ([OutboxRow]) -> Void = { _ in }
    private var trouble: String?
    private var isRetryDue = false
    /// Set until a command has been told of it.
    private var areRecordsLost = false

    init(store: BridgeStore, logger: Logger) throws(EventLoopError) {
        thread = try EventLoopThread(name: "sidegate-store")
        self.store = store
        self.logger = logger
    }

    /// To be called before anything is handed over. `report` and `onOutbox` are called on `thread` and must not wait.
    /// `onOutbox` is told what came into the outbox, or nothing if it has to look.
    func start(
        devices: [StoredDevice], figures: [Int64: StoredFigures], report: @escaping @Sendable (StoreResults) -> Void,
        onOutbox: @escaping @Sendable ([OutboxRow]) -> Void
    ) {
        desk = DeviceDesk(devices, figures: figures, homeAssistant: desk.homeAssistant)
        self.report = report
        self.onOutbox = onOutbox
        // It fails only away from the loop, and this is on it.
        try? thread.onTurn { [weak self] in
            self?.assumeIsolated { if $0.inbox.isDrainDue { $0.drain() } }
            return nil
        }
    }

    /// Other devices take the place of all there were, as when a home comes or goes; the broker is told nothing.
    func replaceDevices(_ devices: [StoredDevice], figures: [Int64: StoredFigures]) {
        let isTrusted = desk.isClockTrusted
        desk = DeviceDesk(devices, figures: figures, homeAssistant: desk.homeAssistant)
        desk.isClockTrusted = isTrusted
    }

    /// How opened events become messages from now on; nil: they become none.
    func setHomeAssistant(_ homeAssistant: HomeAssistant?) { desk.homeAssistant = homeAssistant }

    // MARK: From the bridge's thread

    nonisolated func keep(record: [UInt8], id: UInt64) { wake(inbox.add(record: id, .put(record))) }
    nonisolated func forget(record id: UInt64) { wake(inbox.add(record: id, .remove)) }

    /// False: there is no room, and nothing will be told of it.
    nonisolated func open(_ event: OpenedEvent) -> Bool { accepted(inbox.add(opening: event)) }

    /// False: there is no room, and nothing will be told of it.
    nonisolated func reserve(_ reservation: MonthAllowance.Reservation) -> Bool {
        accepted(inbox.add(reservation: reservation))
    }

    private nonisolated func accepted(_ wakes: Bool?) -> Bool {
        guard let wakes else { return false }
        wake(wakes)
        return true
    }

    private nonisolated func wake(_ isNeeded: Bool) {
        if isNeeded { thread.ring() }
    }

    // MARK: On the store's thread

    /// For the watchdog: that this is reached shows that the store's thread goes on.
    func beat() {}

    /// Stores all that waits. Returns why records were not stored, or nil; what else was not is told by `report`.
    @discardableResult
    func drain() -> StorageError? {
        let (batch, recordsLost) = inbox.take()
        if recordsLost > 0 {
            logger.error("the disk is behind: \(recordsLost) records will not be stored")
            areRecordsLost = true
        }
        guard !batch.isEmpty || trouble != nil else { return nil }
        var results = StoreResults()
        var newTrouble: String?
        var recordsError: StorageError?
        do throws(StorageError) {
            try store(batch.records)
        } catch {
            newTrouble = error.description
            recordsError = error
            inbox.giveBack(batch.records)
        }
        store(batch.reservations, &results, &newTrouble)
        store(batch.openings, &results, &newTrouble)
        if batch.isEmpty { newTrouble = probe() }
        settle(newTrouble)
        results.trouble = newTrouble
        report(results)
        return recordsError
    }

    /// Runs `body` on the store once all records that were handed over before are on the disk.
    /// - Throws: why they are not, and then `body` did not run; or what `body` throws.
    func perform<Result: Sendable>(
        _ body: @Sendable (BridgeStore) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        if let error = drain() { throw error }
        if areRecordsLost {
            // Told once, to the command that comes first: its own record may be among the lost.
            areRecordsLost = false
            throw store.recordsLost
        }
        return try look(body)
    }

    /// Runs `body` on the store whatever waits: for what needs none of it.
    func look<Result: Sendable>(
        _ body: @Sendable (BridgeStore) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        do throws(StorageError) {
            return try body(store)
        } catch {
            if error.isOfDisk {
                settle(error.description)
                report(StoreResults(trouble: trouble))
            }
            throw error
        }
    }

    /// Forgets the records that wait, as they belong to a network that is no more, and runs `body` on the store.
    func performWithoutRecords<Result: Sendable>(
        _ body: @Sendable (BridgeStore) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        forgetRecords()
        return try look(body)
    }

    /// Forgets the records that wait.
    func forgetRecords() {
        inbox.forgetRecords()
        areRecordsLost = false
    }

    /// The beginning of a device's topics at the broker, and what became of its last event.
    func delivery(of id: Int64) -> (topics: String?, fact: DeliveryFact?) { desk.delivery(of: id) }

    /// Runs `body` on the desk and puts what it gives into the outbox.
    func deliver(_ body: @Sendable (inout DeviceDesk) -> [OutboxMessage]) {
        let messages = body(&desk)
        guard !messages.isEmpty else { return }
        do throws(StorageError) {
            try store.enqueue(messages)
            onOutbox([])
        } catch {
            logger.error("\(error.description)")
        }
    }

    private func store(_ records: [UInt64: StoreInbox.RecordChange]) throws(StorageError) {
        guard !records.isEmpty else { return }
        let now = Int64(SystemTime.now.wall.seconds)
        var removed: [[UInt8]] = []
        var put: [StoredRecord] = []
        for id in records.keys.sorted() {
            switch records[id] {
            case .put(let bytes): put.append(StoredRecord(bridgeID: id, bytes: bytes, received: now))
            case .remove, nil: removed.append(StoredRecord.storedID(id))
            }
        }
        try store.replaceRecords(removing: removed, putting: put)
    }

    private func store(
        _ reservations: [MonthAllowance.Reservation], _ results: inout StoreResults, _ trouble: inout String?
    ) {
        for reservation in reservations {
            do throws(StorageError) {
                try store.reserve(day: reservation.day, totalBytes: reservation.totalBytes)
                results.reservationsStored.append(reservation)
            } catch {
                trouble = error.description
                results.reservationsFailed.append(reservation)
            }
        }
    }

    /// All openings in one transaction. One that the store refuses must not take the others with it, so that then each
    /// is tried by itself.
    private func store(_ events: [OpenedEvent], _ results: inout StoreResults, _ trouble: inout String?) {
        guard !events.isEmpty else { return }
        let now = SystemTime.now.wall
        let before = desk
        let openings = events.map { desk.opening($0, now: now) }
        var rows: [OutboxRow] = []
        do throws(StorageError) {
            let outcome = try store.commit(openings)
            note(outcome)
            rows = outcome.rows
            results.openingsStored += events.map(\.eventID)
        } catch  where !error.isOfDisk {
            for (event, opening) in zip(events, openings) { storeAlone(opening, of: event, &results, &trouble) }
        } catch {
            desk = before
            trouble = error.description
            results.openingsFailed += events.map(\.eventID)
            return
        }
        onOutbox(rows)
    }

    private func storeAlone(
        _ opening: Opening, of event: OpenedEvent, _ results: inout StoreResults, _ trouble: inout String?
    ) {
        do throws(StorageError) {
            note(try store.commit([opening]))
            results.openingsStored.append(event.eventID)
        } catch {
            logger.error("an event of \(event.deviceName) could not be stored: \(error.description)")
            if error.isOfDisk { trouble = error.description }
            results.openingsFailed.append(event.eventID)
        }
    }

    private func note(_ outcome: OpeningOutcome) {
        guard outcome.messagesDropped > 0 else { return }
        logger.warning("the outbox is full: \(outcome.messagesDropped) of its oldest messages were dropped")
    }

    /// What is wrong with the disk still: writes a mark that nobody reads.
    private func probe() -> String? {
        do throws(StorageError) {
            try store.raise("probe", to: 0)
            return nil
        } catch {
            return error.description
        }
    }

    private func settle(_ newTrouble: String?) {
        if let newTrouble {
            if trouble == nil {
                logger.error("\(newTrouble) Lending is suspended, and it is tried again.")
            }
            retryLater()
        } else if trouble != nil {
            logger.notice("the disk takes everything again")
        }
        trouble = newTrouble
    }

    private func retryLater() {
        guard !isRetryDue else { return }
        isRetryDue = true
        Task {
            try? await Task.sleep(for: .seconds(Self.retrySeconds))
            isRetryDue = false
            drain()
        }
    }
}

extension StorageError {
    /// Whether it is the disk that fails, and not what was asked of it.
    var isOfDisk: Bool { kind != .invalidValue && kind != .limitReached }
}

extension StoredRecord {
    /// The store's ids have 16 bytes, the protocol's 8: the rest is zero.
    static func storedID(_ id: UInt64) -> [UInt8] {
        withUnsafeBytes(of: id.littleEndian) { Array($0) } + [UInt8](repeating: 0, count: 8)
    }

    init(bridgeID id: UInt64, bytes: [UInt8], received: Int64) {
        self.init(
            id: Self.storedID(id), kind: (bytes.first ?? 0) & 0x0f, bytes: bytes, received: received, expires: nil)
    }
}
