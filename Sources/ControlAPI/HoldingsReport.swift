/// The answer to `GET /v1/holdings`: everything this bridge holds that is not its host's own. Figures, sizes and times;
/// nothing that says whose.
public struct HoldingsReport: Codable, Sendable, Equatable {
    /// Packets of others in memory, the first to go first.
    public var packets: [Packet]
    /// All kinds of things held, the packets among them, in the order of `Kind`.
    public var holdings: [Holding]
    public var totals: Totals

    public init(packets: [Packet], holdings: [Holding], totals: Totals) {
        self.packets = packets
        self.holdings = holdings
        self.totals = totals
    }

    /// One sealed packet on its way.
    public struct Packet: Codable, Sendable, Equatable {
        public var trafficClass: TrafficClass
        public var bytes: Int
        /// When it is gone at the latest, in seconds since 1970, UTC.
        public var goneUnixSeconds: Int64

        public init(trafficClass: TrafficClass, bytes: Int, goneUnixSeconds: Int64) {
            self.trafficClass = trafficClass
            self.bytes = bytes
            self.goneUnixSeconds = goneUnixSeconds
        }

        private enum CodingKeys: String, CodingKey {
            case trafficClass = "class"
            case bytes, goneUnixSeconds
        }
    }

    /// Things of one kind.
    public struct Holding: Codable, Sendable, Equatable {
        public var kind: Kind
        public var place: Place
        public var count: Int
        /// Nil where only their number is known: each is a few words of memory.
        public var bytes: Int?
        /// When the last of those held now is gone at the latest; nil: `gone` says what ends them.
        public var goneUnixSeconds: Int64?
        /// When they are gone, in words.
        public var gone: String

        public init(
            kind: Kind, place: Place, count: Int, bytes: Int? = nil, goneUnixSeconds: Int64? = nil, gone: String
        ) {
            self.kind = kind
            self.place = place
            self.count = count
            self.bytes = bytes
            self.goneUnixSeconds = goneUnixSeconds
            self.gone = gone
        }
    }

    public enum Kind: String, Codable, Sendable, CaseIterable {
        case packets
        case linkMessages = "link_messages"
        case routes, neighbours
        case seenEvents = "seen_events"
        case rateCounters = "rate_counters"
        case members, grants, proofs, revocations
        case deviceOptOuts = "device_opt_outs"
        case departures
        case unknownRecords = "unknown_records"
        case ledgerRows = "ledger_rows"
        case dropRows = "drop_rows"
        case monthRows = "month_rows"
    }

    public enum Place: String, Codable, Sendable, CaseIterable { case memory, disk }

    /// Sums over `holdings`; bytes where they are known.
    public struct Totals: Codable, Sendable, Equatable {
        public var memoryCount: Int
        public var memoryBytes: Int
        public var diskCount: Int
        public var diskBytes: Int

        public init(of holdings: [Holding]) {
            func sum(_ place: Place, _ figure: (Holding) -> Int) -> Int {
                holdings.filter { $0.place == place }.reduce(0) { $0 + figure($1) }
            }
            memoryCount = sum(.memory) { $0.count }
            memoryBytes = sum(.memory) { $0.bytes ?? 0 }
            diskCount = sum(.disk) { $0.count }
            diskBytes = sum(.disk) { $0.bytes ?? 0 }
        }
    }
}
