import RadioInterface
import RadioSockets
import Wire

/// One entry of a virtual radio's channel table.
struct AirChannel: ChannelEntry {
    enum Phase: UInt8 {
        case free
        /// Asked for by this side; the peer is not heard yet, or does not go by that address.
        case searching
        /// Asked for by this side; the greeting is on its way.
        case greeted
        case open
    }

    var phase = Phase.free
    var id: ChannelID
    var descriptor: Int32 = -1
    /// The peer's name, once it is known.
    var peer: AirName?
    /// The address asked for by this side.
    var target = RadioAddress(value: 0, kind: .random)
    /// While searching and greeted: when to give up.
    var deadline = Instant.distantFuture
    /// Since when the two do not hear each other.
    var cutSince: Instant?
    /// How the peer's messages come here; meaningful while not cut.
    var incoming = AirPath()
    /// Messages on their way here. Kept for the entry's next channel: allocating is for the first one only.
    var held: HeldMessages?
    /// `send` said `wouldBlock`, and `writable` is still to be told.
    var isBlocked = false
    /// Everything was read and the peer is gone; only held messages are still to come.
    var hasEnded = false
    /// The events the descriptor is in the epoll set with; 0 if it is not in it.
    var interest: UInt32 = 0

    init(id: ChannelID) { self.id = id }

    init(id: ChannelID, held: HeldMessages?) {
        self.id = id
        self.held = held
    }

    var isFree: Bool { phase == .free }
    var isOpen: Bool { phase == .open }
    var isCut: Bool { cutSince != nil }
    var heldCount: Int { held?.count ?? 0 }
    /// Messages take time here, or others before them are still on their way.
    var delays: Bool { !incoming.isClear || heldCount > 0 }

    /// When something has to be done about it.
    func nextDeadline(supervisionMilliseconds: Int) -> Instant {
        switch phase {
        case .free: return .distantFuture
        case .searching, .greeted: return deadline
        case .open:
            if let cutSince { return cutSince.advanced(milliseconds: Int64(supervisionMilliseconds)) }
            return held?.firstDue ?? (hasEnded ? .atOnce : .distantFuture)
        }
    }
}
