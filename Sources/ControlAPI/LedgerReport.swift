/// The answer to `GET /v1/ledger?days=N`: what this host has lent. Figures only.
public struct LedgerReport: Codable, Sendable, Equatable {
    public static let daysDefault = 7
    public static let daysRange = 1...31

    /// By day, newest first, then by class; a day and class with nothing lent is left out.
    public var entries: [Entry]
    /// Of the sliding 31 days.
    public var monthUsedBytes: Int
    public var monthLimitBytes: Int

    public init(entries: [Entry], monthUsedBytes: Int, monthLimitBytes: Int) {
        self.entries = entries
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
}
