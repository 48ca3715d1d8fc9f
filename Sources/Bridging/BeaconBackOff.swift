import Wire

/// Beacon values on which calls came to nothing, so that a recorded beacon does not keep this bridge dialling.
///
/// Anybody can send on a beacon that was heard elsewhere, for as long as its slot counts, from any address: it is a hint
/// whom to call, never a proof. So failures are counted by value, whatever the address. A new value, as members draw one in
/// each slot, starts anew. While a value rests, an address on which it has not failed is called all the same, one call a
/// minute in all: it may be the member whose beacon somebody else sends on.
struct BeaconBackOff {
    static let valuesMax = 64
    /// Calls on one value that may fail in a row, at the pace of the link chooser.
    static let failuresMax = 4
    /// Then one call in so long.
    static let restSeconds: Int64 = 600
    /// While a value rests, one call in so long to an address that has not failed.
    static let otherAddressSeconds: Int64 = 60
    /// Addresses remembered for a value, the latest: more than are called in one rest.
    static let addressesMax = 16
    /// Longer than any value counts.
    static let keptSeconds: Int64 = 3_600

    private struct Entry {
        let value: Bytes10
        var failures = 0
        var restsUntil = Instant(microseconds: .min)
        var touchedAt: Instant
        var failedAddresses: [RadioAddress] = []
        var calledWhileRestingAt: Instant?

        func hasFailed(_ address: RadioAddress) -> Bool { failedAddresses.contains(address) }
    }

    private var entries: [Entry] = []
    var count: Int { entries.count }

    /// A call to `address` on `value` found nobody who holds the network's keys.
    mutating func failed(_ value: Bytes10, _ address: RadioAddress, now: Instant) {
        entries.removeAll { now.microseconds(since: $0.touchedAt) > Self.keptSeconds * 1_000_000 }
        var entry = Entry(value: value, touchedAt: now)
        if let place = entries.firstIndex(where: { $0.value == value }) {
            entry = entries.remove(at: place)
        } else if entries.count >= Self.valuesMax {
            entries.removeFirst()
        }
        entry.failures = min(entry.failures + 1, Self.failuresMax)
        entry.touchedAt = now
        if !entry.hasFailed(address) {
            if entry.failedAddresses.count >= Self.addressesMax { entry.failedAddresses.removeFirst() }
            entry.failedAddresses.append(address)
        }
        // A call out of turn does not prolong the rest.
        if entry.failures >= Self.failuresMax, now >= entry.restsUntil {
            entry.restsUntil = now.advanced(seconds: Self.restSeconds)
        }
        // The latest last.
        entries.append(entry)
    }

    /// A member answered it.
    mutating func succeeded(_ value: Bytes10) { entries.removeAll { $0.value == value } }

    /// Somebody is called now on `value`.
    mutating func called(_ value: Bytes10, now: Instant) {
        guard let place = entries.firstIndex(where: { $0.value == value && now < $0.restsUntil }) else { return }
        entries[place].calledWhileRestingAt = now
    }

    /// Whether `address` is not to be called on `value` now.
    func rests(_ value: Bytes10, _ address: RadioAddress, now: Instant) -> Bool {
        guard let entry = entries.first(where: { $0.value == value && now < $0.restsUntil }) else { return false }
        if entry.hasFailed(address) { return true }
        return entry.calledWhileRestingAt.map { now < $0.advanced(seconds: Self.otherAddressSeconds) } ?? false
    }
}
