/// What was lent on one day, in one class and of one kind. Figures only, no identities.
public struct LedgerEntry: Sendable, Equatable {
    /// Whole days since 1970.
    public var day: UInt32
    /// The class, as the protocol numbers it.
    public var classCode: UInt8
    /// Direction or kind of traffic, 1 to 64 bytes.
    public var kind: String
    public var packets: Int64
    public var bytes: Int64

    public init(day: UInt32, classCode: UInt8, kind: String, packets: Int64, bytes: Int64) {
        self.day = day
        self.classCode = classCode
        self.kind = kind
        self.packets = packets
        self.bytes = bytes
    }
}

/// What was dropped on one day for one reason.
public struct LedgerDrop: Sendable, Equatable {
    /// Whole days since 1970.
    public var day: UInt32
    /// From the caller's closed list, 1 to 64 bytes.
    public var reason: String
    public var count: Int64

    public init(day: UInt32, reason: String, count: Int64) {
        self.day = day
        self.reason = reason
        self.count = count
    }
}
