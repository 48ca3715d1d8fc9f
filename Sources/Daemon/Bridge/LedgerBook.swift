import Consent
import Relaying
import Storage

/// What was lent and dropped since the store last took note.
struct LedgerBook: Sendable {
    private(set) var lent: [LedgerEntry] = []
    private(set) var drops: [LedgerDrop] = []

    /// The kinds of figures: packets or messages taken in, and sent.
    static let taken = "in"
    static let sent = "out"

    var isEmpty: Bool { lent.isEmpty && drops.isEmpty }

    mutating func add(_ entry: LedgerEntry) {
        if let place = lent.firstIndex(where: {
            $0.day == entry.day && $0.classCode == entry.classCode && $0.kind == entry.kind
        }) {
            lent[place].packets += entry.packets
            lent[place].bytes += entry.bytes
        } else {
            lent.append(entry)
        }
    }

    mutating func add(_ drop: LedgerDrop) {
        if let place = drops.firstIndex(where: { $0.day == drop.day && $0.reason == drop.reason }) {
            drops[place].count += drop.count
        } else {
            drops.append(drop)
        }
    }

    mutating func add(_ day: LedgerDay) {
        for lentClass in LentClass.allCases {
            let figures = day[lentClass]
            if figures.packetsIn > 0 {
                add(lentClass, Self.taken, figures.packetsIn, figures.bytesIn, day: day.day)
            }
            if figures.packetsOut > 0 {
                add(lentClass, Self.sent, figures.packetsOut, figures.bytesOut, day: day.day)
            }
        }
        for reason in Reason.allCases where day.drops(reason) > 0 {
            add(LedgerDrop(day: day.day, reason: reason.name, count: Int64(clamping: day.drops(reason))))
        }
    }

    private mutating func add(_ lentClass: LentClass, _ kind: String, _ packets: UInt64, _ bytes: UInt64, day: UInt32) {
        add(
            LedgerEntry(
                day: day, classCode: lentClass.rawValue, kind: kind, packets: Int64(clamping: packets),
                bytes: Int64(clamping: bytes)))
    }

    mutating func add(_ other: LedgerBook) {
        for entry in other.lent { add(entry) }
        for drop in other.drops { add(drop) }
    }

    mutating func removeAll() { self = LedgerBook() }
}
