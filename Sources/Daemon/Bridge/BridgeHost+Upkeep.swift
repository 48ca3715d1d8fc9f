import Bridging
import Consent
import Storage
import Wire

/// What the host does from time to time.
extension BridgeHost {
    static let ledgerSeconds = 60
    /// Every so many ledgers the clock's mark is raised.
    static let clockMarkEvery = 10

    /// Until the task is cancelled: the ledger every minute, the clock's mark every ten.
    func keepUp() async {
        var count = 0
        while !Task.isCancelled {
            if count % Self.clockMarkEvery == 0 { await raiseClock() }
            count += 1
            await showSilences()
            try? await Task.sleep(for: .seconds(Self.ledgerSeconds))
            guard !Task.isCancelled else { return }
            StandardErrorLog.tellMissed()
            tellTroubles()
            await writeLedger()
        }
    }

    /// Logs what has become worse.
    func tellTroubles() {
        guard let core else { return }
        core.tellMeans()
        let now = SystemTime.now
        for line in troubleLog.lines(core.troubles(core.bridge.report(now: now)), now: now.instant) {
            logger.notice("\(line)")
        }
    }

    /// Takes what the bridge has counted into the book.
    func balance() {
        guard let core else { return }
        let day = SystemTime.now.wall.day
        while let lent = core.bridge.drainLedger() { book.add(lent) }
        for refusal in core.bridge.drainRefusals() {
            book.add(LedgerDrop(day: day, reason: refusal.reason.name, count: Int64(clamping: refusal.count)))
        }
    }

    /// Puts what the book holds on disk; if the disk will not have it, the book keeps it.
    func writeLedger() async {
        balance()
        guard !book.isEmpty else { return }
        let written = book
        book.removeAll()
        do {
            try await worker.look { store throws(StorageError) in
                try store.addToLedger(written.lent, drops: written.drops)
            }
        } catch {
            book.add(written)
        }
    }

    /// Tells the broker which devices have fallen silent.
    private func showSilences() async {
        let isTrusted = core?.bridge.clockMark != nil
        await worker.deliver { desk in
            desk.isClockTrusted = isTrusted
            return desk.silences(now: SystemTime.now.wall)
        }
    }

    /// Notes on disk how late it is, so that a clock that falls back is found out after a restart too.
    private func raiseClock() async {
        guard let mark = core?.bridge.clockMark else { return }
        let seconds = Int64(mark.seconds)
        _ = try? await worker.look { store throws(StorageError) in try store.raiseClock(to: seconds) }
    }
}
