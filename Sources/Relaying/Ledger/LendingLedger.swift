import Consent
import Wire

/// What one day's lending came to. Figures only: nobody can be found in them.
public struct LedgerDay: Sendable {
    /// One class's figures. Bytes are bytes on the air.
    @frozen public struct Figures: Hashable, Sendable {
        public var packetsIn: UInt64 = 0
        public var bytesIn: UInt64 = 0
        /// Packets or messages sent, each time one is sent.
        public var packetsOut: UInt64 = 0
        public var bytesOut: UInt64 = 0
        /// Packets whose event was confirmed.
        public var confirmed: UInt64 = 0
    }

    /// Whole days since 1970.
    public let day: UInt32
    private var figures = InlineArray<5, Figures>(repeating: Figures())
    private var drops = InlineArray<32, UInt64>(repeating: 0)
    public private(set) var isEmpty = true

    init(day: UInt32) { self.day = day }

    public internal(set) subscript(lentClass: LentClass) -> Figures {
        get { figures[Int(lentClass.rawValue) - 1] }
        _modify {
            isEmpty = false
            yield &figures[Int(lentClass.rawValue) - 1]
        }
    }

    /// Packets taken that ended for `reason`.
    public func drops(_ reason: Reason) -> UInt64 { drops[Int(reason.rawValue) & 31] }

    /// Leaves the day as it began. Returns the bytes sent in it.
    mutating func takeBytesOut() -> UInt64 {
        var bytes: UInt64 = 0
        for place in 0..<5 {
            bytes &+= figures[place].bytesOut
            figures[place] = Figures()
        }
        for reason in 0..<32 { drops[reason] = 0 }
        isEmpty = true
        return bytes
    }

    mutating func drop(_ reason: Reason) {
        drops[Int(reason.rawValue) & 31] &+= 1
        isEmpty = false
    }

    /// Adds the figures of another day: for figures that could not be stored in time.
    mutating func add(_ other: LedgerDay) {
        for lentClass in LentClass.allCases {
            let more = other[lentClass]
            self[lentClass].packetsIn &+= more.packetsIn
            self[lentClass].bytesIn &+= more.bytesIn
            self[lentClass].packetsOut &+= more.packetsOut
            self[lentClass].bytesOut &+= more.bytesOut
            self[lentClass].confirmed &+= more.confirmed
        }
        for reason in 0..<32 { drops[reason] &+= other.drops[reason] }
    }
}

/// What is lent, as the ledger tells it apart.
@frozen public enum LentClass: UInt8, Hashable, Sendable, CaseIterable {
    case alarm = 1
    case event = 2
    case telemetry = 3
    /// Records of others.
    case registry = 4
    /// Answers and confirmations for others' packets.
    case replies = 5

    @inlinable public init(_ eventClass: EventClass) {
        switch eventClass {
        case .alarm: self = .alarm
        case .event: self = .event
        case .telemetry: self = .telemetry
        }
    }
}

/// What this bridge has lent since it was last drained, by day. Holds two days; if a third begins before that, the two
/// become one, so that no figure is lost and nothing grows.
public struct LendingLedger: Sendable {
    private var earlier: LedgerDay?
    private var current: LedgerDay
    /// Whether there is anything to drain.
    private(set) var hasFigures = false

    init(day: UInt32) { current = LedgerDay(day: day) }

    /// As `drain`, of all days and classes only the bytes sent.
    mutating func drainBytesOut() -> Int {
        guard hasFigures else { return 0 }
        hasFigures = false
        var bytes: UInt64 = 0
        if let day = earlier {
            for lentClass in LentClass.allCases { bytes &+= day[lentClass].bytesOut }
            earlier = nil
        }
        if !current.isEmpty { bytes &+= current.takeBytesOut() }
        return Int(clamping: bytes)
    }

    /// Takes the figures of one day out, the earlier day first. Nil once there are none.
    public mutating func drain() -> LedgerDay? {
        if let day = earlier {
            earlier = nil
            return day
        }
        hasFigures = false
        guard !current.isEmpty else { return nil }
        let day = current
        current = LedgerDay(day: day.day)
        return day
    }

    mutating func tookIn(_ lentClass: LentClass, bytes: Int, day: UInt32) {
        turn(day)
        current[lentClass].packetsIn &+= 1
        current[lentClass].bytesIn &+= UInt64(bytes)
    }

    mutating func sent(_ lentClass: LentClass, bytes: Int, day: UInt32) {
        turn(day)
        current[lentClass].packetsOut &+= 1
        current[lentClass].bytesOut &+= UInt64(bytes)
    }

    mutating func confirmed(_ lentClass: LentClass, day: UInt32) {
        turn(day)
        current[lentClass].confirmed &+= 1
    }

    mutating func dropped(_ reason: Reason, day: UInt32) {
        turn(day)
        current.drop(reason)
    }

    private mutating func turn(_ day: UInt32) {
        hasFigures = true
        guard day != current.day else { return }
        if !current.isEmpty {
            if var older = earlier {
                older.add(current)
                earlier = older
            } else {
                earlier = current
            }
        }
        current = LedgerDay(day: day)
    }
}
