import RadioSockets
import Wire

/// An adapter and the socket that listens on it.
struct AdapterSlot {
    var machine: Adapter
    var listener: Int32 = -1
    var listenDue = Instant.atOnce
    /// Why nobody can reach us by it.
    var listenProblem: String?

    init(machine: Adapter) { self.machine = machine }

    var index: UInt16 { machine.index }
    var address: RadioAddress? { machine.info?.address }

    /// Channels over it have ended, or are about to.
    var isGone: Bool { machine.info != nil && !machine.isOn }
    var wantsListener: Bool { machine.isUp && listener < 0 }

    var nextDue: Instant { min(machine.nextDue, wantsListener ? listenDue : .distantFuture) }
}

/// Which adapter heard an address last: calls go out by that one. It forgets: two addresses in one place push each other
/// out, and a call then goes out by the first adapter.
struct HeardByTable {
    static let entriesMax = 64
    private var entries = [(address: UInt64, adapter: UInt16)](repeating: (.max, 0), count: Self.entriesMax)

    private func place(_ address: RadioAddress) -> Int {
        Int((address.packed &* 0x9e37_79b9_7f4a_7c15) >> 58)
    }

    mutating func note(_ address: RadioAddress, by adapter: UInt16) {
        entries[place(address)] = (address.packed, adapter)
    }

    func adapter(for address: RadioAddress) -> UInt16? {
        let entry = entries[place(address)]
        return entry.address == address.packed ? entry.adapter : nil
    }
}
