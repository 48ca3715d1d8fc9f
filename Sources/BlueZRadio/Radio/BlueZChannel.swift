import RadioInterface
import RadioSockets
import Wire

/// One entry of the radio's channel table.
struct BlueZChannel: ChannelEntry {
    enum Phase: UInt8 {
        case free
        /// Asked for by this side; beacons stop first.
        case waiting
        /// Asked for by this side; the kernel is at it.
        case connecting
        case open
    }

    var phase = Phase.free
    var id: ChannelID
    var descriptor: Int32 = -1
    var adapter: UInt16 = 0
    var peer = RadioAddress(value: 0, kind: .public)
    var isOutgoing = false
    /// The adapter's beacons pause for it while it is being connected.
    var isPauseAsked = false
    /// While waiting and connecting: when to give up.
    var deadline = Instant.distantFuture
    /// While waiting: not before then.
    var attemptDue = Instant.atOnce
    /// Of one asked for by this side: when it was answered.
    var openSince = Instant.atOnce
    /// Why it has ended, while that is still to be told.
    var pendingEnd: ChannelEnd?
    /// What went wrong with it, while there may still be messages to read.
    var fault: ChannelEnd?
    /// `send` said `wouldBlock`, and `writable` is still to be told.
    var isBlocked = false

    init(id: ChannelID) { self.id = id }

    var isFree: Bool { phase == .free }
    var isOpen: Bool { phase == .open && pendingEnd == nil }
    var isConnecting: Bool { phase == .waiting || phase == .connecting }

    /// When something has to be done about it.
    var nextDeadline: Instant {
        if pendingEnd != nil { return .atOnce }
        return isConnecting ? deadline : .distantFuture
    }
}

/// A closed channel with messages still on their way out.
struct LingeringSocket {
    var descriptor: Int32
    var deadline: Instant
}
