/// The answer to `GET /v1/ledger?days=N`: what this host has lent, and what was dropped. Figures only.
public struct LedgerReport: Codable, Sendable, Equatable {
    public static let daysDefault = 7
    /// As many as the disk keeps.
    public static let daysRange = 1...400

    /// By day, newest first, then by class; a day and class with nothing lent is left out.
    public var entries: [Entry]
    /// By day, newest first, then by reason.
    public var drops: [Drops]
    /// Of the sliding 31 days.
    public var monthUsedBytes: Int
    public var monthLimitBytes: Int

    public init(entries: [Entry], drops: [Drops] = [], monthUsedBytes: Int, monthLimitBytes: Int) {
        self.entries = entries
        self.drops = drops
        self.monthUsedBytes = monthUsedBytes
        self.monthLimitBytes = monthLimitBytes
    }

    /// What was sent for others on one day in one class.
    public struct Entry: Codable, Sendable, Equatable {
        /// Midnight UTC at which the day begins, in seconds since 1970.
        public var dayUnixSeconds: Int64
        public var trafficClass: TrafficClass
        public var packets: Int
        public var bytes: Int

        public init(dayUnixSeconds: Int64, trafficClass: TrafficClass, packets: Int, bytes: Int) {
            self.dayUnixSeconds = dayUnixSeconds
            self.trafficClass = trafficClass
            self.packets = packets
            self.bytes = bytes
        }

        private enum CodingKeys: String, CodingKey {
            case dayUnixSeconds
            case trafficClass = "class"
            case packets, bytes
        }
    }

    /// What was refused or given up on one day for one reason.
    public struct Drops: Codable, Sendable, Equatable {
        /// Midnight UTC at which the day begins, in seconds since 1970.
        public var dayUnixSeconds: Int64
        public var reason: String
        public var packets: Int

        public init(dayUnixSeconds: Int64, reason: String, packets: Int) {
            self.dayUnixSeconds = dayUnixSeconds
            self.reason = reason
            self.packets = packets
        }
    }
}
