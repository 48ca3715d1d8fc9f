@testable import Relaying

/// What was seen of a bridge, over all its runs.
struct NodeLog {
    /// Packets that left it, and the events that it heard and sealed, opened at its home, or lost a link over.
    var relayed = 0
    var sealed = 0
    var opened = 0
    var linksUp = 0
    var linksDown = 0
    var messagesIn = 0
    /// Channels it asked for.
    var dials = 0
    var handshakesFailed: UInt64 = 0
    /// Messages that have the size of a packet.
    var packetSized = 0
    /// Refused, or dropped from custody, by the reason's name, in the order of first appearance.
    var drops: [(reason: String, count: Int)] = []
    var lastDrop: String?
    /// Packets as they left, and everything lent as the ledger tells it: packets, replies, records.
    var lent = LentMeter()
    var ledgerLent = LentMeter()
    /// Packets that custody took, of all runs, and what the ledger says became of those taken or refused.
    var taken: UInt64 { earlier.taken + current.taken }
    var confirmed: UInt64 { earlier.confirmed + current.confirmed }
    var dropped: UInt64 { earlier.dropped + current.dropped }
    var current = Relay.Counts()
    var earlier = Relay.Counts()
    var ledgerDrops: UInt64 = 0
    var ledgerConfirmed: UInt64 = 0
    /// Packets that were held when the power went.
    var lostInCrashes = 0
    /// How often its deadline came within one second.
    var wakes = 0
    var wakesSecond: Int64 = -1
    /// By sensor: whether its revocation has reached this bridge.
    var knowsRevoked: [Bool] = []

    mutating func drop(_ reason: String) {
        lastDrop = reason
        if let place = drops.firstIndex(where: { $0.reason == reason }) {
            drops[place].count += 1
        } else {
            drops.append((reason, 1))
        }
    }

    /// The power went, with so many packets held.
    mutating func crash(held: Int) {
        lostInCrashes += held
        earlier.taken += current.taken
        earlier.confirmed += current.confirmed
        earlier.dropped += current.dropped
        current = Relay.Counts()
    }

    func drops(_ reason: String) -> Int { drops.first { $0.reason == reason }?.count ?? 0 }
    var dropCount: Int { drops.reduce(0) { $0 + $1.count } }
}

/// Checks a cap over all windows at once: a bucket that leaks at the rate never holds more than the burst exactly if no
/// window of T seconds took more than rate x T + burst.
struct LentMeter {
    private var level: Int64 = 0
    private var last: Int64 = 0
    private var total: Int64 = 0

    /// False if these bytes on the air break the cap, or the month's: no street is watched for a month.
    mutating func take(_ bytes: Int, at time: Int64, _ limits: LendingLimits) -> Bool {
        level = max(0, level - (time - last) * limits.rateBits) + Int64(bytes) * 8_000_000
        last = time
        total += Int64(bytes)
        return level <= limits.burstBytes * 8_000_000 && total <= limits.monthBytes
    }
}
