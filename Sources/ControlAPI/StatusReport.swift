/// The answer to `GET /v1/status`: what this bridge is, and everything that it lends.
public struct StatusReport: Codable, Sendable, Equatable {
    public var version: String
    public var uptimeSeconds: Int
    /// Whether a service manager, such as systemd, started it.
    public var isService: Bool?
    /// What this bridge is called among members.
    public var name: String
    /// Hexadecimal; nil before there is a network.
    public var memberID: String?
    public var network: NetworkSummary?
    /// When the home of this machine was exported; nil: it lives here, or there never was one.
    public var movedUnixSeconds: Int64?
    /// What keeps the database or its disk from being used, with the remedy.
    public var databaseProblem: String?
    public var hosting: Hosting
    /// Whether this owner is shown requests for assistance.
    public var showsRequests: Bool
    public var links: [Link]
    public var linksMax: Int
    public var routeCount: Int
    /// Grants under which this bridge would take up an event now, its own among them.
    public var liveGrants: Int
    public var caps: Caps
    public var holdings: Holdings
    /// Packets dropped since midnight UTC, in the order of `reason`.
    public var dropsToday: [Drops]
    /// What strangers and the radio's surroundings have cost since the start: kinds that have occurred.
    public var troubles: [Trouble]?
    public var devices: [DeviceSummary]
    public var radio: Radio
    public var broker: Broker
    public var clock: Clock

    public init(
        version: String, uptimeSeconds: Int, isService: Bool? = nil, name: String, memberID: String?,
        network: NetworkSummary?,
        movedUnixSeconds: Int64? = nil, databaseProblem: String? = nil, hosting: Hosting, showsRequests: Bool,
        links: [Link], linksMax: Int,
        routeCount: Int, liveGrants: Int = 0, caps: Caps, holdings: Holdings, dropsToday: [Drops],
        troubles: [Trouble]? = nil, devices: [DeviceSummary], radio: Radio, broker: Broker,
        clock: Clock
    ) {
        self.version = version
        self.uptimeSeconds = uptimeSeconds
        self.isService = isService
        self.name = name
        self.memberID = memberID
        self.network = network
        self.movedUnixSeconds = movedUnixSeconds
        self.databaseProblem = databaseProblem
        self.hosting = hosting
        self.showsRequests = showsRequests
        self.links = links
        self.linksMax = linksMax
        self.routeCount = routeCount
        self.liveGrants = liveGrants
        self.caps = caps
        self.holdings = holdings
        self.dropsToday = dropsToday
        self.troubles = troubles
        self.devices = devices
        self.radio = radio
        self.broker = broker
        self.clock = clock
    }

    /// Whether this bridge is lent to neighbours now.
    public struct Hosting: Codable, Sendable, Equatable {
        public var lends: Bool
        /// Every reason against it, in words; empty exactly when `lends`.
        public var noes: [String]
        /// When a no that ends by itself does, among others that may stand.
        public var untilUnixSeconds: Int64?
        /// The classes that the settings lend to.
        public var classes: [TrafficClass]?
        /// The windows of local time in which the settings lend, as they write them; nil: at any time.
        public var schedule: [String]?

        public init(
            lends: Bool, noes: [String], untilUnixSeconds: Int64? = nil, classes: [TrafficClass]? = nil,
            schedule: [String]? = nil
        ) {
            self.lends = lends
            self.noes = noes
            self.untilUnixSeconds = untilUnixSeconds
            self.classes = classes
            self.schedule = schedule
        }
    }

    public struct Link: Codable, Sendable, Equatable {
        /// The neighbour's name among members.
        public var peer: String
        public var direction: Direction
        public var upSeconds: Int

        /// Who opened it.
        public enum Direction: String, Codable, Sendable { case incoming, outgoing }

        public init(peer: String, direction: Direction, upSeconds: Int) {
            self.peer = peer
            self.direction = direction
            self.upSeconds = upSeconds
        }
    }

    /// What is lent at most, and what of it is spent.
    public struct Caps: Codable, Sendable, Equatable {
        public var rateBitsPerSecond: Int
        public var burstBytes: Int
        /// Sent for others since midnight UTC.
        public var todayUsedBytes: Int
        /// Of a sliding 31 days.
        public var monthUsedBytes: Int
        public var monthLimitBytes: Int

        public init(
            rateBitsPerSecond: Int, burstBytes: Int, todayUsedBytes: Int = 0, monthUsedBytes: Int, monthLimitBytes: Int
        ) {
            self.rateBitsPerSecond = rateBitsPerSecond
            self.burstBytes = burstBytes
            self.todayUsedBytes = todayUsedBytes
            self.monthUsedBytes = monthUsedBytes
            self.monthLimitBytes = monthLimitBytes
        }
    }

    /// Packets of others in memory now.
    public struct Holdings: Codable, Sendable, Equatable {
        public var packets: Int
        public var bytes: Int

        public init(packets: Int, bytes: Int) {
            self.packets = packets
            self.bytes = bytes
        }
    }

    public struct Drops: Codable, Sendable, Equatable {
        public var reason: String
        public var count: Int

        public init(reason: String, count: Int) {
            self.reason = reason
            self.count = count
        }
    }

    public struct Trouble: Codable, Sendable, Equatable {
        public var kind: String
        /// What there were so many of, in words.
        public var words: String
        public var count: Int

        public init(kind: String, words: String, count: Int) {
            self.kind = kind
            self.words = words
            self.count = count
        }
    }

    public struct Radio: Codable, Sendable, Equatable {
        /// `virtual` or `bluez`.
        public var kind: String
        public var isUp: Bool
        /// It is up, but does not work as it should: `detail` says what is wrong.
        public var isDegraded: Bool?
        /// Whether the kernel lets it set up its adapters; nil where that has not shown, or the radio is a virtual one.
        public var isPermitted: Bool?
        /// The adapter, or what is wrong with it.
        public var detail: String?

        public init(
            kind: String, isUp: Bool, isDegraded: Bool? = nil, isPermitted: Bool? = nil, detail: String? = nil
        ) {
            self.kind = kind
            self.isUp = isUp
            self.isDegraded = isDegraded
            self.isPermitted = isPermitted
            self.detail = detail
        }
    }

    public struct Broker: Codable, Sendable, Equatable {
        public var state: State
        /// Host and port, or what is wrong.
        public var detail: String?
        /// Events that wait on disk for the broker.
        public var outboxCount: Int

        /// `off`: the settings name no broker.
        public enum State: String, Codable, Sendable { case off, connecting, connected }

        public init(state: State, detail: String? = nil, outboxCount: Int = 0) {
            self.state = state
            self.detail = detail
            self.outboxCount = outboxCount
        }
    }

    /// Whether this bridge knows the time, without which nothing is relayed.
    public struct Clock: Codable, Sendable, Equatable {
        public var isTrusted: Bool
        /// Why not.
        public var detail: String?

        public init(isTrusted: Bool, detail: String? = nil) {
            self.isTrusted = isTrusted
            self.detail = detail
        }
    }
}
